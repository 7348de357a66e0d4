#!/usr/bin/env python3
"""scale.py PROGRAM: much of one kind, and four times as much. Four times the input may cost four times the
processor's time and a bit: what costs sixteen times as much is quadratic somewhere.

LOADS=name picks loads, FEWER=4 takes a fourth of each, V=1 shows the figures.
"""

import base64
import os
import random
import resource
import shutil
import struct
import subprocess
import sys
import tempfile

from traffic import ACK, CLIENT, FIN, RST, SERVER, SYN, Flow, Wire, alert, hello, ip4, message, records, server_hello, \
	some_address, tcp, udp

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
PROGRAM = os.path.abspath(sys.argv[1])
TIMES = 4
# Linear is 4, n log n at these sizes below 5; caches that no longer hold all of it add to both.
ALLOWED = 9
# Below this a measurement is noise.
SECONDS_AT_LEAST = 0.15
PATIENCE_S = 300
random.seed(3)


def address(n, net=0x0b):
	return struct.pack(">I", net << 24 | n)


def refused(wire, n, name=b"a.example", server=b"\x0a\0\0\2", code=40):
	flow = Flow(wire, client=address(n), server=server, port=1024 + n % 60000)
	flow.send(CLIENT, records(22, hello(name)))
	flow.send(SERVER, alert(code))
	flow.put(SERVER, FIN | ACK)
	flow.put(CLIENT, RST)


# ---- loads: write a capture of size n, return more arguments -------------------------------------

def names_of_one_server(wire, n, folder):
	for i in range(n):
		refused(wire, i, b"host-%d.example" % i)


def servers(wire, n, folder):
	for i in range(n):
		refused(wire, i, server=address(i, 0x0c))


def clients_of_one_server(wire, n, folder):
	for i in range(n):
		refused(wire, i)


def retries_of_one_client(wire, n, folder):
	for i in range(n):
		flow = Flow(wire, port=1024 + i % 60000)
		flow.send(CLIENT, records(22, hello()))
		flow.send(SERVER, alert(70))
		flow.put(CLIENT, RST)


def open_connections(wire, n, folder):
	for i in range(n):
		Flow(wire, client=address(i), port=1024 + i % 60000)


def hellos_without_answer(wire, n, folder):
	for i in range(n):
		Flow(wire, client=address(i), port=1024 + i % 60000).send(CLIENT, records(22, hello(b"h%d.example" % i)))


def one_connection(wire, n, folder):
	flow = Flow(wire)
	flow.send(CLIENT, records(22, hello()))
	flow.send(SERVER, records(22, server_hello()))
	flow.send(SERVER, records(23, bytes(n * 400)))


def handshake_messages(wire, n, folder):
	flow = Flow(wire)
	flow.send(CLIENT, records(22, hello()))
	flow.send(SERVER, records(22, server_hello() + message(0, b"") * n))
	flow.send(CLIENT, alert(10))


def small_records(wire, n, folder):
	flow = Flow(wire)
	flow.send(CLIENT, records(22, hello()))
	flow.send(SERVER, records(22, server_hello()) + b"\x15\3\3\0\2\1\x5a" * n)


def one_message_in_tiny_records(wire, n, folder):
	flow = Flow(wire)
	flow.send(CLIENT, records(22, message(1, b"\3\3" + bytes(n)), size=1))


def segments_backwards(wire, n, folder):
	flow = Flow(wire)
	for at in range(n, 0, -1):
		flow.put(CLIENT, ACK, b"x" * 9, at=at * 9)


def dtls_fragments(wire, n, folder):
	for i in range(n):
		at = i * 7919 % n
		body = struct.pack(">BI", 1, n * 4)[:1] + (n * 4).to_bytes(3, "big") + b"\0\0" + (at * 4).to_bytes(3, "big") + \
			(4).to_bytes(3, "big") + b"abcd"
		record = struct.pack(">BHHHIH", 22, 0xfefd, 0, 0, i, len(body)) + body
		wire.put(ip4(b"\x0a\0\0\1", b"\x0a\0\0\2", 17, udp(5000, 4433, record)))


def quic_datagrams(wire, n, folder):
	for i in range(n):
		packet = b"\xc3\0\0\0\1\x08" + struct.pack(">Q", i) + b"\0\0\x44\xb0" + random.randbytes(1200)
		wire.put(ip4(b"\x0a\0\0\1", b"\x0a\0\0\2", 17, udp(6000, 443, packet)))


def udp_flows(wire, n, folder):
	for i in range(n):
		wire.put(ip4(address(i), b"\x0a\0\0\2", 17, udp(6000, 443, b"\xc3\0\0\0\1\x08" + bytes(100))))


def ip_fragments(wire, n, folder):
	for i in range(n):
		wire.put(ip4(address(i), b"\x0a\0\0\2", 6, b"x" * 64, i, 0x2000))


def key_log(wire, n, folder):
	refused(wire, 1)
	with open(os.path.join(folder, "keys"), "w") as f:
		for i in range(n):
			f.write("CLIENT_RANDOM %064x %096x\n" % (i, i))
	return ["--keylog", f.name]


def key_log_of_one_handshake(wire, n, folder):
	refused(wire, 1)
	with open(os.path.join(folder, "keys"), "w") as f:
		for i in range(n):
			f.write("CLIENT_TRAFFIC_SECRET_0 %064x %064x\n" % (7, i))
	return ["--keylog", f.name]


def der(tag, body):
	size = len(body)
	return bytes([tag]) + (bytes([size]) if size < 128 else b"\x84" + size.to_bytes(4, "big")) + body


def revocation_list(wire, n, folder):
	refused(wire, 1)
	algorithm = der(0x30, der(6, bytes.fromhex("2a8648ce3d040302")))
	name = der(0x30, der(0x31, der(0x30, der(6, b"\x55\4\3") + der(12, b"CA"))))
	entries = b"".join(der(0x30, der(2, b"\1" + i.to_bytes(4, "big")) + der(23, b"240101000000Z")) for i in range(n))
	body = der(0x30, der(2, b"\1") + algorithm + name + der(23, b"240101000000Z") + der(23, b"340101000000Z") +
		der(0x30, entries))
	with open(os.path.join(folder, "list.crl"), "wb") as f:
		f.write(der(0x30, body + algorithm + der(3, b"\0\1")))
	return ["--crl", f.name]


def trusted_roots(wire, n, folder):
	refused(wire, 1)
	with open(os.path.join(ROOT, "tests", "chains", "good_with_root.pem")) as f:
		last = f.read().split("-----BEGIN CERTIFICATE-----")[-1].split("-----END")[0]
	root = bytearray(base64.b64decode(last))
	serial = root.index(b"\xa0\3\2\1\2") + 5	# behind the version
	with open(os.path.join(folder, "roots.pem"), "w") as f:
		for i in range(n):
			root[serial + 2:serial + 4] = (256 + i).to_bytes(2, "big")
			f.write("-----BEGIN CERTIFICATE-----\n%s-----END CERTIFICATE-----\n" % base64.encodebytes(bytes(root)).decode())
	return ["--ca-file", f.name]


def files(wire, n, folder):
	refused(wire, 1)
	wire.file.flush()
	inner = os.path.join(folder, "many")
	os.mkdir(inner)
	for i in range(n):
		os.link(wire.file.name, os.path.join(inner, "%d.pcap" % i))
	return ["-r", inner]


LOADS = [(names_of_one_server, 20000), (servers, 20000), (clients_of_one_server, 20000), (retries_of_one_client, 20000),
	(open_connections, 60000), (hellos_without_answer, 30000), (one_connection, 200000), (handshake_messages, 200000),
	(small_records, 300000), (one_message_in_tiny_records, 60000), (segments_backwards, 30000), (dtls_fragments, 10000),
	(quic_datagrams, 5000), (udp_flows, 50000), (ip_fragments, 50000), (key_log, 100000),
	(key_log_of_one_handshake, 20000), (revocation_list, 100000), (trusted_roots, 5000), (files, 1000)]


# ---- judging --------------------------------------------------------------------------------------

def cost(make, n, mode):
	"""(seconds of the processor, MiB)"""
	folder = tempfile.mkdtemp()
	try:
		wire = Wire(os.path.join(folder, "load.pcap"))
		more = make(wire, n, folder) or []
		wire.file.close()
		trust = [] if "--ca-file" in more else ["--no-trust"]
		best = None
		for _ in range(2):
			with open(os.devnull, "wb") as null:
				p = subprocess.Popen([PROGRAM] + mode + trust + more + ["-r", wire.file.name], stdout=null, stderr=null,
					preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CPU, (PATIENCE_S, PATIENCE_S)))
				_, status, usage = os.wait4(p.pid, 0)
			seconds = usage.ru_utime + usage.ru_stime
			best = min(best or seconds, seconds)
			if os.waitstatus_to_exitcode(status) != 0:
				return best, usage.ru_maxrss / 1024, os.waitstatus_to_exitcode(status)
		return best, usage.ru_maxrss / 1024, 0
	finally:
		shutil.rmtree(folder)


def judge(make, n, mode):
	"""None, or what does not hold."""
	few, _, status = cost(make, n, mode)
	many, mib, status_of_many = cost(make, n * TIMES, mode)
	ratio = many / max(few, 0.005)
	if os.environ.get("V"):
		print("%-28s %-8s %8d %7.3f s %8d %7.3f s  x %5.1f  %5d MiB" % (make.__name__, " ".join(mode), n, few, n * TIMES, many,
			ratio, mib), flush=True)
	if status or status_of_many:
		return "status %d, %d" % (status, status_of_many)
	if ratio > ALLOWED and many > SECONDS_AT_LEAST:
		return "%d times as much costs %.1f times the time: %.2f s, %.2f s" % (TIMES, ratio, few, many)
	return None


def main():
	passed = failed = 0
	only = os.environ.get("LOADS")
	for make, n in LOADS:
		if only and make.__name__ not in only.split():
			continue
		for mode in (["--json"], []):
			wrong = judge(make, n // int(os.environ.get("FEWER", 1)), mode)
			passed, failed = passed + (not wrong), failed + bool(wrong)
			if wrong:
				print("does not hold: %s %s: %s" % (make.__name__, " ".join(mode), wrong))
	print("%d passed, %d failed" % (passed, failed))
	return failed > 0


sys.exit(main())
