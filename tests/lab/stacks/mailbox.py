import os

from stacks import Command

CLIENT = "Python 3.11 smtplib, imaplib, poplib, ftplib (OpenSSL 3.0)"
PEER = os.path.join(os.path.dirname(__file__), "../peers/mailbox.py")


def client(s):
	"""extra: the protocol, and how it comes to TLS (starttls, implicit, plain)."""
	kind, mode = s.extra
	return Command(["python3", "-W", "ignore", PEER, kind, mode, s.host, s.port, s.roots], {"SSLKEYLOGFILE": s.keylog} if s.keylog else {})
