"""Deno, whose TLS is rustls."""

import os

from stacks import Command
from stacks.node import options

CLIENT = SERVER = "Deno 2.9 (rustls 0.23)"
DENO = "/tmp/tlswhy-lab/npm/node_modules/@deno/linux-x64-glibc/deno"
PEER = os.path.join(os.path.dirname(__file__), "../peers/deno.js")


def command(s, **more):
	env = {"HOME": s.folder, "DENO_NO_UPDATE_CHECK": "1"}
	if s.keylog:
		env["SSLKEYLOGFILE"] = s.keylog
	return Command([DENO, "run", "-A", "--no-config", PEER, options(s, **more)], env)


def client(s):
	return command(s)


def server(s):
	s.keylog = ""
	return command(s, serve=True)
