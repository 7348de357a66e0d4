"""What the client says behind its hello does not get through, or is rejected; and data in a SYN."""

from scenarios import Row

CLIENT = dict(certificate="client", extra=("--max-time", "8"))
TFO = "curl --tcp-fastopen -sv -o /dev/null --max-time 10 --cacert {roots} https://{host}/"
FASTOPEN = ("printf 'daemon off; pid {folder}/pid; events {{}} http {{ access_log off; server {{ listen 443 ssl fastopen=16; ssl_certificate {%s}; ssl_certificate_key {%s_key}; return 200; }} }}' > {folder}/c; "
	"exec nginx -e stderr -p {folder} -c {folder}/c")


def fast_open(network, peer):
	for side in ("client", "server"):
		network.sysctl(side, "net.ipv4.tcp_fastopen=3")


def rows():
	narrow = ("-A FORWARD -p tcp --dport 443 -m length --length 600:1500 -j DROP",)
	for tls in ("1.2", "1.3"):
		yield Row("handshake_timeout-client-flight-tls" + tls.replace(".", ""), "the client's certificate does not get through to the server", ("curl", dict(CLIENT, low=tls, high=tls)),
			("nginx", dict(ask=True)), codes=["handshake_timeout"], by=["client", "network"], tls=tls, client_says="timed out", filter=narrow, seconds=12)
		yield Row("handshake_timeout-finished-lost-tls" + tls.replace(".", ""), "the client's Finished does not get through to the server", ("curl", dict(low=tls, high=tls, extra=("--max-time", "8"))),
			("nginx", {}), codes=["handshake_timeout"], by=["client", "network"], tls=tls, client_says="timed out", filter=("-A FORWARD -p tcp --dport 443 -m length --length 100:%d -j DROP" % (250 if tls == "1.2" else 400),), seconds=12)
	for stack, drop, code in (("quic_go", "--sport 443 -m length --length 1100:1500", "server_flight_lost"), ("ngtcp2", "--sport 443 -m length --length 1100:1500", "server_flight_lost"),
			("quic_go", "--dport 443 -m length --length 28:1200", "handshake_timeout")):
		yield Row("%s-quic-%s" % (code, stack), "datagrams of full size do not get through to the client" if "flight" in code else "the client's small datagrams do not get through to the server", (stack, dict(alpn=("h3",))),
			(stack, dict(alpn=("h3",))), codes=[code], by=["network", "client", "server", "unknown"], datagrams=True, tls="QUIC", seconds=12, filter=("-A FORWARD -p udp %s -j DROP" % drop,))
	yield Row("client_hello_lost-prohibited", "a firewall lets the connection through and rejects the hello by ICMP", ("curl", dict(extra=("--max-time", "8"))), ("nginx", {}),
		codes=["client_hello_lost"], by=["client", "network"], client_says="timed out", each={0: dict(says="192.0.2.1 rejects it")},
		filter=("-A FORWARD -p tcp --dport 443 -m length --length 100:1500 -j REJECT --reject-with icmp-admin-prohibited",), seconds=12)
	for name, certificate, each in (("completed-fastopen", "good", dict(outcome="completed")), ("cert_expired-fastopen", "expired", dict(outcome="failed", codes=["cert_expired"], aborted_by=["client"]))):
		yield Row(name, "the ClientHello is in the SYN (RFC 7413), from the second connection on", ("shell", dict(config="; ".join([TFO] * 3))), ("shell", dict(config=FASTOPEN % (certificate, certificate))),
			flows=3, cases=[("", each)], setup=fast_open, client_says="200 OK|expired", client_stack="curl 7.88 (OpenSSL 3.0)", server_stack="nginx 1.22", tls="1.2")
	yield Row("completed-fastopen-healed", "a middlebox drops a SYN that carries data, and the client sends it again without", ("shell", dict(config="; ".join([TFO] * 2))), ("shell", dict(config=FASTOPEN % ("good", "good"))),
		flows=2, outcome="completed", setup=fast_open, client_says="200 OK", client_stack="curl 7.88 (OpenSSL 3.0)", server_stack="nginx 1.22", tls="1.2",
		filter=("-A FORWARD -p tcp --dport 443 --syn -m length --length 100:1500 -j DROP",))
