#!/usr/bin/env python3
"""accuracy.py PROGRAM [--held-back|--seen]: how often the program is right about pcaps/, by code."""

import collections
import sys

import captures


def main():
	program = sys.argv[1]
	chosen = captures.expected()
	if "--held-back" in sys.argv:
		chosen = [c for c in chosen if c.held_back]
	if "--seen" in sys.argv:
		chosen = [c for c in chosen if not c.held_back]
	for with_keys in (False, True):
		tally = Tally()
		for capture, keys, answer in captures.ask_all(program, [c for c in chosen if c.keys or not with_keys]):
			if keys == with_keys:
				tally.add(capture, keys, answer)
		print("\nwith key logs" if with_keys else "without key logs")
		tally.show()


class Tally:
	def __init__(self):
		self.codes = collections.defaultdict(collections.Counter)
		self.confidence = collections.defaultdict(collections.Counter)
		self.healthy = collections.Counter()
		self.findings = collections.Counter()

	def add(self, capture, with_keys, answer):
		verdicts, extra = capture.compare(answer, with_keys)
		for v in verdicts:
			self.add_verdict(v)
		self.healthy["alarms"] += sum(r["outcome"] == "failed" for r in extra)
		wanted = sum(len(e["codes"]) for e in capture.facts.get("endpoint_findings", []))
		self.findings["wanted"] += wanted
		self.findings["found"] += wanted - len(capture.missing_findings(answer))

	def add_verdict(self, v):
		if v.flow["outcome"] in ("completed", "none") and "failed" not in v.outcomes:
			self.healthy["flows"] += 1
			self.healthy["alarms"] += v.outcome == "failed"
			return
		row = self.codes[v.codes[0]]
		row["n"] += 1
		row["right"] += v.right_code
		row["best"] += v.right_code and (v.outcome == "completed" or v.code == v.codes[0])
		row["among"] += v.right_code or any(a in v.codes for a in v.alternatives)
		row["side"] += v.right_side
		if v.outcome == "failed":
			self.confidence[v.confidence]["n"] += 1
			self.confidence[v.confidence]["right"] += v.right_code

	def show(self):
		print("%-32s %5s %6s %6s %6s %6s" % ("code", "flows", "best", "right", "among", "side"))
		total = collections.Counter()
		for code in sorted(self.codes):
			row = self.codes[code]
			total.update(row)
			print("%-32s %5d %6d %6d %6d %6d" % (code, row["n"], row["best"], row["right"], row["among"], row["side"]))
		print("%-32s %5d %6d %6d %6d %6d" % ("all", total["n"], total["best"], total["right"], total["among"], total["side"]))
		for name in ("certain", "likely", "possible"):
			row = self.confidence[name]
			print("%-9s held in %d of %d" % (name, row["right"], row["n"]))
		print("healthy   %d flows, %d false alarms" % (self.healthy["flows"], self.healthy["alarms"]))
		if self.findings["wanted"]:
			print("endpoints %d of %d findings" % (self.findings["found"], self.findings["wanted"]))


main()
