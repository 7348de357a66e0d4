"""Long paths, narrow paths, and boxes on them, seen from several places."""

from scenarios import Row
from scenarios.network import EITHER, UNANSWERED, curl

CURL = dict(client_stack="curl 7.88 (OpenSSL 3.0)")
NEAR_CLIENT, MIDDLE, NEAR_SERVER = 0.0, 0.5, 1.0
PLACES = ((NEAR_CLIENT, "near-client"), (MIDDLE, "middle"), (NEAR_SERVER, "near-server"))


def path(delay, *boxes, **more):
	return dict(delay=delay, boxes=list(boxes), **more)


def row(name, story, client, server, where, codes, by, **more):
	client_stack = {} if client[0] not in ("shell", "raw") else CURL
	return Row(name, story, client, server, codes=codes, by=by, path=where, **dict(client_stack, **more))


TLS = ("scripted", dict(certificate="rsa", extra=("slow_tls", "0.01")))


def forged_rows():
	"""Resets that a box forges."""
	both = ["reset_injected", "reset_after_client_hello"]
	for family in (4, 6):
		for shape, more in (("exact", dict(ttl=120)), ("bare", dict(ttl=60, id=4711)), ("barrage", dict(ttl=101, id=7)), ("exact", dict(ttl="copy", id="copy", whom="both"))):
			for delay, tap in ((3, NEAR_CLIENT), (40, MIDDLE), (90, NEAR_CLIENT)):
				copied = "-copied" if more["ttl"] == "copy" else ""
				yield row("reset_injected-%s%s-%dms-ipv%d" % (shape, copied, delay, family), "a box half way answers a ClientHello with RST (%s%s)" % (shape, copied),
					curl(6, family=family), TLS, path(delay, dict(dict(do="forge", shape=shape, whom="client"), **more), tap=tap, hops=4),
					both, ["network", "server"] if copied else ["network"], sequence="^C:CH.*S:RST")
	for delay, tap, where in ((25, NEAR_CLIENT, "near-client"), (25, NEAR_SERVER, "near-server")):
		yield row("reset_injected-blocked-%s" % where, "a box resets both sides and lets nothing more through",
			curl(6), TLS, path(delay, dict(do="forge", shape="exact", whom="both", ttl=120, block=True), tap=tap, hops=3), both, ["network"], sequence="^C:CH .*RST")
		yield row("reset_injected-flight-%s" % where, "a box answers the certificate with RST, both sides",
			curl(6, "1.2"), ("nginx", dict(certificate="rsa")), path(delay, dict(do="forge", on="flight", shape="exact", whom="both", ttl=118), tap=tap, hops=3),
			["reset_injected", "server_abandoned", "client_abandoned"], ["network"], sequence="RST")
	yield Row("completed-reset-that-misses", "a forged RST whose number is outside the window is ignored", curl(6), ("nginx", dict(certificate="rsa")), outcome="completed",
		path=path(20, dict(do="forge", shape="far", whom="client", ttl=120), tap=NEAR_CLIENT), **CURL)
	yield row("reset_injected-fin", "a box answers a ClientHello with FIN in the server's name", curl(6), TLS,
		path(30, dict(do="forge", shape="fin", whom="client", ttl=120), tap=NEAR_CLIENT, hops=3), ["closed_after_client_hello", "reset_injected", "reset_after_client_hello"], ["network", "server"], sequence="^C:CH.*S:FIN")


def genuine_rows():
	"""The server's own resets, or its balancer's, on paths that make them look odd."""
	for delay, tap, where in ((60, NEAR_CLIENT, "near-client"), (60, NEAR_SERVER, "near-server"), (250, MIDDLE, "middle")):
		for name, more in (("rst", ("rst", "")), ("unread", ("unread", ""))):
			for box, change in (("plain", ()), ("wobble-1", (dict(do="wobble", by=1),)), ("wobble-2", (dict(do="wobble", by=2),)), ("one-ttl", (dict(do="hide", ttl=60),))):
				yield row("reset_after_client_hello-%s-%s-%s" % (name, box, where), "the server resets, as seen over a long path (%s)" % box, curl(8),
					("scripted", dict(extra=tuple(m for m in more if m))), path(delay, *change, tap=tap, hops=5), ["reset_after_client_hello"], ["server"], sequence="^C:CH S:RST")
	for delay in (5, 150):
		yield row("server_abandoned-rst-far-%dms" % delay, "the server resets half way through its flight, as seen over a long path", curl(8, "1.2"),
			("scripted", dict(extra=("partial", "700,rst"), certificate="rsa")), path(delay, tap=NEAR_CLIENT, hops=6), ["server_abandoned"], ["server"])
		yield Row("completed-late-data-%dms" % delay, "a client that has closed resets what comes late", curl(8, "1.3"), ("nginx", dict(certificate="rsa")), outcome="completed",
			path=path(delay, tap=NEAR_SERVER, hops=6), **CURL)
	yield row("handshake_timeout-forgotten", "a translator of addresses forgets the connection while the server thinks; its RST comes to who speaks next", curl(12),
		("scripted", dict(extra=("silent",))), path(10, dict(do="forget", idle=2, ttl=62), tap=NEAR_CLIENT, hops=3), ["server_silent"], ["client"], sequence="^C:CH C:FIN")


def narrow_rows():
	for family in (4, 6):
		for tap, where in PLACES:
			for delay in (1, 90):
				for icmp in (False, True):
					yield row("server_flight_lost-%s-%s-%dms-ipv%d" % ("icmp" if icmp else "mute", where, delay, family), "a narrow path, %s" % ("whose ICMP the server drops" if icmp else "and no ICMP"),
						curl(8, "1.3" if delay == 1 else "1.2", family=family), ("nginx", dict(certificate="fat")),
						path(delay, dict(do="narrow", mtu=1380 if family == 4 else 1400, towards="client", icmp=icmp), tap=tap, hops=3), ["server_flight_lost"], EITHER,
						sequence=UNANSWERED, setup=deaf_to_icmp)
	for mss in (536, 1220, 1360):
		yield Row("completed-mss-%d" % mss, "small segments from end to end", curl(8, "1.2"), ("nginx", dict(certificate="fat")), outcome="completed",
			path=path(30, tap=MIDDLE, mss=mss), **CURL)
	yield Row("completed-narrow-heeded", "a narrow path; the server heeds the ICMP", curl(8, "1.2"), ("nginx", dict(certificate="fat")), outcome="completed",
		path=path(30, dict(do="narrow", mtu=1380, towards="client", icmp=True), tap=MIDDLE), sequence="enc|CCS", **CURL)


def deaf_to_icmp(network, peer):
	network.run("server", "iptables", "-A", "INPUT", "-p", "icmp", "--icmp-type", "fragmentation-needed", "-j", "DROP")
	network.run("server", "ip6tables", "-A", "INPUT", "-p", "icmpv6", "--icmpv6-type", "packet-too-big", "-j", "DROP")


def lost_rows():
	for tap, where in PLACES:
		for delay in (2, 120, 300):
			hello = dict(do="drop", towards="server", min=100)
			# Behind the loss a connection comes up, and then the capture is over: it may yet have been filled.
			behind = dict(outcome="inconclusive", also=["failed", "none"]) if tap == NEAR_SERVER else {}
			late = ["capture_ends_early"] if behind else []
			yield row(("none-" if behind else "") + "client_hello_lost-%s-%dms" % (where, delay), "every ClientHello is lost half way", curl(7), ("nginx", {}), path(delay, hello, tap=tap),
				late + ["client_hello_lost"], EITHER, **dict(behind, **dict(outcome="none") if behind else {}))
			yield row("large_client_hello_lost-tail-%s-%dms" % (where, delay), "the second segment of a large ClientHello is lost half way", ("raw", dict(extra=("hybrid", "7"))), ("nginx", {}),
				path(delay, dict(do="drop", towards="server", not_hello=True, min=1), tap=tap), late + ["large_client_hello_lost"], EITHER, seconds=12, linger=1, **behind)
			yield row("large_client_hello_lost-head-%s-%dms" % (where, delay), "the first segment of a large ClientHello is lost half way", ("raw", dict(extra=("hybrid", "7"))), ("nginx", {}),
				path(delay, dict(do="drop", towards="server", hello=True), tap=tap), late + ["large_client_hello_lost", "client_hello_lost"], EITHER, seconds=12, linger=1, **behind)
			if delay < 300:
				yield row("server_flight_lost-all-%s-%dms" % (where, delay), "nothing of the server's flight arrives", curl(8, "1.3" if delay > 2 else "1.2"), ("nginx", dict(certificate="rsa")),
					path(delay, dict(do="drop", towards="client", min=1), tap=tap), ["server_flight_lost"] if tap > 0.4 else ["server_silent"], EITHER)
	for delay in (5, 100, 300):
		for tls in ("1.2", "1.3"):
			for what, box in (("hello", dict(do="drop", towards="server", hello=True, times=1)), ("flight", dict(do="drop", towards="client", min=1000, times=1)),
					("tail", dict(do="drop", towards="client", min=1, max=999, times=1)), ("finished", dict(do="drop", towards="server", min=1, not_hello=True, times=1)),
					("synack", dict(do="drop", towards="client", flags=0x12, times=1)), ("hellos", dict(do="drop", towards="server", hello=True, times=3))):
				yield Row("completed-healed-%s-%dms-tls%s" % (what, delay, tls.replace(".", "")), "lost and sent again over a long path: " + what, curl(15, tls), ("nginx", dict(certificate="fat")),
					outcome="completed", path=path(delay, box, tap=(NEAR_CLIENT, MIDDLE, NEAR_SERVER)[delay % 3]), seconds=20, **CURL)


def rows():
	for part in (forged_rows, genuine_rows, narrow_rows, lost_rows):
		yield from part()
