import os

from stacks import Command

CLIENT = "slixmpp 1.8 (Python 3.11, OpenSSL 3.0)"
PEER = os.path.join(os.path.dirname(__file__), "../peers/xmpp_client.py")


def client(s):
	"""extra: how it comes to TLS."""
	return Command(["/usr/bin/python3", PEER, s.extra[0], s.host, s.port, s.roots], {"SSLKEYLOGFILE": s.keylog} if s.keylog else {})
