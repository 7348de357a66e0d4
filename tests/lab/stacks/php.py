import os

from network import SERVER
from stacks import Command
from stacks.node import options

CLIENT = "PHP 8.2 (OpenSSL 3.0)"
PEER = os.path.join(os.path.dirname(__file__), "../peers/peer.php")


def client(s):
	s.keylog = ""
	return Command(["php", PEER, options(s, address=SERVER[s.family == 6])])
