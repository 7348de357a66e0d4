#!/usr/bin/env python3
"""live_wrapped.py PROGRAM: what mirror ports deliver says the same on an interface as the bare flow.

Captures of pcaps/ whose causes show themselves in the bytes go into every encapsulation of wrap.py that
Ethernet can carry, each with addresses of its own, and all of them through a veth pair at once. With one
reader and with several, each direction on an interface of its own, and on all interfaces together, which
may hear every packet twice, each must be told as the bare one is, with the tunnel and VLAN that it came in."""

import collections
import glob
import json
import os
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "bench"))
from link import NoLink, link
from wrap import ETHERNET, WRAPPINGS, Wrapping, as_ip6, bare, packets_of, wrapped, write

KINDS = ["alpn_mismatch", "cert_expired-apache-connect", "cipher_mismatch", "client_cert_missing", "completed",
	"plaintext_to_tls_port", "sni_unrecognized", "starttls_refused", "version_mismatch", "completed-dtls", "completed-quic"]
BARE = [Wrapping("bare", bare), Wrapping("bare IPv6", bare, family=6)]
TWICE = "all interfaces, which hear every packet twice"	# as it is sent, Linux counts away the inner VLANs
LISTENERS = [	# name, interfaces to send on, options
	("one reader", "tw0", ["-i", "tw1", "--workers", "1"]),
	("two readers", "tw0", ["-i", "tw1", "--workers", "2"]),
	("three readers", "tw0", ["-i", "tw1", "--workers", "3"]),
	("each direction on an interface of its own, one reader", "tw0,tw2", ["-i", "tw1", "-i", "tw3"]),
	("each direction on an interface of its own, two readers", "tw0,tw2", ["-i", "tw1", "-i", "tw3", "--workers", "2"]),
	("all interfaces, one reader", "tw0", ["-i", "any", "inbound"]),
	("all interfaces, two readers", "tw0", ["-i", "any", "--workers", "2", "inbound"]),
	(TWICE, "tw0", ["-i", "any", "--workers", "2"]),
]


def numbered(packet, number):
	"""The IPv4 packet with other addresses; nobody who looks on judges checksums."""
	return packet[:13] + bytes([number]) + packet[14:17] + bytes([number]) + packet[18:]


def captures():
	found = [sorted(glob.glob(os.path.join(HERE, "..", "pcaps", kind + "*.pcap"))) for kind in KINDS]
	return [packets for paths in found for packets in [next((p for p in map(packets_of, paths) if p), None)] if packets]


def frames_of(wrapping, number, captures):
	frames = []
	for packets in captures:
		own = [(when, numbered(packet, number), way) for when, packet, way in packets]
		if wrapping.family == 6:
			own = [(when, as_ip6(packet), way) for when, packet, way in own]
		if all(packet for _, packet, _ in own):
			frames += wrapped(wrapping, own)
	return frames


def number_of(ip):
	"""That the address has; in IPv6 it is the second last but two."""
	return int(ip.split(".")[1]) if "." in ip else int(ip.split(":")[-2], 16) & 255


def told(text):
	"""{number: how often each verdict}, and the summary"""
	said, summary = collections.defaultdict(collections.Counter), {}
	for line in text.splitlines():
		r = json.loads(line)
		if r["type"] == "summary":
			summary = r
		if r["type"] == "handshake":
			flow = r["flow"]
			what = (flow["client"]["port"], r["outcome"], r.get("diagnosis", {}).get("code"))
			said[number_of(flow["client"]["ip"])][what + (flow.get("tunnel"), flow.get("vlan"))] += 1
	return said, summary


def listen(program, place, near, options, capture):
	with tempfile.TemporaryFile("w+") as out:
		process = place.listen([program, "--json", "--no-trust", "--interval", "0", *options], stdout=out, stderr=subprocess.PIPE,
			text=True)
		place.output([sys.executable, os.path.join(HERE, "replay.py"), near, "0", capture])
		time.sleep(1)
		process.terminate()
		err = process.communicate(timeout=60)[1]
		out.seek(0)
		return (*told(out.read()), err)


def without_vlan(said):
	return collections.Counter({what[:4]: sum(c for w, c in said.items() if w[:4] == what[:4]) for what in said})


def differences(name, said, summary, err):
	wrong = [err.strip()] if err.strip() else []
	if any(summary.get("dropped", {"no summary": 1}).values()):
		wrong.append("dropped: %s" % summary.get("dropped"))
	ways = BARE + [w for w in WRAPPINGS if w.link == ETHERNET]
	for number, w in enumerate(ways, 1):
		like = said[1 if w.family == 4 else 2]
		expected = collections.Counter({what[:3] + (w.tunnel, w.vlan): count for what, count in like.items()})
		if name == TWICE:
			said[number], expected = without_vlan(said[number]), without_vlan(expected)
		if said[number] != expected:
			wrong.append("%s: %s, not %s" % (w.name, sorted((said[number] - expected).items(), key=str)[:2],
				sorted((expected - said[number]).items(), key=str)[:2]))
	codes = {what[2] for what in said[1]}
	if len(said[1]) < len(KINDS) or len(codes) < 7:
		wrong.append("there is too little to compare: %s" % said[1])
	return wrong


def main():
	program, passed, failed = os.path.abspath(sys.argv[1]), 0, 0
	ways = BARE + [w for w in WRAPPINGS if w.link == ETHERNET]
	try:
		with link() as place, tempfile.TemporaryDirectory() as directory:
			place.pair("tw2", "tw3")
			capture, kinds = os.path.join(directory, "wrapped.pcap"), captures()
			write(capture, ETHERNET, [f for n, w in enumerate(ways, 1) for f in frames_of(w, n, kinds)])
			for name, near, options in LISTENERS:
				wrong = differences(name, *listen(program, place, near, options, capture))
				passed, failed = passed + (not wrong), failed + bool(wrong)
				if wrong:
					print("not so: %s: %d encapsulations are told as the bare flow" % (name, len(ways)))
				for line in wrong[:6]:
					print("  " + line[:400])
	except NoLink as why:
		print("skipped: %s" % why)
	print("%d passed, %d failed" % (passed, failed))
	return failed > 0


sys.exit(main())
