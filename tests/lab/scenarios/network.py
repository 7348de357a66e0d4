"""The network, or a box in it, decides."""

import os
import signal
import time

from scenarios import Row

PEERS = os.path.join(os.path.dirname(__file__), "../peers/")
CURL = "curl -sv -o /dev/null --max-time %d --tls-max %s %s https://{host}/"
EITHER = ["client", "network", "unknown"]


def curl(seconds=5, tls="1.3", more="-k", **settings):
	return ("shell", dict(config=CURL % (seconds, tls, more), **settings))


def named(name, story, client, server, codes, by, **more):
	return Row(name, story, client, server, codes=codes, by=by, client_stack=more.pop("client_stack", "curl 7.88 (OpenSSL 3.0)"), **more)


def connect_rows():
	for family in (4, 6):
		six = "-%d" % family
		tool = "-6 " if family == 6 else ""
		yield named("connect_refused-curl-ipv%d" % family, "nobody listens", curl(family=family), None, ["connect_refused"], ["server"], sequence="S:RST")
		yield named("connect_timeout-curl-ipv%d" % family, "SYNs go unanswered", curl(6, family=family), None, ["connect_timeout"], EITHER,
			filter=(tool + "-A FORWARD -p tcp --dport 443 -j DROP",))
		yield named("connect_refused-reject-ipv%d" % family, "a firewall answers for the server with RST", curl(family=family), ("nginx", {}),
			["connect_refused"], ["server", "network"], filter=(tool + "-A FORWARD -p tcp --dport 443 -j REJECT --reject-with tcp-reset",), sequence="S:RST")
		yield named("connect_refused-icmp-ipv%d" % family, "a firewall answers with ICMP administratively prohibited", curl(family=family), ("nginx", {}),
			["connect_refused", "connect_timeout"], ["network", "server"],
			filter=(tool + "-A FORWARD -p tcp --dport 443 -j REJECT --reject-with " + ("icmp6-adm-prohibited" if family == 6 else "icmp-admin-prohibited"),))
	for client in ("openssl", "gnutls", "go", "java"):
		yield Row("connect_refused-" + client, "nobody listens", (client, {}), None, codes=["connect_refused"], by=["server"], sequence="S:RST")
	yield named("connect_timeout-synack-lost", "the SYN-ACK never arrives", curl(6), ("nginx", {}), ["connect_timeout"], EITHER,
		filter=("-A FORWARD -p tcp --sport 443 -j DROP",), capture_at="client")
	yield named("connect_timeout-server-side", "the SYN-ACK never arrives, seen on the server's side", curl(6), ("nginx", {}), ["connect_timeout"], EITHER,
		filter=("-A FORWARD -p tcp --sport 443 -j DROP",), capture_at="server")


def hello_lost_rows():
	for family in (4, 6):
		tool = "-6 " if family == 6 else ""
		for tls in ("1.2", "1.3"):
			yield named("client_hello_lost-curl-tls%s-ipv%d" % (tls.replace(".", ""), family), "every packet with data is dropped before the server",
				curl(6, tls, family=family), ("nginx", {}), ["client_hello_lost"], EITHER,
				filter=(tool + "-A FORWARD -p tcp --dport 443 -m length --length 200:1500 -j DROP",), sequence="C:CH.*again")
	for client in ("gnutls", "go", "java"):
		yield Row("client_hello_lost-%s-killed" % client, "dropped before the server; the client is killed, its kernel goes on", (client, {}), ("nginx", {}),
			codes=["client_hello_lost"], by=EITHER, filter=("-A FORWARD -p tcp --dport 443 -m length --length 150:1500 -j DROP",), seconds=5, linger=4,
			sequence="C:CH.*again")
	long_list = "-alpn " + ",".join("protocol-number-%03d-of-a-very-long-list" % i for i in range(34))
	line = "echo | timeout %d openssl s_client -servername {host} -connect {host}:443 " + long_list
	for variant, rule in (("tail-dropped", "-A FORWARD -p tcp --dport 443 -m length --length 61:400 -j DROP"),
			("head-dropped", "-A FORWARD -p tcp --dport 443 -m length --length 1400:1500 -j DROP")):
		codes = ["large_client_hello_lost"] + (["client_hello_lost"] if variant == "head-dropped" else [])
		yield named("large_client_hello_lost-openssl-" + variant, "a ClientHello of two segments, one of which is always lost: " + variant,
			("shell", dict(config=line % 7)), ("nginx", {}), codes, EITHER, filter=(rule,), client_stack="OpenSSL 3.0 s_client", seconds=10, linger=1)
		yield named("large_client_hello_lost-hybrid-" + variant, "a ClientHello with X25519MLKEM768, one segment of which is always lost: " + variant,
			("raw", dict(extra=("hybrid", "6"))), ("nginx", {}), codes, EITHER, filter=(rule,), client_stack="scripted ClientHello", seconds=10, linger=1)
		small = "; sleep 0.3; " + CURL % (5, "1.3", "-k")
		yield named("large_client_hello_lost-beside-small-" + variant, "a large ClientHello is lost, a small one to the same server is not",
			("shell", dict(config=line % 6 + small)), ("nginx", {}), ["large_client_hello_lost"], EITHER,
			# The tail of that ClientHello, and no other packet, is 298 bytes long.
			filter=(rule.replace("61:400", "298:298"),), flows=2,
			client_stack="OpenSSL 3.0 s_client, then curl", seconds=15,
			each={1: dict(outcome="completed", codes=[], aborted_by=[])},
			endpoint=[dict(server="198.51.100.44:443", sni="shop.lindenhof.example", codes=["large_client_hello_intolerant"],
				also_ok=["intermittent", "fails_for_some_clients"])])
	for action, word in (("fin", "closes"), ("rst", "resets")):
		yield named("large_client_hello_lost-server-%s" % action, "the server reads one segment and %s" % word, ("raw", dict(extra=("hybrid", "6"))),
			("scripted", dict(extra=("first_segment", action))), ["large_client_hello_lost", "reset_after_client_hello", "closed_after_client_hello"],
			["server", "network"], client_stack="scripted ClientHello")


def server_quiet_rows():
	for role in ("silent", "deaf"):
		for client, tls in (("curl", "1.2"), ("curl", "1.3")):
			yield named("server_silent-%s-%s-tls%s" % (role, client, tls.replace(".", "")), "the ClientHello is acknowledged, nothing else comes",
				curl(4, tls), ("scripted", dict(extra=(role,))), ["server_silent"], ["client"], sequence="^C:CH C:(FIN|RST)")
	for client in ("gnutls", "go", "nss", "wolf", "mbed", "java"):
		yield Row("server_silent-%s-killed" % client, "the ClientHello is acknowledged, nothing else comes, the client is killed", (client, {}),
			("scripted", dict(extra=("silent",))), codes=["server_silent"], by=["client"], seconds=4, linger=1, sequence="^C:CH C:(FIN|RST)")


BALANCER = ("printf 'defaults\\n mode tcp\\n timeout client 20s\\n timeout connect 20s\\n timeout server 20s\\nlisten l\\n bind :::443 v4v6\\n balance roundrobin\\n"
	" %s\\n' > {folder}/cfg; ")


def hello_refused_rows():
	for role, argument, codes, story in (("fin", "", ["closed_after_client_hello"], "the server closes after the ClientHello"),
			("fin", "2", ["closed_after_client_hello"], "the server closes two seconds after the ClientHello"),
			("rst", "", ["reset_after_client_hello"], "the server resets after the ClientHello"),
			("rst", "1.5", ["reset_after_client_hello"], "the server resets a while after the ClientHello"),
			("unread", "", ["reset_after_client_hello"], "the server goes without reading the ClientHello")):
		for client in ("openssl", "curl", "gnutls", "go", "java", "nss", "node", "wolf", "mbed", "python"):
			if argument and client not in ("openssl", "curl", "java"):
				continue
			yield Row("%s-%s%s-%s" % (codes[0], role, argument and "-late", client), story, (client, {}),
				("scripted", dict(extra=(role, argument) if argument else (role,))), codes=codes, by=["server"], sequence="^C:CH S:(FIN|RST)")
	for client in ("openssl", "curl"):
		yield Row("closed_after_client_hello-haproxy-%s" % client, "a balancer without a living backend", (client, {}),
			("shell", dict(config=BALANCER % "server one 127.0.0.1:9" + "exec haproxy -db -f {folder}/cfg")), codes=["closed_after_client_hello", "reset_after_client_hello"],
			by=["server"], sequence="^C:CH S:(FIN|RST)", server_stack="HAProxy 2.6, TCP mode", seconds=30)
		yield Row("closed_after_client_hello-haproxy-reject-%s" % client, "a balancer that rejects by name", (client, {}),
			("shell", dict(config=BALANCER % "tcp-request inspect-delay 3s\\n tcp-request content reject if {{ req.ssl_sni -m found }}\\n server one 127.0.0.1:9"
				+ "exec haproxy -db -f {folder}/cfg")), codes=["closed_after_client_hello", "reset_after_client_hello"],
			by=["server"], sequence="^C:CH S:(FIN|RST)", server_stack="HAProxy 2.6, TCP mode")
	for server, there in (("nginx", dict(config="")), ("haproxy", dict(extra=("accept-proxy",)))):
		if server == "haproxy":
			yield named("reset_after_client_hello-proxy-protocol-" + server, "a server that expects the PROXY protocol first", curl(), (server, there),
				["reset_after_client_hello", "closed_after_client_hello"], ["server"], sequence="^C:CH S:(FIN|RST)")
	for action in ("fin", "rst"):
		yield named("server_abandoned-at-once-" + action, "the server accepts and goes at once: " + action, curl(), ("scripted", dict(extra=("at_once", action))),
			["reset_after_client_hello", "closed_after_client_hello", "server_abandoned"], ["server"], sequence="S:(FIN|RST)")


def halfway_rows():
	for tls in ("1.2", "1.3"):
		short = tls.replace(".", "")
		for action, code in (("stall", "handshake_timeout"), ("fin", "server_abandoned"), ("rst", "server_abandoned")):
			for count in (90, 700):
				for client in ("curl",) if action == "stall" else ("curl", "openssl", "java", "go"):
					name = "%s-server-%s-%d-%s-tls%s" % (code, action, count, client, short)
					story = "the server's flight ends after %d bytes: %s" % (count, action)
					there = ("scripted", dict(extra=("partial", "%d,%s" % (count, action)), certificate="rsa"))
					codes = [code]
					if count == 90 and action != "stall":
						codes.append("closed_after_client_hello" if action == "fin" else "reset_after_client_hello")
					if client == "curl":
						yield named(name, story, curl(6, tls), there, codes, ["client" if action == "stall" else "server"])
					else:
						yield Row(name, story, (client, dict(high=tls, verify=False)), there, codes=codes, by=["server"])
		for action in ("fin", "rst"):
			yield Row("client_abandoned-%s-tls%s" % (action, short), "the client goes after the server's flight: " + action,
				("raw", dict(extra=("abandon", action + "12" if tls == "1.2" else action))), ("nginx", dict(certificate="rsa")), codes=["client_abandoned"] +
				(["cert_rejected"] if tls == "1.3" else []), by=["client"], sequence="C:(FIN|RST)")
		for server, more in (("nginx", dict(config="client_header_timeout 5s;")), ("haproxy", dict(config=" timeout client 5s\n timeout http-request 5s"))):
			yield Row("handshake_timeout-client-stalls-%s-tls%s" % (server, short), "the client says nothing more, the server has enough",
				("raw", dict(extra=("stall", "12" if tls == "1.2" else "13"))), (server, dict(more, certificate="rsa")), codes=["handshake_timeout"],
				by=["server"], sequence="S:(FIN|RST)", seconds=12)
	for server, more in (("nginx", dict(config="client_header_timeout 5s;")), ("haproxy", dict(config=" timeout client 5s\n timeout http-request 5s"))):
		yield Row("handshake_timeout-half-hello-" + server, "half a ClientHello, then nothing; the server closes", ("raw", dict(extra=("half",))),
			(server, dict(more)), codes=["handshake_timeout", "server_abandoned", "closed_after_client_hello"], by=["server"], sequence="S:(FIN|RST|alert)", seconds=12)


UNANSWERED = r"^C:CH(?!.*C:(CCS|CKE|SYN))"


def path_mtu(network, peer):
	network.ip("router", "link", "set", "to-client", "mtu", "1400")


def path_rows():
	quiet = {4: ("-A OUTPUT -p icmp -j DROP",), 6: ("-6 -A OUTPUT -p icmpv6 --icmpv6-type packet-too-big -j DROP",)}
	for family in (4, 6):
		for side in ("client", "server"):
			for tls in ("1.2", "1.3"):
				yield named("server_flight_lost-%s-side-tls%s-ipv%d" % (side, tls.replace(".", ""), family),
					"a path with a smaller MTU, and no ICMP to say so", curl(6, tls, family=family), ("nginx", dict(certificate="fat")),
					["server_flight_lost"], EITHER, sequence=UNANSWERED, setup=path_mtu, filter=quiet[family], capture_at=side)
	yield named("server_flight_lost-icmp-ignored", "a path with a smaller MTU; ICMP says so, but is dropped before the server", curl(6),
		("nginx", dict(certificate="fat")), ["server_flight_lost"], EITHER, sequence=UNANSWERED, setup=path_mtu, capture_at="server",
		server_filter="-A INPUT -p icmp -j DROP")
	yield Row("completed-path-mtu-icmp-heeded", "a path with a smaller MTU; ICMP says so, the server sends less", curl(8), ("nginx", dict(certificate="fat")),
		outcome="completed", setup=path_mtu, capture_at="server", client_stack="curl 7.88 (OpenSSL 3.0)", sequence="enc")
	yield named("server_flight_lost-all", "nothing that the server says with data in it arrives, seen on the server's side", curl(6, "1.2"), ("nginx", dict(certificate="rsa")),
		["server_flight_lost"], EITHER, capture_at="server", filter=("-A FORWARD -p tcp --sport 443 -m length --length 61:1500 -j DROP",))


def injector(whom, ttl):
	def setup(network, peer):
		p = network.start("router", ["python3", PEERS + "injector.py", "to-client", "to-server", whom, str(ttl)], "/tmp/tlswhy-lab/injector-%s.log" % network.tag)
		for _ in range(100):
			if "ready" in p.text():
				return
			time.sleep(0.05)
	return setup


def injected_rows():
	for client in ("openssl", "curl", "go", "java", "gnutls", "nss"):
		for whom, ttl in (("client", 128), ("both", 47)):
			if whom == "both" and client not in ("openssl", "java", "curl"):
				continue
			yield Row("reset_injected-%s-%s" % (client, whom), "a box beside the path resets as if it were the server (TTL %d)" % ttl, (client, {}),
				("scripted", dict(certificate="rsa", extra=("slow_tls", "0.08"))), codes=["reset_injected", "reset_after_client_hello"], by=["network"], setup=injector(whom, ttl), sequence="^C:CH S:RST")


def matched_rows():
	"""A firewall that looks for words: what holds them is dropped, and its sender is reset."""
	words = " -m string --string lindenhof --algo bm -j REJECT --reject-with tcp-reset"
	for client in ("openssl", "go", "java", "gnutls"):
		yield Row("reset_injected-certificate-" + client, "a firewall resets the server for the words in its certificate; the client, which hears nothing of it, goes seconds later",
			(client, dict(high="1.2")), ("nginx", {}), codes=["reset_injected"], by=["network"], filter=("-A FORWARD -p tcp --sport 443" + words,), seconds=6, linger=1,
			capture_at="server", sequence="^C:CH S:SH.*C:RST C:FIN")
		yield Row("reset_after_client_hello-words-" + client, "a firewall resets the client for the name in its ClientHello", (client, {}), ("nginx", {}),
			codes=["reset_after_client_hello", "reset_injected"], by=["server", "network"], filter=("-A FORWARD -p tcp --dport 443" + words,), sequence="^C:CH S:RST")


def healed_rows():
	def lose(*rules):
		return dict(filter=tuple("-A FORWARD -p tcp " + r for r in rules))
	once = "-m statistic --mode nth --every 1000 --packet 0 -j DROP"
	for name, rule in (("syn", "--dport 443 --syn " + once), ("hello", "--dport 443 -m length --length 150:1500 " + once),
			("flight", "--sport 443 -m length --length 1400:1500 " + once), ("finished", "--dport 443 -m length --length 100:200 " + once)):
		for tls in ("1.2", "1.3"):
			yield Row("completed-healed-%s-tls%s" % (name, tls.replace(".", "")), "one packet lost and sent again: " + name, curl(10, tls),
				("nginx", dict(certificate="rsa")), outcome="completed", client_stack="curl 7.88 (OpenSSL 3.0)", **lose(rule))


def rows():
	for part in (connect_rows, hello_lost_rows, server_quiet_rows, hello_refused_rows, halfway_rows, path_rows, injected_rows, matched_rows, healed_rows):
		yield from part()
