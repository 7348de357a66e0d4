"""The server wants a certificate of the client, and is not content."""

from scenarios import Row, draw

SERVERS = ("openssl", "apache", "haproxy", "stunnel", "lighttpd", "go", "java", "gnutls", "nss", "wolf", "mbed", "python", "node")
KNOWS_CRL = ("openssl", "apache", "haproxy", "lighttpd", "stunnel", "python", "gnutls", "java")
# These send what they have whether or not the server lists its issuer.
FRANK = ("openssl", "curl", "python", "node", "mbed", "wolf", "gnutls", "nss")
CHOOSY = ("go", "java")
REASON = {
	"missing": r"did not return|DID_NOT_RETURN|didn't provide|Empty client|No certificate was found|Certificate is required|-345|No client certification|NO_CERTIFICATE|null cert chain",
	"expired": r"(?i)has expired|certificate.expired|CertificateExpired|expired.certificate|-151|validity|-8181|Error in the certificate",
	"unknown": r"(?i)unable to get|self.signed|unknown authority|-188|path building|not correctly|-8179|UNTRUSTED|unable to verify|Error in the certificate",
	"revoked": r"(?i)certificate revoked|been revoked|revoked:|Error in the certificate",
}
# What the client makes of the alert, where the server's log keeps quiet.
TOLD = (r"(?i)certificate.required|bad.certificate|access.denied|unknown.ca\b|certificate.unknown|certificate.expired|"
	r"certificate.revoked|unknown certificate|CERT_ALERT|CA_ALERT|ACCESS_DENIED")


def codes(kind, tls):
	named = {"missing": "client_cert_missing", "expired": "client_cert_expired", "unknown": "client_cert_unknown_ca",
		"revoked": "client_cert_revoked"}[kind]
	if kind == "revoked" and tls == "1.2":
		# Only the alert can tell that a certificate is on somebody's list.
		return dict(codes=[named, "client_cert_rejected"], unless=("alert(44)", ["client_cert_rejected", named]))
	if tls == "1.2":
		return dict(codes=[named] if kind == "missing" else [named, "client_cert_rejected"])
	if kind == "missing":
		return dict(codes=[named, "client_cert_rejected"], keys=[named])
	return dict(codes=["client_cert_rejected", named], keys=[named, "client_cert_rejected"])


def row(kind, client, server, tls, certificate, story, **more):
	there = dict(ask=True, high=tls, certificate="good" if server != "java" else "rsa")
	if kind == "revoked":
		there["crl"] = "staff.crl"
	here = dict(high=tls, low=tls)
	if certificate:
		here["certificate"] = certificate
	given = dict(codes(kind, tls), **more)
	name = "client_cert_missing" if story else codes(kind, "1.2")["codes"][0]
	return Row("%s-%s%s-%s-tls%s" % (name,
		story and "unlisted-" or "", client, server, tls.replace(".", "")),
		story or "client certificate: " + kind, (client, here), (server, there), tls=tls, by=["server"],
		server_says=more.get("reason") or REASON[kind], client_says=TOLD if server in ("nss", "haproxy", "node") else "",
		unsaid=["server_abandoned"], sequence=r"C:.*S:(alert|enc\((19|35)|FIN|RST)", **given)


def rows():
	for kind, certificate in (("missing", None), ("expired", "client-expired"), ("unknown", "client-unknown"), ("revoked", "client-revoked")):
		for server in SERVERS if kind != "revoked" else KNOWS_CRL:
			for tls in ("1.2", "1.3"):
				if server == "mbed" and tls == "1.3":
					continue
				able = FRANK if kind == "unknown" else FRANK + CHOOSY
				clients = [draw(kind + server + tls, [c for c in able if c != "mbed" or tls == "1.2"])]
				if kind == "missing":
					clients = sorted({"openssl", *clients, draw("more" + server + tls, ("go", "java", "gnutls", "nss"))})
				for client in clients:
					yield row(kind, client, server, tls, certificate, "")
	for client in CHOOSY:
		for server in ("openssl", "go", "gnutls", "java", "haproxy"):
			tls = draw(client + server, ("1.2", "1.3"))
			yield row("unknown", client, server, tls, "client-unknown",
				"the client keeps to itself a certificate whose issuer the server does not list",
				codes=["client_cert_missing", "client_cert_rejected", "client_cert_unknown_ca"], keys=[], reason=REASON["missing"])
	for client, server in (("openssl", "openssl"), ("curl", "apache"), ("go", "haproxy"), ("java", "go"), ("gnutls", "nss"), ("nss", "gnutls"),
			("python", "java"), ("node", "stunnel"), ("wolf", "lighttpd"), ("mbed", "mbed"), ("openssl", "wolf"), ("go", "nginx")):
		for tls in ("1.2", "1.3"):
			if "mbed" in (client, server) and tls == "1.3":
				continue
			yield Row("completed-client_cert-%s-%s-tls%s" % (client, server, tls.replace(".", "")), "client certificate: accepted",
				(client, dict(low=tls, high=tls, certificate="client")), (server, dict(ask=True)), outcome="completed",
				tls=tls, sequence=r"C:.*enc")
	for tls in ("1.2", "1.3"):
		yield Row("completed-client_cert-missing-nginx-tls%s" % tls.replace(".", ""),
			"no client certificate: nginx says so in HTTP, over a connection that works", ("curl", dict(low=tls, high=tls)),
			("nginx", dict(ask=True)), outcome="completed", tls=tls, client_says="HTTP/1.1 400")
