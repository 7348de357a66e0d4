import os

from network import SERVER
from stacks import Command
from stacks.node import options

CLIENT = "Ruby 3.1 net/http (OpenSSL 3.0)"
PEER = os.path.join(os.path.dirname(__file__), "../peers/peer.rb")


def client(s):
	s.keylog = ""
	return Command(["ruby", PEER, options(s, address=SERVER[s.family == 6])])
