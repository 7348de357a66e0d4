import os

from stacks import Command
from stacks.node import options

CLIENT = SERVER = "Python 3.11 ssl (OpenSSL 3.0)"
PEER = os.path.join(os.path.dirname(__file__), "../peers/peer.py")


def client(s):
	return Command(["python3", PEER, options(s)])


def server(s):
	s.keylog = ""
	return Command(["python3", PEER, options(s, serve=True)])
