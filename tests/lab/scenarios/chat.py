"""XMPP: STARTTLS in a stream of XML, and direct TLS."""

from scenarios import Row
from scenarios.mail import GNU, GNUTLS, OPENSSL, S_CLIENT, shell
from scenarios.server_certificate import KINDS, verdict


def rows():
	there = dict(port=5222)
	for name, line, stack, port in (("gnutls", GNUTLS % ("", "--starttls-proto=xmpp", 5222), GNU, 5222), ("openssl", S_CLIENT % (5222, "-starttls xmpp"), OPENSSL, 5222),
			("direct-openssl", S_CLIENT % (5223, "-alpn xmpp-client"), OPENSSL, 5223)):
		yield Row("completed-prosody-" + name, "a stream upgraded to TLS", shell(line), ("prosody", dict(port=port)), outcome="completed", sequence="enc", client_stack=stack)
	for name, line, stack in (("gnutls", GNUTLS % ("", "--starttls-proto=xmpp", 5222), GNU), ("openssl", S_CLIENT % (5222, "-starttls xmpp"), OPENSSL)):
		yield Row("starttls_refused-prosody-" + name, "the stream's features come without STARTTLS, and the client insists", shell(line), ("prosody", dict(there, extra=("plain",))),
			codes=["starttls_refused"], by=["client", "server"], client_stack=stack)
	for name, certificate, tls, line, kind, stack in (("openssl", "expired", "1.3", S_CLIENT % (5222, "-starttls xmpp"), "openssl", OPENSSL),
			("gnutls", "self", "1.2", GNUTLS % ("", "--priority NORMAL:-VERS-TLS1.3 --starttls-proto=xmpp", 5222), "gnutls", GNU)):
		story, named, clear, says = KINDS[certificate]
		yield Row("%s-prosody-%s-tls%s" % (named[0], name, tls.replace(".", "")), "the server's certificate: " + story, shell(line), ("prosody", dict(there, certificate=certificate)),
			client_says="(?i)" + says, tls=tls, by=["client"], client_stack=stack, **verdict(certificate, kind, tls))
	yield Row("version_mismatch-prosody-openssl", "after the upgrade the client offers TLS 1.1 at most", shell(S_CLIENT % (5222, "-tls1_1 -cipher DEFAULT:@SECLEVEL=0 -starttls xmpp")),
		("prosody", dict(there)), codes=["version_mismatch", "closed_after_client_hello"], by=["server"], client_stack=OPENSSL, client_says="alert|eof", server_says="unsupported protocol|wrong version")
	yield Row("server_not_tls-prosody-openssl", "TLS at once to the port of STARTTLS", shell(S_CLIENT % (5222, "")), ("prosody", dict(there)),
		codes=["server_not_tls", "closed_after_client_hello"], by=["server", "client"], client_stack=OPENSSL, client_says="wrong version|eof|SSL")


SPARE = ("completed-prosody-openssl",)
