import os
import subprocess

from stacks import Command

CLIENT = SERVER = "rustls 0.20"
PROJECT = os.path.join(os.path.dirname(__file__), "../peers/rustls")
# Debian keeps the sources of packaged crates here.
SOURCES = "/usr/share/cargo/registry"


def build(folder):
	subprocess.run(["cargo", "build", "--release", "--offline", "--manifest-path", PROJECT + "/Cargo.toml",
		"--target-dir", folder + "/rustls", "--config", 'source.crates-io.replace-with="debian"',
		"--config", 'source.debian.directory="%s"' % SOURCES], check=True)
	os.replace(folder + "/rustls/release/rustls-peer", folder + "/rustls-peer")


def command(s, **more):
	o = {"host": s.host, "port": s.port, "name": s.name, "low": s.low, "high": s.high, "alpn": ",".join(s.alpn),
		"roots": s.roots, "groups": s.groups, "ciphers": ":".join(filter(None, (s.ciphersuites, s.ciphers))),
		"keylog": s.keylog, **more}
	if s.certificate:
		pkcs8 = s.folder + "/key.pem"
		subprocess.run(["openssl", "pkcs8", "-topk8", "-nocrypt", "-in", s.certificate.key, "-out", pkcs8], check=True)
		o["chain"], o["key"] = s.certificate.chain, pkcs8
	return Command(["/tmp/tlswhy-lab/rustls-peer"] + ["%s=%s" % kv for kv in o.items() if kv[1]] + s.config.split(),
		{"SSLKEYLOGFILE": s.keylog} if s.keylog else {})


def client(s):
	return command(s)


def server(s):
	s.keylog = ""
	return command(s, serve="yes", ask="yes" if s.ask else "")
