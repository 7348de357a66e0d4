import os

from stacks import Command

CLIENT = "scripted peer (Python)"
PEER = os.path.join(os.path.dirname(__file__), "../peers/raw_client.py")


def client(s):
	"""extra: role and its argument."""
	s.keylog = ""
	role, *argument = s.extra
	return Command(["python3", PEER, role, s.host, s.port] + argument)
