import os
import subprocess

from stacks import Command

CLIENT = SERVER = "wolfSSL 5.5"
LIBRARIES = ["-lwolfssl"]
PROGRAM = "wolf-peer"
FOLDER = os.path.join(os.path.dirname(__file__), "../peers")


def build(folder):
	subprocess.run(["cc", "-std=c11", "-D_GNU_SOURCE", "-O1", "-o", "%s/%s" % (folder, PROGRAM),
		os.path.join(FOLDER, "wolf_peer.c")] + LIBRARIES, check=True)


def options(s, **more):
	o = {"host": s.host, "port": s.port, "name": s.name, "low": s.low, "high": s.high, "roots": s.roots,
		"ciphers": ":".join(filter(None, (s.ciphersuites, s.ciphers))), "crl": s.crl,
		"verify": "yes" if s.verify else "no", "ask": "yes" if s.ask else "no", **more}
	if s.certificate:
		o["chain"], o["key"] = s.certificate.chain, s.certificate.key
	return ["%s=%s" % kv for kv in o.items() if kv[1] != ""]


def client(s):
	s.keylog = ""
	return Command(["/tmp/tlswhy-lab/" + PROGRAM] + options(s))


def server(s):
	return Command(["/tmp/tlswhy-lab/" + PROGRAM] + options(s, serve="yes"))
