"""Clients of other years, on the OpenSSL of their day."""

from scenarios import Row
from scenarios.server_certificate import KINDS

SUITES = ["cipher_mismatch", "negotiation_failed"]


def refusals():
	"""Node's client judges when the handshake is done, and hangs up without a word."""
	for year, kinds in (("4", ("expired", "other-name")), ("10", ("incomplete", "bad-signature", "not-a-ca", "constrained", "for-clients"))):
		for kind in kinds:
			story, named, _, _ = KINDS[kind]
			yield Row("%s-%s-node%s" % (named[0], kind, year), "the server's certificate: " + story, ("old_node", dict(extra=(year,), high="1.2")),
				("openssl", dict(certificate=kind)), codes=named[:1], by=["client"], client_says="ERR", tls="1.2")


def refusals_of_old():
	"""What Node refuses whose OpenSSL is 1.0, or whatever its OpenSSL: the issuer, and a client's certificate."""
	for year, kind in (("0", "incomplete"), ("4", "incomplete"), ("0", "unknown-with-root"), ("4", "unknown"), ("10", "unknown-with-root")):
		story, named, _, _ = KINDS[kind]
		yield Row("%s-%s-node%s-go" % (named[0], kind, year), "the server's certificate: " + story, ("old_node", dict(extra=(year,), high="1.2")),
			("go", dict(certificate=kind)), codes=named, by=["client"], client_says="ERR", tls="1.2")
	for year in ("0", "4", "10"):
		yield Row("client_cert_revoked-openssl-node%s" % year, "client certificate: revoked", ("openssl", dict(high="1.2", certificate="client-revoked")),
			("old_node", dict(extra=(year,), certificate="rsa", ask=True, crl="staff.crl", high="1.2")), codes=["client_cert_rejected", "client_cert_revoked"],
			by=["server"], server_says="ERR", tls="1.2")


def refusals_of_bun():
	"""It greases Encrypted ClientHello, so that a client that leaves in one breath looks like one whose ECH was refused."""
	for kind, tls in (("expired", "1.3"), ("self", "1.3"), ("incomplete", "1.2"), ("unknown-with-root", "1.2")):
		story, named, _, _ = KINDS[kind]
		yield Row("%s-%s-bun1-tls%s" % (named[0], kind, tls.replace(".", "")), "the server's certificate: " + story, ("old_bun", {}),
			("openssl", dict(certificate=kind, high=tls)), codes=named if tls == "1.2" else ["cert_rejected"], by=["client"], client_says="ERR", tls=tls)
	yield Row("completed-bun1", "a client that greases Encrypted ClientHello, to a server that has none", ("old_bun", dict(verify=False)), ("nginx", dict(certificate="rsa")),
		outcome="completed", client_says="OK")


def old_servers():
	"""It chooses TLS 1.0, finds none of its suites in the offer, and says no more than that."""
	for client in ("deno", "rustls"):
		yield Row("version_mismatch-%s-node4" % client, "a server of TLS 1.0, a client whose suites all need TLS 1.2", (client, {}),
			("old_node", dict(extra=("4",), certificate="rsa", low="1.0", high="1.0")), codes=["version_mismatch", "cipher_mismatch", "negotiation_failed"],
			by=["server"], client_says="(?i)handshake.?failure")


def rows():
	yield from refusals()
	yield from old_servers()
	yield from refusals_of_bun()
	yield from refusals_of_old()
	for server in ("nginx", "java"):
		yield Row("cipher_mismatch-node0-" + server, "a client that has RC4 and 3DES alone", ("old_node", dict(extra=("0",), high="1.2",
			ciphers="RC4-SHA:RC4-MD5:DES-CBC3-SHA")), (server, dict(certificate="good")), codes=SUITES[:1], by=["server"], client_says="ERR", tls="1.2")
		yield Row("version_mismatch-node0-" + server, "a client that knows TLS 1.1 at best", ("old_node", dict(extra=("0",), low="1.0", high="1.1")),
			(server, {}), codes=["version_mismatch"], by=["server"], client_says="ERR")
		yield Row("completed-node0-" + server, "a client of 2015 that works", ("old_node", dict(extra=("0",), high="1.2")), (server, dict(certificate="rsa")),
			outcome="completed", client_says="OK", tls="1.2")
	yield Row("client_cert_missing-node4", "the server demands a client certificate", ("old_node", dict(extra=("4",), high="1.2")),
		("java", dict(ask=True, certificate="rsa")), codes=["client_cert_missing"], by=["server"], client_says="ERR", tls="1.2")
	for client in ("go", "java"):
		yield Row("cipher_mismatch-%s-node0" % client, "a server that has RC4 alone", (client, dict(high="1.2")),
			("old_node", dict(extra=("0",), certificate="rsa", low="1.0", high="1.2", ciphers="RC4-SHA:RC4-MD5")), codes=SUITES, by=["server"], client_says="(?i)fail|alert", tls="1.2")
