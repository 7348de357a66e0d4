#!/usr/bin/env python3
"""hostile.py PROGRAM [BUILD-DIR]: captures made to exhaust whoever watches, under a small --memory.

Each must be read to its end, in bounded time a packet and bounded memory.
"""

import gzip
import json
import os
import random
import resource
import struct
import subprocess
import sys
import tempfile
import time
import zlib

from traffic import ACK, CLIENT, SERVER, SYN, Flow, Wire, alert, hello, ip4, message, records, server_hello, \
	some_address, tcp, udp

PROGRAM = os.path.abspath(sys.argv[1])
SANITIZED = "san" in os.path.basename(sys.argv[2] if sys.argv[2:] else "")
# Sanitizers cost time and memory that are not the program's.
SCALE = 10 if SANITIZED else 1
MEMORY_MIB = 64
# What the process has beside what --memory bounds: code, libraries, buffers of the input and of both
# decompressors, the largest message of a report.
ELSE_MIB = 48
# A packet costs well below a microsecond; a shared machine under load may take many times that.
SECONDS_AT_LEAST, SECONDS_A_PACKET = 5, 40e-6
random.seed(42)


# ---- what an attacker sends -------------------------------------------------------------------

def half_open_flood(wire):
	for _ in range(200000 // SCALE):
		wire.put(ip4(some_address(), b"\x0a\0\0\2", 6, tcp(random.randrange(1024, 65536), 443, 1, 0, SYN)))


def flows_of_one_byte(wire):
	for _ in range(100000 // SCALE):
		wire.put(ip4(some_address(), b"\x0a\0\0\2", 6, tcp(random.randrange(1024, 65536), 443, 1, 1, ACK, b"\x16")))


def overlapping_rewrites(wire):
	flow = Flow(wire)
	for _ in range(40000 // SCALE):
		flow.put(CLIENT, ACK, random.randbytes(random.randrange(1, 600)), at=random.randrange(1, 60000))


def holes_that_never_close(wire):
	for _ in range(600 // SCALE):
		flow = Flow(wire, client=some_address())
		for at in range(100000, 1, -1400):
			flow.put(CLIENT, ACK, b"x" * 1400, at=at)


def one_byte_in_two(wire):
	flow = Flow(wire)
	for at in range(120000 // SCALE, 1, -2):
		flow.put(CLIENT, ACK, b"x", at=at)


def records_that_never_end(wire):
	for _ in range(30 // SCALE or 1):
		flow = Flow(wire)
		flow.send(CLIENT, records(22, hello()))
		flow.send(SERVER, struct.pack(">BHH", 22, 0x0303, 0xffff) + b"\2\xff\xff\xff" + b"x" * 200000)


def hello_promised_and_never_sent(wire):
	for _ in range(20000 // SCALE):
		flow = Flow(wire, client=some_address())
		flow.send(CLIENT, records(22, message(1, b"\3\3" + b"x" * 200, promised=0xffffff)))


def hello_promised_and_sent(wire):
	for _ in range(2):
		Flow(wire).send(CLIENT, records(22, message(1, b"\3\3" + b"x" * (1 << 24) , promised=0xffffff)), size=60000)


def empty_records(wire):
	flow = Flow(wire)
	flow.send(CLIENT, records(22, hello()))
	flow.send(SERVER, b"\x16\3\3\0\0" * (200000 // SCALE), size=5000)
	flow.send(CLIENT, b"\x15\3\3\0\2\1\x5a" * (100000 // SCALE), size=7000)


def ip_fragments(wire):
	body = udp(5000, 443, b"z" * 60000)
	for ident in range(8 // SCALE or 1):
		for at in range(0, len(body), 8):
			wire.put(ip4(b"\x0a\0\0\1", b"\x0a\0\0\2", 17, body[at:at + 8], ident,
				at // 8 | (0x2000 if at + 8 < len(body) else 0)))
	for n in range(65535 // SCALE):		# first fragments of ever new datagrams
		wire.put(ip4(some_address(), b"\x0a\0\0\2", 6, b"x" * 1400, n, 0x2000))
	for n in range(65535 // SCALE):		# of one datagram, each over the others
		wire.put(ip4(b"\x0a\0\0\1", b"\x0a\0\0\3", 6, b"x" * 64, 7, 0x2000 | random.randrange(8000)))


def tunnels_in_tunnels(wire):
	inner = ip4(b"\x0a\0\0\1", b"\x0a\0\0\2", 6, tcp(5000, 443, 1, 1, ACK, b"x"))
	for depth in range(1, 400):
		gre, ipip, vxlan = inner, inner, inner
		for _ in range(depth):
			gre = ip4(b"\1\1\1\1", b"\2\2\2\2", 47, b"\0\0\x08\0" + gre)
			ipip = ip4(b"\1\1\1\1", b"\2\2\2\2", 4, ipip)
		for _ in range(depth // 2):
			vxlan = ip4(b"\1\1\1\1", b"\2\2\2\2", 17, udp(9, 4789, b"\x08\0\0\0\0\0\1\0" + b"\0" * 12 + b"\x08\0" + vxlan))
		for packet in (gre, ipip, vxlan):
			if len(packet) < 65000:
				wire.put(packet)
		wire.put(b"\0\1\x81\0" * depth * 40 + inner, kind=b"\x81\0")
		wire.put(b"\0\0\x10\x40" * depth * 40 + b"\0\0\x11\x40" + inner, kind=b"\x88\x47")
		wire.put(b"\x60\0\0\0" + struct.pack(">H", depth * 8) + b"\0\x40" + b"\1" * 32 +
			b"\0\0\0\0\0\0\0\0" * depth, kind=b"\x86\xdd")


def certificates_by_the_thousand(wire):
	for size, count in ((1, 60000), (3, 40000), (60, 4000)):
		for _ in range(3):
			listed = (size.to_bytes(3, "big") + random.randbytes(size)) * count
			flow = Flow(wire)
			flow.send(CLIENT, records(22, hello()))
			flow.send(SERVER, records(22, server_hello() + message(11, len(listed).to_bytes(3, "big") + listed)))
			flow.send(CLIENT, alert(42))


def different_certificates(wire):
	for n in range(400 // SCALE):
		listed = b"".join((2000).to_bytes(3, "big") + b"\x30\x82\7\xcc" + random.randbytes(1996) for _ in range(50))
		flow = Flow(wire)
		flow.send(CLIENT, records(22, hello(b"host%d.example" % n)))
		flow.send(SERVER, records(22, server_hello() + message(11, len(listed).to_bytes(3, "big") + listed)))
		flow.send(CLIENT, alert(42))


def extensions_by_the_thousand(wire):
	for kind in (0, 10, 16, 43, 51, 0x1234):
		flow = Flow(wire)
		flow.send(CLIENT, records(22, hello(extensions=struct.pack(">HH", kind, 0) * 16000)))
		flow.send(SERVER, alert(47))
	for name in (b"a" * 60000, b"\xff" * 60000, b"." * 60000):
		flow = Flow(wire)
		flow.send(CLIENT, records(22, hello(name=name)))
		flow.send(SERVER, alert(112))


def compressed_certificate_bombs(wire):
	bombs = {1: zlib.compress(b"\0" * (1 << 24), 9),
		2: bytes.fromhex("9ffffffff82700e2b14020f7fe1f"),	# all that a window of 16 MiB can repeat
		3: b"\x28\xb5\x2f\xfd\0\x70" + ((131072 << 3 | 2).to_bytes(3, "little") + b"\0") * 128 + b"\1\0\0"}
	for promised in (0xffffff, 1 << 24, 1 << 18, 100, 0) * 10:
		for algorithm, bomb in bombs.items():
			flow = Flow(wire)
			flow.send(CLIENT, records(22, hello()))
			body = struct.pack(">H", algorithm) + (promised & 0xffffff).to_bytes(3, "big") + len(bomb).to_bytes(3, "big") + bomb
			flow.send(SERVER, records(22, server_hello() + message(25, body)))
			flow.send(CLIENT, alert(42))


def names_without_end(wire):
	for n in range(30000 // SCALE):
		flow = Flow(wire, client=some_address(), server=struct.pack(">I", 0x0b000000 + n))
		flow.send(CLIENT, records(22, hello(b"%d." % n + b"x" * 200)))
		flow.send(SERVER, alert(40))


def addresses_that_collide(wire):
	"""Alike under every sum or exclusive or of their parts, as a table without a secret has them."""
	for n in range(100000 // SCALE):
		mask, port = struct.pack(">I", n * 2654435761 & 0x00ffffff), n & 0x7fff
		client = bytes(a ^ b for a, b in zip(b"\x0a\1\1\1", mask))
		server = bytes(a ^ b for a, b in zip(b"\x0b\1\1\1", mask))
		wire.put(ip4(client, server, 6, tcp(1024 ^ port, 443 ^ port, 1, 1, ACK, b"\x16")))


def datagrams_of_dtls_and_quic(wire):
	for n in range(30000 // SCALE):
		body = struct.pack(">BBHHHBHH", 1, 0xff, 0xffff, n & 0xffff, 0, 0, 0, 100) + b"x" * 100
		dtls = struct.pack(">BHHHIH", 22, 0xfefd, 0, 0, n, len(body)) + body
		wire.put(ip4(b"\x0a\0\0\1", b"\x0a\0\0\2", 17, udp(5000 + n % 7, 4433, dtls)))
		quic = b"\xc3\0\0\0\1\x08" + random.randbytes(8) + b"\0\0\x44\xb0" + random.randbytes(1200)
		wire.put(ip4(some_address(), b"\x0a\0\0\2", 17, udp(6000, 443, quic)))


def lines_before_tls(wire):
	for greeting, line in ((b"220 x\r\n", b"250-" + b"x" * 900 + b"\r\n"), (b"* OK\r\n", b"* CAPABILITY " + b"y" * 3000),
			(b"", b"A: " + b"z" * 1300 + b"\r\n")):
		flow = Flow(wire)
		flow.send(SERVER, greeting or b"HTTP/1.1 ")
		flow.send(CLIENT, b"EHLO x\r\n")
		flow.send(SERVER, line * (8000 // SCALE))


TRAFFIC = [half_open_flood, flows_of_one_byte, overlapping_rewrites, holes_that_never_close, one_byte_in_two,
	records_that_never_end, hello_promised_and_never_sent, hello_promised_and_sent, empty_records, ip_fragments,
	tunnels_in_tunnels, certificates_by_the_thousand, different_certificates, extensions_by_the_thousand,
	compressed_certificate_bombs, names_without_end, addresses_that_collide, datagrams_of_dtls_and_quic,
	lines_before_tls]


# ---- files ------------------------------------------------------------------------------------

def gzip_bomb(path):
	"""200 MB of packets without a byte in 200 KB."""
	with gzip.open(path, "wb") as f:
		f.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 262144, 1))
		for _ in range(200 // SCALE):
			f.write(b"\0" * 1000000)
	return 200 * 62500 // SCALE


def zstd_bomb(path):
	"""The same, by hand: a frame of blocks that each repeat one byte (RFC 8878 3.1.1.2.2)."""
	header = struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 262144, 1)
	with open(path, "wb") as f:
		f.write(b"\x28\xb5\x2f\xfd\0\x58")		# window of 2 MiB
		f.write((len(header) << 3).to_bytes(3, "little") + header)
		for _ in range(1600 // SCALE):
			f.write((131072 << 3 | 1 << 1).to_bytes(3, "little") + b"\0")
		f.write((1).to_bytes(3, "little"))
	return 1600 * 8192 // SCALE


def huge_blocks(path):
	"""pcapng whose blocks and options promise what never comes."""
	with open(path, "wb") as f:
		f.write(struct.pack("<IIIHHqI", 0x0a0d0d0a, 28, 0x1a2b3c4d, 1, 0, -1, 28))
		for n in range(100000 // SCALE):
			f.write(struct.pack("<IIHHII", 1, 20, 1, 0, 0, 20))
		f.write(struct.pack("<II", 6, 0x7ffffff0))
	return 100000 // SCALE


FILES = [(gzip_bomb, 0), (zstd_bomb, 0), (huge_blocks, 2)]


# ---- judging ----------------------------------------------------------------------------------

def run(path):
	"""(status, seconds, MiB, output, words)"""
	with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as said:
		before = time.monotonic()
		p = subprocess.Popen([PROGRAM, "--json", "--no-trust", "--memory", "%dM" % MEMORY_MIB, "-r", path], stdout=out,
			stderr=said, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CPU, (120, 120)))
		_, status, usage = os.wait4(p.pid, 0)
		seconds = time.monotonic() - before
		out.seek(0)
		said.seek(0)
		return os.waitstatus_to_exitcode(status), usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, \
			out.read(), said.read().decode("utf-8", "replace")


def judge(name, path, packets, wanted):
	"""None, or what does not hold."""
	status, seconds, mib, out, said = run(path)
	allowed = max(SECONDS_AT_LEAST, packets * SECONDS_A_PACKET) * (10 if SANITIZED else 1)
	print("%-32s %8d packets %6.2f s %6.2f us/packet %5d MiB" %
		(name, packets, seconds, seconds / max(packets, 1) * 1e6, mib))
	if status != wanted:
		return "status %d: %s" % (status, said[:3000])
	if seconds > allowed:
		return "%.1f s instead of %.1f" % (seconds, allowed)
	if not SANITIZED and mib > MEMORY_MIB + ELSE_MIB:
		return "%d MiB instead of %d" % (mib, MEMORY_MIB + ELSE_MIB)
	last = json.loads(out.splitlines()[-1])
	if last["type"] != "summary":
		return "no summary"
	return None


def main():
	passed = failed = 0
	only = os.environ.get("HOSTILE")
	with tempfile.TemporaryDirectory() as folder:
		path = os.path.join(folder, "hostile.pcap")
		for make, wanted in [(t, 0) for t in TRAFFIC] + FILES:
			if only and make.__name__ not in only.split():
				continue
			if make in TRAFFIC:
				wire = Wire(path)
				make(wire)
				wire.file.close()
				packets = wire.count
			else:
				packets = make(path)
			wrong = judge(make.__name__, path, packets, wanted)
			passed, failed = passed + (not wrong), failed + bool(wrong)
			if wrong:
				print("does not hold: %s: %s" % (make.__name__, wrong))
	print("%d passed, %d failed" % (passed, failed))
	return failed > 0


sys.exit(main())
