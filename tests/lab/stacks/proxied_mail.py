"""A mail server behind a proxy, whose port the client knows."""

from stacks import Command, stack

SERVER = "Postfix 3.7 (OpenSSL 3.0) behind a proxy"


def server(s):
	"""extra: the line of shell that starts the proxy."""
	port, s.port = s.port, 25
	proxy, s.extra = s.extra[0].replace("{folder}", s.folder), ()
	behind = stack("postfix").server(s)
	s.port = port
	return Command(["sh", "-c", "sleep 1; " + proxy + 'exec "$@"', "sh"] + behind.argv, behind.env)
