"""A server behind a box that takes the offer of TLS out for some clients."""

import os

from stacks import Command, stack

PEER = os.path.join(os.path.dirname(__file__), "../peers/stripper.py")
SERVER = "Postfix 3.7 (OpenSSL 3.0) behind a box that strips STARTTLS"
INSIDE = {25: ("postfix", 2525), 143: ("dovecot", 1143), 110: ("dovecot", 1110), 4190: ("dovecot", 14190), 5222: ("prosody", 15222),
	3306: ("mariadb", 13306), 5432: ("postgres", 15432), 21: ("vsftpd", 2121)}


def server(s):
	"""extra: how it strips, and from whom."""
	how, *addresses = s.extra
	port, (module, inside) = s.port, INSIDE[s.port]
	s.port, s.extra = inside, ()
	behind = stack(module).server(s)
	if module in ("dovecot", "prosody"):	# their ports move over
		conf = behind.argv[-1]
		with open(conf) as f:
			text = f.read()
		with open(conf, "w") as f:
			for outside, (_, there) in INSIDE.items():
				text = text.replace("port = %d\n" % outside, "port = %d\n" % there).replace("{ %d }" % outside, "{ %d }" % there)
			f.write(text)
	s.port = port
	return Command(["sh", "-c", '"$@" & exec python3 %s %s %d %d %s' % (PEER, how, port, inside, " ".join(addresses)), "sh"] + behind.argv, behind.env)
