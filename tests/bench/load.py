"""Captures of many connections with a known truth, made by generate out of pcaps/."""

import json
import os
import struct
import subprocess
import sys
import zlib

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import captures

# What is replayed: what failed for a known cause, and what completed beyond doubt.
KINDS = {("failed", True), ("completed", False)}


class Load:
	"""A capture with its truth."""

	def __init__(self, tools, directory, name, **knobs):
		self.name, self.knobs = name, knobs
		self.pcap = os.path.join(directory, name + ".pcap")
		self.truth_file = os.path.join(directory, name + ".truth")
		said = os.path.join(directory, name + ".said")
		argv = [os.path.join(tools, "generate")] + ["--%s=%s" % k for k in sorted(knobs.items())]
		argv += [recordings(directory), self.pcap, self.truth_file]
		made_of = "%s, %08x" % (" ".join(argv), zlib.crc32(open(recordings(directory), "rb").read()))
		if not os.path.exists(said) or open(said).readline().strip() != made_of:
			out = subprocess.run(argv, cwd=captures.ROOT, stdout=subprocess.PIPE, check=True).stdout.decode()
			with open(said, "w") as f:
				f.write(made_of + "\n" + out)
		numbers = [int(w.split()[0]) for w in open(said).read().split("\n")[1].split(", ")]
		self.packets, self.bytes, self.flows, self.syns, self.recordings = numbers

	def truth(self):
		"""{(client address, port): (outcome, [codes])}"""
		with open(self.truth_file) as f:
			rows = (line.rstrip("\n").split("\t") for line in f)
			return {(ip, int(port)): (outcome, codes.split(",")) for ip, port, outcome, codes in rows}


def has_secrets(path):
	"""Whether a pcapng file brings the keys along: what it says with them, its packets alone do not."""
	with open(path, "rb") as f:
		data = f.read()
	at = 0
	while data.startswith(b"\x0a\x0d\x0d\x0a") and at + 8 <= len(data):
		kind, length = struct.unpack_from("<II", data, at)	# the lab's machines are little-endian
		if kind == 10:
			return True
		at += max(length, 12)
	return False


def recordings(directory):
	"""The list of what the generator replays: one connection each, and known how it ended."""
	path = os.path.join(directory, "recordings.list")
	with open(path, "w") as f:
		for capture in captures.expected():
			flow, codes = capture.facts["flows"][0], capture.facts["flows"][0].get("codes", [])
			alone = len(capture.facts["flows"]) == 1 and not capture.facts.get("args")
			if alone and not flow.get("outcomes_acceptable") and (flow["outcome"], bool(codes)) in KINDS \
					and not has_secrets(os.path.join(captures.ROOT, capture.path)):
				f.write("%s\t%s\t%s\n" % (capture.path, flow["outcome"], ",".join(codes) or "-"))
	return path


def check(argv, load):
	"""(failures found with their cause, failures in all, what is wrong: [text]) of a program that reads the
	load. Connections that stop on purpose may end as they like."""
	truth, wrong, found = load.truth(), [], 0
	p = subprocess.Popen(argv, stdout=subprocess.PIPE)
	for line in p.stdout:
		record = json.loads(line)
		if record["type"] != "handshake":
			continue
		client = record["flow"]["client"]
		outcome, codes = truth.pop((client["ip"], client["port"]), ("none", []))
		code = record.get("diagnosis", {}).get("code")
		if record["outcome"] == outcome == "failed" and code in codes:
			found += 1
		elif outcome != "stopped" and (record["outcome"] == "failed" or outcome not in ("none", record["outcome"])):
			wrong.append("%s:%d is %s (%s), the program says %s (%s)" % (client["ip"], client["port"], outcome,
				",".join(codes), record["outcome"], code))
	wrong += ["%s:%d: %s, and not a word of it" % (*client, t[0]) for client, t in truth.items() if t[0] != "stopped"]
	if p.wait():
		wrong.append("exit status %d" % p.returncode)
	failures = sum(1 for t in load.truth().values() if t[0] == "failed")
	return found, failures, wrong
