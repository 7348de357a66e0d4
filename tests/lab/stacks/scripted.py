import os

from stacks import Command

SERVER = "scripted peer (Python)"
PEER = os.path.join(os.path.dirname(__file__), "../peers/scripted.py")


def server(s):
	"""extra: role and its argument."""
	role, *argument = s.extra
	return Command(["python3", PEER, role, s.port, s.certificate.chain, s.certificate.key] + argument)
