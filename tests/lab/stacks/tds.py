import os

from stacks import Command

SERVER = "scripted SQL Server (Python, OpenSSL 3.0)"
PEER = os.path.join(os.path.dirname(__file__), "../peers/tds.py")


def server(s):
	"""extra: what it says of encryption."""
	return Command(["python3", PEER, s.extra[0], s.port, s.certificate.chain, s.certificate.key, s.low, s.high])
