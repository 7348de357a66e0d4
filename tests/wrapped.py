"""wrapped.py PROGRAM: what mirror ports deliver says the same as the bare flow.

Captures of pcaps/, a few of many kinds, go into every encapsulation that a mirror port, a tap or an
overlay puts around them, byte by byte as its RFC says; the records must be those of the bare
capture but for `tunnel` and `vlan`. Then each packet twice, as ingress and egress, or two ports, see
it; each direction on a VLAN or tunnel of its own; and one direction alone, which must never turn
what worked into a failure. WRAP_ALL=1 takes every capture of Ethernet and IPv4 that there is.
"""

import glob
import json
import os
import subprocess
import sys
import tempfile

from wrap import (CLIENT, ETHERNET, OPAQUE, SERVER, WRAPPINGS, as_ip6, bare, erspan2, ethernet, hop, in_gre, in_udp,
	label, packets_of, tag, vxlan, wrapped, write)

HERE = os.path.dirname(os.path.abspath(__file__))
PCAPS = os.path.join(HERE, "..", "pcaps")
# One of each: they differ in who speaks last, how, and how much is sent.
KINDS = ["alpn_mismatch", "cert_expired", "cert_chain_incomplete", "cipher_mismatch", "client_cert_missing",
	"client_hello_lost", "completed", "connect_refused", "plaintext_to_tls_port", "reset_after_client_hello",
	"server_flight_lost", "server_silent", "sni_unrecognized", "starttls_refused", "version_mismatch",
	"client_cert_missing-quic", "completed-dtls", "completed-quic"]


def chosen():
	"""{name: packets}"""
	kinds = KINDS if not os.environ.get("WRAP_ALL") else [""]
	found = {}
	for kind in kinds:
		for path in sorted(glob.glob(os.path.join(PCAPS, kind + "*.pcap"))):
			packets = packets_of(path)
			if packets and not os.path.basename(path).startswith("odd-v"):	# wrapped as it is
				found[os.path.basename(path)[:-len(".pcap")]] = packets
			if packets and kind:
				break
	return found


# ---- what is held -------------------------------------------------------------------------------

class Checks:
	def __init__(self):
		self.passed = self.failed = 0

	def hold(self, claim, wrong):
		"""`wrong`: lines that say what is; none if it holds."""
		if not wrong:
			self.passed += 1
			return
		self.failed += 1
		print("not so: " + claim)
		for line in wrong[:4]:
			print("  " + line)


def ask(program, captures, link=ETHERNET):
	"""{name: its handshake records}, for {name: [(nanoseconds, frame)]}"""
	with tempfile.TemporaryDirectory() as room:
		paths = []
		for name, packets in sorted(captures.items()):
			paths.append(os.path.join(room, name + ".pcap"))
			write(paths[-1], link, packets)
		run = subprocess.run([program, "--json", "--no-trust"] + paths, capture_output=True, timeout=600)
	if run.returncode or run.stderr:
		return {name: ["status %d: %s" % (run.returncode, run.stderr.decode()[:300])] for name in captures}
	said = {name: [] for name in captures}
	for line in run.stdout.decode().splitlines():
		record = json.loads(line)
		if record["type"] == "handshake":
			said[os.path.basename(record.pop("file"))[:-len(".pcap")]].append(record)
	return said


def place_of(record):
	return record["flow"].pop("tunnel", None), record["flow"].pop("vlan", None)


def verdict(record):
	d = record.get("diagnosis", {})
	return (record["flow"]["client"]["ip"], record["flow"]["client"]["port"], record["outcome"], d.get("code"),
		d.get("confidence"), d.get("aborted_by"), record.get("reached"))


def differences(before, now, tunnel, vlan, whole):
	wrong = []
	for name in before:
		places = [place_of(r) if isinstance(r, dict) else r for r in now[name]]
		if any(p != (tunnel, vlan) for p in places):
			wrong.append("%s is in %s, not in %s" % (name, places, (tunnel, vlan)))
		elif whole and now[name] != before[name]:
			wrong.append("%s is not the same: %s" % (name, first_difference(before[name], now[name])))
		elif not whole and [verdict(r) for r in now[name]] != [verdict(r) for r in before[name]]:
			wrong.append("%s: %s, was %s" % (name, [verdict(r) for r in now[name]], [verdict(r) for r in before[name]]))
	return wrong


def first_difference(a, b, at=""):
	if isinstance(a, dict) and isinstance(b, dict):
		for key in sorted(set(a) | set(b)):
			if a.get(key) != b.get(key):
				return first_difference(a.get(key), b.get(key), at + "." + key)
	if isinstance(a, list) and isinstance(b, list) and len(a) == len(b):
		for i, (x, y) in enumerate(zip(a, b)):
			if x != y:
				return first_difference(x, y, "%s[%d]" % (at, i))
	return "%s: %s, was %s" % (at, str(b)[:100], str(a)[:100])


def every_wrapping(program, families, before, checks):
	for w in WRAPPINGS:
		captures = {name: wrapped(w, packets) for name, packets in families[w.family].items()}
		whole = "fragments" not in w.name
		now = ask(program, captures, w.link)
		checks.hold(w.name + ": the same as the bare flow",
			differences(before[w.family], now, w.tunnel, w.vlan, whole))


# ---- how mirrors see it -------------------------------------------------------------------------

TWICE = [	# name, microseconds later, the first copy, the second
	("the same bytes again", 3, bare, bare),
	("ingress and egress: another TTL and MAC", 40, bare, lambda p, w: ethernet(0x0800, hop(p), w, 1)),
	# A copy is known among the last eight packets of a side: here, those of a few hundred microseconds.
	("ingress and egress, much later", 300, bare, lambda p, w: ethernet(0x0800, hop(p), w, 1)),
	("egress is seen first", 40, lambda p, w: ethernet(0x0800, hop(p), w, 1), bare),
	("on two VLANs", 20, lambda p, w: tag(bare(p, w), 10), lambda p, w: tag(bare(p, w), 20)),
	("on two VLANs, routed", 20, lambda p, w: tag(bare(p, w), 10), lambda p, w: tag(ethernet(0x0800, hop(p), w, 1), 20)),
	("tagged and not", 5, lambda p, w: tag(bare(p, w), 10), bare),
	("bare and in ERSPAN", 60, bare, lambda p, w: erspan2(bare(p, w), w)),
	("in two VXLANs", 60, lambda p, w: in_udp(4789, vxlan(bare(p, w), 1), w),
		lambda p, w: in_udp(4789, vxlan(bare(p, w), 2), w)),
	("before and behind a tunnel's end", 100, bare, lambda p, w: in_gre(0x0800, hop(p), w)),
]

APART = [	# name, as one direction is seen, as the other is
	("VLANs", lambda p, w: tag(bare(p, w), 10 + w)),
	("VXLANs", lambda p, w: in_udp(4789, vxlan(bare(p, w), 10 + w), w)),
	("a VLAN and none", lambda p, w: tag(bare(p, w), 10) if w else bare(p, w)),
	("a tunnel and none", lambda p, w: erspan2(bare(p, w), w) if w else bare(p, w)),
	("MPLS labels", lambda p, w: ethernet(0x8847, label(16 + w, True) + p, w)),
	("GRE keys", lambda p, w: in_gre(0x0800, p, w, key=w)),
]


def without_place(said):
	for records in said.values():
		for record in records:
			place_of(record)
	return said


def twice(program, family, before, checks):
	for name, later, first, second in TWICE:
		captures = {}
		for capture, packets in family.items():
			both = [(when, 0, first(p, w)) for when, p, w in packets] + \
				[(when + later * 1000, 1, second(p, w)) for when, p, w in packets]
			captures[capture] = [(when, frame) for when, _, frame in sorted(both, key=lambda b: b[:2])]
		now = without_place(ask(program, captures))
		checks.hold("every packet twice, %s: the same verdict" % name, differences(before, now, None, None, False))


def apart(program, family, before, checks):
	for name, how in APART:
		captures = {capture: [(when, how(p, w)) for when, p, w in packets] for capture, packets in family.items()}
		now = without_place(ask(program, captures))
		checks.hold("each direction has its own, %s: the same as the bare flow" % name,
			differences(before, now, None, None, True))


def contradicts(was, now):
	"""One direction cannot know better than both: what worked has not failed, what is certain is so."""
	if now[2] == "inconclusive":
		return False
	if was[2] == "completed":
		return now[2] != "completed"
	return now[3] != was[3] and now[4] == "certain" or now[2] == "completed"


def one_direction(program, family, before, checks):
	for way, name in ((CLIENT, "client"), (SERVER, "server")):
		captures = {capture: [(when, bare(p, w)) for when, p, w in packets if w == way]
			for capture, packets in family.items()}
		now = ask(program, captures)
		wrong = []
		for capture, records in before.items():
			was = {verdict(r)[:2]: verdict(r) for r in records}
			wrong += ["%s: %s, was %s" % (capture, verdict(r), was[verdict(r)[:2]]) for r in now[capture]
				if verdict(r)[:2] in was and contradicts(was[verdict(r)[:2]], verdict(r))]
		checks.hold("only what the %s sent: nothing that both directions contradict" % name, wrong)


def opaque(program, family, checks):
	for name, how in OPAQUE:
		captures = {capture: [(when, how(p, w)) for when, p, w in packets] for capture, packets in family.items()}
		now = ask(program, captures)
		checks.hold(name + " stays closed", ["%s: %s" % (c, str(r)[:200]) for c, r in now.items() if r])


def main():
	program, checks = os.path.abspath(sys.argv[1]), Checks()
	found = chosen()
	families = {4: found, 6: {}}
	for name, packets in found.items():
		over6 = [(when, as_ip6(p), way) for when, p, way in packets]
		if all(p for _, p, _ in over6):
			families[6][name] = over6
	before = {f: ask(program, {n: [(when, bare(p, w)) for when, p, w in packets] for n, packets in family.items()})
		for f, family in families.items()}
	checks.hold("there is something to compare", [] if len(found) >= len(KINDS) and len(families[6]) > 9 and
		all(isinstance(r, dict) for rs in before[4].values() for r in rs) else [str(before)[:500]])
	every_wrapping(program, families, before, checks)
	twice(program, families[4], before[4], checks)
	apart(program, families[4], before[4], checks)
	one_direction(program, families[4], before[4], checks)
	opaque(program, families[4], checks)
	print("%d passed, %d failed" % (checks.passed, checks.failed))
	return checks.failed > 0


if __name__ == "__main__":
	sys.exit(main())
