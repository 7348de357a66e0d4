#!/usr/bin/env python3
"""unit.py PROGRAM BUILD: the program as dist/tlswhy.service starts it, under what the unit forbids.

systemd itself is not needed, its systemd-analyze says which system calls the unit allows. The user, the
one capability, no new privileges, read-only mounts, devices, system calls and address families are set
by hand, on a link in a namespace of the test's own; then a handshake fails on that link."""

import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.join(HERE, "..", "..")
sys.path.insert(0, os.path.join(HERE, "..", "bench"))
from link import NoLink, link

PROGRAM, BUILD = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
UNIT = os.path.join(ROOT, "dist", "tlswhy.service")
CAPTURE = os.path.join(ROOT, "pcaps", "alpn_mismatch-other-openssl-deno-tls12.pcap")
DEVICES = ("null", "zero", "full", "random", "urandom")


class Unit:
	"""The settings of [Service]; what is given twice has two values."""

	def __init__(self, path):
		with open(path) as f:
			text = f.read().replace("\\\n", " ")
		self.values = {}
		for name, value in re.findall(r"^(\w+)=(.*)$", text.partition("[Service]")[2], re.M):
			self.values.setdefault(name, []).append(value)

	def only(self, name):
		assert len(self.values[name]) == 1, name
		return self.values[name][0]

	def calls(self):
		"""Names of the system calls that it allows."""
		sets, allowed = call_sets(), set()
		for value in self.values["SystemCallFilter"]:
			names = {c for word in value.lstrip("~").split() for c in members(sets, word)}
			allowed = allowed - names if value.startswith("~") else allowed | names
		return allowed | members(sets, "@default")

	def families(self):
		return [int(getattr(socket, name)) for name in self.only("RestrictAddressFamilies").split()]

	def command(self, program, variables):
		"""ExecStart with its variables filled in: those without braces are as many words as they have."""
		words = []
		for word in self.only("ExecStart").split():
			bare = re.fullmatch(r"\$(\w+)", word)
			words += variables[bare.group(1)].split() if bare else [re.sub(r"\$\{(\w+)\}", lambda m: variables[m.group(1)], word)]
		return [program] + words[1:]

	def environment(self):
		return dict(word.split("=", 1) for word in shlex.split(self.only("Environment")))


def call_sets():
	"""{"@set": [calls and sets]}"""
	sets, name = {}, None
	for line in subprocess.run(["systemd-analyze", "syscall-filter"], capture_output=True, text=True, check=True).stdout.split("\n"):
		word = re.sub(r"\x1b\[[0-9;]*m", "", line)
		if word.startswith("@"):
			name = word.strip()
			sets[name] = []
		elif word.startswith("    ") and name and not word.strip().startswith("#"):
			sets[name].append(word.strip())
		elif word.startswith("#"):
			name = None
	return sets


def members(sets, word):
	return {c for inner in sets[word] for c in members(sets, inner)} if word.startswith("@") else {word}


def mounts(room):
	"""ProtectSystem=strict, ProtectHome, PrivateTmp, PrivateDevices, ProtectProc: as shell commands. What the
	unit may write lies under `room`."""
	return ["mount --make-rprivate /"] + \
		["mount --bind %s/%s %s/%s" % (room, d, room, d) for d in ("logs", "state")] + \
		["mkdir %s/dev" % room] + \
		["touch %s/dev/%s && mount --bind /dev/%s %s/dev/%s" % (room, d, d, room, d) for d in DEVICES] + \
		["mount --rbind %s/dev /dev" % room] + \
		["mount -t tmpfs tmpfs %s" % d for d in ("/tmp", "/var/tmp", "/home", "/root")] + \
		["mount -t proc -o hidepid=invisible proc /proc", "mount -o remount,bind,ro /"]


def start(place, unit, room):
	"""The program, restricted; the user is nobody in place of one made for the occasion."""
	calls = os.path.join(room, "calls")
	with open(calls, "w") as f:
		f.write("\n".join(sorted(unit.calls())))
	for d in ("logs", "state"):
		os.mkdir(os.path.join(room, d))
		shutil.chown(os.path.join(room, d), "nobody")
	for tool in (PROGRAM, os.path.join(BUILD, "tests", "dist", "restricted")):
		shutil.copy(tool, room)
	variables = unit.environment() | {"INTERFACES": "-i " + place.far, "LOGS_DIRECTORY": room + "/logs",
		"STATE_DIRECTORY": room + "/state"}
	capability = unit.only("AmbientCapabilities").lower().removeprefix("cap_")
	assert unit.only("CapabilityBoundingSet") == unit.only("AmbientCapabilities")
	argv = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", "--no-new-privs",
		"--bounding-set=-all,+" + capability, "--inh-caps=-all,+" + capability, "--ambient-caps=-all,+" + capability,
		room + "/restricted", calls, ",".join(map(str, unit.families()))]
	argv += unit.command(os.path.join(room, os.path.basename(PROGRAM)), variables)
	script = " && ".join(mounts(room) + ["umask " + unit.only("UMask"), "exec " + shlex.join(argv)])
	return place.listen(["unshare", "--mount", "sh", "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def status_of(pid):
	with open("/proc/%d/status" % pid) as f:
		return dict(line.rstrip("\n").split(":\t", 1) for line in f if ":\t" in line)


def run(place, room, check):
	process = start(place, Unit(UNIT), room)
	try:
		if process.poll() is not None:
			check("it starts: " + process.stderr.read(), False)
			return
		status = status_of(process.pid)
		check("both filters of system calls are in force: %s" % status.get("Seccomp_filters"), status.get("Seccomp_filters") in ("2", None))
		check("it is not root", not status["Uid"].startswith("0"))
		check("no new privileges can be had", status["NoNewPrivs"] == "1")
		check("no capability is left: %s" % status["CapPrm"], not any(int(status[c], 16) for c in ("CapPrm", "CapEff", "CapAmb")))
		replay = ["python3", os.path.join(HERE, "..", "replay.py"), place.near, "0", CAPTURE]
		place.output(replay)
		time.sleep(1)
		out = room + "/logs/tlswhy.json"
		os.rename(out, out + ".moved")
		process.send_signal(signal.SIGHUP)	# ExecReload
		time.sleep(0.5)
		process.send_signal(signal.SIGTERM)
		said, err = process.communicate(timeout=30)
		check("it ends with status 0 and not a word, not %s: %s%s" % (process.returncode, said, err),
			process.returncode == 0 and not said and not err)
		told = []
		for path in (out + ".moved", out):
			with open(path) as f:
				told += [json.loads(line) for line in f]
		check("the handshake that failed is told", "alpn_mismatch" in [r["diagnosis"]["code"] for r in told if "diagnosis" in r])
		check("nothing was dropped", not any(told[-1]["dropped"].values()))
		check("after a reload the file is there again", os.path.getsize(out) > 0)
		check("others cannot read it", os.stat(out).st_mode & 0o007 == 0)
		with open(room + "/state/tlswhy.prom") as f:
			check("metrics count it", 'outcome="failed"} 1' in f.read())
	finally:
		process.kill()


def main():
	counts = [0, 0]

	def check(claim, holds):
		counts[not holds] += 1
		if not holds:
			print("not so: " + claim)

	missing = [tool for tool in ("systemd-analyze", "setpriv", "unshare") if not shutil.which(tool)]
	room = "/run/tlswhy-test-%d" % os.getpid()
	try:
		if missing:
			raise NoLink("there is no " + ", no ".join(missing))
		with link() as place:
			os.mkdir(room)
			run(place, room, check)
	except NoLink as why:
		print("skipped: the unit's restrictions: %s" % why)
	finally:
		shutil.rmtree(room, ignore_errors=True)
	print("%d passed, %d failed" % tuple(counts))
	return counts[1] > 0


sys.exit(main())
