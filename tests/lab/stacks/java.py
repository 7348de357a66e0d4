import os
import subprocess

from stacks import Command

CLIENT = SERVER = "Java 17 JSSE"
PEER = os.path.join(os.path.dirname(__file__), "../peers/Peer.java")
CLASSES = "/tmp/tlswhy-lab/java"


def build(folder):
	subprocess.run(["javac", "-d", CLASSES, PEER], check=True)


def options(s):
	versions = [v for v in ("1.0", "1.1", "1.2", "1.3") if s.low <= v <= s.high]
	o = {"port": s.port, "versions": ",".join("TLSv" + v if v != "1.0" else "TLSv1" for v in versions),
		"ciphers": ":".join(filter(None, (s.ciphersuites, s.ciphers))), "alpn": ",".join(s.alpn),
		"roots": s.roots, "crl": s.crl}
	if s.certificate:
		o["p12"] = s.folder + "/own.p12"
		subprocess.run(["openssl", "pkcs12", "-export", "-in", s.certificate.chain, "-inkey",
			s.certificate.key, "-out", o["p12"], "-passout", "pass:lablab"], check=True)
	return ["%s=%s" % kv for kv in o.items()]


def java(s):
	argv = ["java", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xshare:auto",
		"-Djava.net.preferIPv4Stack=%s" % str(s.family == 4).lower(),
		"-Djava.net.preferIPv6Addresses=%s" % str(s.family == 6).lower()]
	if s.low < "1.2":
		with open(s.folder + "/security", "w") as f:
			f.write("jdk.tls.disabledAlgorithms=\n")
		argv.append("-Djava.security.properties=" + s.folder + "/security")
	if s.groups:
		argv.append("-Djdk.tls.namedGroups=" + s.groups.replace(":", ","))
	return argv + list(s.extra) + ["-cp", CLASSES, "Peer"]


def client(s):
	s.keylog = ""
	return Command(java(s) + options(s) + ["host=" + s.host, "name=" + s.name])


def server(s):
	return Command(java(s) + options(s) + ["serve=true", "ask=%s" % str(s.ask).lower()] +
		[c for c in s.config.split() if c])
