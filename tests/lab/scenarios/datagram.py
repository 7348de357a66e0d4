"""DTLS and QUIC: no connection to reset, and in QUIC little that can be read."""

from scenarios import Row

OLD = dict(low="1.0", high="1.0")
ONLY12 = dict(low="1.2", high="1.2")
ONE_SUITE = dict(low="1.2", high="1.2", ciphers="ECDHE-ECDSA-AES256-GCM-SHA384")
OTHER_SUITE = dict(low="1.2", high="1.2", ciphers="ECDHE-ECDSA-AES128-GCM-SHA256")
NO_UDP = ("-A FORWARD -p udp --dport 443 -j DROP",)
NO_ANSWER = ("-A FORWARD -p udp --sport 443 -j DROP",)
REASON = r"(?i)expired|self.signed|unable to get|unknown authority|mismatch|not valid|valid for|not trusted|signed by unknown|verif"
REFUSED = {"expired": "cert_expired", "unknown": "cert_unknown_ca", "other-name": "cert_name_mismatch",
	"self": "cert_self_signed"}


def named(code_and_variant, protocol):
	"""The code comes first, as in every capture's name."""
	code, _, variant = code_and_variant.partition("-")
	return "-".join(filter(None, (code, protocol, variant)))


def dtls(name, story, client, server, **more):
	return Row(named(name, "dtls"), story, client, server, datagrams=True, tls="DTLS 1.2", seconds=11, **more)


def dtls_rows():
	both = (("openssl_dtls", "openssl_dtls"), ("gnutls_dtls", "openssl_dtls"), ("openssl_dtls", "gnutls_dtls"))
	for client, server in both:
		pair = client.split("_")[0] + "-" + server.split("_")[0]
		yield dtls("completed-" + pair, "a connection that works", (client, ONLY12), (server, ONLY12), outcome="completed",
			sequence="enc")
		yield dtls("client_cert_missing-" + pair, "the server demands a client certificate, the client has none",
			(client, ONLY12), (server, dict(ask=True, **ONLY12)), codes=["client_cert_missing"], by=["server"],
			server_says=r"(?i)did not return|certificate.*(required|not found)|no certificate|No certificate")
		for certificate, code in REFUSED.items():
			yield dtls("%s-%s" % (code, pair), "the client refuses the server's certificate", (client, ONLY12),
				(server, dict(certificate=certificate, **ONLY12)), codes=[code], by=["client"], client_says=REASON)
	yield dtls("version_mismatch-old-client", "DTLS 1.0 at most meets DTLS 1.2 at least", ("openssl_dtls", OLD),
		("openssl_dtls", ONLY12), codes=["version_mismatch"], by=["server"], client_says="(?i)version|alert")
	yield dtls("version_mismatch-old-server", "DTLS 1.2 at least meets DTLS 1.0 at most", ("openssl_dtls", ONLY12),
		("openssl_dtls", OLD), codes=["version_mismatch"], by=["client", "server"], client_says="(?i)version|alert")
	yield dtls("cipher_mismatch", "one suite each, and not the same", ("openssl_dtls", ONE_SUITE), ("openssl_dtls", OTHER_SUITE),
		codes=["cipher_mismatch", "negotiation_failed"], by=["server"], client_says="(?i)alert")
	yield dtls("completed-cookie", "the server asks for a cookie first", ("openssl_dtls", ONLY12),
		("openssl_dtls", dict(extra=("-listen",), **ONLY12)), outcome="completed", sequence="HVR")
	yield dtls("connect_refused", "nothing listens on the port", ("openssl_dtls", ONLY12), None,
		codes=["connect_refused"], by=["server"], sequence="unreachable")
	yield dtls("server_silent", "the server never answers", ("gnutls_dtls", ONLY12), ("openssl_dtls", ONLY12), filter=NO_UDP,
		codes=["server_silent", "client_hello_lost"], by=["client", "network", "unknown"])
	yield dtls("server_silent-answers-lost", "the server's answers do not pass", ("gnutls_dtls", ONLY12), ("openssl_dtls", ONLY12),
		filter=NO_ANSWER, codes=["server_silent", "client_hello_lost"], by=["client", "network", "unknown"])


def quic(name, story, client, server, **more):
	return Row(named(name, "quic"), story, client, server, datagrams=True, tls="QUIC", seconds=12, **more)


def quic_rows():
	for client, server in (("ngtcp2", "ngtcp2"), ("quic_go", "ngtcp2"), ("quic_go", "quic_go"), ("ngtcp2", "quic_go")):
		pair = client + "-" + server
		yield quic("completed-" + pair, "a connection that works", (client, dict(alpn=("h3",))), (server, dict(alpn=("h3",))),
			outcome="completed", sequence="1RTT")
		yield quic("client_cert_missing-" + pair, "the server demands a client certificate, the client has none",
			(client, {}), (server, dict(ask=True)), codes=["client_cert_missing", "client_cert_rejected"],
			keys=["client_cert_missing"], by=["server"])
		if server == "ngtcp2":
			continue	# it asks for a certificate and takes any
		# The client has none from the CA that is asked for, and a Go client then sends none.
		yield quic("client_cert_unknown_ca-" + pair, "the server does not know the issuer of the client's certificate",
			(client, dict(certificate="client-unknown")), (server, dict(ask=True)),
			codes=["client_cert_missing", "client_cert_rejected"], by=["server"],
			also=["completed"] if client == "ngtcp2" else [])	# it leaves before the server can repeat itself
	for server in ("ngtcp2", "quic_go"):
		for certificate, code in REFUSED.items():
			yield quic("%s-quic_go-%s" % (code, server), "the client refuses the server's certificate", ("quic_go", {}),
				(server, dict(certificate=certificate)), codes=["cert_rejected", code], keys=[code], by=["client"], client_says=REASON)
		yield quic("alpn_mismatch-" + server, "no application protocol in common", ("quic_go", dict(alpn=("doq",))),
			(server, dict(alpn=("h3",))), codes=["alpn_mismatch"], by=["server"], client_says="(?i)alpn|protocol|0x178|CRYPTO")
		yield quic("completed-retry-" + server, "the server proves the client's address first", ("quic_go", {}),
			(server, dict(extra=("-retry",) if server == "quic_go" else ("-V",))), outcome="completed", sequence="Retry")
		yield quic("client_hello_lost-" + server, "the client's packets are dropped", ("quic_go", {}), (server, {}),
			filter=NO_UDP, codes=["client_hello_lost", "server_silent"], by=["network", "client", "unknown"])
		yield quic("client_hello_lost-answers-" + server, "the server's packets are dropped", ("quic_go", {}), (server, {}),
			filter=NO_ANSWER, codes=["client_hello_lost", "server_silent"], by=["network", "client", "unknown"])
	yield quic("version_mismatch", "a client of QUIC draft 29, a server of version 2", ("quic_go", dict(extra=("-versions", "draft29"))),
		("quic_go", dict(extra=("-versions", "2"))), codes=["version_mismatch"], by=["client", "server"],
		client_says="(?i)version", sequence="VersionNegotiation")
	yield quic("completed-version_negotiation", "the client's second version is the server's", ("quic_go", dict(extra=("-versions", "draft29,1"))),
		("quic_go", dict(extra=("-versions", "1"))), outcome="completed", sequence="VersionNegotiation")
	yield quic("group_mismatch", "no group in common", ("ngtcp2", dict(extra=("--groups", "-GROUP-ALL:+GROUP-SECP521R1"))),
		("ngtcp2", dict(extra=("--groups", "-GROUP-ALL:+GROUP-X25519"))), codes=["group_mismatch", "negotiation_failed"], by=["server"])
	yield quic("connect_refused", "nothing listens on the port", ("quic_go", {}), None, codes=["connect_refused"],
		by=["server"], sequence="unreachable")


def rows():
	yield from dtls_rows()
	yield from quic_rows()
