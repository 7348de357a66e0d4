"""A mail server behind a box that takes the offer of TLS out for some clients."""

import os

from stacks import Command, stack

PEER = os.path.join(os.path.dirname(__file__), "../peers/stripper.py")
SERVER = "Postfix 3.7 (OpenSSL 3.0) behind a box that strips STARTTLS"


def server(s):
	"""extra: how it strips, and from whom."""
	how, *addresses = s.extra
	port, s.port, s.extra = s.port, 2525, ()
	behind = stack("postfix").server(s)
	s.port = port
	return Command(["sh", "-c", '"$@" & exec python3 %s %s %d 2525 %s' % (PEER, how, port, " ".join(addresses)), "sh"] + behind.argv, behind.env)
