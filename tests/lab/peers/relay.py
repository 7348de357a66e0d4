"""Stands between two real stacks and alters records: relay.py PORT TARGET-HOST TARGET-PORT ALTERATION.

An alteration named sc_* works on what the server says, cs_* on what the client says. Each gets the
records of its direction one after the other and gives those to send instead."""

import os
import socket
import sys
import threading

PORT, TARGET, ALTERATION = int(sys.argv[1]), (sys.argv[2], int(sys.argv[3])), sys.argv[4]
HANDSHAKE, ALERT, CCS, DATA = 22, 21, 20, 23


class Record:
	def __init__(self, kind, version, body):
		self.kind, self.version, self.body = kind, version, bytearray(body)

	def wire(self, length=None):
		size = len(self.body) if length is None else length
		return bytes([self.kind]) + self.version + size.to_bytes(2, "big") + bytes(self.body)


def messages(record):
	"""The handshake messages of a clear record as (type, body); None if it does not hold whole ones."""
	found, at = [], 0
	while at < len(record.body):
		size = int.from_bytes(record.body[at + 1:at + 4], "big")
		if at + 4 + size > len(record.body):
			return None
		found.append((record.body[at], bytearray(record.body[at + 4:at + 4 + size])))
		at += 4 + size
	return found


def put(record, parts):
	record.body = bytearray(b"".join(bytes([kind]) + len(body).to_bytes(3, "big") + bytes(body) for kind, body in parts))
	return record


class Side:
	"""One direction; remembers whether its records have become unreadable."""

	def __init__(self):
		self.clear, self.seen = True, []

	def alter(self, record, change):
		"""change(type, body) for each clear handshake message: the new body, or None to leave it out."""
		parts = messages(record) if self.clear and record.kind == HANDSHAKE else None
		if record.kind == CCS:
			self.clear = False
		if parts is None:
			return [record]
		out = []
		for kind, body in parts:
			new = change(kind, body)
			if new is not None:
				out.append((kind, new))
			self.seen.append(kind)
		return [put(record, out)] if out else []


# Where things are in a ServerHello and a ClientHello

def after_session_id(body):
	return 35 + body[34]


def extensions_at(body, client):
	at = after_session_id(body)
	if client:
		at += 2 + int.from_bytes(body[at:at + 2], "big")
		return at + 1 + body[at]
	return at + 3


def extensions(body, client):
	at = extensions_at(body, client) + 2
	found = []
	while at + 4 <= len(body):
		size = int.from_bytes(body[at + 2:at + 4], "big")
		found.append((int.from_bytes(body[at:at + 2], "big"), bytes(body[at + 4:at + 4 + size])))
		at += 4 + size
	return found


def with_extensions(body, client, wanted):
	start = extensions_at(body, client)
	packed = b"".join(n.to_bytes(2, "big") + len(c).to_bytes(2, "big") + c for n, c in wanted)
	return body[:start] + len(packed).to_bytes(2, "big") + packed


def on(wanted, change):
	"""An alteration of every message of one type."""
	return lambda side, record: side.alter(record, lambda kind, body: change(body) if kind == wanted else body)


def poke(at, value=None):
	def change(body):
		where = at if at >= 0 else len(body) + at
		body[where] = body[where] ^ 1 if value is None else value
		return body
	return change


def suite(code):
	def change(body):
		at = after_session_id(body)
		body[at:at + 2] = code
		return body
	return change


def compressed(body):
	body[after_session_id(body) + 2] = 1
	return body


def longer_name(body):
	"""The first extension claims to be longer than the message."""
	at = extensions_at(body, False) + 2
	body[at + 2:at + 4] = b"\x7f\xff"
	return body


def without(number, client):
	return lambda body: with_extensions(body, client, [e for e in extensions(body, client) if e[0] != number])


def adding(number, content, client):
	return lambda body: with_extensions(body, client, extensions(body, client) + [(number, content)])


def encrypted(nth, change):
	"""Alters the nth record that is encrypted."""
	def alteration(side, record):
		hidden = record.kind == DATA or (not side.clear and record.kind == HANDSHAKE)
		if record.kind == CCS:
			side.clear = False
		if hidden:
			side.seen.append(record)
			if len(side.seen) == nth:
				return change(record)
		return [record]
	return alteration


def flip(record):
	record.body[-3] ^= 1
	return [record]


def too_long(side, record):
	if not side.seen and record.kind == HANDSHAKE:
		side.seen.append(record)
		record.body = bytearray(os.urandom(18500))
	return [record]


def garbled_certificate(body):
	"""The first certificate's DER begins with something else than a SEQUENCE."""
	body[6:12] = b"\x13\x37\x13\x37\x13\x37"
	return body


def lone_finished(side, record):
	"""A Finished in clear where a ServerHello is expected."""
	if not side.seen:
		side.seen.append(record)
		return [put(Record(HANDSHAKE, record.version, b""), [(20, bytes(12))])]
	return []


ALTERATIONS = {
	"sc_random": on(2, poke(10)), "sc_signature": on(12, poke(-4)), "sc_suite": on(2, suite(b"\xc0\x77")),
	"sc_compression": on(2, compressed), "sc_version": on(2, poke(1, 0)), "sc_decode": on(2, longer_name),
	"sc_extension": on(2, adding(0x4a4b, b"abc", False)), "sc_no_reneg": on(2, without(65281, False)),
	"sc_no_ske": on(12, lambda body: None), "sc_no_certificate": on(11, lambda body: None),
	"sc_certificate": on(11, garbled_certificate), "sc_cert_length": on(11, poke(2, 0x7f)),
	"sc_flip_first": encrypted(1, flip), "sc_flip_second": encrypted(2, flip), "sc_overflow": too_long, "sc_finished": lone_finished,
	"sc_key_share": on(2, poke(-1)), "sc_session": on(2, poke(40)),
	"cs_strip_13": on(1, without(43, True)), "cs_no_groups": on(1, without(10, True)), "cs_no_signatures": on(1, without(13, True)),
	"cs_no_key_share": on(1, without(51, True)), "cs_decode": on(1, poke(34, 60)), "cs_flip_first": encrypted(1, flip), "cs_no_cke": on(16, lambda body: None),
	"cs_cke": on(16, poke(-2)), "cs_verify": on(15, poke(-2)), "cs_random": on(1, poke(10)), "cs_compression": on(1, without(999, True)),
}


def exactly(tcp, count):
	data = b""
	while len(data) < count:
		more = tcp.recv(count - len(data))
		if not more:
			raise EOFError
		data += more
	return data


def pump(source, sink, alteration):
	side = Side()
	try:
		while True:
			head = exactly(source, 5)
			record = Record(head[0], head[1:3], exactly(source, int.from_bytes(head[3:5], "big")))
			out = b"".join(r.wire() for r in (alteration(side, record) if alteration else [record]))
			if out:
				sink.sendall(out)
	except (EOFError, OSError):
		pass
	for end, how in ((sink, socket.SHUT_WR),):
		try:
			end.shutdown(how)
		except OSError:
			pass


def serve(client):
	server = socket.create_connection(TARGET, 5)
	change = ALTERATIONS[ALTERATION]
	threads = [threading.Thread(target=pump, args=a, daemon=True) for a in (
		(client, server, change if ALTERATION.startswith("cs") else None),
		(server, client, change if ALTERATION.startswith("sc") else None))]
	for t in threads:
		t.start()
	for t in threads:
		t.join(20)
	client.close()
	server.close()


listener = socket.create_server(("0.0.0.0", PORT))
while True:
	connection, _ = listener.accept()
	threading.Thread(target=serve, args=(connection,), daemon=True).start()
