"""Clients that do one thing, for captures: raw_client.py ROLE HOST PORT [ARGUMENT]."""

import os
import socket
import ssl
import struct
import sys
import time

ROLE, HOST, PORT = sys.argv[1], sys.argv[2], int(sys.argv[3])
ARGUMENT = sys.argv[4] if len(sys.argv) > 4 else ""


def reset(tcp):
	tcp.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
	tcp.close()


def say(tcp):
	"""Sends some plaintext and prints what comes back."""
	tcp.sendall(ARGUMENT.encode().decode("unicode_escape").encode("latin-1"))
	print(tcp.recv(4096))


def vector(size, content):
	return len(content).to_bytes(size, "big") + content


def extension(number, content):
	return struct.pack(">H", number) + vector(2, content)


def hybrid(tcp):
	"""The ClientHello of one who offers X25519MLKEM768: its key share alone is 1216 bytes. It is
	not meant to be answered, so the share is not a key that anybody holds."""
	name = b"shop.lindenhof.example"
	shares = b"\x11\xec" + vector(2, os.urandom(1216)) + b"\x00\x1d" + vector(2, os.urandom(32))
	extensions = b"".join((
		extension(0, vector(2, b"\x00" + vector(2, name))), extension(10, vector(2, b"\x11\xec\x00\x1d\x00\x17")),
		extension(13, vector(2, bytes.fromhex("04030804040105030805050108060601"))),
		extension(16, vector(2, vector(1, b"h2") + vector(1, b"http/1.1"))),
		extension(43, vector(1, b"\x03\x04\x03\x03")), extension(45, vector(1, b"\x01")),
		extension(23, b""), extension(35, b""), extension(65281, b"\x00"), extension(51, vector(2, shares))))
	hello = b"\x03\x03" + os.urandom(32) + vector(1, os.urandom(32)) + \
		vector(2, bytes.fromhex("130113021303c02bc02fc02cc030cca9cca8")) + b"\x01\x00" + vector(2, extensions)
	tcp.sendall(b"\x16\x03\x01" + vector(2, b"\x01" + vector(3, hello)))
	tcp.settimeout(float(ARGUMENT or 5))
	print("answer", tcp.recv(4096)[:20])


def hello():
	c = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
	c.check_hostname, c.verify_mode = False, ssl.CERT_NONE
	if ARGUMENT.endswith("12"):
		c.maximum_version = ssl.TLSVersion.TLSv1_2
	incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
	tls = c.wrap_bio(incoming, outgoing, server_hostname="shop.lindenhof.example")
	try:
		tls.do_handshake()
	except ssl.SSLWantReadError:
		pass
	return outgoing.read()


def abandon(tcp):
	"""Sends a ClientHello, takes some of the answer and goes without a word."""
	tcp.sendall(hello())
	tcp.recv(16384)
	time.sleep(0.2)
	while "rst" not in ARGUMENT and select_ready(tcp) and tcp.recv(16384):
		pass
	if "rst" in ARGUMENT:
		reset(tcp)


def select_ready(tcp):
	import select
	return select.select([tcp], [], [], 0)[0]


def stall(tcp):
	"""Sends a ClientHello, takes the answer and says nothing until the server has enough."""
	tcp.sendall(hello())
	while tcp.recv(16384):
		pass


def half(tcp):
	"""Half a ClientHello, and no more."""
	tcp.sendall(hello()[:100])
	print(tcp.recv(16384))


def hello_and_go(tcp):
	tcp.sendall(hello())
	if "rst" in ARGUMENT:
		reset(tcp)


def idle(tcp):
	time.sleep(float(ARGUMENT))


def probe(tcp):
	if ARGUMENT == "rst":
		reset(tcp)


with socket.create_connection((HOST, PORT), 10) as connection:
	connection.settimeout(30)
	try:
		globals()[ROLE](connection)
	except OSError as e:
		print("ERR", e)
