"""A mail server behind a box that takes the offer of TLS out for some clients."""

import os

from stacks import Command, stack

PEER = os.path.join(os.path.dirname(__file__), "../peers/stripper.py")
SERVER = "Postfix 3.7 (OpenSSL 3.0) behind a box that strips STARTTLS"
INSIDE = {25: ("postfix", 2525), 143: ("dovecot", 1143), 110: ("dovecot", 1110)}


def server(s):
	"""extra: how it strips, and from whom."""
	how, *addresses = s.extra
	port, (module, inside) = s.port, INSIDE[s.port]
	s.port, s.extra = inside, ()
	behind = stack(module).server(s)
	if module == "dovecot":	# its ports move over
		conf = behind.argv[-1]
		with open(conf) as f:
			text = f.read()
		with open(conf, "w") as f:
			f.write(text.replace("port = 143", "port = 1143").replace("port = 110", "port = 1110"))
	s.port = port
	return Command(["sh", "-c", '"$@" & exec python3 %s %s %d %d %s' % (PEER, how, port, inside, " ".join(addresses)), "sh"] + behind.argv, behind.env)
