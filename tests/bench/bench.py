#!/usr/bin/env python3
"""bench.py PROGRAM TOOLS [SCALE]: what tlswhy costs, beside libpcap's bare loop and other analyzers.

Makes the loads (TOOLS/generate, out of pcaps/), runs everybody on the same files in turns, holds the
verdicts against the generator's truth and prints tables in Markdown. SCALE=10 is the full size. The
loads stay in the directory that TLSWHY_BENCH_DIR names, if it names one."""

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

from load import Load, check

TOOLS = os.path.abspath(sys.argv[2])
ROUNDS = 5
# At SCALE=10: connections, share that fails, share reordered, application data of each, lone SYNs, rate
# (connections a second).
LOADS = {
	"handshakes": dict(flows=200000, failing=0.1, reordered=0.01, data=0, syns=0, rate=2000),
	"bulk": dict(flows=2000, failing=0.05, reordered=0, data=1 << 20, syns=0, rate=500),
	"flood": dict(flows=30000, failing=0.1, reordered=0, data=0, syns=3000000, rate=1000),
}
GOALS = {("handshakes", "tlswhy"): 2.0, ("bulk", "tlswhy"): 0.95, ("flood", "tlswhy"): 2.2,
	("handshakes", "tlswhy --json"): 4.0}
FLOOD_PEAK_MB = 64
# Others take minutes for the full size; they get the first so many packets.
SLICE_PACKETS = 100000
OTHERS = {
	"tshark": ["tshark", "-n", "-Y", "tls.handshake or tls.alert_message", "-T", "fields", "-e", "frame.number",
		"-e", "tls.handshake.type", "-e", "tls.alert_message.desc", "-r"],
	"ssldump": ["ssldump", "-n", "-r"],
	"ndpiReader": ["ndpiReader", "-q", "-i"],
}


class Run:
	"""One run of a command: wall and CPU seconds, peak of resident memory in MB."""

	def __init__(self, argv):
		out = subprocess.run([os.path.join(TOOLS, "measure")] + argv, stdout=subprocess.PIPE, check=True).stdout
		self.wall, self.cpu, peak_kib, status = (float(word) for word in out.split())
		self.peak = peak_kib / 1024
		self.good = status == 0


class Median:
	def __init__(self, runs):
		self.wall = statistics.median(r.wall for r in runs)
		self.cpu = statistics.median(r.cpu for r in runs)
		self.peak = statistics.median(r.peak for r in runs)
		self.good = all(r.good for r in runs)


def in_turns(commands, path, rounds):
	"""{name: Median}: everybody once, then again, so that a slow minute hits all."""
	runs = {name: [] for name in commands}
	Run(["cat", path])
	for _ in range(rounds):
		for name, argv in commands.items():
			runs[name].append(Run(argv + [path]))
	return {name: Median(r) for name, r in runs.items()}


def verdict_on(load, name, ratio, median):
	goal = GOALS.get((load.name, name))
	if goal is None:
		return ""
	within = ratio <= goal and (load.name != "flood" or median.peak < FLOOD_PEAK_MB)
	return "%.2f%s: %s" % (goal, ", %d MB" % FLOOD_PEAK_MB if load.name == "flood" else "", "met" if within else "missed")


def report_load(program, load):
	commands = {"libpcap loop": [os.path.join(TOOLS, "baseline")], "tlswhy": [program],
		"tlswhy --json": [program, "--json"]}
	medians = in_turns(commands, load.pcap, ROUNDS)
	base = medians["libpcap loop"].wall
	print("\n### %s: %d connections of %d recordings, %d lone SYNs, %d packets, %.0f MB\n" % (load.name, load.flows,
		load.recordings, load.syns, load.packets, load.bytes / 1e6))
	print("| | wall s | CPU s | peak MB | ratio | ns a packet | µs a handshake | ns a byte | goal |")
	print("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | --- |")
	for name, m in medians.items():
		print("| %s%s | %.3f | %.3f | %.0f | %.2f | %.0f | %.2f | %.3f | %s |" % (name, "" if m.good else " (failed)", m.wall,
			m.cpu, m.peak, m.wall / base, m.wall / load.packets * 1e9, m.wall / load.flows * 1e6,
			m.wall / load.bytes * 1e9, verdict_on(load, name, m.wall / base, m)))
	found, failures, wrong = check([program, "--json", load.pcap], load)
	print("\nOf %d failures %d were found with their cause; %d verdicts are wrong." % (failures, found, len(wrong)))
	for line in wrong[:5]:
		print("  - " + line)
	return not wrong


def report_others(program, directory, load):
	present = {name: argv for name, argv in OTHERS.items() if shutil.which(argv[0])}
	if not present:
		return
	piece = os.path.join(directory, load.name + "-slice.pcap")
	packets = cut(load.pcap, piece, SLICE_PACKETS)
	commands = {"libpcap loop": [os.path.join(TOOLS, "baseline")], "tlswhy": [program], **present}
	print("\nOthers, on the first %d packets of %s:\n" % (packets, load.name))
	print("| | wall s | CPU s | peak MB | µs a packet |")
	print("| --- | ---: | ---: | ---: | ---: |")
	for name, m in in_turns(commands, piece, 1).items():
		print("| %s%s | %.3f | %.3f | %.0f | %.2f |" % (name, "" if m.good else " (failed)", m.wall, m.cpu, m.peak,
			m.wall / packets * 1e6))


def cut(source, target, packets):
	"""The first packets of a capture that the generator wrote."""
	with open(source, "rb") as f, open(target, "wb") as out:
		out.write(f.read(24))
		for n in range(packets):
			head = f.read(16)
			if len(head) < 16:
				return n
			out.write(head + f.read(int.from_bytes(head[8:12], "little")))
	return packets


def resident_when_read(program, path):
	"""Resident bytes of the program once it took in the whole capture and the input stays open."""
	read_end, write_end = os.pipe()
	p = subprocess.Popen([program, "-"], stdin=read_end, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
	os.close(read_end)
	with open(path, "rb") as f, os.fdopen(write_end, "wb", buffering=0) as pipe:
		shutil.copyfileobj(f, pipe, 1 << 16)
		before = -1
		while ticks(p.pid) != before:		# until it rests
			before = ticks(p.pid)
			time.sleep(0.1)
		with open("/proc/%d/statm" % p.pid) as statm:
			pages = int(statm.read().split()[1])
	p.wait()
	return pages * os.sysconf("SC_PAGE_SIZE")


def ticks(pid):
	with open("/proc/%d/stat" % pid) as f:
		return int(f.read().rsplit(")", 1)[1].split()[11])


def report_memory(program, directory):
	"""What one open connection costs: the difference between few and many of them."""
	print("\n### Memory of one connection\n")
	print("| state | bytes | goal |")
	print("| --- | ---: | ---: |")
	for state, goal, unit, knobs in (("SYN without an answer", 64, "syns", dict(flows=1)),
			("ClientHello sent, no answer yet", 4096, "flows", dict(stop="answer", failing=0)),
			("established, application data", 256, "flows", dict(stop="data", data=16384, failing=0))):
		sizes = []
		for many in (10000, 30000):
			load = Load(TOOLS, directory, "memory", **{"rate": 10000 if unit == "flows" else 1, **knobs, unit: many})
			sizes.append(resident_when_read(program, load.pcap))
		print("| %s | %d | %d |" % (state, (sizes[1] - sizes[0]) / 20000, goal))


def machine(program):
	cpu = next((l.split(":")[1].strip() for l in open("/proc/cpuinfo") if l.startswith("model name")), "unknown")
	compiler = subprocess.run(["gcc", "--version"], stdout=subprocess.PIPE).stdout.decode().split("\n")[0]
	return "%d x %s, Linux %s, %s, %s" % (os.cpu_count(), cpu, os.uname().release, compiler,
		subprocess.run([program, "--version"], stdout=subprocess.PIPE).stdout.decode().strip())


def main():
	program = os.path.abspath(sys.argv[1])
	scale = float(sys.argv[3]) / 10 if len(sys.argv) > 3 else 0.1
	kept = os.environ.get("TLSWHY_BENCH_DIR")
	directory = kept or tempfile.mkdtemp(prefix="tlswhy-bench-")
	os.makedirs(directory, exist_ok=True)
	print("%s. Loads at %g %% of full size; medians of %d rounds in turns, files in the page cache." % (
		machine(program), scale * 100, ROUNDS))
	good = True
	try:
		for name, knobs in LOADS.items():
			sized = dict(knobs, flows=max(1, int(knobs["flows"] * scale)), syns=int(knobs["syns"] * scale))
			load = Load(TOOLS, directory, name, **sized)
			good &= report_load(program, load)
			report_others(program, directory, load)
			sys.stdout.flush()
			if not kept:
				os.remove(load.pcap)
		report_memory(program, directory)
	finally:
		if not kept:
			shutil.rmtree(directory)
	sys.exit(0 if good else 1)


main()
