#!/usr/bin/env python3
"""live_load.py PROGRAM BUILD: floods on an interface, and readers that do not keep up.

Frames go through a veth pair in a namespace of the test's own, at a rate that the listener can take.
Floods: memory stays flat, a handshake that fails in their middle is told, what had to go for memory is
counted. FLOOD_ALL=1 makes them as large as they are called: 3 million sources, a million connections.
Output: a slow reader loses the oldest records and never delays the capture; metrics are whole at any
time; the second signal ends at once. Packets that the kernel dropped are told and believed. The mixed
capture of tests/mixed.py, sent as fast as frames go: no packet lost, as tcpdump loses none, and the
verdicts are those of the file."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "bench"))
import flood
import mixed
from link import NoLink, link

PROGRAM, SEND = os.path.abspath(sys.argv[1]), os.path.join(os.path.abspath(sys.argv[2]), "tests", "bench", "send")
ALL = bool(os.environ.get("FLOOD_ALL"))
with open(PROGRAM, "rb") as binary:
	SANITIZED = b"__asan_init" in binary.read()
MEMORY = 64 if ALL else 24	# MiB
SLACK = 8			# what the allocator may lose between blocks
RATE = 4000 if SANITIZED else 20000	# frames a second
VICTIM = "192.0.2.1"		# whose handshake fails in the middle
FLOODS = {	# name: connections, of which make test takes one in so many; how one is made; whether some must go
	"SYNs of 3 million sources": (3000000, 60, flood.syn_flood, True),
	"a million idle connections": (1000000, 60, flood.idle_flood, ALL),
	"ClientHellos without an answer": (300000, 25, flood.hello_flood, True),
	"handshakes refused, all of other names": (100000, 20, flood.refused_flood, False),
	"segments that never complete": (250000, 25, flood.hole_flood, True),
}


class Claims:
	def __init__(self):
		self.passed = self.failed = 0

	def check(self, claim, holds):
		self.passed += bool(holds)
		self.failed += not holds
		if not holds or os.environ.get("V"):
			print(("" if holds else "not so: ") + claim, flush=True)


class Listener:
	"""The program on the far end, its output going to `out` (a file or pipe)."""

	def __init__(self, place, out, *options):
		self.place = place
		self.process = place.listen([PROGRAM, "-i", place.far, "--no-trust", *options], stdout=out,
			stderr=subprocess.PIPE, text=True)
		self.peak = 0

	def memory(self):
		"""MiB of its own: neither libraries nor the kernel's buffer."""
		with open("/proc/%d/status" % self.process.pid) as f:
			return int(re.search(r"RssAnon:\s+(\d+) kB", f.read()).group(1)) / 1024

	def send(self, capture, rate=RATE, meanwhile=None):
		"""Frames sent; what happens while they are is watched."""
		sender = self.place.start([SEND, "--rate=%d" % rate, self.place.near, capture], stdout=subprocess.PIPE, text=True)
		while sender.poll() is None:
			self.peak = max(self.peak, self.memory())
			if meanwhile:
				meanwhile()
			time.sleep(0.1)
		return int(sender.stdout.read().split()[0])

	def send_at_once(self, capture):
		"""(frames sent, seconds), as fast as they go."""
		frames, seconds = self.place.output([SEND, "--rounds=1", self.place.near, capture]).split()
		return int(frames), float(seconds)

	def end(self):
		"""(exit status, standard error) after SIGTERM, which waits until what came is read."""
		self.settle()
		self.process.send_signal(signal.SIGTERM)
		err = self.process.communicate(timeout=120)[1]
		return self.process.returncode, err

	def settle(self):
		before = -1
		while self.cpu() != before:
			before = self.cpu()
			time.sleep(0.4)
		self.peak = max(self.peak, self.memory())

	def cpu(self):
		with open("/proc/%d/stat" % self.process.pid) as f:
			return sum(map(int, f.read().rsplit(")", 1)[1].split()[11:13]))

	def kill(self):
		self.process.kill()
		self.process.communicate()


def write(path, count, make):
	with open(path, "wb") as f:
		flood.feed(f, count, make)


def records(path):
	with open(path) as f:
		return [json.loads(line) for line in f]


def metrics(path):
	"""{name with labels: value}, None when there is no file yet; complains of half a one."""
	if not os.path.exists(path):
		return None
	with open(path) as f:
		text = f.read()
	if "tlswhy_last_packet_timestamp_seconds " not in text or not text.endswith("\n"):
		raise ValueError("half a file of metrics: %r" % text[-80:])
	return {name: int(value) for name, value in re.findall(r"^tlswhy_(\S+) (\d+)$", text, re.M)}


def floods(place, directory, claims):
	for name, (count, part, make, some_go) in FLOODS.items():
		count //= (1 if ALL else part) * (4 if SANITIZED else 1)
		capture, out = os.path.join(directory, "flood.pcap"), os.path.join(directory, "out")
		write(capture, count, make)
		with open(out, "w") as f:
			listener = Listener(place, f, "--json", "--failed", "--interval", "0", "--memory", "%dM" % MEMORY)
		sent = listener.send(capture, RATE * (3 if ALL else 1))
		status, err = listener.end()
		told = records(out)
		last = told[-1]
		victims = [r["outcome"] for r in told if r["type"] == "handshake" and r["flow"]["client"]["ip"] == VICTIM]
		claims.check("%s: exit status 0 and not a word, but %s %s" % (name, status, err), status == 0 and not err)
		claims.check("%s: the handshake in the middle failed, %s" % (name, victims), victims == ["failed"])
		claims.check("%s: all %d packets were read: %d, lost %s" % (name, sent, last["packets"], last["dropped"]),
			last["packets"] == sent and not any(last["dropped"].values()))
		claims.check("%s: %d connections are as many, not %d" % (name, count + 1, last["flows"]), last["flows"] == count + 1)
		claims.check("%s: peak %d MiB of %d MiB" % (name, listener.peak, MEMORY), SANITIZED or listener.peak <= MEMORY + SLACK)
		claims.check("%s: %d connections given up for memory are counted" % (name, last["evicted_flows"]),
			SANITIZED or not some_go or last["evicted_flows"] > 0)


class Pipe:
	"""Standard output whose reader takes nothing until it is asked to."""

	def __init__(self):
		self.reader, self.writer = os.pipe()
		self.text = b""

	def opened(self):
		"""The program has its end: this process needs it no more."""
		os.close(self.writer)

	def read_on(self):
		def collect():
			while chunk := os.read(self.reader, 1 << 16):
				self.text += chunk
		self.thread = threading.Thread(target=collect)
		self.thread.start()

	def close(self):
		os.close(self.reader)


def slow_reader(place, directory, claims):
	capture, values = os.path.join(directory, "refused.pcap"), os.path.join(directory, "spool", "slow.prom")
	count, seen = 9000, []
	write(capture, count, flood.refused_flood)
	pipe = Pipe()
	listener = Listener(place, pipe.writer, "--json", "--interval", "1", "--metrics", values)
	pipe.opened()
	sent = listener.send(capture, meanwhile=lambda: seen.append(metrics(values)))
	for _ in range(600):
		listener.settle()
		now = metrics(values) or {}
		if now.get("packets_total") == sent and now.get('handshakes_total{outcome="failed"}', 0) > count * 0.9:
			break
	totals = [m["packets_total"] for m in seen if m]
	claims.check("metrics under load: whole, and they only rise: %s" % totals, totals and totals == sorted(totals))
	claims.check("a slow reader: all %d packets are read all the same, not %s" % (sent, now.get("packets_total")),
		now.get("packets_total") == sent)
	claims.check("a slow reader: no packet was dropped", not now.get('dropped_total{by="kernel"}'))
	dropped = now.get('dropped_total{by="tlswhy"}', 0)
	claims.check("a slow reader: records were dropped and counted", dropped > 0)
	pipe.read_on()
	time.sleep(1)
	status, err = listener.end()
	pipe.thread.join()
	pipe.close()
	told = [json.loads(line) for line in pipe.text.splitlines()]
	ports = [r["flow"]["client"]["port"] for r in told if r["type"] == "handshake"]
	claims.check("a slow reader: a clean end, not %s: %s" % (status, err), status == 0)
	claims.check("a slow reader: the last record is the summary, and it tells", told and told[-1]["type"] == "summary" and
		told[-1]["dropped"]["tlswhy"] >= dropped)
	newest = 1024 + (count - 1) % 60000
	claims.check("a slow reader: the newest were kept and the oldest went", newest in ports and
		1024 + count // 8 not in ports and len(ports) < count)


def stopped_reader(place, directory, claims):
	"""Nobody reads any more: the end is put off by seconds only, and a second signal does not wait."""
	capture = os.path.join(directory, "some.pcap")
	write(capture, 300, flood.refused_flood)
	for signals in (1, 2):
		pipe = Pipe()
		listener = Listener(place, pipe.writer, "--json", "--interval", "0")
		pipe.opened()
		listener.send(capture)
		listener.settle()
		began = time.monotonic()
		listener.process.send_signal(signal.SIGTERM)
		if signals == 2:
			time.sleep(1)
			listener.process.send_signal(signal.SIGTERM)	# SIGINT is ignored where a shell starts tests in the background
		err = listener.process.communicate(timeout=120)[1]
		status, took = listener.process.returncode, time.monotonic() - began
		pipe.close()
		if signals == 1:
			claims.check("a reader that stands still: it ends in %.1f s, status %s" % (took, status), took < 15 and status == 2)
			claims.check("a reader that stands still: one line, %r" % err, err.count("\n") == 1)
		else:
			claims.check("the second signal ends it at once, %.1f s, status %s" % (took, status),
				took < 3 and status == -signal.SIGTERM)


def hello_and_answer(directory):
	"""A connection in two captures: up to the ClientHello, and the reset that answers it."""
	paths = [os.path.join(directory, name) for name in ("hello.pcap", "answer.pcap")]
	client, server, hello = 0xc0000201, 0xc6336401, flood.named(0)
	packets = list(flood.connection(0, client, server, 4321, hello))
	packets.append(flood.frame(0, server, client, 443, 4321, 5001, 1001 + len(hello), flood.RST | flood.ACK))
	head = b"\xd4\xc3\xb2\xa1\2\0\4\0" + bytes(8) + b"\0\0\4\0\1\0\0\0"
	for path, part in zip(paths, (packets[:4], packets[4:])):
		with open(path, "wb") as f:
			f.write(head + b"".join(part))
	return paths


def drops(place, directory, claims):
	"""The listener is held up amid a handshake, and more arrives than the kernel has room for."""
	hello, answer = hello_and_answer(directory)
	burst, out = os.path.join(directory, "burst.pcap"), os.path.join(directory, "out")
	write(burst, 60000, flood.syn_flood)
	confidence = {}
	for held in (False, True):
		with open(out, "w") as f:
			listener = Listener(place, f, "--json", "--interval", "1", "-B", "1024")
		listener.send(hello)
		listener.settle()
		if held:
			listener.process.send_signal(signal.SIGSTOP)
			listener.send(burst, rate=200000)
			listener.process.send_signal(signal.SIGCONT)
			listener.settle()
		listener.send(answer)
		time.sleep(1.5)
		status, _ = listener.end()
		told = records(out)
		failed = [r["diagnosis"] for r in told if r["type"] == "handshake" and r["flow"]["client"]["ip"] == VICTIM]
		confidence[held] = failed[0]["confidence"] if failed else None
		lost = [r["dropped"]["kernel"] for r in told if r["type"] == "summary"]
		claims.check("drops: summaries tell of them, %s" % lost, (lost[-1] > 0) == held and len(lost) > 1 and lost[-2] == lost[-1])
	steps = ["possible", "likely", "certain"]
	claims.check("drops make less sure of what rests on silence, from %s to %s" % (confidence[False], confidence[True]), None not in confidence.values()
		and steps.index(confidence[True]) < steps.index(confidence[False]))


def tcpdump_drops(place, capture):
	"""What tcpdump loses of the same, sent the same way."""
	listener = place.listen(["tcpdump", "-n", "-i", place.far, "-Z", "root", "-w", "/dev/null"], stderr=subprocess.PIPE,
		text=True)
	place.output([SEND, "--rounds=1", place.near, capture])
	time.sleep(1)
	listener.send_signal(signal.SIGINT)
	return sum(map(int, re.findall(r"(\d+) packets? dropped", listener.communicate(timeout=60)[1])))


def everything_at_once(place, directory, claims):
	"""500 handshakes, 30 of them failed in 12 ways."""
	packets, expected = mixed.capture()
	capture, out = os.path.join(directory, "mixed.pcap"), os.path.join(directory, "out")
	mixed.write(capture, packets)
	with open(out, "w") as f:
		listener = Listener(place, f, "--json", "--interval", "0")
	sent, seconds = listener.send_at_once(capture)
	status, err = listener.end()
	told = records(out)
	last, said = told[-1], mixed.by_client(told)
	claims.check("all at once: exit status 0 and not a word, but %s %s" % (status, err), status == 0 and not err)
	claims.check("all at once: all %d packets were read: %d, lost %s" % (sent, last["packets"], last["dropped"]),
		sent == len(packets) == last["packets"] and not any(last["dropped"].values()))
	for line in mixed.wrong(said, expected)[:20]:
		claims.check("all at once: %s" % line, False)
	claims.check("all at once: %d were told" % len(said), len(said) == mixed.HANDSHAKES)
	if shutil.which("tcpdump"):
		lost = tcpdump_drops(place, capture)
		claims.check("tcpdump loses nothing of it either, at %d a second, but %d" % (sent / seconds, lost), not lost)


def main():
	claims = Claims()
	try:
		with link() as place, tempfile.TemporaryDirectory() as directory:
			spool = os.path.join(directory, "spool")
			os.mkdir(spool)
			for d in (directory, spool):
				os.chmod(d, 0o777)
			for test in (floods, slow_reader, stopped_reader, drops, everything_at_once):
				test(place, directory, claims)
	except NoLink as why:
		print("skipped: %s" % why)
	print("%d passed, %d failed" % (claims.passed, claims.failed))
	return claims.failed > 0


sys.exit(main())
