"""lossy.py PROGRAM [RUN ...]: captures of pcaps/ from which packets are missing, as a tap that cannot keep
up loses them.

Each capture less each single packet, less each run of RUN packets (3), and less its beginning of 2 to 12
packets, as one that was started late; with one side's packets only, and cut to a snap length. The program
must get through; what worked must not be told as failed with more than a guess, and a cause that is told
as certain must be the one that the whole capture shows. Every eighth capture, of a sanitized program every
24th, all with LOSSY_ALL=1.
"""

import glob
import json
import os
import subprocess
import sys
import tempfile

PROGRAM = os.path.abspath(sys.argv[1])
RUNS = [1] + ([int(n) for n in sys.argv[2:]] or [3])
PCAPS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "pcaps")
PACKETS_MAX = 120
BEGINNINGS = range(2, 13)
SNAP_LENGTHS = (68, 96, 128, 200, 256, 400, 700)
ETHERNET = bytes([1, 0, 0, 0])
STEP = 1 if os.environ.get("LOSSY_ALL") else 24 if "-san/" in PROGRAM else 8


def packets_of(path):
	"""(file header, [packets with their headers]) of a classic little-endian pcap, else None."""
	with open(path, "rb") as f:
		data = f.read()
	if data[:4] != b"\xd4\xc3\xb2\xa1":
		return None
	packets, at = [], 24
	while at + 16 <= len(data):
		end = at + 16 + int.from_bytes(data[at + 8:at + 12], "little")
		packets.append(data[at:end])
		at = end
	return data[:24], packets


def ask(paths):
	"""(exit status, {path: {client: (outcome, code, confidence)}})"""
	run = subprocess.run([PROGRAM, "--json", "--no-trust"] + paths, capture_output=True, timeout=600)
	said = {path: {} for path in paths}
	for line in run.stdout.decode().splitlines():
		record = json.loads(line)
		if record["type"] == "handshake":
			d, client = record.get("diagnosis", {}), record["flow"]["client"]
			said[record["file"]][client["ip"], client["port"]] = record["outcome"], d.get("code"), d.get("confidence")
	return run.returncode, said


def contradicts(was, now):
	outcome, code, confidence = now
	if outcome != "failed":
		return False
	return confidence != "possible" if was[0] == "completed" else confidence == "certain" and code != was[1]


def cuts(run, count):
	"""[(first packet that is left out, how many)]; `run` 0: beginnings."""
	if not run:
		return [(0, n) for n in BEGINNINGS if n < count]
	return [(first, run) for first in range(count - run + 1)]


def source_of(packet):
	"""Who sent this Ethernet frame with IP in it."""
	ip = packet[16 + 14:]
	return ip[8:24] if ip[:1] and ip[0] >> 4 == 6 else ip[12:16]


def cut_short(packet, length):
	captured = min(length, len(packet) - 16)
	return packet[:8] + captured.to_bytes(4, "little") + packet[12:16 + captured]


def spoiled(header, packets):
	"""{name: packets}"""
	of = {"snap length %d" % n: [cut_short(p, n) for p in packets] for n in SNAP_LENGTHS}
	if header[20:24] == ETHERNET:
		for source in {source_of(p) for p in packets}:
			of["all but those of %s" % source.hex()] = [p for p in packets if source_of(p) == source]
	return of


def variants(run, header, packets):
	if run is None:
		return spoiled(header, packets)
	return {"%d from packet %04d on" % (n, first + 1): packets[:first] + packets[first + n:]
		for first, n in cuts(run, len(packets))}


def try_capture(path, run, folder):
	"""[what is wrong]"""
	header, packets = packets_of(path)
	names = []
	for name, left in variants(run, header, packets).items():
		names.append(os.path.join(folder, name + ".pcap"))
		with open(names[-1], "wb") as f:
			f.write(header + b"".join(left))
	whole = ask([path])[1][path]
	status, said = ask(names) if names else (0, {})
	wrong = ["exit status %d" % status] if status else []
	for name, verdicts in said.items():
		if any(c in whole and contradicts(whole[c], v) for c, v in verdicts.items()):
			alone = ask([name])[1][name]	# the others teach it nothing
			wrong += ["without %s: %s, was %s" % (os.path.basename(name)[:-5], v, whole[c])
				for c, v in alone.items() if c in whole and contradicts(whole[c], v)]
	return wrong


def main():
	passed = failed = 0
	paths = [p for p in sorted(glob.glob(os.path.join(PCAPS, "*.pcap"))) if packets_of(p) and
		len(packets_of(p)[1]) <= PACKETS_MAX]
	for path in paths[::STEP]:
		for run in RUNS + [0, None]:
			with tempfile.TemporaryDirectory() as folder:
				wrong = try_capture(path, run, folder)
			passed, failed = passed + (not wrong), failed + bool(wrong)
			for line in wrong[:4]:
				print("%s: %s" % (os.path.basename(path), line))
	print("%d passed, %d failed" % (passed, failed))
	return failed > 0


sys.exit(main())
