#!/usr/bin/env python3
"""endure.py PROGRAM TOOLS [SECONDS]: a long time (1800 s) of mixed traffic on a veth pair, and no growth.

Handshakes of which one in ten fails, reordered and lost segments, QUIC and DTLS, a SYN flood beside
them; every few seconds other clients and other servers. tlswhy listens with `--memory 64M`, writes
records to a file that is rotated, evidence to /dev/null, and metrics, of which this is the reader.
Prints a line now and then. Fails when memory grew after the first third or went beyond 64 MB, when
packets were lost, or when anything but the end ended it."""

import glob
import json
import os
import re
import signal
import struct
import subprocess
import sys
import tempfile
import time

from link import NoLink, link
from load import Load

PROGRAM, TOOLS = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
SECONDS = int(sys.argv[3]) if len(sys.argv) > 3 else 1800
RATE = 15000		# packets a second
MEMORY = 64		# MiB
SLACK = 1 << 20		# bytes by which memory may differ between two times and has not grown
LINES = 30		# of the table
EVERY = 5		# seconds between two looks
LOAD = dict(flows=8000, syns=60000, failing=0.1, reordered=0.01, lost=0.005)
ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")


def packets_of(path):
	"""[frame with its pcap header] of a little-endian pcap of Ethernet; nothing of others."""
	with open(path, "rb") as f:
		data = f.read()
	packets, at = [], 24
	if struct.unpack("<I", data[:4])[0] not in (0xa1b2c3d4, 0xa1b23c4d) or data[20:24] != b"\1\0\0\0":
		return []
	while at + 16 <= len(data):
		end = at + 16 + struct.unpack("<I", data[at + 8:at + 12])[0]
		packets.append(data[at:end])
		at = end
	return packets


def datagrams():
	"""Connections of pcaps/ over UDP and IPv4, whose addresses `send` changes every round."""
	kept = []
	for number, path in enumerate(sorted(glob.glob(os.path.join(ROOT, "pcaps", "*.pcap")))):
		flow = []
		for packet in packets_of(path):
			frame = bytearray(packet[16:])
			if frame[12:14] != b"\x08\0" or frame[23] != 17:
				break
			client = struct.unpack(">H", frame[34:36])[0] > struct.unpack(">H", frame[36:38])[0]
			ends = bytes([10, 200, number >> 8, number & 255]), bytes([198, 60, number >> 8, number & 255])
			frame[26:34] = ends[0] + ends[1] if client else ends[1] + ends[0]
			flow.append(packet[:16] + frame)
		else:
			kept.append(flow)
	return kept


def mixed(load, path):
	"""The load with a datagram after every few packets, in their order."""
	packets, others = packets_of(load.pcap), [d for flow in datagrams() for d in flow]
	step = max(len(packets) // (len(others) + 1), 1)
	with open(load.pcap, "rb") as f:
		head = f.read(24)
	with open(path, "wb") as f:
		f.write(head)
		for i, packet in enumerate(packets):
			f.write(packet)
			if i % step == 0 and i // step < len(others):
				f.write(others[i // step])
	return len(packets) + len(others), len(others)


class Watch:
	"""What is seen of the program while it runs. Its memory is what it has of its own: not the pages of
	libraries, nor the kernel's buffer, which -B sizes."""

	def __init__(self, pid, metrics):
		self.pid, self.metrics, self.seen = pid, metrics, []

	def look(self, second):
		with open("/proc/%d/status" % self.pid) as f:
			own = int(re.search(r"RssAnon:\s+(\d+) kB", f.read()).group(1)) * 1024
		values = {}
		if os.path.exists(self.metrics):
			with open(self.metrics) as f:
				values = {name: float(v) for name, v in re.findall(r"^tlswhy_(\S+) (\S+)$", f.read(), re.M)}
		self.seen.append((second, own, values))

	def most(self, begin, end):
		"""The most memory between two shares of the time."""
		return max(r for s, r, _ in self.seen if begin * SECONDS <= s <= end * SECONDS)

	def tell(self):
		"""The last look, as a line of the table."""
		second, own, values = self.seen[-1]
		names = ("packets_total", "flows_total", 'handshakes_total{outcome="completed"}', 'handshakes_total{outcome="failed"}',
			"evicted_flows_total")
		lost = sum(v for name, v in values.items() if name.startswith("dropped_total"))
		print("| %5d | %5.1f | %s | %d |" % (second, own / 1e6, " | ".join("%d" % values.get(n, 0) for n in names), lost),
			flush=True)


def watch(watched, sender, told_every):
	began, told = time.monotonic(), 0
	print("| s | MB | packets | connections | completed | failed | evicted | lost |\n" + "| ---: " * 8 + "|")
	while sender.poll() is None:
		time.sleep(EVERY)
		second = time.monotonic() - began
		try:
			watched.look(second)
		except FileNotFoundError:
			return
		if second >= told:
			watched.tell()
			told += told_every


def endure(place, directory):
	load = Load(TOOLS, directory, "endurance", **LOAD)
	traffic = os.path.join(directory, "traffic.pcap")
	count, others = mixed(load, traffic)
	print("%d packets a round, %d of them datagrams; %d a second, for %d s" % (count, others, RATE, SECONDS), flush=True)
	spool = os.path.join(directory, "spool")
	os.mkdir(spool)
	for d in (directory, spool):
		os.chmod(d, 0o777)
	out, metrics = os.path.join(spool, "out"), os.path.join(spool, "tlswhy.prom")
	heard = place.listen([PROGRAM, "-i", place.far, "--json", "--failed", "--memory", "%dM" % MEMORY, "--interval", "5",
		"-o", out, "--rotate-size", "8M", "--rotate-keep", "1", "-w", "/dev/null", "--metrics", metrics],
		stderr=subprocess.PIPE, text=True)
	try:
		sender = place.start([os.path.join(TOOLS, "send"), "--seconds=%d" % SECONDS, "--rate=%d" % RATE, "--servers", place.near,
			traffic], preexec_fn=lambda: os.nice(19))
		watched = Watch(heard.pid, metrics)
		watch(watched, sender, SECONDS / LINES)
		sender.wait()
		time.sleep(1)
		heard.send_signal(signal.SIGTERM)
		err = heard.communicate(timeout=60)[1]
	finally:
		heard.kill()
	with open(out) as f:
		last = json.loads(f.read().splitlines()[-1])
	return verdict(watched, last, heard.returncode, err)


def verdict(watched, last, status, err):
	before, after = watched.most(0, 1 / 3), watched.most(1 / 3, 1)
	print(json.dumps({k: v for k, v in last.items() if k not in ("schema", "files")}))
	print("Memory: at most %.1f MB in the first third, %.1f in the second, %.1f in the last; %d MiB allowed" % (before / 1e6,
		watched.most(1 / 3, 2 / 3) / 1e6, watched.most(2 / 3, 1) / 1e6, MEMORY))
	wrong = []
	print("It said: %s" % (err.strip() or "nothing"))
	if status:
		wrong.append("it ended with status %s" % status)
	if last["type"] != "summary" or any(last["dropped"].values()):
		wrong.append("packets or records were lost")
	if after > before + SLACK:
		wrong.append("memory grew after the first third")
	if after > MEMORY << 20:
		wrong.append("memory went beyond what was allowed")
	for w in wrong:
		print("not so: " + w)
	return not wrong


def main():
	try:
		with link() as place, tempfile.TemporaryDirectory() as directory:
			return 0 if endure(place, directory) else 1
	except NoLink as why:
		print("skipped: %s" % why)
		return 0


sys.exit(main())
