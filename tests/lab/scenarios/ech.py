"""Encrypted ClientHello that the server does not accept, and GREASE in its place.

No server of the lab holds ECH keys, so each answers the outer hello. NSS then finishes, sends
ech_required and says so (RFC 9849 6.1.6); who sends GREASE goes on (6.2). tstclnt holds the certificate
against the inner name, so that is what the servers have one for."""

import base64

import ca
from scenarios import Row

SERVERS = ("openssl", "nginx", "go", "gnutls", "java", "haproxy", "node", "wolf")


def vector(size, content):
	return len(content).to_bytes(size, "big") + content


def configuration(number):
	"""An ECHConfigList (RFC 9849 4) for the server's name, with X25519, HKDF-SHA256 and AES-128-GCM. Nobody
	holds its key."""
	contents = bytes([number]) + b"\x00\x20" + vector(2, bytes(range(number, number + 32))) + vector(2, b"\x00\x01\x00\x01") + \
		b"\x40" + vector(1, ca.NAME.encode()) + b"\x00\x00"
	return base64.b64encode(vector(2, b"\xfe\x0d" + vector(2, contents))).decode()


TSTCLNT = "tstclnt -h {host} -p 443 -d sql:{folder}/db -V tls1.3:tls1.3 -4 -a %s %s -A {folder}/request; "
PREPARE = ("mkdir -p {folder}/db; certutil -N -d sql:{folder}/db --empty-password; certutil -A -d sql:{folder}/db -n root -t CT,C,C -i {roots}; "
	"printf 'GET / HTTP/1.0\\r\\n\\r\\n' > {folder}/request; export SSLKEYLOGFILE={keylog}; ")


def rows():
	for server in SERVERS:
		for number in (9, 200) if server in ("openssl", "go") else (42,):
			yield Row("ech_rejected-nss-%s%s" % (server, "-%d" % number if number != 42 else ""), "the client's ECH configuration is not the server's", ("nss", dict(name=ca.OTHER, extra=("-N", configuration(number)))),
				(server, dict(certificate="other-name")), codes=["ech_rejected", "cert_rejected"], keys=["ech_rejected"], by=["client"], client_says="ECH_RETRY|ECH was rejected", tls="1.3")
		yield Row("completed-ech-grease-nss-%s" % server, "GREASE in the place of ECH", ("nss", dict(request=True, extra=("-i", "100"))), (server, {}), outcome="completed", tls="1.3")
	yield Row("ech_rejected-retry-without", "ECH is not accepted, and the client comes again without", ("shell", dict(config=PREPARE + TSTCLNT % (ca.OTHER, "-N " + configuration(42)) +
		"sleep 0.2; " + TSTCLNT % (ca.OTHER, ""))), ("nginx", dict(certificate="other-name")), codes=["ech_rejected"], keys=["ech_rejected"], by=["client"], client_says="ECH_RETRY|ECH was rejected", flows=2, incidents=[[0, 1]],
		each={1: dict(outcome="completed", codes=[], codes_with_keys=[], aborted_by=[])}, client_stack="NSS 3.87 tstclnt", tls="1.3")
	yield Row("ech_rejected-retry-other-key", "ECH is not accepted, nor is another configuration, and the client comes again without", ("shell", dict(config=PREPARE +
		TSTCLNT % (ca.OTHER, "-N " + configuration(42)) + "sleep 0.1; " + TSTCLNT % (ca.OTHER, "-N " + configuration(43)) + "sleep 0.1; " + TSTCLNT % (ca.OTHER, ""))), ("go", dict(certificate="other-name")),
		codes=["ech_rejected"], keys=["ech_rejected"], by=["client"], client_says="ECH_RETRY|ECH was rejected", flows=3, incidents=[[0, 1, 2]],
		each={2: dict(outcome="completed", codes=[], codes_with_keys=[], aborted_by=[])}, client_stack="NSS 3.87 tstclnt", tls="1.3")
	for name, certificate, code in (("name", "good", "cert_name_mismatch"), ("expired", "expired", "cert_expired")):
		yield Row("ech_rejected-certificate-%s" % name, "ECH is not accepted, and the client does not like the certificate either: " + name,
			("nss", dict(name=ca.OTHER, extra=("-N", configuration(42)))), ("nginx", dict(certificate=certificate)), codes=["cert_rejected", "ech_rejected"],
			keys=["cert_rejected", code, "ech_rejected"], by=["client"], client_says="SSL_ERROR_BAD|SEC_ERROR", tls="1.3")
