"""Drivers for Go, from Debian's packages of source."""

import os
import subprocess

from stacks import Command

CLIENT = "Go 1.19 crypto/tls"
PEER = os.path.join(os.path.dirname(__file__), "../peers/drivers.go")


def build(folder):
	subprocess.run(["go", "build", "-o", folder + "/go-drivers", PEER], check=True,
		env={**os.environ, "GO111MODULE": "off", "GOPATH": "/usr/share/gocode", "GOFLAGS": "-p=1"})


def client(s):
	"""extra: the driver and its mode."""
	s.keylog = ""
	return Command(["/tmp/tlswhy-lab/go-drivers", s.extra[0], s.host, s.port, s.roots, s.extra[1]])
