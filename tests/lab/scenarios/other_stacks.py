"""Stacks that are met less often, and programs with habits of their own."""

from scenarios import Row, draw
from scenarios.client_certificate import TOLD
from scenarios.server_certificate import KINDS

# Who refuses a certificate how: in clear even in TLS 1.3, hidden in TLS 1.3, when the handshake is
# over, by leaving without a word.
CLIENTS = {
	"erlang": "hidden", "bouncy": "hidden", "rustls": "hidden", "deno": "hidden", "chromium": "hidden", "firefox": "hidden",
	"ruby": "clear", "perl": "clear", "php": "clear", "node26": "afterwards", "bun": "silent", "s2n": "silent",
}
JUDGED = ("expired", "other-name", "self", "incomplete", "not-yet")
SAYS = (r"(?i)expired|verify failed|hostname|bad_cert|unknown_ca|unknown ca|certificate_unknown|certificate unknown|bad certificate|"
	r"net::ERR_CERT|did not match|invalid peer|SELF_SIGNED|ALTNAME|UNABLE_TO|NOT_YET|TLS_ERROR|UnknownIssuer|NotValidFor|handshake.failure|"
	r"Unknown error|selfsigned|peer closed connection in SSL")
# What either side's log says of a hello, or a client certificate, that the server will not have.
REFUSED = (r"(?i)alert|handshake.failure|no.shared|unsupported|incompatible|required|expired|not return|no client cert|sent no cert|"
	r"remote error|closed")
OLD = dict(low="1.0", high="1.1")


def refusal(client, certificate, tls):
	"""What an expert would say, who sees the wire."""
	how, named = CLIENTS[client], KINDS[certificate][1]
	hidden = ["cert_rejected"] + named
	if client == "php" and certificate == "other-name":
		how = "afterwards"
	if client == "perl" and certificate == "other-name":	# OpenSSL says internal_error for its callback
		return dict(codes=named if tls == "1.2" else hidden + ["internal_error"], keys=named)
	if how == "clear" and tls == "1.3":
		return dict(codes=KINDS[certificate][2], keys=named + KINDS[certificate][2])
	if how == "afterwards":
		return dict(outcome="completed", also=["failed"], codes=(named if tls == "1.2" else hidden) + ["client_abandoned"],
			keys=named + ["client_abandoned", "cert_rejected"])
	if how == "silent":
		return dict(codes=(named if tls == "1.2" else hidden) + ["client_abandoned", "handshake_timeout"])
	return dict(codes=named if tls == "1.2" else hidden, keys=named)


def clients():
	for client in CLIENTS:
		for tls in ("1.2", "1.3"):
			if client == "deno" and tls == "1.2":
				continue
			kinds = [draw(client + tls + "a", JUDGED[:2]), draw(client + tls + "b", JUDGED[2:])] if client != "s2n" else [draw(tls, JUDGED)]
			for certificate in kinds:
				yield Row("%s-%s-%s-tls%s" % (KINDS[certificate][1][0], certificate, client, tls.replace(".", "")),
					"the server's certificate: " + KINDS[certificate][0], (client, dict(low=tls, high=tls)), ("nginx", dict(certificate=certificate, high=tls)),
					tls=tls, by=["client"], client_says=SAYS, server_says=SAYS, flows=2 if client == "chromium" else 1, **refusal(client, certificate, tls))
			yield Row("completed-other-%s-tls%s" % (client, tls.replace(".", "")), "a connection that works", (client, dict(low=tls, high=tls)),
				(draw(client + tls, ("nginx", "go", "gnutls")), {}), outcome="completed", tls=tls, sequence="enc", flows=2 if client == "chromium" else 1)


REFUSING = ("erlang", "bouncy", "bun", "rustls", "caddy", "esbuild", "node26")


def servers():
	"""Servers that cannot serve what is offered."""
	def row(name, story, client, server, codes, **more):
		return Row(name, story, client, server, codes=codes, by=["server"],
			sequence=r"S:\S*(alert\([1-9]|enc\((\d+,)*(19|35)\))|C:\S*CKE.* S:FIN|enc.* S:(FIN|RST)", client_says=REFUSED,
			server_says=REFUSED, **more)
	for s in REFUSING:
		if s != "esbuild":	# which takes them all
			yield row("version_mismatch-old-openssl-%s" % s, "a client that knows TLS 1.1 at best", ("openssl", OLD), (s, {}),
				["version_mismatch", "cipher_mismatch"], tls="1.1")
		yield row("signature_mismatch-other-openssl-%s" % s, "an ECDSA certificate, and a client that takes RSA only",
			("openssl", dict(signatures="RSA-PSS+SHA256")), (s, {}), ["signature_mismatch", "cipher_mismatch", "negotiation_failed", "weak_parameters"])
		yield row("cipher_mismatch-other-gnutls-%s" % s, "suites that the server has not", ("gnutls", dict(
			priority="NORMAL:-VERS-ALL:+VERS-TLS1.2:-CIPHER-ALL:+CAMELLIA-128-CBC:+CAMELLIA-256-CBC")), (s, {}),
			["cipher_mismatch", "negotiation_failed", "weak_parameters"], tls="1.2")
		if s not in ("node26",):
			yield row("group_mismatch-other-openssl-%s" % s, "a group that the server has not", ("openssl", dict(low="1.3", groups="ffdhe4096")),
				(s, dict(groups="x25519:secp256r1") if s in ("erlang", "bouncy") else {}), ["group_mismatch", "negotiation_failed", "weak_parameters"], tls="1.3")
	for s in ("erlang", "bun", "rustls", "deno", "node26"):
		for tls in ("1.2", "1.3"):
			yield row("alpn_mismatch-other-openssl-%s-tls%s" % (s, tls.replace(".", "")), "no application protocol in common",
				("openssl", dict(high=tls, alpn=("smtp",))), (s, dict(alpn=("h2", "http/1.1"))), ["alpn_mismatch"], tls=tls)
	for s in ("erlang", "bouncy", "bun", "rustls", "caddy"):
		for tls in ("1.2", "1.3"):
			client = draw(s + tls, ("openssl", "gnutls", "curl"))
			missing, hidden = ["client_cert_missing"], ["client_cert_rejected"] if tls == "1.3" else []
			yield row("client_cert_missing-other-%s-%s-tls%s" % (client, s, tls.replace(".", "")), "client certificate: missing",
				(client, dict(low=tls, high=tls)), (s, dict(ask=True)), missing + hidden, keys=missing, tls=tls)
			yield row("client_cert_expired-other-%s-%s-tls%s" % (client, s, tls.replace(".", "")), "client certificate: expired",
				(client, dict(low=tls, high=tls, certificate="client-expired")), (s, dict(ask=True)),
				hidden + ["client_cert_expired"] + ([] if hidden else ["client_cert_rejected"]),
				keys=["client_cert_expired", "client_cert_rejected"], tls=tls)
			yield Row("completed-client_cert-other-%s-%s-tls%s" % (client, s, tls.replace(".", "")), "client certificate: accepted",
				(client, dict(low=tls, high=tls, certificate="client")), (s, dict(ask=True)), outcome="completed", tls=tls, sequence="enc")


URL = "https://shop.lindenhof.example/"
PROGRAMS = {
	"lynx": ("Lynx 2.9 (GnuTLS 3.7)", "SSL_CERT_FILE={roots} lynx -dump -connect_timeout=10 " + URL),
	"git": ("git 2.39 (libcurl, GnuTLS 3.7)", "GIT_SSL_CAINFO={roots} git ls-remote " + URL + "x.git"),
	"aria2": ("aria2 1.36 (GnuTLS 3.7)", "aria2c --ca-certificate={roots} -d {folder} -o x --max-tries=1 " + URL),
	"ldapsearch": ("ldapsearch 2.5 (GnuTLS 3.7)", "LDAPTLS_CACERT={roots} ldapsearch -d 1 -x -H ldaps://shop.lindenhof.example:443 -b '' -s base -o nettimeout=5"),
	"socat": ("socat 1.7 (OpenSSL 3.0)", "echo hi | socat -t 1 - OPENSSL:shop.lindenhof.example:443,cafile={roots}"),
	"ncat": ("Ncat 7.93 (OpenSSL 3.0)", "echo hi | ncat -v --ssl-verify --ssl-trustfile {roots} -w 3 shop.lindenhof.example 443"),
}


def programs():
	"""Programs that compare the name, or everything, when the handshake is over."""
	for name, (stack, line) in PROGRAMS.items():
		for tls in ("1.2", "1.3"):
			certificate = "other-name" if name in ("socat", "ncat") else draw(name + tls, ("expired", "other-name"))
			named = KINDS[certificate][1]
			yield Row("%s-%s-%s-tls%s" % (named[0], certificate, name, tls.replace(".", "")), "the server's certificate: " + KINDS[certificate][0],
				("shell", dict(config=line)), ("nginx", dict(certificate=certificate, high=tls)), outcome="completed", also=["failed"], tls=tls, by=["client"],
				codes=(named if tls == "1.2" else ["cert_rejected"] + named) + ["client_abandoned"], keys=named + ["client_abandoned", "cert_rejected"],
				client_stack=stack, sequence="enc|CCS")


def padding():
	"""TLS 1.3 records padded to blocks, as OpenSSL does when told to (RFC 8446 5.4)."""
	pad = ("-record_padding", "64")
	yield Row("completed-padded-openssl", "all records padded to 64 bytes", ("openssl", dict(extra=pad)), ("openssl", dict(extra=pad)),
		outcome="completed", tls="1.3", sequence="enc")
	yield Row("completed-padded-client_cert-go", "records of the server padded to 64 bytes, a client certificate", ("go", dict(certificate="client")),
		("openssl", dict(extra=pad, ask=True)), outcome="completed", tls="1.3", sequence="enc")
	yield Row("client_cert_missing-padded-go", "client certificate: missing, records of the server padded to 64 bytes", ("go", {}),
		("openssl", dict(extra=pad, ask=True)), codes=["client_cert_missing", "client_cert_rejected"], keys=["client_cert_missing"], by=["server"],
		client_says=TOLD, tls="1.3")
	yield Row("client_cert_expired-padded-openssl", "client certificate: expired, records padded to 64 bytes", ("openssl", dict(extra=pad, certificate="client-expired")),
		("openssl", dict(extra=pad, ask=True)), codes=["client_cert_rejected", "client_cert_expired"], keys=["client_cert_expired"], by=["server"],
		server_says="has expired", tls="1.3")


def rows():
	yield from clients()
	yield from servers()
	yield from programs()
	yield from padding()
