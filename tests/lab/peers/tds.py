"""A server of TDS, as far as its login: tds.py ENCRYPTION PORT CHAIN KEY LOW HIGH.

ENCRYPTION as MS-TDS 2.2.6.5 numbers it: off (the login alone is encrypted), on, not_sup, req; strict is TDS 8."""

import socket
import ssl
import struct
import sys
import threading

ENCRYPTION, PORT, CHAIN, KEY, LOW, HIGH = sys.argv[1], int(sys.argv[2]), *sys.argv[3:7]
VALUES = {"off": 0, "on": 1, "not_sup": 2, "req": 3, "strict": 1}
PRELOGIN, REPLY, LAST = 0x12, 0x04, 1
VERSIONS = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}


def packet(kind, body):
	return struct.pack(">BBHHBB", kind, LAST, 8 + len(body), 0, 1, 0) + body


def exactly(receive, count):
	data = b""
	while len(data) < count:
		more = receive(count - len(data))
		if not more:
			raise ConnectionError("closed")
		data += more
	return data


def take_packet(receive):
	header = exactly(receive, 8)
	return header[0], exactly(receive, struct.unpack(">H", header[2:4])[0] - 8)


def prelogin():
	version, encryption = struct.pack(">BBHH", 16, 0, 1000, 0), bytes((VALUES[ENCRYPTION],))
	return struct.pack(">BHHBHHB", 0, 11, 6, 1, 17, 1, 0xff) + version + encryption


def login_ack():
	name = "tlswhy lab".encode("utf-16-le")
	ack = b"\x01\x74\x00\x00\x04" + bytes((len(name) // 2,)) + name + b"\x10\x00\x03\xe8"
	return b"\xad" + struct.pack("<H", len(ack)) + ack + done()


def done():
	return b"\xfd" + struct.pack("<HHQ", 0, 0, 0)


def context():
	c = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
	c.load_cert_chain(CHAIN, KEY)
	c.minimum_version, c.maximum_version = VERSIONS[LOW], VERSIONS[HIGH]
	return c


class Inside:
	"""TLS whose handshake travels in packets of TDS."""

	def __init__(self, tcp):
		self.tcp, self.incoming, self.outgoing = tcp, ssl.MemoryBIO(), ssl.MemoryBIO()
		self.tls = context().wrap_bio(self.incoming, self.outgoing, server_side=True)
		while True:
			try:
				self.tls.do_handshake()
				break
			except ssl.SSLWantReadError:
				self.flush(True)
				self.incoming.write(take_packet(tcp.recv)[1])
			except ssl.SSLError:
				self.flush(True)
				raise
		self.flush(True)
		print("OK", self.tls.version(), flush=True)

	def flush(self, wrapped):
		data = self.outgoing.read()
		if data:
			self.tcp.sendall(packet(PRELOGIN, data) if wrapped else data)

	def recv(self, count):
		while True:
			try:
				return self.tls.read(count)
			except ssl.SSLWantReadError:
				data = self.tcp.recv(16384)
				if not data:
					return b""
				self.incoming.write(data)

	def sendall(self, data):
		self.tls.write(data)
		self.flush(False)


def serve(tcp):
	tcp.settimeout(20)
	try:
		if ENCRYPTION == "strict":
			tcp = context().wrap_socket(tcp, server_side=True)
			print("OK", tcp.version(), flush=True)
		take_packet(tcp.recv)
		tcp.sendall(packet(REPLY, prelogin()))
		channel = tcp if ENCRYPTION in ("not_sup", "strict") else Inside(tcp)
		take_packet(channel.recv)
		after = tcp if ENCRYPTION == "off" else channel
		after.sendall(packet(REPLY, login_ack()))
		while True:
			take_packet(after.recv)
			after.sendall(packet(REPLY, done()))
	except OSError as e:
		print("ERR", e, flush=True)
	finally:
		tcp.close()


listener = socket.create_server(("0.0.0.0", PORT))
while True:
	connection, _ = listener.accept()
	threading.Thread(target=serve, args=(connection,), daemon=True).start()
