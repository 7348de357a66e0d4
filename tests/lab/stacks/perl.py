import os

from network import SERVER
from stacks import Command
from stacks.node import options

CLIENT = "Perl IO::Socket::SSL 2.081 (OpenSSL 3.0)"
PEER = os.path.join(os.path.dirname(__file__), "../peers/peer.pl")


def client(s):
	s.keylog = ""
	return Command(["perl", PEER, options(s, address=SERVER[s.family == 6])])
