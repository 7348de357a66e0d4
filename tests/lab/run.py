#!/usr/bin/env python3
"""Makes the captures in pcaps/: see README.md beside this file."""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import time
import traceback

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
OUT = os.path.join(HERE, "..", "..", "pcaps")
WORK = "/tmp/tlswhy-lab"

import ca
import datagrams
import network
import sequence
from certificates import make
from scenarios import rows
from scenarios.defects import spoil
from settings import settings
from stacks import stack


def resolve(given, pool, row, side, keylog):
	"""Settings of one side: names of certificates in the table become files."""
	given = dict(given)
	folder = os.path.join(WORK, "run", row.name, side)
	shutil.rmtree(folder, ignore_errors=True)
	os.makedirs(folder)
	if side == "server":
		given.setdefault("certificate", "good")
	if given.get("certificate"):
		given["certificate"] = pool[given["certificate"]]
	if side == "client" or given.get("ask"):
		given["roots"] = pool[given.get("roots") or ("root" if side == "client" else "clients")].one
	for name in ("crl", "staple", "dh"):
		if given.get(name):
			given[name] = pool[given[name]]	# a path
	if side == "client" and keylog:
		given["keylog"] = os.path.join(folder, "keys")
	paths = {k: v if isinstance(v, str) else v.chain for k, v in pool.items()}
	paths.update({k + ".key": v.key for k, v in pool.items() if not isinstance(v, str)})
	return settings(folder=folder, pool=paths, **given)


def line_that_says(text, pattern):
	for line in text.replace("\r", "\n").split("\n"):
		if re.search(pattern, line):
			return line.strip()[:200]
	return None


def perform(net, pool, row):
	"""Runs one scenario; gives (logs, capture, key log) or raises."""
	client, server = stack(row.client[0]), stack(row.server[0]) if row.server else None
	there = resolve(row.server[1], pool, row, "server", False) if row.server else None
	here = resolve(row.client[1], pool, row, "client", row.more.get("keys", True))
	path = os.path.join(WORK, "run", row.name, "capture.pcap")
	peer = None
	net.name_server(here.family)
	try:
		if server:
			command = server.server(there)
			peer = net.start("server", command.argv, there.folder + "/log", command.env, b"" if command.stdin is None else command.stdin)
			if not net.listening(peer, row.more.get("wait_for", there.port)):
				raise RuntimeError("the server did not start: " + peer.text()[-400:])
		net.filter(*row.more.get("filter", ()))
		if "server_filter" in row.more:
			net.run("server", "iptables", *row.more["server_filter"].split())
		if "setup" in row.more:
			row.more["setup"](net, peer)
		tap = net.lay_path(row.more["path"], os.path.dirname(path)) if "path" in row.more else None
		capture = network.Capture(net, path, row.more.get("capture_at", "client"))
		command = client.client(here)
		run = net.start("client", command.argv, here.folder + "/log", command.env, command.stdin)
		if "during" in row.more:
			row.more["during"](net, run, peer)
		run.wait(row.more.get("seconds", 25))
		time.sleep(row.more.get("linger", 0.3))
		capture.stop()
		if tap:
			os.replace(tap, path)
		return {"client": run.text(), "server": peer.text() if peer else ""}, path, here.keylog
	finally:
		net.stop_all()
		net.unfilter()
		net.refresh(force="setup" in row.more or "path" in row.more)


def check(row, logs, flows):
	"""What is wrong with a capture, or None; and the lines of the logs that confirm it."""
	confirmed = {}
	for side, pattern in (("client", row.client_says), ("server", row.server_says)):
		line = pattern and line_that_says(logs[side], pattern)
		if line:
			confirmed[side] = line
	if (row.client_says or row.server_says) and not confirmed:
		return "no log says why: client %r server %r" % (logs["client"][-300:], logs["server"][-300:]), {}
	wanted = row.more.get("flows", 1)
	if wanted and len(flows) != wanted:
		return "%d flows instead of %d" % (len(flows), wanted), confirmed
	if row.more.get("sequence") and not re.search(row.more["sequence"], flows[0].steps):
		return "another sequence: " + flows[0].steps, confirmed
	return None, confirmed


def seen(row, capture):
	"""Its flows: of TCP unless the row speaks of datagrams; of both, the datagrams first."""
	kinds = {"both": (datagrams, sequence), True: (datagrams,)}.get(row.more.get("datagrams"), (sequence,))
	return [flow for kind in kinds for flow in kind.flows(capture)]


def expectation(row, confirmed, flows):
	e = {"scenario": row.story, "client_stack": row.more.get("client_stack") or stack(row.client[0]).CLIENT}
	if row.server:
		e["server_stack"] = row.more.get("server_stack") or stack(row.server[0]).SERVER
	if row.tls:
		e["tls"] = row.tls
	e["log"] = confirmed
	e["flows"] = []
	for i, f in enumerate(flows):
		one = {"client_port": f.client_port, "outcome": row.outcome}
		if row.also:
			one["outcomes_acceptable"] = [row.outcome] + row.also
		if row.codes:
			sign, otherwise = row.more.get("unless", ("", []))
			one["codes"] = list(row.codes if sign in f.steps else otherwise)
			if "alert" not in f.steps and "enc(" not in f.steps:
				one["codes"] += row.more.get("unsaid", [])
		if row.more.get("by_alert"):
			one["codes"] = as_the_alert_says(row.codes, f)
		if row.keys:
			one["codes_with_keys"] = list(dict.fromkeys(row.keys))
		if row.by:
			one["aborted_by"] = [f.ended_by()] if row.by == ["seen"] else row.by
		one.update((row.more.get("each") or {}).get(i, {}))
		one.update(next((case for pattern, case in row.more.get("cases", ()) if re.search(pattern, f.steps)), {}))
		one["seen"] = f.steps
		e["flows"].append(one)
	if row.more.get("quiet"):
		e["endpoint_quiet"] = True
	if "endpoint" in row.more:
		e["endpoint_findings"] = row.more["endpoint"]
	if "incidents" in row.more:
		e["incidents"] = [[flows[i].client_port for i in attempts] for attempts in row.more["incidents"]]
	if "probes" in row.more:
		e["probes"] = sum("CH" in f.steps for f in flows) if row.more["probes"] == "all" else row.more["probes"]
	if row.held_back:
		e["held_back"] = True
	return e


# What an alert means when nothing more is known; and those that say no more than "no".
ALERTS = {10: "unexpected_message", 20: "record_corrupted", 22: "malformed_message", 40: "negotiation_failed",
	42: "cert_rejected", 46: "cert_rejected", 47: "illegal_parameter", 50: "malformed_message", 51: "crypto_failure",
	70: "version_mismatch", 71: "weak_parameters", 80: "internal_error", 109: "missing_extension",
	110: "unsupported_extension"}
VAGUE = (40, 42, 46, 80)


def as_the_alert_says(codes, flow):
	"""A broken rule may be called by its name, or by the name its finder gave it."""
	found = re.search(r"[CS]:(?:\S*\+)?alert\((\d+)\)", flow.steps)
	if found and re.search(r"FIN|RST", flow.steps[:found.start()]):
		found = None	# an alert after the end only echoes it
	if not found:
		return codes + [flow.ended_by() + "_abandoned"] + (
			[{"client": "cert_rejected", "server": "client_cert_rejected"}[flow.ended_by()]] if "enc(" in flow.steps else [])
	number = int(found.group(1))
	said = [ALERTS[number]] if number in ALERTS else []
	ordered = codes + said if number in VAGUE or set(said) & set(codes) else said + codes
	return list(dict.fromkeys(ordered))


def keep(row, capture, keylog, expected, out):
	base = os.path.join(out, row.name)
	shutil.copy(capture, base + ".pcap")
	if keylog and os.path.exists(keylog) and os.path.getsize(keylog):
		shutil.copy(keylog, base + ".keys")
	write_expectation(base, expected)


def write_expectation(base, expected):
	with open(base + ".expect", "w") as f:
		json.dump(expected, f, indent=1, ensure_ascii=False)
		f.write("\n")


def relabel(wanted, out):
	for row in wanted:
		base = os.path.join(out, row.name)
		if "source" in row.more:
			derive(row, out)
		elif os.path.exists(base + ".expect"):
			with open(base + ".expect") as f:
				confirmed = json.load(f)["log"]
			write_expectation(base, expectation(row, confirmed, seen(row, base + ".pcap")))


def main():
	a = argparse.ArgumentParser()
	a.add_argument("--only", default="", help="scenarios whose name matches")
	a.add_argument("--everything", action="store_true", help="large families whole, not the part that is kept here")
	a.add_argument("--new", action="store_true", help="only those that have no capture yet")
	a.add_argument("--out", default=OUT)
	a.add_argument("--tag", default="0", help="names the namespaces, so that two runs can share a machine")
	a.add_argument("--relabel", action="store_true", help="write expectations anew for the captures that are there")
	a.add_argument("--list", action="store_true")
	a.add_argument("--install", action="store_true", help="apt-get install the packages it needs")
	o = a.parse_args()
	if o.install:
		import packages
		sys.exit(packages.install())
	wanted = [r for r in rows(o.everything) if re.search(o.only, r.name) and
		not (o.new and os.path.exists(os.path.join(o.out, r.name + ".expect")))]
	if o.list:
		print("\n".join("%-50s %s" % (r.name, r.story) for r in wanted))
		return
	if o.relabel:
		relabel(wanted, o.out)
		return
	derived = [r for r in wanted if "source" in r.more]
	wanted = [r for r in wanted if "source" not in r.more]
	if wanted:
		dropped = record(wanted, o)
		print("%d kept, %d dropped" % (len(wanted) - dropped, dropped))
	for row in derived:
		derive(row, o.out)


def derive(row, out):
	"""A capture made of another one; what is said about it is the source's, where the row is silent."""
	path, e = spoil(row, out)
	e["scenario"] = "%s: %s" % (row.more["source"], row.story)
	e["held_back"] = row.held_back
	flow = e["flows"][0]
	flow.pop("seen", None)
	if row.outcome:
		for name in ("codes_with_keys", "outcomes_acceptable"):
			flow.pop(name, None)
		flow.update(outcome=row.outcome, codes=row.codes, aborted_by=row.by)
		if row.also:
			flow["outcomes_acceptable"] = [row.outcome] + row.also
	elif path.endswith(".pcapng") and row.more["change"][1]["secrets"]:
		flow["codes"] = flow.pop("codes_with_keys")
	write_expectation(os.path.join(out, row.name), e)
	print("made %-44s %s" % (row.name, " || ".join(f.steps for f in sequence.flows(path))[:200]))


def record(wanted, o):
	"""Captures every scenario; gives how many did not go as meant."""
	os.makedirs(WORK, exist_ok=True)
	pool = make(os.path.join(WORK, "ca-" + o.tag))
	used = {side[0] for row in wanted for side in (row.client, row.server) if side}
	used |= {name for row in wanted for name in row.more.get("uses", ())}	# from a line of shell
	for name, built in (("go", "go-peer"), ("java", "java/Peer.class"), ("wolf", "wolf-peer"), ("mbed", "mbed-peer"), ("rustls", "rustls-peer"),
			("quic_go", "quic-go-peer"), ("go_driver", "go-drivers"), ("java_driver", "java-drivers/Drivers.class"), ("mono", "Peer.exe"), ("bear", "bear-peer")):
		if name in used and not os.path.exists(os.path.join(WORK, built)):
			stack(name).build(WORK)
	net = network.Network(o.tag, (ca.NAME, ca.OTHER))
	dropped = 0
	try:
		for row in wanted:
			try:
				logs, capture, keylog = perform(net, pool, row)
				flows = seen(row, capture)
				wrong, confirmed = check(row, logs, flows)
			except Exception as problem:
				wrong, flows = "%s: %s" % (type(problem).__name__, problem), []
				if not isinstance(problem, RuntimeError):
					traceback.print_exc()
			if wrong:
				dropped += 1
				print("DROP %-44s %s | %s" % (row.name, wrong, " || ".join(f.steps for f in flows)), flush=True)
				continue
			keep(row, capture, keylog, expectation(row, confirmed, flows), o.out)
			print("kept %-44s %s | %s" % (row.name, " || ".join(f.steps for f in flows)[:300],
				"; ".join(confirmed.values())[:150]), flush=True)
	finally:
		net.down()
	return dropped


if __name__ == "__main__":
	main()
