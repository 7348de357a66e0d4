"""A box that inspects mail: stripper.py HOW PORT BEHIND STRIPPED...

Passes on what comes in at PORT to 127.0.0.1:BEHIND; for clients with one of the addresses STRIPPED it
takes the offer of TLS out (drop), overwrites it with X (mask), or spoils the client's command (spoil)."""

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
		return data.replace(b" STARTTLS", b"").replace(b"STLS\r\n", b"")
	return data


def from_client(data):
	return data.replace(b"STARTTLS", b"XXXXXXXX") if HOW == "spoil" else data


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
