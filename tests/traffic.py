"""Packets, connections and TLS messages made by hand, for captures that no stack would send."""

import random
import struct

SYN, ACK, RST, FIN = 2, 16, 4, 1
CLIENT, SERVER = 0, 1


def ip4(source, destination, protocol, body, ident=0, fragment=0):
	return struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(body), ident & 0xffff, fragment, 64, protocol, 0, source,
		destination) + body


def tcp(sport, dport, seq, ack, flags, data=b""):
	return struct.pack(">HHIIBBHHH", sport, dport, seq & 0xffffffff, ack & 0xffffffff, 0x50, flags, 65000, 0, 0) + data


def udp(sport, dport, data):
	return struct.pack(">HHHH", sport, dport, 8 + len(data), 0) + data


class Wire:
	"""A capture that is written as it is made."""

	def __init__(self, path, opener=open):
		self.file, self.count = opener(path, "wb"), 0
		self.file.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 262144, 1))

	def put(self, packet, kind=b"\x08\x00"):
		frame = b"\0" * 12 + kind + packet
		self.file.write(struct.pack("<IIII", 1700000000 + self.count // 20000, self.count % 20000 * 50, len(frame),
			len(frame)) + frame)
		self.count += 1


class Flow:
	"""One TCP connection."""

	ports = 0

	def __init__(self, wire, client=b"\x0a\0\0\1", server=b"\x0a\0\0\2", port=None, open_it=True):
		Flow.ports += 1
		self.wire, self.ends, self.ident = wire, (client, server), 0
		self.ports = (port or 1024 + Flow.ports % 60000, 443)
		self.next = [1000, 5000]
		if open_it:
			self.put(CLIENT, SYN)
			self.next[CLIENT] += 1
			self.put(SERVER, SYN | ACK)
			self.next[SERVER] += 1
			self.put(CLIENT, ACK)

	def put(self, side, flags, data=b"", at=None):
		self.ident += 1
		seq = self.next[side] if at is None else self.next[side] + at
		self.wire.put(ip4(self.ends[side], self.ends[not side], 6, tcp(self.ports[side], self.ports[not side], seq,
			self.next[not side] if flags & ACK else 0, flags, data), self.ident))

	def send(self, side, data, size=1400):
		for at in range(0, len(data), size):
			self.put(side, ACK, data[at:at + size])
			self.next[side] += len(data[at:at + size])


def records(kind, data, size=16384):
	return b"".join(struct.pack(">BHH", kind, 0x0303, len(data[i:i + size])) + data[i:i + size]
		for i in range(0, len(data), size))


def message(kind, body, promised=None):
	return struct.pack(">B", kind) + (len(body) if promised is None else promised).to_bytes(3, "big") + body


def hello(name=b"a.example", extensions=b""):
	sni = struct.pack(">HHHBH", 0, len(name) + 5, len(name) + 3, 0, len(name)) + name
	rest = sni + extensions
	return message(1, b"\3\3" + b"r" * 32 + b"\0\0\2\xc0\x2f\1\0" + struct.pack(">H", len(rest)) + rest)


def server_hello():
	return message(2, b"\3\3" + b"s" * 32 + b"\0\xc0\x2f\0")


def alert(code):
	return struct.pack(">BHHBB", 21, 0x0303, 2, 2, code)


def some_address():
	return struct.pack(">I", random.randrange(1 << 24, 223 << 24))
