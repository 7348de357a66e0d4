"""News and chat: NNTP and IRC, whose clients ask for STARTTLS."""

from scenarios import Row
from scenarios.mail import GNU, GNUTLS, OPENSSL, S_CLIENT, shell
from scenarios.server_certificate import KINDS, verdict

OLD = "-tls1_1 -cipher DEFAULT:@SECLEVEL=0 "
PYTHON = ("mailbox", dict(port=119, extra=("nntp", "starttls")))


def nntp_rows():
	for name, client, stack, port in (("python", PYTHON, None, 119), ("openssl", shell(S_CLIENT % (119, "-starttls nntp")), OPENSSL, 119),
			("gnutls", shell(GNUTLS % ("QUIT\\r\\n", "--starttls-proto=nntp", 119)), GNU, 119), ("nntps-openssl", shell(S_CLIENT % (563, "")), OPENSSL, 563)):
		yield Row("completed-inn-" + name, "news over TLS", client, ("inn", dict(port=port)), outcome="completed", sequence="enc", **(dict(client_stack=stack) if stack else {}))
	for name, client, stack, says in (("python", PYTHON, None, "580"), ("openssl", shell(S_CLIENT % (119, "-starttls nntp")), OPENSSL, "580"),
			("gnutls", shell(GNUTLS % ("QUIT\\r\\n", "--starttls-proto=nntp", 119)), GNU, "")):
		yield Row("starttls_refused-inn-580-" + name, "STARTTLS is on offer, but the server cannot read its certificate", client, ("inn", dict(port=119, extra=("unreadable",))),
			codes=["starttls_refused"], by=["server", "client"], client_says=says, **(dict(client_stack=stack) if stack else {}))
	for name, certificate, client, kind, stack, tls in (("python", "expired", PYTHON, "python", None, "1.3"),
			("openssl", "other-name", shell(S_CLIENT % (119, "-tls1_2 -starttls nntp")), "openssl", OPENSSL, "1.2"),
			("gnutls", "self", shell(GNUTLS % ("QUIT\\r\\n", "--starttls-proto=nntp", 119)), "gnutls", GNU, "1.3")):
		story, named, clear, says = KINDS[certificate]
		yield Row("%s-inn-%s-tls%s" % (named[0], name, tls.replace(".", "")), "the server's certificate: " + story, client, ("inn", dict(port=119, certificate=certificate)),
			client_says="(?i)" + says, tls=tls, by=["client"], **verdict(certificate, kind, tls), **(dict(client_stack=stack) if stack else {}))
	yield Row("version_mismatch-inn-openssl", "after the upgrade the client offers TLS 1.1 and the server takes 1.2", shell(S_CLIENT % (119, OLD + "-starttls nntp")), ("inn", dict(port=119)),
		codes=["version_mismatch"], by=["server"], client_stack=OPENSSL, client_says="alert|eof")
	yield Row("server_not_tls-inn-openssl", "TLS at once to the port of STARTTLS", shell(S_CLIENT % (119, "")), ("inn", dict(port=119)), codes=["server_not_tls"],
		by=["client", "server"], client_stack=OPENSSL, client_says="wrong version|packet length")
	yield Row("plaintext_to_tls_port-inn-563", "a reader that waits for a greeting on the port of nntps", ("mailbox", dict(port=563, extra=("nntp", "plain"))), ("inn", dict(port=563)),
		codes=["plaintext_to_tls_port", "client_abandoned", "handshake_timeout"], by=["client"], also=["none", "inconclusive"], client_says="timed out")


def irc_rows():
	def python(mode, port=6667):
		return ("irc", dict(port=port, extra=(mode,)))
	for name, client, stack, port in (("python", python("starttls"), None, 6667), ("python-at-once", python("at-once"), None, 6667),
			("openssl", shell(S_CLIENT % (6667, "-starttls irc")), OPENSSL, 6667), ("direct-python", python("direct", 6697), None, 6697)):
		yield Row("completed-inspircd-" + name, "chat over TLS", client, ("inspircd", dict(port=port)), outcome="completed", client_says="OK TLS|Verification: OK", seconds=12,
			**(dict(client_stack=stack) if stack else {}))
	yield Row("none-inspircd", "a session in clear, though STARTTLS could be had", python("plain"), ("inspircd", dict(port=6667)), outcome="none", client_says=" 001 ")
	for server, given, mode, says in (("inspircd", dict(extra=("plain",)), "starttls", "no tls among"), ("inspircd", dict(extra=("plain",)), "at-once", "timed out|refused"),
			("ngircd", {}, "starttls", "no tls among"), ("ngircd", {}, "at-once", "timed out|refused")):
		yield Row("starttls_refused-%s-%s" % (server, mode), "the server knows no STARTTLS, the client insists", python(mode), (server, dict(port=6667, **given)),
			codes=["starttls_refused"], by=["client", "server"], client_says=says)
	yield Row("starttls_refused-ngircd-openssl", "the server knows no STARTTLS", shell(S_CLIENT % (6667, "-starttls irc")), ("ngircd", dict(port=6667)),
		codes=["starttls_refused"], by=["client", "server"], client_stack=OPENSSL, seconds=15)
	for server, name, certificate, client, kind, stack, tls in (("inspircd", "python", "expired", python("at-once"), "python", None, "1.3"),
			("inspircd", "openssl", "unknown-with-root", shell(S_CLIENT % (6667, "-tls1_2 -starttls irc")), "openssl", OPENSSL, "1.2"),
			("ngircd", "python", "self", python("direct", 6697), "python", None, "1.3")):
		story, named, clear, says = KINDS[certificate]
		yield Row("%s-%s-%s-tls%s" % (named[0], server, name, tls.replace(".", "")), "the server's certificate: " + story, client, (server, dict(port=client[1].get("port", 6667), certificate=certificate)),
			client_says="(?i)" + says, tls=tls, by=["client"], seconds=12, **verdict(certificate, kind, tls), **(dict(client_stack=stack) if stack else {}))
	yield Row("server_silent-ngircd-openssl", "TLS at once to a plain port whose server waits for a line's end", shell(S_CLIENT % (6667, "")), ("ngircd", dict(port=6667)),
		codes=["server_silent", "server_not_tls"], by=["client"], client_stack=OPENSSL, seconds=12)
	for server in ("inspircd", "ngircd"):
		yield Row("plaintext_to_tls_port-%s-6697" % server, "a chat in clear to the port of TLS", python("plain", 6697), (server, dict(port=6697)), codes=["plaintext_to_tls_port"],
			by=["server", "client"], client_says="ERR", seconds=15)


def rows():
	yield from nntp_rows()
	yield from irc_rows()


SPARE = ("completed-inn-gnutls completed-inn-nntps-openssl starttls_refused-inn-580-gnutls starttls_refused-ngircd-openssl").split()
