"""However many threads read, what is told is the same, in the same order.

usage: workers.py PROGRAM
"""

import glob
import json
import os
import random
import subprocess
import sys
import tempfile

import mixed

READERS = (2, 3, 7)


def ask(program, readers, args):
	"""(exit status, what standard error says, records but for how long it took)"""
	p = subprocess.run([program, "--json", "--workers", str(readers)] + args, stdout=subprocess.PIPE,
		stderr=subprocess.PIPE, timeout=300)
	records = [json.loads(line) for line in p.stdout.decode().splitlines()]
	for r in records:
		r.pop("seconds", None)
	return p.returncode, p.stderr.decode(), records


def differences(program, args):
	alone = ask(program, 1, args)
	if not alone[2]:
		return ["one reader says nothing"]
	lines = []
	for readers in READERS:
		together = ask(program, readers, args)
		if together[:2] != alone[:2]:
			lines.append("%d readers end with %s, one with %s" % (readers, together[:2], alone[:2]))
		if together[2] != alone[2]:
			first = next((pair for pair in zip(alone[2], together[2]) if pair[0] != pair[1]), "another number of records")
			lines.append("%d readers: %.600s" % (readers, first))
	return lines


def mixed_packets():
	dice = random.Random(500)
	paths = sorted(glob.glob(os.path.join(mixed.PCAPS, "*.expect")))
	sources = [s for s in (mixed.Source(i, p) for i, p in enumerate(paths)) if s.usable]
	packets, _ = mixed.mix(mixed.choose(sources, dice), dice)
	return packets


def main():
	program = os.path.abspath(sys.argv[1])
	checks = []
	with tempfile.TemporaryDirectory() as directory:
		whole, cut = os.path.join(directory, "whole.pcap"), os.path.join(directory, "cut.pcap")
		mixed.write(whole, mixed_packets())
		with open(whole, "rb") as f, open(cut, "wb") as out:
			out.write(f.read()[:-7])
		with open(os.path.join(directory, "other.pcap"), "wb") as f:
			f.write(b"no capture at all")
		checks.append(("one file of 500 handshakes", differences(program, [whole])))
		checks.append(("with a filter", differences(program, [whole, "tcp and not port 8443"])))
		checks.append(("a file that ends in mid-packet", differences(program, [cut])))
		checks.append(("a directory in which some cannot be read", differences(program, [directory])))
		checks.append(("all captures of pcaps/", differences(program, [mixed.PCAPS])))
		keys = next(iter(sorted(glob.glob(os.path.join(mixed.PCAPS, "*tls13*.keys")))))
		checks.append(("with a key log", differences(program, ["--keylog", keys, keys[:-5] + ".pcap"])))
	return mixed.tell(checks)


if __name__ == "__main__":
	sys.exit(main())
