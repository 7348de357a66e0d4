import os

from stacks import Command
from stacks.node import options

CLIENT = "s2n by aws-crt 1.33"
PEER = os.path.join(os.path.dirname(__file__), "../peers/s2n.js")


def client(s):
	s.keylog = ""
	return Command(["node", PEER, options(s)])
