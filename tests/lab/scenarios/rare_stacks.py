"""What is met less often: Botan, Mono, BearSSL, and lists of suites that are long, and of which many servers have none."""

import itertools

from scenarios import Row, draw
from scenarios.server_certificate import KINDS

SAYS = r"(?i)alert|error|exception|fail|expired|verif|cannot"
# Its client tells what is wrong with a certificate, and goes on. Its server gives up root before it
# listens, and cannot take a port that it had a moment ago.
OLD = dict(low="1.0", high="1.1")


def clients():
	for server in ("nginx", "go", "gnutls", "java", "openssl"):
		yield Row("completed-botan-" + server, "a connection that works", ("botan", {}), (server, {}), outcome="completed", tls="1.2", sequence="enc")
		yield Row("version_mismatch-new-botan-" + server, "a server that knows TLS 1.3 only", ("botan", {}), (server, dict(low="1.3")),
			codes=["version_mismatch"], by=["server"], client_says=SAYS, tls="1.3")
	for server in ("go", "gnutls"):
		yield Row("cipher_mismatch-botan-" + server, "suites that the server has not", ("botan", dict(config="ciphers = Camellia-256/GCM ARIA-256/GCM")),
			(server, {}), codes=["cipher_mismatch", "negotiation_failed", "weak_parameters"], by=["server"], client_says=SAYS, tls="1.2")
		yield Row("group_mismatch-botan-" + server, "a group that the server has not", ("botan", dict(config="key_exchange_groups = brainpool512r1\nkey_exchange_methods = ECDH")),
			(server, {}), codes=["group_mismatch", "negotiation_failed", "cipher_mismatch"], by=["server"], client_says=SAYS, tls="1.2")
	yield Row("alpn_mismatch-botan", "no application protocol in common", ("botan", dict(alpn=("smtp",))), ("go", dict(alpn=("h2", "http/1.1"))),
		codes=["alpn_mismatch"], by=["server"], client_says=SAYS, tls="1.2")


def servers():
	ports = itertools.count(8401)

	def row(name, story, client, here, there={}, **more):
		port = dict(port=next(ports))
		return Row(name, story, (client, dict(here, **port)), ("botan", dict(there, **port)), **more)

	def refused(name, story, client, here, codes, tls="1.2"):
		return row(name, story, client, here, codes=codes, by=["server"], client_says=SAYS, server_says=SAYS, tls=tls)
	for client in ("openssl", "gnutls", "java"):
		yield row("completed-%s-botan" % client, "a connection that works", client, dict(high="1.2"), outcome="completed", tls="1.2", sequence="enc")
		yield row("completed-13-%s-botan" % client, "a client of TLS 1.3 that takes 1.2", client, {}, outcome="completed", tls="1.2", sequence="enc")
		yield refused("version_mismatch-old-%s-botan" % client, "a client that knows TLS 1.1 at best", client, OLD, ["version_mismatch"], "1.1")
	for client in ("openssl", "gnutls", "go", "nss"):
		yield refused("version_mismatch-new-%s-botan-server" % client, "a client that knows TLS 1.3 only", client, dict(low="1.3"), ["version_mismatch"], "1.3")
	yield refused("cipher_mismatch-openssl-botan", "suites that the server has not", "openssl", dict(high="1.2", ciphers="AES128-SHA:AES256-SHA"),
		["cipher_mismatch", "negotiation_failed"])
	yield refused("cipher_mismatch-ecdsa-openssl-botan", "suites for RSA, and an ECDSA certificate", "openssl",
		dict(high="1.2", ciphers="ECDHE-RSA-AES128-GCM-SHA256"), ["cipher_mismatch", "negotiation_failed"])
	yield refused("group_mismatch-openssl-botan", "a group that the server has not", "openssl", dict(high="1.2", groups="x448"),
		["group_mismatch", "negotiation_failed", "cipher_mismatch"])
	for client in ("openssl", "go", "gnutls"):
		yield row("cert_expired-%s-botan" % client, "the server's certificate: expired", client, dict(high="1.2"), dict(certificate="expired"),
			codes=["cert_expired"], by=["client"], client_says=SAYS, tls="1.2")


# Mono and BearSSL send no alert: nobody knows from outside whom they trust, and how many issuers they hold.
UNSAID = {"unknown-with-root": ["cert_rejected", "client_abandoned"], "incomplete": ["cert_rejected", "client_abandoned"]}


def mono():
	for certificate in ("expired", "not-yet", "other-name", "self", "unknown-with-root", "incomplete", "bad-signature", "not-a-ca", "constrained",
			"for-clients", "expired-middle"):
		named = KINDS[certificate][1]
		server = draw("mono" + certificate, ("nginx", "openssl", "go", "gnutls", "haproxy"))
		yield Row("%s-%s-mono" % (named[0], certificate), "the server's certificate: " + KINDS[certificate][0], ("mono", {}),
			(server, dict(certificate=certificate)), codes=named + UNSAID.get(certificate, []), by=["client"], client_says="ERR", tls="1.2")
	for server in ("nginx", "go", "gnutls", "java"):
		yield Row("completed-mono-" + server, "a connection that works", ("mono", {}), (server, {}), outcome="completed", tls="1.2", sequence="enc")
	for server in ("nginx", "go", "gnutls"):
		yield Row("version_mismatch-new-mono-" + server, "a server that knows TLS 1.3 only", ("mono", {}), (server, dict(low="1.3")),
			codes=["version_mismatch"] + (["negotiation_failed"] if server == "gnutls" else []), by=["server"], client_says="ERR", tls="1.3")
		if server != "nginx":
			yield Row("client_cert_missing-mono-" + server, "client certificate: missing", ("mono", {}), (server, dict(ask=True)),
				codes=["client_cert_missing", "client_cert_rejected"], by=["server"], client_says="ERR", server_says=SAYS, tls="1.2")


def bear():
	for certificate in ("expired", "not-yet", "other-name", "self", "unknown-with-root", "incomplete", "bad-signature", "not-a-ca", "expired-middle"):
		named = KINDS[certificate][1] + UNSAID.get(certificate, [])
		yield Row("%s-%s-bear" % (named[0], certificate), "the server's certificate: " + KINDS[certificate][0], ("bear", {}),
			(draw("bear" + certificate, ("nginx", "openssl", "go", "gnutls", "haproxy")), dict(certificate=certificate)),
			codes=named, by=["client"], client_says="ERR", tls="1.2")
	for other in ("nginx", "go", "gnutls", "java"):
		yield Row("completed-bear-" + other, "a connection that works", ("bear", {}), (other, {}), outcome="completed", tls="1.2", sequence="enc")
		yield Row("version_mismatch-new-bear-" + other, "a server that knows TLS 1.3 only", ("bear", {}), (other, dict(low="1.3")),
			codes=["version_mismatch"] + (["negotiation_failed"] if other == "gnutls" else []), by=["server"], client_says="ERR", tls="1.3")
	for other in ("openssl", "go", "java", "nss"):
		yield Row("completed-%s-bear" % other, "a connection that works", (other, {}), ("bear", {}), outcome="completed", tls="1.2", sequence="enc")
		yield Row("version_mismatch-13-%s-bear" % other, "a client that knows TLS 1.3 only", (other, dict(low="1.3")), ("bear", {}),
			codes=["version_mismatch"], by=["client" if other == "go" else "server"], client_says=SAYS, server_says="ERR", tls="1.3")
	for kind, here in (("camellia", dict(ciphers="CAMELLIA:!aNULL")), ("dhe", dict(ciphers="kDHE:!aNULL")), ("rsa", dict(ciphers="aRSA:!kRSA"))):
		yield Row("cipher_mismatch-%s-openssl-bear" % kind, "suites that the server has not", ("openssl", dict(here, high="1.2")), ("bear", {}),
			codes=["cipher_mismatch"] + (["negotiation_failed"] if kind == "rsa" else []), by=["server"], client_says=SAYS, server_says="ERR", tls="1.2")
	yield Row("group_mismatch-openssl-bear", "a group that the server has not", ("openssl", dict(high="1.2", groups="x448:brainpoolP256r1")), ("bear", {}),
		codes=["group_mismatch"], by=["server"], client_says=SAYS, server_says="ERR", tls="1.2")
	yield Row("plaintext_to_tls_port-bear", "HTTP where TLS is spoken", ("shell", dict(config="curl -s -m 8 http://shop.lindenhof.example:443/ || echo ERR $?")), ("bear", {}),
		codes=["plaintext_to_tls_port"], client_says="ERR", client_stack="curl 7.88")


# What a client offers, and who has none of it.
SUITES = {
	"dhe": ("openssl", dict(ciphers="kDHE:!aNULL"), ("go", "nginx", "rustls")),
	"camellia": ("openssl", dict(ciphers="CAMELLIA:!aNULL"), ("go", "java", "rustls")),
	"psk": ("openssl", dict(ciphers="kPSK:kECDHEPSK:kDHEPSK", extra=("-psk", "1a2b3c")), ("go", "nginx", "gnutls", "java")),
	"ccm": ("openssl", dict(ciphers="AESCCM:!kPSK:!kECDHEPSK:!kDHEPSK:!kRSA"), ("go", "java")),
	"aria": ("openssl", dict(ciphers="ARIA:!kPSK:!kECDHEPSK:!kDHEPSK"), ("go", "gnutls", "java")),
}


def suites():
	for kind, (client, here, lacking) in SUITES.items():
		for server in lacking:
			yield Row("cipher_mismatch-only_%s-%s" % (kind, server), "many suites, of which the server has none: " + kind,
				(client, dict(here, high="1.2")), (server, {}), codes=["cipher_mismatch"], by=["server"], client_says="alert", tls="1.2")


# Signature algorithms of which the usual certificates can make none, however many they are.
SIGNATURES = {
	"edwards": ("1.2", "ed25519:ed448:DSA+SHA256"), "old": ("1.2", "RSA+SHA1:ECDSA+SHA1:DSA+SHA1"), "no_pss": ("1.3", "RSA+SHA256:RSA+SHA384:ECDSA+SHA256:ed25519"),
	"edwards13": ("1.3", "ed25519:ed448:rsa_pss_pss_sha256"),
}


def signatures():
	for kind, (tls, list_) in SIGNATURES.items():
		for server in ("nginx", "java") if kind == "old" else ("nginx", "go", "gnutls", "java"):
			yield Row("signature_mismatch-only_%s-%s" % (kind, server), "many signature algorithms, of which the server can make none: " + kind,
				("openssl", dict(signatures=list_, low=tls, high=tls, ciphers="DEFAULT:@SECLEVEL=0")), (server, dict(certificate="rsa")), codes=["signature_mismatch"], by=["server"], client_says="alert", tls=tls)


def groups():
	for server, groups_ in (("go", "ffdhe2048:ffdhe3072:ffdhe4096:x448"), ("rustls", "x448:P-521:ffdhe2048")):
		yield Row("group_mismatch-only_rare-" + server, "several groups, of which the server has none", ("openssl", dict(groups=groups_, low="1.3")), (server, {}),
			codes=["group_mismatch"], by=["server"], client_says="alert", tls="1.3")
	for server in ("go", "rustls", "java"):
		yield Row("group_mismatch-only_rare12-" + server, "several groups, of which the server has none", ("openssl", dict(groups="brainpoolP256r1:brainpoolP384r1:secp224r1:secp256k1", high="1.2")),
			(server, {}), codes=["group_mismatch"], by=["server"], client_says="alert", tls="1.2")


def misplaced_alerts():
	"""Alerts that have no business where they come: of a certificate before one was asked for, of the client's own."""
	for number, codes in ((48, ["client_cert_unknown_ca", "cert_unknown_ca"]), (46, ["client_cert_rejected", "cert_rejected"]), (121, ["ech_rejected"])):
		for client in ("openssl", "go", "java"):
			yield Row("%s-misplaced-%d-%s" % (codes[0], number, client), "a server that answers every ClientHello with alert %d" % number, (client, {}),
				("scripted", dict(extra=("alert", "2,%d" % number))), codes=codes, by=["server"], sequence=r"^C:CH S:alert\(%d\)" % number)


def rows():
	yield from misplaced_alerts()
	yield from mono()
	yield from bear()
	yield from suites()
	yield from signatures()
	yield from groups()
	yield from clients()
	yield from servers()
