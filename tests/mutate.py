#!/usr/bin/env python3
"""mutate.py PROGRAM [CAPTURES | all] [SEED] [thorough]: captures of pcaps/, damaged; what must hold
anyway. Thorough is every cut of the first 2,000 bytes and ten times the rest.

Never a crash, a hang or a sanitizer's report; the exit status and the words of the contract; what
was whole in front of the damage is reported; packets captured twice or slightly out of order change
no verdict.
"""

import glob
import json
import os
import random
import struct
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
PROGRAM = os.path.abspath(sys.argv[1])
PATIENCE_S = 30
CUTS_UP_TO = 2000	# every byte of these when thorough: the headers and the first handshakes
HEADER, RECORD = 24, 16	# of a classic pcap file and of each packet in it
sys.stdout.reconfigure(line_buffering=True)


class Packets:
	"""A classic little-endian pcap file as its packets."""

	def __init__(self, whole):
		self.header, self.list, at = whole[:HEADER], [], HEADER
		self.boundaries = {HEADER}
		while at + RECORD <= len(whole):
			end = at + RECORD + struct.unpack_from("<I", whole, at + 8)[0]
			self.list.append(whole[at:end])
			at = end
			self.boundaries.add(at)

	def with_list(self, packets):
		return self.header + b"".join(packets)


def later(packet, microseconds):
	seconds, fraction = struct.unpack_from("<II", packet)
	total = seconds * 1000000 + fraction + microseconds
	return struct.pack("<II", total // 1000000, total % 1000000) + packet[8:]


class Case:
	"""One damaged capture and what must hold of the program's answer."""

	def __init__(self, name, data, statuses=(0, 2), verdicts=None):
		self.name, self.data, self.statuses, self.verdicts = name, data, statuses, verdicts


def verdicts_of(out):
	"""What the program concluded of each flow, in words that do not depend on packet numbers."""
	found = []
	for line in out.decode().splitlines():
		r = json.loads(line)
		if r["type"] == "handshake":
			found.append((r["flow"]["client"]["port"], r["flow"]["server"]["port"], r["outcome"],
				r.get("diagnosis", {}).get("code")))
	return sorted(found, key=repr)


def ask(path):
	p = subprocess.run([PROGRAM, "--json", "--no-trust", "-r", path], capture_output=True, timeout=PATIENCE_S)
	return p.returncode, p.stdout, p.stderr.decode("utf-8", "replace")


def complaint(case, path):
	"""None, or what is wrong."""
	try:
		status, out, said = ask(path)
	except subprocess.TimeoutExpired:
		return "still running after %d s" % PATIENCE_S
	if status not in case.statuses:
		return "status %d, wants %s: %s" % (status, case.statuses, said[:3000])
	try:
		verdicts = verdicts_of(out)
	except (ValueError, KeyError) as e:
		return "not NDJSON of the schema: %s" % e
	if status == 2 and (path not in said or len(said.splitlines()) != 1):
		return "status 2 without one line that names the file: %r" % said
	if status == 2 and len(case.data) > HEADER and "not a capture" not in said and "byte offset" not in said:
		return "status 2 without an offset: %r" % said
	if status == 0 and said:
		return "status 0, and words: %r" % said
	if case.verdicts is not None and verdicts != case.verdicts:
		return "%s instead of %s" % ([v for v in verdicts if v not in case.verdicts],
			[v for v in case.verdicts if v not in verdicts])
	return None


# ---- ways to damage a capture ----

def cut(rng, whole, packets, thorough):
	first = range(1, min(len(whole), CUTS_UP_TO))
	places = list(first) if thorough else rng.sample(first, min(6, len(first)))
	places += [rng.randrange(1, len(whole)) for _ in range(20 if thorough else 2)]
	for at in places:
		yield Case("cut at %d" % at, whole[:at], (0,) if at in packets.boundaries else (2,))


def flip(rng, whole, packets, thorough):
	for i in range(60 if thorough else 6):
		data = bytearray(whole)
		for _ in range(rng.choice((1, 1, 3, 30))):
			data[rng.randrange(len(data))] = rng.choice((0, 1, 0x7f, 0x80, 0xff, rng.randrange(256)))
		yield Case("flips %d" % i, bytes(data))
	for i in range(60 if thorough else 6):	# in what the network carried, not in the file's own fields
		damaged = list(packets.list)
		for _ in range(rng.choice((1, 3, 10))):
			n = rng.randrange(len(damaged))
			p = bytearray(damaged[n])
			if len(p) > RECORD:
				p[rng.randrange(RECORD, len(p))] ^= 1 << rng.randrange(8)
			damaged[n] = bytes(p)
		yield Case("flips in packets %d" % i, packets.with_list(damaged), (0,))


def rearrange(rng, whole, packets, thorough):
	for i in range(20 if thorough else 2):
		some = [p for p in packets.list if rng.random() < 0.8]
		yield Case("dropped %d" % i, packets.with_list(some), (0,))
		some = [q for p in packets.list for q in [p] * rng.choice((1, 1, 1, 2, 5))]
		yield Case("doubled %d" % i, packets.with_list(some), (0,))
		some = list(packets.list)
		rng.shuffle(some)
		yield Case("shuffled %d" % i, packets.with_list(some), (0,))
		some = [p[:8] + struct.pack("<I", n) + p[12:RECORD + n] for p in packets.list
			for n in [min(len(p) - RECORD, rng.randrange(200))]]
		yield Case("snapped %d" % i, packets.with_list(some), (0,))


def damage_behind(rng, whole, packets, thorough, verdicts):
	for name, tail in (("a huge packet", struct.pack("<IIII", 1, 1, 0x7fffffff, 0x7fffffff)),
			("half a header", b"\0" * 9), ("noise", rng.randbytes(400) + b"\xff" * 8)):
		yield Case(name + " behind it", whole + tail, (2,), verdicts)


def same_verdicts(rng, whole, packets, thorough, verdicts):
	twice = [q for p in packets.list for q in (p, later(p, 2))]
	yield Case("every packet twice", packets.with_list(twice), (0,), verdicts)
	for i in range(5 if thorough else 1):
		near = list(packets.list)
		for n in range(len(near) - 1):
			if rng.random() < 0.3:
				near[n], near[n + 1] = near[n + 1], near[n]
		yield Case("neighbours swapped %d" % i, packets.with_list(near), (0,), verdicts)


def cases_of(path, rng, thorough):
	with open(path, "rb") as f:
		whole = f.read()
	if whole[:4] != b"\xd4\xc3\xb2\xa1":
		return
	packets = Packets(whole)
	for damage in (cut, flip, rearrange):
		yield from damage(rng, whole, packets, thorough)
	verdicts = verdicts_of(ask(path)[1])
	for damage in (damage_behind, same_verdicts):
		yield from damage(rng, whole, packets, thorough, verdicts)


def try_capture(job):
	"""(cases tried, [what went wrong])"""
	path, seed, thorough, folder = job
	rng, wrong, tried = random.Random("%d %s" % (seed, os.path.basename(path))), [], 0
	for case in cases_of(path, rng, thorough):
		damaged = os.path.join(folder, os.path.basename(path))
		with open(damaged, "wb") as f:
			f.write(case.data)
		said = complaint(case, damaged)
		tried += 1
		if said:
			wrong.append("%s, %s: %s" % (os.path.basename(path), case.name, said))
			keep = os.environ.get("MUTATE_KEEP")
			if keep:
				with open(os.path.join(keep, "%s.%s" % (os.path.basename(path), case.name.replace(" ", "_"))), "wb") as f:
					f.write(case.data)
	return tried, wrong


def main():
	wanted = sys.argv[2] if len(sys.argv) > 2 else "12"
	seed = int(sys.argv[3]) if len(sys.argv) > 3 else 1
	paths = sorted(glob.glob(os.path.join(ROOT, "pcaps", "*.pcap")))
	if wanted != "all":
		paths = random.Random(seed).sample(paths, min(int(wanted), len(paths)))
	tried = failed = 0
	with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(2) as pool:
		for n, wrong in pool.map(try_capture, [(p, seed, sys.argv[4:] == ["thorough"], folder) for p in paths]):
			tried, failed = tried + n, failed + len(wrong)
			for w in wrong:
				print(w)
	print("%d passed, %d failed" % (tried - failed, failed))
	return failed > 0


sys.exit(main())
