import os
import subprocess

from stacks import Command

NAME = "quic-go 0.29"
CLIENT = SERVER = NAME
PEER = os.path.join(os.path.dirname(__file__), "../peers/quic.go")
# Debian keeps Go sources of packages here.
SOURCES = "/usr/share/gocode"


def build(folder):
	subprocess.run(["go", "build", "-o", folder + "/quic-go-peer", PEER], check=True,
		env={**os.environ, "GO111MODULE": "off", "GOFLAGS": "-p=1", "GOPATH": SOURCES})


def common(s):
	argv = ["/tmp/tlswhy-lab/quic-go-peer", "-alpn", ",".join(s.alpn) or "h3"]
	for option, value in (("-roots", s.roots), ("-keylog", s.keylog)):
		argv += [option, value] if value else []
	if s.certificate:
		argv += ["-chain", s.certificate.chain, "-key", s.certificate.key]
	return argv


def client(s):
	return Command(common(s) + ["-address", "%s:%d" % (s.host, s.port), "-name", s.name,
		"-request=%s" % str(s.request).lower()] + list(s.extra))


def server(s):
	argv = common(s) + ["-serve", "-address", ":%d" % s.port]
	return Command(argv + (["-ask"] if s.ask else []) + list(s.extra))
