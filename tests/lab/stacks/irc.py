import os

from stacks import Command

CLIENT = "Python 3.11 (OpenSSL 3.0)"
PEER = os.path.join(os.path.dirname(__file__), "../peers/irc.py")


def client(s):
	"""extra: how it comes to TLS."""
	return Command(["python3", PEER, s.extra[0], s.host, s.port, s.roots], {"SSLKEYLOGFILE": s.keylog} if s.keylog else {})
