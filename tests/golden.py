#!/usr/bin/env python3
"""golden.py PROGRAM [REGEX]: holds the program's answers against pcaps/*.expect."""

import os
import re
import sys

import captures


def complaints(capture, with_keys, answer):
	if answer.trouble:
		yield answer.trouble
	verdicts, extra = capture.compare(answer, with_keys)
	for v in verdicts:
		if v.complaint():
			yield "port %d %s" % (v.flow["client_port"], v.complaint())
	for r in extra:
		if r["outcome"] == "failed":
			yield "a failure that is none: %s" % (r.get("diagnosis") or {}).get("code")
	for code in capture.missing_findings(answer):
		yield "no endpoint finding %s" % code
	yield from capture.misread_incidents(answer)
	yield from capture.miscounted_probes(answer)
	yield from capture.unsaid(answer)
	for code in capture.invented_findings(answer):
		yield "an endpoint finding that is none: %s" % code


def main():
	wanted = sys.argv[2] if len(sys.argv) > 2 else ""
	chosen = [c for c in captures.expected() if re.search(wanted, c.name)]
	failed = passed = 0
	for capture, with_keys, answer in captures.ask_all(sys.argv[1], chosen):
		wrong = list(complaints(capture, with_keys, answer))
		passed, failed = passed + (not wrong), failed + bool(wrong)
		if wrong:
			print("%s%s: %s" % (os.path.basename(capture.path), " with keys" if with_keys else "", "; ".join(wrong)))
	print("%d passed, %d failed" % (passed, failed))
	sys.exit(1 if failed else 0)


main()
