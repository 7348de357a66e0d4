"""A box that inspects what is said before TLS: stripper.py HOW PORT BEHIND STRIPPED...

Passes on what comes in at PORT to 127.0.0.1:BEHIND; for clients with one of the addresses STRIPPED it
takes the offer of TLS out (drop), overwrites it with X (mask), spoils the client's command (spoil), or
answers no where the server says yes (deny)."""

import re
import socket
import sys
import threading
import time

HOW, PORT, BEHIND, STRIPPED = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4:]


def from_server(data):
	if HOW == "mask":
		return data.replace(b"STARTTLS", b"XXXXXXXA")
	if HOW == "drop":
		data = re.sub(rb"250-STARTTLS\r\n", b"", data)
		data = re.sub(rb"<starttls[^>]*>(.*?</starttls>)?", b"", data)
		data = data.replace(b'"STARTTLS"\r\n', b"").replace(b"STARTTLS\r\n", b"") if PORT in (4190, 119) else data
		data = without_ssl(data) if PORT == 3306 else data
		return data.replace(b" STARTTLS", b"").replace(b"STLS\r\n", b"")
	if HOW == "deny" and data == b"S":
		return b"N"
	return data


def without_ssl(greeting):
	"""MySQL's first packet: behind the version, 13 bytes and half a scramble stand the capabilities."""
	at = greeting.index(b"\0", 5) + 1 + 4 + 8 + 1
	return greeting[:at + 1] + bytes([greeting[at + 1] & ~0x08]) + greeting[at + 2:] if greeting[3] == 0 and greeting[4] == 10 else greeting


def from_client(data):
	return data.replace(b"STARTTLS", b"XXXXXXXX").replace(b"AUTH TLS", b"XXXX XXX").replace(b"AUTH SSL", b"XXXX XXX") if HOW == "spoil" else data


def pass_on(source, sink, change):
	try:
		while True:
			data = source.recv(16384)
			if not data:
				break
			sink.sendall(change(data))
	except OSError:
		pass
	try:
		sink.shutdown(socket.SHUT_WR)
	except OSError:
		pass


def unchanged(data):
	return data


for _ in range(100):
	try:
		socket.create_connection(("127.0.0.1", BEHIND)).close()
		break
	except OSError:
		time.sleep(0.1)

listener = socket.create_server(("0.0.0.0", PORT))
while True:
	client, address = listener.accept()
	server = socket.create_connection(("127.0.0.1", BEHIND))
	stripped = address[0] in STRIPPED
	for source, sink, change in ((client, server, from_client), (server, client, from_server)):
		threading.Thread(target=pass_on, args=(source, sink, change if stripped else unchanged), daemon=True).start()
