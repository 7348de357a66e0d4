"""Drivers from npm, on Node.js."""

import os

from stacks import Command

CLIENT = "Node 20 (OpenSSL 3.0)"
PEER = os.path.join(os.path.dirname(__file__), "../peers/drivers.js")


def client(s):
	"""extra: the driver, and its mode: tls, plain, implicit, ..."""
	kind, mode = (tuple(s.extra) + ("tls",))[:2]
	return Command(["node"] + (["--tls-keylog=" + s.keylog] if s.keylog else []) + ["--tls-max-v%s" % s.high, PEER, kind, s.host, s.port, s.roots, mode])
