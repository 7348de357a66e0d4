#!/usr/bin/env python3
"""seeds.py DIR [CAPTURES]: what pcaps/ and tests/chains/ hold, cut to the form that each fuzz target reads.

Makes DIR/<target>/ for each. Only classic pcap files are taken apart, by hand: the program itself is
what is tested here.
"""

import base64
import glob
import gzip
import hashlib
import os
import random
import re
import struct
import sys

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
# Enough that every scenario is there; more would only slow the fuzzer's start.
CAPTURES = 300
LARGEST = 60000


def frames(path):
	"""(link type, [frame]) of a classic little-endian pcap file."""
	with open(path, "rb") as f:
		data = f.read()
	if data[:4] != b"\xd4\xc3\xb2\xa1":
		return 0, []
	link, at, out = struct.unpack_from("<I", data, 20)[0], 24, []
	while at + 16 <= len(data):
		length = struct.unpack_from("<I", data, at + 8)[0]
		out.append(data[at + 16:at + 16 + length])
		at += 16 + length
	return link, out


def payloads(link, packets):
	"""(is UDP, source port, destination port, payload) of plain Ethernet frames with IPv4."""
	for p in packets:
		if link != 1 or p[12:14] != b"\x08\x00" or len(p) < 34:
			continue
		ip = p[14:14 + struct.unpack_from(">H", p, 16)[0]]
		body = ip[(ip[0] & 15) * 4:]
		if ip[9] == 6 and len(body) >= 20:
			yield (False, *struct.unpack_from(">HH", body), body[(body[12] >> 4) * 4:])
		elif ip[9] == 17 and len(body) >= 8:
			yield (True, *struct.unpack_from(">HH", body), body[8:])


def tls_seed(pieces):
	"""Flags, then pieces of the first flow."""
	first = pieces[0]
	out = bytes([first[0]])
	for udp, source, destination, payload in pieces:
		if payload and udp == first[0] and {source, destination} == set(first[1:3]):
			out += struct.pack(">BH", source != first[1], len(payload)) + payload
	return out


def messages(pieces):
	"""Handshake messages in clear, as far as whole records in one direction show them."""
	for side in {p[1] for p in pieces}:
		stream, content = b"".join(p[3] for p in pieces if p[1] == side), b""
		while len(stream) >= 5 and stream[0] in (20, 21, 22, 23):
			length = struct.unpack_from(">H", stream, 3)[0]
			if stream[0] == 20:
				break
			if stream[0] == 22:
				content += stream[5:5 + length]
			stream = stream[5 + length:]
		while len(content) >= 4:
			length = int.from_bytes(content[1:4], "big")
			if len(content) < 4 + length:
				break
			yield content[0], content[4:4 + length]
			content = content[4 + length:]


def certificates():
	for path in sorted(glob.glob(os.path.join(ROOT, "tests", "chains", "*.pem"))):
		with open(path) as f:
			text = f.read()
		yield [base64.b64decode(b) for b in re.findall(r"-----BEGIN CERTIFICATE-----(.*?)-----END", text, re.S)], text


class Nest:
	def __init__(self, path):
		self.path = path

	def add(self, target, seed):
		if not seed or len(seed) > LARGEST:
			return
		folder = os.path.join(self.path, target)
		os.makedirs(folder, exist_ok=True)
		with open(os.path.join(folder, hashlib.sha1(seed).hexdigest()), "wb") as f:
			f.write(seed)


def mark(rng, chance):
	return struct.pack(">BH", rng.randrange(1, 60), rng.randrange(2000)) if rng.random() < chance else b"\0"


def some_side(rng, server):
	"""As the target's take_side() reads it."""
	out = b"\1\0" + bytes([10 + server, rng.randrange(2)])
	out += b"".join(mark(rng, c) for c in (.9, .9, 1, 1, .9, .9, .9, .9, .4, .2, .2, .1))
	out += bytes(rng.choice((0, 0, 1, 100, 200)) for _ in range(16))
	out += bytes((1, rng.randrange(2), rng.random() < .1)) + b"\5\xb4" + bytes((64, 60, 64, 0))
	return out + (b"\1" + mark(rng, 1) + rng.randbytes(8) + b"\x40\0\0\1\1\1" + rng.randbytes(4)
		if rng.random() < .3 else b"\0")


def some_flow(rng):
	return bytes((0, rng.randrange(9), 1)) + mark(rng, 1) + mark(rng, 1) + bytes((20, 200, rng.randrange(7), 0)) + \
		some_side(rng, 0) + some_side(rng, 1)


def event(rng, side, kind, body):
	return bytes((kind, side)) + mark(rng, 1) + body


def rules_seed(rng, found):
	"""Real messages in their order amid facts at random: of one handshake or two to the same server."""
	out = rng.randbytes(1)
	for _ in range(rng.choice((1, 1, 2))):
		events = []
		for side, (kind, body) in found[:rng.randrange(len(found) + 1)] if rng.random() < .5 else found:
			events.append(event(rng, side, 0, b"\2\0\3\3" + struct.pack(">H", len(body)) + bytes(6)))
			events.append(event(rng, side, 1, struct.pack(">HHBH", 0x0303, 0xc02f, kind, len(body)) + body + b"\0" +
				mark(rng, 1)))
		if rng.random() < .7:
			events.append(event(rng, rng.randrange(2), 2, bytes((2, rng.choice((0, 10, 40, 42, 46, 47, 48, 70, 80, 112)), 0))))
		events = [e for e in events if rng.random() < .9]	# what a capture may lack
		out += b"\0" + some_flow(rng) + bytes([len(events)]) + b"".join(events) + bytes(4)
	return out


def varint(n):
	return struct.pack(">I", n | 0x80000000)


def zero_random(kind, body):
	"""The random that the targets' key logs know."""
	return body[:2] + b"\0" * 32 + body[34:] if kind == 1 and len(body) > 34 else body


def whole(kind, body):
	body = zero_random(kind, body)
	return bytes([kind]) + len(body).to_bytes(3, "big") + body


def piece(what, body):
	return struct.pack(">BH", what, len(body)) + body


def quic_seed(rng, found):
	"""The messages in CRYPTO frames, a few to a packet; hellos in Initial packets, the rest behind."""
	out = rng.randbytes(2)
	at = {}
	for side, (kind, body) in found:
		message, level = whole(kind, body), 0 if kind in (1, 2) else 1
		for begin in range(0, len(message), 1000):
			part = message[begin:begin + 1000]
			offset = at.get((side, level), 0)
			at[side, level] = offset + len(part)
			frame = b"\x06" + varint(offset) + varint(len(part)) + part
			out += piece(side | level << 1 | rng.choice((0, 8)), frame + rng.choice((b"", b"\0" * 20, b"\2\1\1\0\1")))
	close = rng.choice((b"\x1c\x41\x2a\6\3bad", b"\x1d\7\2hi", b"\x1c\x0a\0\0"))
	return out + piece(rng.choice((0, 1)) | rng.choice((0, 2, 4)), close) + piece(4, b"\1") + piece(5, b"\1")


def record(what, kind, body):
	return struct.pack(">BBH", what, kind - 20, len(body)) + body


def decrypt_seed(rng, found):
	out = rng.randbytes(1)
	for side, (kind, body) in found:
		out += record(side | 2, 22, whole(kind, body))
	finished = whole(20, rng.randbytes(32))
	for side in rng.sample((0, 1), 2):
		out += record(side | 6, 20, b"") + record(side | 2, 22, finished) + record(side | 6, 20, b"")
	return out + record(3, 22, whole(24, b"\0")) + record(2, 21, bytes([2, rng.choice((40, 42, 48, 116))])) + \
		record(3, 23, b"data") + record(4, 23, b"more") + record(10, 22, whole(4, rng.randbytes(60)))


def seed_capture(nest, rng, path):
	with open(path, "rb") as f:
		data = f.read()
	nest.add("fuzz_capture", data)
	if rng.random() < 0.05:
		nest.add("fuzz_capture", gzip.compress(data))
	link, packets = frames(path)
	pieces = list(payloads(link, packets))
	nest.add("fuzz_packet", b"\0" + b"".join(struct.pack(">H", len(p)) + p for p in packets[:8]))
	if not pieces:
		return
	nest.add("fuzz_tls", tls_seed(pieces))
	if not pieces[0][0]:
		nest.add("fuzz_cuts", rng.randbytes(1) + tls_seed(pieces)[1:])
	found = list(messages(pieces))
	for kind, body in found:
		nest.add("fuzz_message", struct.pack(">BHHHB", 0, 0x0303, 0x0301, 0xc02f, kind) + body)
	sided = [(0 if k in (1, 16) else 1, (k, b)) for k, b in found]
	nest.add("fuzz_rules", rules_seed(rng, sided))
	nest.add("fuzz_quic", quic_seed(rng, sided))
	nest.add("fuzz_decrypt", decrypt_seed(rng, [m for m in sided if m[1][0] not in (1, 2)]))


def seed_chains(nest):
	for chain, text in certificates():
		issuer = chain[1] if len(chain) > 1 else chain[0]
		nest.add("fuzz_certificate", b"\0" + struct.pack(">H", len(issuer)) + issuer + chain[0])
		nest.add("fuzz_certificate", b"\3" + text.encode())
		nest.add("fuzz_message", struct.pack(">BHHHB", 0, 0x0303, 0x0301, 0xc02f, 11) +
			(sum(len(c) + 3 for c in chain)).to_bytes(3, "big") +
			b"".join(len(c).to_bytes(3, "big") + c for c in chain))
	for path in glob.glob(os.path.join(ROOT, "pcaps", "*.keys"))[:20]:
		with open(path, "rb") as f:
			nest.add("fuzz_certificate", b"\4" + f.read())


def main():
	nest, rng = Nest(sys.argv[1]), random.Random(1)
	paths = sorted(glob.glob(os.path.join(ROOT, "pcaps", "*.pcap*")))
	for path in rng.sample(paths, min(int(sys.argv[2]) if sys.argv[2:] else CAPTURES, len(paths))):
		seed_capture(nest, rng, path)
	seed_chains(nest)
	for i in range(40):
		nest.add("fuzz_reassemble", rng.randbytes(8 + 4 * 40))


main()
