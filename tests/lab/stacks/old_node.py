"""Node.js of other years, each with the OpenSSL of its day; the first of `extra` says which."""

import json
import os

import packages
from stacks import Command

PEER = os.path.join(os.path.dirname(__file__), "../peers/old_node.js")
CLIENT = SERVER = "Node 0.12 to 10 (OpenSSL 1.0.1 to 1.1.1)"


def command(s, serve):
	names = ("host", "name", "port", "low", "high", "ciphers", "groups", "signatures", "roots", "verify", "ask", "crl", "request")
	o = {n: getattr(s, n) for n in names}
	o["alpn"], o["serve"] = list(s.alpn), serve
	if s.certificate:
		o["chain"], o["key"] = s.certificate.chain, s.certificate.key
	s.keylog = ""
	node = os.path.join(packages.NPM_FOLDER, "node_modules", "node%s" % s.extra[0], "bin", "node")
	return Command([node, PEER, json.dumps(o)])


def client(s):
	return command(s, False)


def server(s):
	return command(s, True)
