import os

from stacks import Command

CLIENT = "scripted peer (Python, OpenSSL 3.0)"
PEER = os.path.join(os.path.dirname(__file__), "../peers/upgrader.py")


def client(s):
	"""extra: the role."""
	return Command(["python3", PEER, s.extra[0], s.host, s.port, s.roots], {"SSLKEYLOGFILE": s.keylog} if s.keylog else {})
