"""What a stapled OCSP response says, and what a client makes of it."""

from scenarios import Row


def rows():
	for tls in ("1.2", "1.3"):
		short = tls.replace(".", "")
		for server in ("nginx", "openssl"):
			there = dict(certificate="stapled", staple="stapled-revoked")
			named = ["cert_revoked", "cert_status_invalid"]
			yield Row("cert_revoked-stapled-gnutls-%s-tls%s" % (server, short), "the stapled OCSP response says revoked", ("gnutls", dict(high=tls)), (server, there),
				codes=named + ["cert_rejected"] if tls == "1.2" else ["cert_rejected"] + named, keys=named + ["cert_rejected"], by=["client"], tls=tls,
				client_says="(?i)revoked", sequence=r"C:.*(alert|enc\(19)")
		yield Row("completed-stapled-gnutls-tls" + short, "the stapled OCSP response says good", ("gnutls", dict(high=tls)),
			("nginx", dict(certificate="stapled", staple="stapled-good")), outcome="completed", tls=tls, client_says="trusted", sequence="enc")
		yield Row("completed-stapled-curl-tls" + short, "the client demands a stapled OCSP response, and it is good", ("curl", dict(high=tls, extra=("--cert-status",))),
			("nginx", dict(certificate="stapled", staple="stapled-good")), outcome="completed", tls=tls, client_says="200 OK", sequence="enc")
		yield Row("cert_status_invalid-none-curl-tls" + short, "the client demands a stapled OCSP response, and there is none", ("curl", dict(high=tls, extra=("--cert-status",))),
			("nginx", {}), outcome="completed", also=["failed"], codes=["cert_status_invalid", "client_abandoned", "cert_rejected"], by=["client"], tls=tls,
			client_says="No OCSP response", sequence="C:")
