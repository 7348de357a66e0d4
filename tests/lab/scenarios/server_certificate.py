from scenarios import Row

# kind: certificate, what an expert says of it, what the stacks say, the alert OpenSSL sends in clear.
KINDS = {
	"cert_expired": ("expired", ["cert_expired"], r"(?i)expired|NotAfter|-151"),
	"cert_not_yet_valid": ("not-yet", ["cert_not_yet_valid"],
		r"(?i)not yet valid|not activated|NotBefore|not_yet_valid|-150|future"),
	"cert_name_mismatch": ("other-name", ["cert_name_mismatch"],
		r"(?i)host ?name|name mismatch|does not match|No name matching|is valid for|subject name|altnames|-322|Common Name"),
	"cert_self_signed": ("self", ["cert_self_signed"],
		r"(?i)self.signed|issuer is unknown|unknown authority|path building failed|CA_CERT_INVALID|-188|not correctly signed|unable to get"),
	"cert_unknown_ca": ("unknown-with-root", ["cert_unknown_ca"],
		r"(?i)self.signed certificate in|issuer is unknown|issuer is not recognized|unknown authority|path building failed|unable to get|-188|not correctly signed|UNKNOWN_ISSUER|UNTRUSTED"),
	"cert_chain_incomplete": ("incomplete", ["cert_chain_incomplete", "cert_unknown_ca"],
		r"(?i)unable to|issuer is unknown|issuer is not recognized|unknown authority|path building failed|-188|not correctly signed|UNKNOWN_ISSUER"),
}
# What OpenSSL's alert, in clear even in TLS 1.3, tells without the certificate.
CLEAR = {
	"cert_expired": ["cert_expired"],
	"cert_not_yet_valid": ["cert_rejected", "cert_not_yet_valid"],
	"cert_name_mismatch": ["cert_rejected", "cert_name_mismatch"],
	"cert_self_signed": ["cert_unknown_ca", "cert_self_signed", "cert_chain_incomplete", "cert_rejected"],
	"cert_unknown_ca": ["cert_unknown_ca", "cert_chain_incomplete", "cert_rejected"],
	"cert_chain_incomplete": ["cert_unknown_ca", "cert_chain_incomplete", "cert_rejected"],
}
OPENSSL = ("openssl", "curl", "python")
CLIENTS = ("openssl", "gnutls", "curl", "go")
SERVERS = ("nginx", "openssl", "go", "gnutls")


def verdict(kind, client, tls):
	"""What is visible of the cause, and what is with keys."""
	named = KINDS[kind][1]
	if tls == "1.2":
		return dict(codes=named)
	if client in OPENSSL:
		return dict(codes=CLEAR[kind], keys=named + [c for c in CLEAR[kind] if c not in named])
	return dict(codes=["cert_rejected"] + named, keys=named)


def rows():
	n = 0
	for kind, (certificate, named, says) in KINDS.items():
		for client in CLIENTS:
			for tls in ("1.2", "1.3"):
				n += 1
				given = dict(by=["client"], **verdict(kind, client, tls))
				if client == "curl" and kind == "cert_name_mismatch":
					# curl compares the name when the handshake is over.
					given.update(outcome="completed", also=["failed"],
						codes=["cert_name_mismatch"] if tls == "1.2" else
						["cert_rejected", "cert_name_mismatch", "client_abandoned"])
				yield Row("%s-%s-tls%s" % (kind, client, tls.replace(".", "")), "the server's certificate: " + certificate,
					(client, dict(high=tls)), (SERVERS[n % 4], dict(certificate=certificate)),
					client_says=says, tls=tls, held_back=n % 3 == 0, **given)
