#!/usr/bin/env python3
"""faults.py PROGRAM BUILD-DIR [all]: what the program does when the machine lets it down.

Every allocation fails in turn (a sample of them unless `all`), reading breaks off, writing does too.
"""

import glob
import json
import os
import pty
import random
import stat
import subprocess
import sys
import tempfile
import tty
from concurrent.futures import ThreadPoolExecutor

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
PROGRAM, BUILD, ALL = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2]), sys.argv[3:] == ["all"]
FAULTY = os.path.join(BUILD, "tests", "faults", "tlswhy")
PATIENCE_S = 60
# Sanitizers make a start some ten times as dear.
SAMPLE = 25 if "san" in os.path.basename(BUILD) else 100
KINDS = ["cert_expired-openssl-tls12.pcap", "cert_chain_incomplete-*tls13.pcap", "*dtls*.pcap", "*quic*.pcap",
	"starttls*.pcap", "completed*.pcap", "client_cert*.pcap"]
random.seed(7)

results = {"passed": 0, "failed": 0}


def claim(so, what):
	results["passed" if so else "failed"] += 1
	if not so:
		print("does not hold: " + what)


def run(argv, env=None, **more):
	"""(exit status, standard output, lines of standard error)"""
	p = subprocess.run(argv, env={**os.environ, "TZ": "UTC", **(env or {})}, stderr=subprocess.PIPE,
		timeout=PATIENCE_S, **more)
	return p.returncode, p.stdout or b"", p.stderr.decode("utf-8", "replace").strip().splitlines()


def is_ndjson(text):
	try:
		return all(json.loads(line)["schema"] == "tlswhy/1" for line in text.decode().splitlines())
	except (ValueError, KeyError):
		return False


def captures():
	found = [sorted(glob.glob(os.path.join(ROOT, "pcaps", k))) for k in KINDS]
	return [f[0] for f in found if f]


# ---- memory ----

def allocations(argv):
	reads, writes = os.pipe()
	run(argv, {"FAIL_COUNT": str(writes)}, stdout=subprocess.PIPE, pass_fds=(writes,))
	os.close(writes)
	with os.fdopen(reads) as f:
		return int(f.read())


FILTER = "tcp port 443"


def of_the_scanner(argv, env):
	"""Whether that allocation is one of libpcap's scanner, made by flex: it ends the program itself where it gets no
	memory, and crashes on the first of its four. This is at the start, before any packet is read."""
	ahead = [run(argv, {"FAIL_AT": str(int(env["FAIL_AT"]) + n)}, stdout=subprocess.PIPE)[2] for n in (0, 1)]
	return argv[-1] == FILTER and any("out of dynamic memory in yy" in line for said in ahead for line in said)


def fail_one(job):
	wrong = failing(job)
	return None if wrong and of_the_scanner(*job) else wrong


def failing(job):
	argv, env = job
	try:
		status, out, said = run(argv, env, stdout=subprocess.PIPE)
	except subprocess.TimeoutExpired:
		return "%s %s: still running after %d s" % (env, argv[-1], PATIENCE_S)
	if status not in (0, 2):
		return "%s %s: status %d: %s" % (env, argv[-1], status, "\n".join(said)[:2000])
	if status == 2 and not (said and said[-1].startswith("tlswhy: ")):
		return "%s %s: no word for people, but %r" % (env, argv[-1], said)
	if "--json" in argv and not is_ndjson(out):
		return "%s %s: no NDJSON" % (env, argv[-1])
	return None


def one_of_each(folder):
	"""A directory with a capture of every cause over every transport: what reaches most of the code."""
	seen = set()
	for path in sorted(glob.glob(os.path.join(ROOT, "pcaps", "*.pcap*"))):
		name = os.path.basename(path)
		kind = (name.split("-")[0], "quic" in name, "dtls" in name)
		if kind not in seen:
			os.symlink(os.path.abspath(path), os.path.join(folder, name))
		seen.add(kind)
	return folder


def runs(folder):
	"""Argument lists that between them use every room."""
	trust = ["--ca-file", sorted(glob.glob(os.path.join(ROOT, "tests", "chains", "good*.pem")))[0]]
	for i, path in enumerate(captures()):
		yield ["--json" if i % 2 else "--all"] + trust + [path]
	most = one_of_each(os.path.join(folder, "most"))
	keys = sorted(glob.glob(os.path.join(ROOT, "pcaps", "*tls13*.keys")))[0]
	yield ["--all", "--workers", "1"] + trust + [most]
	yield ["--json", "--workers", "3"] + trust + [most]
	yield ["--json", "--keylog", keys, keys[:-5] + ".pcap"] + trust
	yield ["--all", "--no-trust", "-w", os.path.join(folder, "failed.pcap"), captures()[0]]
	yield ["--json", "--no-trust", "-o", os.path.join(folder, "out.json"), captures()[0], FILTER]


def memory_fails():
	jobs = []
	with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(2) as pool:
		os.mkdir(os.path.join(folder, "most"))
		for args in runs(folder):
			# libseccomp 2.5 never returns from seccomp_load when it gets no memory: before any traffic is read
			argv = [FAULTY, "--no-sandbox"] + args
			count = allocations(argv)
			chosen = range(1, count + 1) if ALL or count < SAMPLE else random.sample(range(1, count + 1), SAMPLE)
			jobs += [(argv, {"FAIL_AT": str(n), **on}) for n in chosen for on in ({}, {"FAIL_ON": "1"})]
		wrong = [w for w in pool.map(fail_one, jobs) if w]
	for w in wrong[:20]:
		print(w)
	claim(not wrong, "whichever of %d allocations fails, there is a word and no crash (%d times not)" %
		(len(jobs), len(wrong)))
	last, _, said = run([FAULTY, "--json", captures()[0]], {"FAIL_AT": "1", "FAIL_ON": "1"}, stdout=subprocess.PIPE)
	claim(last == 2 and len(said) == 1, "without any memory the program ends with status 2 and one line: %r" % said)


# ---- files ----

def output_fails():
	path = captures()[0]
	for option in ("-o", "-w"):
		status, _, said = run([PROGRAM, "--json", "--no-trust", option, "/dev/full", os.path.join(ROOT, "pcaps")],
			stdout=subprocess.PIPE)
		claim(status == 2 and len(said) == 1 and "No space left" in said[0],
			"%s onto a full disk gives status 2 and one line: %d %r" % (option, status, said))
	with tempfile.TemporaryDirectory() as folder:
		pipe = os.path.join(folder, "pipe")
		os.mkfifo(pipe)
		status, _, said = run([PROGRAM, "--json", "--no-trust", "--metrics", pipe, path], stdout=subprocess.PIPE)
		claim(status == 2 and len(said) == 1 and stat.S_ISFIFO(os.stat(pipe).st_mode),
			"what is no file is not replaced by one: %d %r" % (status, said))
	for mode in (["--json"], ["--all"], ["--help"], ["explain"]):
		argv = [PROGRAM] + mode + ([path] if mode[0] in ("--json", "--all") else [])
		with open("/dev/full", "wb") as full:
			status, _, said = run(argv, stdout=full)
		claim(status == 2 and len(said) == 1 and "No space left" in said[0],
			"a full disk gives status 2 and one line: %s: %d %r" % (mode, status, said))
		reads, writes = os.pipe()
		os.close(reads)
		status, _, said = run(argv, stdout=writes)
		os.close(writes)
		claim(status == 2 and len(said) == 1 and "Broken pipe" in said[0],
			"a closed pipe gives status 2 and one line: %s: %d %r" % (mode, status, said))


def reading_breaks_off():
	"""A terminal whose other end was closed gives EIO behind the bytes that were written into it."""
	with open(captures()[0], "rb") as f:
		whole = f.read()
	master, slave = pty.openpty()
	tty.setraw(slave)
	p = subprocess.Popen([PROGRAM, "--json", "-r", "-"], stdin=master, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
	os.close(master)
	at = 0
	while at < len(whole):
		at += os.write(slave, whole[at:at + 1024])
	os.close(slave)
	out, said = p.communicate(timeout=PATIENCE_S)
	claim(p.returncode == 2 and b"cannot read on" in said, "a read error gives status 2: %d %r" % (p.returncode, said))
	claim(is_ndjson(out) and any(json.loads(x).get("outcome") == "failed" for x in out.splitlines()),
		"what came before a read error is analysed")


def inputs_that_are_none():
	with tempfile.TemporaryDirectory() as folder:
		for name, content in (("empty", b""), ("short", b"\xd4\xc3"), ("text", b"no capture\n" * 9), ("magic", b"\xd4\xc3\xb2\xa1")):
			path = os.path.join(folder, name)
			with open(path, "wb") as f:
				f.write(content)
			status, _, said = run([PROGRAM, "--json", "-r", path], stdout=subprocess.PIPE)
			claim(status == 2 and len(said) == 1 and path in said[0], "%s is refused by name: %r" % (name, said))
		status, out, said = run([PROGRAM, "--json", os.path.join(folder, "missing"), "-r", captures()[0]],
			stdout=subprocess.PIPE)
		claim(status == 2 and len(said) == 1 and b'"failed"' in out, "what is missing does not keep the rest back")


def main():
	memory_fails()
	output_fails()
	reading_breaks_off()
	inputs_that_are_none()
	print("%(passed)d passed, %(failed)d failed" % results)
	return results["failed"] > 0


sys.exit(main())
