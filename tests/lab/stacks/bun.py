"""Bun: Node's interface on BoringSSL."""

from stacks import Command
from stacks.node import PEER, options

CLIENT = SERVER = "Bun 1.4 (BoringSSL)"
BUN = "/tmp/tlswhy-lab/npm/node_modules/bun/bin/bun.exe"


def client(s):
	s.keylog = ""
	return Command([BUN, PEER, options(s)], {"HOME": s.folder})


def server(s):
	s.keylog = ""
	return Command([BUN, PEER, options(s, serve=True)], {"HOME": s.folder})
