"""A client of IRC that insists on TLS, or not: irc.py MODE HOST PORT ROOTS.

MODE starttls, at-once (STARTTLS without asking what there is), direct or plain."""

import socket
import ssl
import sys

MODE, HOST, PORT, ROOTS = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]
PATIENCE_S = 8


class Session:
	def __init__(self, connection):
		self.connection, self.waiting = connection, b""

	def say(self, *lines):
		for line in lines:
			print(">", line, flush=True)
		self.connection.sendall("".join(line + "\r\n" for line in lines).encode())

	def hear(self, *words):
		"""The next line with one of these words in it; answers PING on the way."""
		while True:
			while b"\n" not in self.waiting:
				more = self.connection.recv(4096)
				if not more:
					raise ConnectionError("closed")
				self.waiting += more
			line, self.waiting = self.waiting.split(b"\n", 1)
			line = line.decode("latin-1").strip()
			print("<", line, flush=True)
			if line.startswith("PING"):
				self.say("PONG" + line[4:])
			if any(word in line for word in words):
				return line

	def secure(self):
		self.connection = ssl.create_default_context(cafile=ROOTS).wrap_socket(self.connection, server_hostname=HOST)
		print("OK", self.connection.version(), flush=True)


def main():
	session = Session(socket.create_connection((HOST, PORT), PATIENCE_S))
	if MODE == "direct":
		session.secure()
	if MODE == "starttls":
		session.say("CAP LS 302")
		if " tls" not in session.hear("CAP * LS", "CAP ", " 451 ", " 421 ").replace(":", " "):
			session.say("QUIT")
			raise ConnectionError("no tls among the server's capabilities")
	if MODE in ("starttls", "at-once"):
		session.say("STARTTLS")
		if " 670 " not in session.hear(" 670 ", " 691 ", " 421 ", " 451 "):
			raise ConnectionError("STARTTLS refused")
		session.secure()
	session.say("NICK kim", "USER kim 0 * :Kim")
	if MODE == "starttls":
		session.say("CAP END")
	session.hear(" 001 ")
	session.say("QUIT :bye")
	try:
		session.hear("ERROR")
	except OSError:
		pass


try:
	main()
except OSError as e:
	print("ERR", e)
