"""The client refuses the server's certificate."""

from scenarios import Row, draw

UNTRUSTED = (r"self.signed|known issuer|issuer is (unknown|not recognized)|unknown authority|path building failed|"
	r"unable to get|unable to verify|-188|not correctly signed|UNKNOWN_ISSUER|UNTRUSTED")
# certificate: its story, what an expert says who sees it, what he says who sees only the alert that
# OpenSSL sends in clear even in TLS 1.3, and what the stacks call it.
EXPIRED = ("expired", ["cert_expired"], ["cert_expired"], r"expired|NotAfter|-151")
PURPOSE = (["cert_wrong_purpose"], ["cert_wrong_purpose", "cert_rejected"],
	r"purpose|key usage|KeyUsage|INADEQUATE|-38[67]|-39")
INVALID = (["cert_chain_invalid"], ["cert_unknown_ca", "cert_chain_invalid", "cert_rejected"])
NAMED = (["cert_name_mismatch"], ["cert_rejected", "cert_name_mismatch"],
	r"host ?name|name mismatch|does not match|No name matching|No subject alt|is valid for|altnames|-322|Common Name|BAD_CERT_DOMAIN")
WEAK = (["cert_weak"], ["cert_rejected", "cert_weak"],
	r"too weak|insecure alg|too small|constraints|unknown authority|SIGNATURE_ALGORITHM_DISABLED|INVALID_KEY|unacceptable|hash")
BOXED = (["cert_intercepted", "cert_unknown_ca"], ["cert_unknown_ca", "cert_intercepted", "cert_rejected"], UNTRUSTED)
KINDS = {
	"expired": ("ran out days ago",) + EXPIRED[1:],
	"expired-rsa": ("ran out half an hour ago",) + EXPIRED[1:],
	"expired-middle": ("its issuer's certificate has run out", ["cert_expired", "cert_chain_invalid"],
		["cert_expired", "cert_rejected"], EXPIRED[3] + "|" + UNTRUSTED + "|validity"),
	"not-yet": ("will be valid in four days", ["cert_not_yet_valid"], ["cert_rejected", "cert_not_yet_valid"],
		r"not yet valid|activated|NotBefore|NOT_YET_VALID|-150|future|EXPIRED_CERT"),
	"other-name": ("issued for other names",) + NAMED,
	"deep-wildcard": ("issued for *.cdn.lindenhof.example, one label deeper",) + NAMED,
	"self": ("signs itself", ["cert_self_signed"],
		["cert_unknown_ca", "cert_self_signed", "cert_chain_incomplete", "cert_rejected"],
		UNTRUSTED + "|CA_CERT_INVALID|-275"),
	"unknown-with-root": ("from an unknown root, which is sent along", ["cert_unknown_ca"],
		["cert_unknown_ca", "cert_chain_incomplete", "cert_rejected"], UNTRUSTED),
	"unknown": ("from an unknown root, which is not sent", ["cert_unknown_ca", "cert_chain_incomplete"],
		["cert_unknown_ca", "cert_chain_incomplete", "cert_rejected"], UNTRUSTED),
	"unknown-direct": ("alone, signed by an unknown root", ["cert_unknown_ca", "cert_chain_incomplete"],
		["cert_unknown_ca", "cert_chain_incomplete", "cert_rejected"], UNTRUSTED),
	"incomplete": ("alone, the intermediate is missing", ["cert_chain_incomplete", "cert_unknown_ca"],
		["cert_unknown_ca", "cert_chain_incomplete", "cert_rejected"], UNTRUSTED),
	"wrong-middle": ("with an intermediate that did not issue it",
		["cert_chain_invalid", "cert_chain_incomplete", "cert_unknown_ca"],
		["cert_unknown_ca", "cert_chain_incomplete", "cert_chain_invalid", "cert_rejected"], UNTRUSTED),
	"bad-signature": ("with one bit of its signature wrong", ["cert_chain_invalid"],
		["cert_chain_invalid", "crypto_failure", "cert_rejected"],
		r"signature failure|signature.*(fail|inval|bad)|not correctly signed|BAD_SIGNATURE|-155|-229|verification failure|TLS alert, decrypt error|unknown authority|issuer is unknown"),
	"bad-signature-rsa": ("RSA, with one bit of its signature wrong", ["cert_chain_invalid"],
		["cert_chain_invalid", "crypto_failure", "cert_rejected"],
		r"signature failure|signature.*(fail|inval|bad)|not correctly signed|BAD_SIGNATURE|-155|-229|verification failure|TLS alert, decrypt error|unknown authority|issuer is unknown"),
	"not-a-ca": ("issued by a certificate that is no CA",) + INVALID +
		(r"keyCertSign|-275|invalid CA|not authorized to sign|not a CA|basic constraints|CA_CERT_INVALID|not correctly signed|unknown|unable|-188|-17\d|-29\d|issuer",),
	"too-long": ("one CA too many below a path length of zero",) + INVALID +
		(r"path length|pathlen|too many intermediate|PATH_LEN|-237|issuer|PathLen|not correctly signed",),
	"constrained": ("outside what its issuer may sign for", ["cert_chain_invalid"],
		["cert_rejected", "cert_chain_invalid", "cert_unknown_ca"],
		r"permitted subtree|name constraints|not authorized to sign|CERT_NOT_IN_NAME_SPACE|-220|NOT trusted"),
	"revoked": ("revoked", ["cert_revoked"], ["cert_revoked"], r"certificate revoked|been revoked|is revoked|chain revoked|_REVOKED|-361"),
	"revoked-rsa": ("revoked", ["cert_revoked"], ["cert_revoked"], r"certificate revoked|been revoked|is revoked|chain revoked|_REVOKED|-361"),
	"must-staple": ("demands a stapled OCSP response, none is sent", ["cert_status_invalid"],
		["cert_status_invalid", "cert_rejected"], r"OCSP|not trusted"),
	"weak-rsa": ("RSA 1024",) + WEAK,
	"sha1": ("signed with SHA-1",) + WEAK,
	"md5": ("signed with MD5",) + WEAK,
	"for-clients": ("for clients only",) + PURPOSE,
	"for-code": ("for code signing only",) + PURPOSE,
	"inspected-fortinet": ("made by a FortiGate whose CA the client does not trust",) + BOXED,
	"inspected-zscaler": ("made by Zscaler, whose CA the client does not trust",) + BOXED,
	"inspected-mitmproxy": ("made by mitmproxy, whose CA the client does not trust",) + BOXED,
}
ALL = ("openssl", "curl", "gnutls", "go", "java", "nss", "wolf", "mbed", "node", "python", "wget")
# Who is asked to judge what; a dozen plain cases by all, the rest by those who notice.
ASKED = {
	"expired": ALL, "not-yet": ALL, "other-name": ALL, "self": ALL, "unknown-with-root": ALL, "incomplete": ALL,
	"expired-rsa": ("openssl", "java", "go"), "expired-middle": ("openssl", "gnutls", "go", "java", "nss"),
	"deep-wildcard": ("python", "go", "curl", "nss"), "unknown": ("curl", "java", "mbed", "nss", "wolf"),
	"unknown-direct": ("python", "go", "gnutls", "wolf", "node"), "wrong-middle": ("openssl", "go", "java", "mbed"),
	"bad-signature": ("openssl", "gnutls", "go", "java", "mbed", "wolf", "nss"), "bad-signature-rsa": ("curl", "java", "go", "nss"),
	"not-a-ca": ("openssl", "go", "gnutls", "java", "mbed", "nss", "wolf"), "too-long": ("openssl", "go", "java", "mbed"),
	"constrained": ("openssl", "go", "java", "gnutls", "nss"), "revoked": ("openssl", "curl", "gnutls", "mbed", "java", "node", "python", "nss", "wolf"),
	"revoked-rsa": ("python", "gnutls", "java"), "must-staple": ("gnutls", "wget"), "weak-rsa": ("openssl", "curl", "python"),
	"sha1": ("openssl", "go", "gnutls", "mbed"), "md5": ("openssl", "gnutls", "go", "mbed", "nss"),
	"for-clients": ("openssl", "gnutls", "go", "java", "mbed", "nss", "wolf"), "for-code": ("curl", "java", "go", "python"),
	"inspected-fortinet": ("openssl", "go", "java", "gnutls"), "inspected-zscaler": ("curl", "nss", "mbed"),
	"inspected-mitmproxy": ("python", "go", "wolf", "node"),
}
CLEAR = ("openssl", "curl", "python")
# These finish the handshake, look at the certificate and hang up.
AFTERWARDS = ("node", "wget")
SERVERS = ("nginx", "openssl", "go", "gnutls", "apache", "haproxy", "lighttpd", "stunnel", "node", "java")


def verdict(certificate, client, tls):
	story, named, clear, says = KINDS[certificate]
	if certificate.startswith("revoked") and tls == "1.2":
		# Only the alert can tell that a certificate is on somebody's list. Without it nothing tells
		# this from an issuer that is not trusted.
		unseen = ["cert_rejected", "cert_revoked", "cert_unknown_ca"] + (["client_abandoned"] if client in AFTERWARDS else [])
		late = dict(outcome="completed", also=["failed"]) if client in AFTERWARDS else {}
		return dict(late, codes=named + ["cert_rejected"], unless=("alert(44)", unseen), keys=named + unseen)
	late = client in AFTERWARDS or (client == "curl" and named == NAMED[0])
	if late:
		hidden = named if tls == "1.2" else ["cert_rejected"] + named
		return dict(outcome="completed", also=["failed"], codes=hidden + ["client_abandoned"],
			keys=named + ["client_abandoned"] + (["cert_rejected"] if tls == "1.3" else []))
	if tls == "1.2":
		return dict(codes=named)
	if certificate.startswith("revoked") and client == "gnutls":
		return dict(codes=["cert_rejected"] + named, keys=named + ["cert_rejected", "cert_unknown_ca"])
	if client in CLEAR:
		return dict(codes=clear, keys=named + [c for c in clear if c not in named])
	return dict(codes=["cert_rejected"] + named, keys=named)


def rows():
	for certificate, clients in ASKED.items():
		story, named, clear, says = KINDS[certificate]
		for client in clients:
			for tls in ("1.2", "1.3"):
				if client == "mbed" and tls == "1.3":
					continue
				variant = "" if certificate in ("expired", "not-yet", "other-name", "self") else "-" + certificate
				name = "%s%s-%s-tls%s" % (named[0], variant, client, tls.replace(".", ""))
				more = dict(high=tls)
				if certificate.startswith("revoked"):
					more["crl"] = "revoked.crl"
				there = dict(certificate=certificate)
				server = draw(name, SERVERS)
				if certificate in ("weak-rsa", "sha1", "md5"):
					server = draw(name, ("nginx", "openssl"))
					there["ciphers"] = "DEFAULT:@SECLEVEL=0"
				yield Row(name, "the server's certificate: " + story, (client, more), (server, there),
					client_says="(?i)" + says, tls=tls, by=["client"], **verdict(certificate, client, tls))
