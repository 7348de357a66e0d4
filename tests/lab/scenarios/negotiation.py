"""Both sides are well, but want nothing in common."""

from scenarios import Row, draw

OPENSSL_SERVERS = ("nginx", "openssl", "apache", "haproxy", "stunnel", "lighttpd", "node", "python")
FAILURE = r"(?i)handshake.?failure|no shared cipher|no cipher|no suitable|NO_CYPHER|no common|alert number 40|unsupported|wrong version|version|-313|-0x7780|-501|fatal alert|no supported"


def version_rows():
	old = dict(low="1.0", high="1.1")
	pairs = [("openssl", s) for s in OPENSSL_SERVERS + ("gnutls", "go", "java", "nss")] + [
		("curl", "nginx"), ("gnutls", "openssl"), ("gnutls", "go"), ("go", "java"), ("go", "haproxy"), ("java", "gnutls"),
		("java", "nginx"), ("nss", "apache"), ("nss", "go"), ("python", "lighttpd")]
	for client, server in pairs:
		yield Row("version_mismatch-old-client-%s-%s" % (client, server),
			"the client speaks TLS 1.1 at most, the server TLS 1.2 at least", (client, old), (server, {}),
			codes=["version_mismatch"], by=["server"], client_says=r"(?i)protocol|version|alert",
			sequence=r"C:CH S:alert\((70|80|40)\)")
	for client, server in (("openssl", "nginx"), ("curl", "haproxy"), ("gnutls", "apache"), ("go", "openssl"),
			("java", "go"), ("nss", "gnutls"), ("python", "java"), ("node", "mbed"), ("wolf", "stunnel"),
			("go", "mbed"), ("openssl", "nss"), ("openssl", "wolf"), ("wolf", "java"), ("gnutls", "nss")):
		yield Row("version_mismatch-only-tls13-%s-%s" % (client, server),
			"the client insists on TLS 1.3, the server stops at TLS 1.2", (client, dict(low="1.3")),
			(server, dict(high="1.2", certificate="rsa")), codes=["version_mismatch", "negotiation_failed", "cipher_mismatch"],
			by=["seen"], client_says=r"(?i)protocol|version|alert|unexpected|SSL_ERROR|ERR")
	for client, server in (("openssl", "go"), ("gnutls", "nginx"), ("java", "openssl"), ("nss", "python"), ("mbed", "go"),
			("mbed", "nginx"), ("mbed", "java"), ("wolf", "gnutls"), ("curl", "nss")):
		yield Row("version_mismatch-server-tls13-%s-%s" % (client, server),
			"the client stops at TLS 1.2, the server insists on TLS 1.3", (client, dict(high="1.2")),
			(server, dict(low="1.3")), codes=["version_mismatch", "negotiation_failed", "cipher_mismatch"],
			by=["server"], client_says=r"(?i)protocol|version|alert|ERR", sequence=r"C:CH S:alert")
	# Old hash functions in the ServerKeyExchange: the server accepts TLS 1.0, a client of today does not.
	for client, server in (("openssl", "gnutls"), ("go", "openssl"), ("java", "openssl"), ("nss", "gnutls"), ("curl", "go")):
		yield Row("version_mismatch-old-server-%s-%s" % (client, server),
			"the server speaks TLS 1.1 at most, the client TLS 1.2 at least", (client, {}),
			(server, dict(low="1.0", high="1.1", certificate="rsa")), codes=["version_mismatch"],
			by=["seen"], client_says=r"(?i)protocol|version|alert|ERR", sequence=r"alert|FIN|RST")


# How each stack is told to use just one TLS 1.2 suite: one that only RSA key exchange offers, one modern.
ECDHE = {"openssl": "ECDHE-RSA-AES256-GCM-SHA384", "curl": "ECDHE-RSA-AES256-GCM-SHA384",
	"python": "ECDHE-RSA-AES256-GCM-SHA384", "node": "ECDHE-RSA-AES256-GCM-SHA384",
	"go": "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", "java": "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
	"nss": ":C030", "wolf": "ECDHE-RSA-AES256-GCM-SHA384", "mbed": "TLS-ECDHE-RSA-WITH-AES-256-GCM-SHA384"}
STATIC = {"nginx": "AES128-SHA", "openssl": "AES128-SHA", "apache": "AES128-SHA", "haproxy": "AES128-SHA", "stunnel": "AES128-SHA",
	"lighttpd": "AES128-SHA", "node": "AES128-SHA", "python": "AES128-SHA", "go": "TLS_RSA_WITH_AES_128_CBC_SHA",
	"java": "TLS_RSA_WITH_AES_128_CBC_SHA", "nss": ":002F", "mbed": "TLS-RSA-WITH-AES-128-CBC-SHA"}


def cipher_rows():
	servers = list(STATIC)
	for i, client in enumerate(ECDHE):
		for server in (servers[i % len(servers)], servers[(i + 5) % len(servers)], servers[(i + 9) % len(servers)]):
			yield Row("cipher_mismatch-tls12-%s-%s" % (client, server),
				"one suite each in TLS 1.2, and not the same", (client, dict(high="1.2", ciphers=ECDHE[client])),
				(server, dict(high="1.2", certificate="rsa", ciphers=STATIC[server])), tls="1.2",
				codes=["cipher_mismatch", "negotiation_failed", "signature_mismatch", "group_mismatch"], by=["server"],
				client_says=FAILURE, server_says=FAILURE, sequence="C:CH S:(alert|FIN|RST)")
	for server in ("nginx", "go", "java", "gnutls", "nss"):
		yield Row("cipher_mismatch-rc4-openssl-%s" % server, "a client that has nothing but RSA key exchange with CBC",
			("openssl", dict(high="1.2", ciphers="AES256-SHA:AES128-SHA")),
			(server, dict(certificate="good", high="1.2")), tls="1.2",
			codes=["cipher_mismatch", "negotiation_failed", "signature_mismatch"], by=["server"],
			client_says=FAILURE, sequence="C:CH S:(alert|FIN|RST)")
	one, other = "TLS_AES_128_GCM_SHA256", "TLS_CHACHA20_POLY1305_SHA256"
	for client, server in (("openssl", "nginx"), ("curl", "openssl"), ("openssl", "haproxy"), ("curl", "stunnel"),
			("java", "openssl"), ("openssl", "java"), ("node", "apache"), ("openssl", "node"), ("java", "node")):
		yield Row("cipher_mismatch-tls13-%s-%s" % (client, server), "one suite each in TLS 1.3, and not the same",
			(client, dict(low="1.3", ciphersuites=one)), (server, dict(ciphersuites=other, low="1.3")), tls="1.3",
			codes=["cipher_mismatch", "negotiation_failed"], by=["server"], client_says=FAILURE,
			sequence=r"C:CH S:(alert|FIN|RST)")


def group_rows():
	for tls in ("1.3", "1.2"):
		for client, group in (("openssl", "P-521"), ("curl", "P-521"), ("go", "P-521"), ("java", "secp521r1"), ("nss", "P521")):
			for server, theirs in (("openssl", "X25519"), ("nginx", "X25519"), ("go", "X25519"), ("java", "x25519"),
					("haproxy", "X25519"), ("nss", "x25519"), ("gnutls", "")):
				name = "group_mismatch-tls%s-%s-%s" % (tls.replace(".", ""), client, server)
				if draw(name, range(3)) and client != "openssl":
					continue
				there = dict(groups=theirs, certificate="rsa")
				if server == "gnutls":
					there = dict(priority="NORMAL:-GROUP-ALL:+GROUP-X25519", certificate="rsa")
				codes = ["group_mismatch", "negotiation_failed", "cipher_mismatch"]
				if tls == "1.2":
					# GnuTLS says internal_error when it is left without a group.
					codes = ["group_mismatch", "cipher_mismatch", "negotiation_failed"] + (["internal_error"] if server == "gnutls" else [])
				yield Row(name, "the client has P-521 only, the server X25519 only",
					(client, dict(high=tls, low=tls, groups=group, ciphers={"openssl": "ECDHE", "curl": "ECDHE"}.get(client, ""))),
					(server, there), tls=tls, codes=codes, by=["server"],
					client_says=FAILURE + "|alert|unexpected", sequence=r"C:CH S:(alert|FIN|RST)")


def signature_rows():
	for client, given in (("openssl", dict(signatures="RSA-PSS+SHA256:RSA+SHA256")), ("nss", dict(signatures="rsa_pss_rsae_sha256,rsa_pkcs1_sha256")),
			("node", dict(signatures="RSA-PSS+SHA256:RSA+SHA256"))):
		for server in ("nginx", "openssl", "go", "gnutls", "java", "nss", "wolf", "mbed", "haproxy"):
			for tls in ("1.2", "1.3"):
				name = "signature_mismatch-tls%s-%s-%s" % (tls.replace(".", ""), client, server)
				if (server == "mbed" and tls == "1.3") or (client != "openssl" and draw(name, range(3))):
					continue
				yield Row(name, "the server's only certificate is ECDSA, the client can verify RSA only",
					(client, dict(given, high=tls, low=tls)), (server, dict(certificate="good")), tls=tls,
					codes=["signature_mismatch", "negotiation_failed", "cipher_mismatch"], by=["server"],
					client_says=FAILURE + "|alert", sequence=r"^C:CH S:(alert|FIN|RST|SH.Cert.alert|SH.*enc\(35)")


def alpn_rows():
	for client, server, config in (("openssl", "nginx", ""), ("openssl", "go", ""), ("openssl", "gnutls", ""), ("curl", "nginx", ""),
			("go", "nginx", ""), ("go", "go", ""), ("go", "gnutls", ""), ("node", "nginx", ""), ("node", "go", ""),
			("gnutls", "go", ""), ("gnutls", "nginx", ""), ("java", "go", ""), ("java", "nginx", ""), ("openssl", "java", ""),
			("go", "java", ""), ("python", "nginx", ""), ("java", "java", "")):
		for tls in ("1.2", "1.3"):
			hidden = server == "go" and tls == "1.3"
			yield Row("alpn_mismatch-tls%s-%s-%s" % (tls.replace(".", ""), client, server), "no application protocol in common",
				(client, dict(high=tls, alpn=("imap",))), (server, dict(alpn=("http/1.1",) if server != "nginx" else ())),
				tls=tls, codes=["alpn_mismatch"] + (["server_abandoned", "negotiation_failed", "cert_rejected", "internal_error"] if hidden else []),
				keys=["alpn_mismatch"], by=["server"],
				client_says=r"(?i)application.protocol|alert number 120|no_application|NO_PROTOCOL|common",
				sequence=r"C:CH S:(alert\(120\)|SH\+CCS\+enc\(19\)|SH)")


def other_rows():
	for client, server in (("openssl", "nginx"), ("openssl", "gnutls"), ("openssl", "go"), ("openssl", "nss"), ("openssl", "haproxy"),
			("nss", "openssl"), ("nss", "apache"), ("openssl", "wolf"), ("openssl", "mbed")):
		extra = ("-fallback_scsv",) if client == "openssl" else ("-K",)
		there = {} if server != "mbed" else dict(high="1.2")
		top = "1.2" if server != "mbed" else "1.1"
		yield Row("fallback_refused-%s-%s" % (client, server), "a retry with less, marked with TLS_FALLBACK_SCSV",
			(client, dict(high=top, low="1.0" if top == "1.1" else "1.2", extra=extra)), (server, dict(there, low="1.0" if top == "1.1" else "1.2")),
			codes=["fallback_refused"], by=["server"], client_says=r"(?i)fallback", sequence=r"C:CH S:alert\(86\)")
	for client in ("openssl", "curl", "python", "node", "nss", "java", "gnutls", "mbed", "wolf", "wget"):
		suite = {"nss": ":009E", "java": "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256",
			"mbed": "TLS-DHE-RSA-WITH-AES-128-GCM-SHA256"}.get(client, "DHE-RSA-AES128-GCM-SHA256")
		for size in ("768", "1024"):
			if size == "1024" and client not in ("openssl", "curl", "python"):
				continue
			yield Row("weak_parameters-dh%s-%s" % (size, client), "Diffie-Hellman with a prime of %s bits" % size,
				(client, dict(high="1.2", ciphers=suite,
					priority="NORMAL:-VERS-ALL:+VERS-TLS1.2:-KX-ALL:+DHE-RSA" if client in ("gnutls", "wget") else "")),
				("java", dict(certificate="rsa", low="1.0", high="1.2", ciphers="TLS_DHE_RSA_WITH_AES_128_GCM_SHA256",
					extra=("-Djdk.tls.ephemeralDHKeySize=%s" % size.replace("768", "legacy"),))), tls="1.2",
				codes=["weak_parameters"], unless=("alert", ["weak_parameters", "client_abandoned"]), by=["client"], sequence="S:.*C:(alert|FIN|RST)",
				client_says=r"(?i)dh key too small|weak|prime|acceptable|DH ServerKeyExchange|insufficient|constraints|too short|DHM|-401|DH_KEY")
	for client, code in (("gnutls", "downgrade_detected"),):
		yield Row("downgrade_detected-own-preference-gnutls-go",
			"the client lists TLS 1.2 before TLS 1.3, the server follows that order, the client takes it for a downgrade",
			(client, dict(priority="NORMAL:-VERS-ALL:+VERS-TLS1.2:+VERS-TLS1.3")), ("go", {}),
			codes=["downgrade_detected", "illegal_parameter"], by=["client"], client_says="downgrade", sequence=r"C:alert\(47\)")
		yield Row("downgrade_detected-own-preference-wget-go",
			"the same, and the client hangs up without an alert", ("wget", dict(priority="NORMAL:-VERS-ALL:+VERS-TLS1.2:+VERS-TLS1.3")), ("go", {}),
			codes=["downgrade_detected", "client_abandoned"], by=["client"], client_says="illegal parameter")


def rows():
	yield from version_rows()
	yield from cipher_rows()
	yield from group_rows()
	yield from signature_rows()
	yield from alpn_rows()
	yield from other_rows()
