#!/usr/bin/env python3
"""Writes pcaps/README.md from the expectations beside it."""

import glob
import json
import os

OUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "pcaps")
HEAD = """# Captures

Made by the lab in `tests/lab/`, of real stacks in network namespaces; nothing in them comes from
anybody's network. Each is a pcap (a few are pcapng) with an `.expect` that says what an expert would
conclude, and where a stack can write one a key log, `.keys`. To make one again:

    sudo python3 tests/lab/run.py --only '^NAME$'

An `.expect` is one JSON document: the `scenario`, the stacks, the lines of their `log` that name the
cause, and for each TCP flow its `outcome` (others that may be defended in `outcomes_acceptable`), the
acceptable `codes` with the best first, `codes_with_keys`, who `aborted_by`, and what tshark has `seen`.
`endpoint_findings` hold for the server as a whole, `incidents` are the client ports of what one user
tried again, and `probes` is how many attempts are nobody's. `held_back` marks those that rules are not written
for. Names, addresses and authorities are for documentation: `.example`, 192.0.2.0/24, 198.51.100.0/24,
2001:db8::/32.

%d captures, %d with key logs, %d flows, %d held back.

| capture | client | server | what happens | best verdict |
| --- | --- | --- | --- | --- |
"""


def verdict(facts):
	flows = facts["flows"]
	words = []
	for f in flows:
		words.append(f["codes"][0] if f.get("codes") and f["outcome"] != "completed" else f["outcome"])
	return ", ".join("%d × %s" % (words.count(w), w) if len(flows) > 1 else w for w in dict.fromkeys(words))


def main():
	rows, keys, flows, held = [], 0, 0, 0
	for path in sorted(glob.glob(os.path.join(OUT, "*.expect"))):
		name = os.path.basename(path)[:-len(".expect")]
		with open(path) as f:
			facts = json.load(f)
		keys += os.path.exists(path[:-len("expect")] + "keys")
		flows += len(facts["flows"])
		held += facts.get("held_back", False)
		rows.append("| %s%s | %s | %s | %s | %s |" % (name, " *" if facts.get("held_back") else "", facts["client_stack"],
			facts.get("server_stack", "none"), facts["scenario"].replace("|", "/"), verdict(facts)))
	with open(os.path.join(OUT, "README.md"), "w") as f:
		f.write(HEAD % (len(rows), keys, flows, held) + "\n".join(rows) + "\n")


main()
