"""A second and third server for mail, files and chat, and more who call them."""

from scenarios import Row
from scenarios.files import CU, CURL as FTP, LF, LFTP
from scenarios.mail import CURL, GNU, GNUTLS, OPENSSL, PERL, S_CLIENT, SEND, SWAKS, shell
from scenarios.server_certificate import KINDS, verdict

MBSYNC = ("printf 'IMAPAccount lab\\nHost {host}\\nPort 143\\nUser kim\\nPass secret\\nSSLType STARTTLS\\nSystemCertificates no\\nCertificateFile {roots}\\nTimeout 8\\n\\nIMAPStore far\\nAccount lab\\n\\nMaildirStore near\\nPath {folder}/m/\\n"
	"Inbox {folder}/m/in\\n\\nChannel c\\nFar :far:\\nNear :near:\\nCreate Near\\n' > {folder}/rc; mkdir {folder}/m; timeout 12 mbsync -V -c {folder}/rc c 2>&1")
MB = "mbsync 1.4 (OpenSSL 3.0)"


def exim_rows():
	there = dict(port=25)
	for name, line, stack in (("curl", SEND % ("--ssl-reqd", "smtp", 25), CURL), ("gnutls", GNUTLS % ("QUIT\\r\\n", "--starttls-proto=smtp", 25), GNU)):
		yield Row("completed-exim-" + name, "mail, and TLS as it should be", shell(line), ("exim", dict(there)), outcome="completed", client_stack=stack, sequence="enc")
		yield Row("starttls_refused-exim-off-" + name, "the server offers no STARTTLS, the client insists", shell(line), ("exim", dict(there, extra=("plain",))), codes=["starttls_refused"], by=["client", "server"],
			client_stack=stack)
		yield Row("starttls_refused-exim-unreadable-" + name, "STARTTLS is on offer, but the certificate cannot be read", shell(line), ("exim", dict(there, extra=("unreadable",))), codes=["starttls_refused", "internal_error",
			"negotiation_failed", "closed_after_client_hello"], by=["client", "server"], client_stack=stack)
	for name, certificate, line, kind, stack, tls in (("swaks", "expired", SWAKS % (25, "--tls"), "openssl", PERL, ""), ("openssl", "other-name", S_CLIENT % (25, "-tls1_2 -starttls smtp"), "openssl", OPENSSL, "1.2")):
		story, named, clear, says = KINDS[certificate]
		yield Row("%s-exim-%s" % (named[0], name), "the server's certificate: " + story, shell(line), ("exim", dict(there, certificate=certificate)), client_says="(?i)certif|" + says, tls=tls, by=["client"], client_stack=stack,
			**verdict(certificate, kind, tls or "1.3"))
	yield Row("version_mismatch-exim-openssl", "after the upgrade the client offers TLS 1.1", shell(S_CLIENT % (25, "-tls1_1 -cipher DEFAULT:@SECLEVEL=0 -starttls smtp")), ("exim", dict(there, priority="NORMAL:-VERS-ALL:+VERS-TLS1.2")),
		codes=["version_mismatch", "closed_after_client_hello"], by=["server"], client_stack=OPENSSL)
	yield Row("server_not_tls-exim-curl", "TLS at once to the port of STARTTLS", shell(SEND % ("", "smtps", 25)), ("exim", dict(there)), codes=["server_not_tls"], by=["client", "server"], client_stack=CURL, client_says="wrong version|packet length")
	yield Row("plaintext_to_tls_port-exim-465", "a client that waits for a greeting on the port of smtps", ("mailbox", dict(port=465, extra=("smtp", "plain"))), ("exim", dict(port=465)),
		codes=["plaintext_to_tls_port", "client_abandoned", "handshake_timeout"], by=["client"], also=["none", "inconclusive"], client_says="timed out")


def ftp_rows():
	for server in ("proftpd", "pure_ftpd"):
		there, name = dict(port=21), server.replace("_", "-")
		yield Row("completed-%s-curl" % name, "AUTH TLS, and a listing over a data connection in TLS", shell(FTP % ""), (server, dict(there)), outcome="completed", flows=1 if server == "proftpd" else 2, client_stack=CU, client_says="226|530")
		yield Row("starttls_refused-%s-curl" % name, "the server knows no TLS, the client insists", shell(FTP % ""), (server, dict(there, extra=("plain",))), codes=["starttls_refused"], by=["client", "server"],
			client_stack=CU, client_says="AUTH|denied")
		yield Row("starttls_refused-%s-lftp" % name, "the server knows no TLS, the client insists", shell(LFTP % ("true", "set ssl:check-hostname true", "")), (server, dict(there, extra=("plain",))), codes=["starttls_refused"],
			by=["client", "server"], client_stack=LF, client_says="(?i)ftp:ssl-force|AUTH|not supported")
		story, named, clear, says = KINDS["expired"]
		yield Row("cert_expired-%s-curl" % name, "the server's certificate: " + story, shell(FTP % "--tls-max 1.2"), (server, dict(there, certificate="expired", high="1.2")), client_says="(?i)" + says, tls="1.2", by=["client"],
			client_stack=CU, **verdict("expired", "curl", "1.2"))
		yield Row("server_not_tls-%s-curl" % name, "TLS at once (ftps://) to a port that wants AUTH TLS", shell("curl -sv --max-time 12 --cacert {roots} ftps://{host}:21/"), (server, dict(there)), codes=["server_not_tls"],
			by=["client", "server"], client_stack=CU, client_says="wrong version number|packet length")
	yield Row("none-pure-ftpd-required", "the server lets nobody in without TLS, the client never asks", shell("curl -sv --max-time 12 ftp://{host}/"), ("pure_ftpd", dict(port=21, extra=("required",))), outcome="none", also=["failed"],
		codes=["starttls_refused"], client_stack=CU, client_says="421|530|TLS")
	yield Row("version_mismatch-proftpd-curl", "after AUTH TLS no version in common", shell(FTP % "--tls-max 1.2"), ("proftpd", dict(port=21, low="1.3")), codes=["version_mismatch"], by=["server"], client_stack=CU, client_says="protocol version")


def chat_rows():
	def slix(mode, port=5222):
		return ("xmpp", dict(port=port, extra=(mode,)))
	yield Row("completed-prosody-slixmpp", "chat over TLS", slix("starttls"), ("prosody", dict(port=5222)), outcome="completed", seconds=14, client_says="(?i)auth")
	# asyncio drops the alert that OpenSSL wrote.
	for certificate, high in (("expired", "1.2"), ("unknown-with-root", "1.3")):
		story, named, clear, says = KINDS[certificate]
		yield Row("%s-prosody-slixmpp" % named[0], "the server's certificate: " + story, slix("starttls"), ("prosody", dict(port=5222, certificate=certificate, high=high)), codes=named + ["cert_rejected", "client_abandoned"],
			by=["client"], seconds=14, client_says="(?i)expired|ssl_invalid|certificate", outcome="failed")
	peer = S_CLIENT % (5269, "-starttls xmpp-server -xmpphost {host} %s")
	yield Row("completed-prosody-s2s-openssl", "a stream between servers, upgraded to TLS", shell(peer % ""), ("prosody", dict(port=5269)), outcome="completed", client_stack=OPENSSL, sequence="enc")
	yield Row("completed-prosody-s2s-direct-openssl", "a stream between servers, TLS at once", shell(S_CLIENT % (5270, "-alpn xmpp-server")), ("prosody", dict(port=5270)), outcome="completed", client_stack=OPENSSL, sequence="enc")
	yield Row("starttls_refused-prosody-s2s-openssl", "a stream between servers without STARTTLS", shell(peer % ""), ("prosody", dict(port=5269, extra=("plain",))), outcome="none", also=["failed"], codes=["starttls_refused"], client_stack=OPENSSL)
	yield Row("cert_expired-prosody-s2s-openssl", "a stream between servers meets an expired certificate", shell(peer % "-tls1_2"), ("prosody", dict(port=5269, certificate="expired")), codes=["cert_expired"], by=["client"], tls="1.2",
		client_stack=OPENSSL, client_says="expired")


def fetch_rows():
	there = dict(port=143)
	yield Row("completed-dovecot-mbsync", "mail is fetched over STARTTLS", shell(MBSYNC), ("dovecot", dict(there)), outcome="completed", client_stack=MB, client_says="(?i)connect|login", seconds=14)
	yield Row("starttls_refused-dovecot-mbsync", "no STARTTLS on offer, the client insists", shell(MBSYNC), ("dovecot", dict(there, config="ssl = no")), codes=["starttls_refused"], by=["client"], client_stack=MB, client_says="(?i)tls|error", seconds=14)
	for certificate in ("expired", "other-name"):
		story, named, clear, says = KINDS[certificate]
		yield Row("%s-dovecot-mbsync" % named[0], "the server's certificate: " + story, shell(MBSYNC), ("dovecot", dict(there, certificate=certificate)), codes=named + ["cert_rejected", "client_abandoned"], by=["client"], outcome="completed",
			also=["failed"], client_stack=MB, client_says="(?i)certificate|does not match|expired", seconds=14)


def rows():
	yield from exim_rows()
	yield from ftp_rows()
	yield from chat_rows()
	yield from fetch_rows()


SPARE = ("starttls_refused-exim-off-gnutls starttls_refused-proftpd-lftp starttls_refused-pure-ftpd-lftp").split()
