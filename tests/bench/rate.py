#!/usr/bin/env python3
"""rate.py PROGRAM TOOLS [SECONDS]: the highest rate at which nothing is dropped, side by side with
`tcpdump -w /dev/null` on the same link.

A load goes round and round through a veth pair, each round from other clients: handshakes with data behind
them, as a mirror port has them, and handshakes alone. For each listener the rate is searched at which no
packet is lost, in trials of SECONDS (5); then tlswhy and tcpdump take turns at the rate that tcpdump could
take. Fails when tlswhy drops there."""

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time

from link import NoLink, link
from load import Load

PROGRAM, TOOLS = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
SECONDS = float(sys.argv[3]) if len(sys.argv) > 3 else 5
LOADS = {
	"handshakes with 50 kB behind each": dict(flows=5000, failing=0.1, reordered=0.01, data=50000),
	"handshakes alone": dict(flows=20000, failing=0.1, reordered=0.01),
}
STEPS = 6		# halvings of the interval that holds the rate
TURNS = 3


def undisturbed():
	"""In front of whatever else the machine does: what is compared are programs, not its load."""
	os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))


def send(place, capture, seconds, *options):
	"""[frames, seconds]"""
	argv = [os.path.join(TOOLS, "send"), "--seconds=%f" % seconds, *options, place.near, capture]
	return place.output(argv, preexec_fn=undisturbed).split()


class Tcpdump:
	"""Writes what it hears to nowhere."""

	def __init__(self, name, *options):
		self.name = name
		self.argv = ["tcpdump", "-n", "-i", "tw1", "-Z", "root", "-w", "/dev/null", *options]

	def result(self, out, err):
		counts = {what: int(n) for n, what in re.findall(r"(\d+) packets? (captured|dropped by \w+)", err)}
		if "captured" not in counts:
			raise RuntimeError(err)
		return sum(n for what, n in counts.items() if what != "captured")


class Tlswhy:
	"""Says why what it hears failed."""

	def __init__(self, name, *options):
		self.name = name
		self.argv = [PROGRAM, "-i", "tw1", *options]

	def result(self, out, err):
		out.seek(0)
		lines = out.readlines()
		if not lines or "dropped" not in lines[-1]:
			raise RuntimeError(err)
		return sum(json.loads(lines[-1])["dropped"].values())


class Trial:
	"""One listener at one rate: frames a second that were really sent, and how many went missing."""

	def __init__(self, place, listener, capture, rate):
		with tempfile.TemporaryFile("w+") as out:
			heard = place.listen(listener.argv, stdout=out, stderr=subprocess.PIPE, text=True, preexec_fn=undisturbed)
			words = send(place, capture, SECONDS, "--rate=%f" % rate)
			self.sent, self.rate = int(words[0]), int(words[0]) / float(words[1])
			wait_until_quiet(heard.pid)
			self.cpu = cpu_of(heard.pid) / float(words[1])
			heard.send_signal(signal.SIGINT)
			err = heard.communicate()[1]
			self.missing = listener.result(out, err)


def cpu_of(pid):
	with open("/proc/%d/stat" % pid) as f:
		words = f.read().rsplit(")", 1)[1].split()
	return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


def wait_until_quiet(pid):
	"""Until it has worked off what the kernel holds for it."""
	before = -1
	while cpu_of(pid) != before:
		before = cpu_of(pid)
		time.sleep(0.3)


def search(place, listener, capture, top):
	"""The highest rate without a loss, to 1/2**STEPS of `top`; (rate, CPU seconds a second there)."""
	best, low, high = None, 0, top
	for step in range(STEPS + 1):
		rate = top if step == 0 else (low + high) / 2
		trial = Trial(place, listener, capture, rate)
		print("  %-28s %9.0f a second: %d of %d lost, %.0f %% CPU" % (listener.name, trial.rate, trial.missing,
			trial.sent, trial.cpu * 100), flush=True)
		if trial.missing:
			high = rate
		else:
			low, best = rate, trial
			if step == 0:
				break
	return best


def report(place, load):
	listeners = [Tcpdump("tcpdump"), Tcpdump("tcpdump -B 16384", "-B", "16384"), Tlswhy("tlswhy --failed", "--json", "--failed"),
		Tlswhy("tlswhy, every handshake", "--json")]
	words = send(place, load.pcap, 3)
	top = int(words[0]) / float(words[1])
	print("\n%s: %d connections, %d packets\n" % (load.name, load.flows, load.packets))
	print("Nobody listens: %.0f frames a second, %.0f Mbit/s" % (top, top * load.bytes / load.packets * 8 / 1e6), flush=True)
	best = {l.name: search(place, l, load.pcap, top) for l in listeners}
	common = best["tcpdump"].rate if best["tcpdump"] else 0
	print("\n| | packets a second without a loss | Mbit/s | CPU |\n| --- | ---: | ---: | ---: |")
	for l in listeners:
		b = best[l.name]
		print("| %s | %s |" % (l.name, "%.0f | %.0f | %.0f %%" % (b.rate, b.rate * load.bytes / load.packets * 8 / 1e6,
			b.cpu * 100) if b else "none | |"))
	lost = []
	for _ in range(TURNS):
		for l in (listeners[0], listeners[2]):
			trial = Trial(place, l, load.pcap, common * 0.98)
			lost.append((l.name, trial.missing))
	print("\nIn turns at %.0f a second, lost: %s" % (common * 0.98, ", ".join("%s %d" % pair for pair in lost)))
	return all(missing == 0 for name, missing in lost if name.startswith("tlswhy"))


def main():
	try:
		with link() as place, tempfile.TemporaryDirectory() as directory:
			kept_up = [report(place, Load(TOOLS, directory, name, **knobs)) for name, knobs in LOADS.items()]
			return 0 if all(kept_up) else 1
	except NoLink as why:
		print("skipped: %s" % why)
		return 0


sys.exit(main())
