import os
import subprocess

from stacks import Command

NAME = "Go 1.19 crypto/tls"
CLIENT = SERVER = NAME
PEER = os.path.join(os.path.dirname(__file__), "../peers/peer.go")
VERSIONS = {"1.0": 0x301, "1.1": 0x302, "1.2": 0x303, "1.3": 0x304}


def build(folder):
	subprocess.run(["go", "build", "-o", folder + "/go-peer", PEER], check=True,
		env={**os.environ, "GO111MODULE": "off", "GOFLAGS": "-p=1"})


def common(s):
	argv = ["/tmp/tlswhy-lab/go-peer", "-low", VERSIONS[s.low], "-high", VERSIONS[s.high],
		"-verify=%s" % str(s.verify).lower()]
	for option, value in (("-ciphers", s.ciphers), ("-groups", s.groups), ("-alpn", ",".join(s.alpn)),
			("-roots", s.roots), ("-keylog", s.keylog)):
		argv += [option, value] if value else []
	if s.certificate:
		argv += ["-chain", s.certificate.chain, "-key", s.certificate.key]
	return argv


def client(s):
	return Command(common(s) + ["-address", "%s:%d" % (s.host if s.family == 4 else "[%s]" % s.host, s.port),
		"-name", s.name, "-request=%s" % str(s.request).lower()] + list(s.extra))


def server(s):
	argv = common(s) + ["-serve", "-address", ":%d" % s.port]
	return Command(argv + (["-ask"] if s.ask else []) + list(s.extra))
