import os

from stacks import Command

CLIENT = "Python 3.11 asyncio (OpenSSL 3.0)"
PEER = os.path.join(os.path.dirname(__file__), "../peers/aio.py")


def client(s):
	"""extra: streams or aiohttp."""
	return Command(["/usr/bin/python3", PEER, s.extra[0], s.host, s.port, s.roots, s.high], {"SSLKEYLOGFILE": s.keylog} if s.keylog else {})
