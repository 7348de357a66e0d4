"""Mail servers and the programs that fetch and send mail: TLS by STARTTLS and TLS at once."""

from scenarios import Row
from scenarios.server_certificate import KINDS, verdict

SEND = "curl -sv --max-time 12 %s --cacert {roots} %s://{host}:%d --mail-from a@b.example --mail-rcpt kim@lindenhof.example -T /etc/hostname"
SWAKS = "swaks --server {host}:%d --helo kim.example --from a@b.example --to kim@lindenhof.example --timeout 8 --tls-verify --tls-ca-path {roots} %s"
GNUTLS = "printf '%%b' '%s' | gnutls-cli --x509cafile {roots} %s -p %d {host}"
S_CLIENT = ("(sleep 0.4; echo Q) | openssl s_client -CAfile {roots} -verify_return_error -verify_hostname {host} -servername {host} "
	"-connect {host}:%d %s")
MSMTP = ("(echo Subject: lab; echo; echo hello) | msmtp -v -C /dev/null --host={host} --port=%d --timeout=8 --tls=on %s --tls-trust-file={roots} "
	"--from=a@b.example kim@lindenhof.example")
FETCH = ("touch {folder}/rc; chmod 600 {folder}/rc; echo 'poll {host} proto %s port %d timeout 8 user kim password secret is root %s "
	"sslcertfile {roots} sslcertck mda true' > {folder}/rc; chmod 700 {folder}; FETCHMAILHOME={folder} fetchmail -v -v --nosyslog -f {folder}/rc")
CURL, PERL, GNU = "curl 7.88 (OpenSSL 3.0)", "swaks, Net::SSLeay (OpenSSL 3.0)", "GnuTLS 3.7 gnutls-cli"
OPENSSL, MS, FM = "OpenSSL 3.0 s_client", "msmtp 1.8 (GnuTLS 3.7)", "fetchmail 6.4 (OpenSSL 3.0)"


def shell(line, **more):
	return ("shell", dict(config=line, **more))


def works():
	"""Every server with two or three clients."""
	for name, client, stack, server in (
			("postfix-curl", shell(SEND % ("--ssl-reqd", "smtp", 25)), CURL, ("postfix", dict(port=25))),
			("postfix-swaks-587", shell(SWAKS % (587, "--tls")), PERL, ("postfix", dict(port=587, high="1.2"))),
			("postfix-msmtp", shell(MSMTP % (25, "--tls-starttls=on")), MS, ("postfix", dict(port=25))),
			("postfix-python", ("mailbox", dict(port=25, extra=("smtp", "starttls"))), None, ("postfix", dict(port=25, high="1.2"))),
			("postfix-smtps-curl", shell(SEND % ("", "smtps", 465)), CURL, ("postfix", dict(port=465))),
			("dovecot-lmtp-python", ("mailbox", dict(port=24, extra=("lmtp", "starttls"))), None, ("dovecot", dict(port=24))),
			("dovecot-imap-gnutls", shell(GNUTLS % ("a LOGOUT\\r\\n", "--starttls-proto=imap", 143)), GNU, ("dovecot", dict(port=143))),
			("dovecot-imap-python", ("mailbox", dict(port=143, extra=("imap", "starttls"))), None, ("dovecot", dict(port=143))),
			("dovecot-imap-fetchmail", shell(FETCH % ("imap", 143, "sslproto tls1.2+")), FM, ("dovecot", dict(port=143))),
			("dovecot-pop3-fetchmail", shell(FETCH % ("pop3", 110, "sslproto tls1.2+")), FM, ("dovecot", dict(port=110))),
			("dovecot-pop3-curl", shell("curl -sv --max-time 12 --ssl-reqd --cacert {roots} pop3://kim:secret@{host}/"), CURL, ("dovecot", dict(port=110))),
			("dovecot-sieve-gnutls", shell(GNUTLS % ("LOGOUT\\r\\n", "--starttls-proto=sieve", 4190)), GNU, ("dovecot", dict(port=4190))),
			("dovecot-sieve-openssl", shell(S_CLIENT % (4190, "-starttls sieve")), OPENSSL, ("dovecot", dict(port=4190))),
			("dovecot-submission-swaks", shell(SWAKS % (587, "--tls --quit-after TLS")), PERL, ("dovecot", dict(port=587))),
			):
		more = dict(client_stack=stack) if stack else {}
		yield Row("completed-" + name, "mail, and TLS as it should be", client, server, outcome="completed", sequence="enc", **more)


def refused():
	"""The upgrade is not on offer, or refused when asked for."""
	# Postfix starts without its certificate, and offers what needs none.
	for name, line, stack in (("curl", SEND % ("--ssl-reqd", "smtp", 25), CURL), ("gnutls", GNUTLS % ("QUIT\\r\\n", "--starttls-proto=smtp", 25), GNU)):
		yield Row("negotiation_failed-postfix-no-certificate-" + name, "STARTTLS is granted, but the server could not load its certificate", shell(line),
			("postfix", dict(port=25, config="smtpd_tls_chain_files = /nonexistent/key.pem")), codes=["negotiation_failed", "cipher_mismatch"], by=["server"],
			client_stack=stack, server_says="no shared cipher")
	for name, line, stack, says in (
			("curl", SEND % ("--ssl-reqd", "smtp", 25), CURL, "454|STARTTLS denied"),
			("swaks", SWAKS % (587, "--tls"), PERL, "454"),
			("msmtp", MSMTP % (25, "--tls-starttls=on"), MS, "STARTTLS|TLS"),
			("gnutls", GNUTLS % ("QUIT\\r\\n", "--starttls-proto=smtp", 25), GNU, ""),
			("openssl", S_CLIENT % (25, "-starttls smtp"), OPENSSL, "")):
		yield Row("starttls_refused-postfix-454-" + name, "STARTTLS is offered but answered with 454, as the server cannot load its CA file", shell(line),
			("postfix", dict(port=587 if name == "swaks" else 25, config="smtpd_tls_CAfile = /nonexistent/ca.pem")), codes=["starttls_refused"], by=["server", "client"],
			client_stack=stack, client_says=says, server_says="disabling TLS support")
	off = "smtpd_tls_security_level = none"
	for name, client, stack, says in (
			("curl", shell(SEND % ("--ssl-reqd", "smtp", 25)), CURL, "STARTTLS not supported|Requested SSL level failed"),
			("swaks", shell(SWAKS % (25, "--tls")), PERL, "did not advertise STARTTLS"),
			("msmtp", shell(MSMTP % (587, "--tls-starttls=on")), MS, "STARTTLS"),
			("python", ("mailbox", dict(port=25, extra=("smtp", "starttls"))), None, "not supported")):
		more = dict(client_stack=stack) if stack else {}
		yield Row("starttls_refused-postfix-off-" + name, "the server offers no STARTTLS, the client insists", client,
			("postfix", dict(port=587 if name == "msmtp" else 25, config=off)), codes=["starttls_refused"], by=["client"], client_says=says, **more)
	for name, client, stack, says in (
			("imap-curl", shell("curl -sv --max-time 12 --ssl-reqd --cacert {roots} imap://kim:secret@{host}/"), CURL, "STARTTLS not"),
			("imap-python", ("mailbox", dict(port=143, extra=("imap", "starttls"))), None, "TLS not supported|STARTTLS"),
			("imap-gnutls", shell(GNUTLS % ("a LOGOUT\\r\\n", "--starttls-proto=imap", 143)), GNU, ""),
			("imap-fetchmail", shell(FETCH % ("imap", 143, "sslproto tls1.2+")), FM, "TLS"),
			("pop3-fetchmail", shell(FETCH % ("pop3", 110, "sslproto tls1.2+")), FM, "TLS"),
			("pop3-python", ("mailbox", dict(port=110, extra=("pop3", "starttls"))), None, "STLS"),
			("pop3-curl", shell("curl -sv --max-time 12 --ssl-reqd --cacert {roots} pop3://kim:secret@{host}/"), CURL, "STLS not"),
			("sieve-gnutls", shell(GNUTLS % ("LOGOUT\\r\\n", "--starttls-proto=sieve", 4190)), GNU, ""),
			("lmtp-python", ("mailbox", dict(port=24, extra=("lmtp", "starttls"))), None, "not supported"),
			("submission-curl", shell(SEND % ("--ssl-reqd", "smtp", 587)), CURL, "STARTTLS not|Requested SSL level failed")):
		more = dict(client_stack=stack) if stack else {}
		port = {"imap": 143, "pop3": 110, "sieve": 4190, "lmtp": 24, "submission": 587}[name.split("-")[0]]
		yield Row("starttls_refused-dovecot-off-" + name, "the server has TLS switched off, the client insists", client,
			("dovecot", dict(port=port, config="ssl = no")), codes=["starttls_refused"], by=["client", "server"], client_says=says, **more)


def beyond():
	"""What fails after the upgrade fails as anywhere else."""
	for name, certificate, client, kind, stack, server, tls in (
			("postfix-swaks", "expired", shell(SWAKS % (25, "--tls")), "openssl", PERL, ("postfix", dict(port=25)), "1.3"),
			("postfix-curl", "self", shell(SEND % ("--ssl-reqd", "smtp", 587)), "curl", CURL, ("postfix", dict(port=587)), "1.2"),
			("postfix-gnutls", "unknown-with-root", shell(GNUTLS % ("QUIT\\r\\n", "--starttls-proto=smtp", 25)), "gnutls", GNU, ("postfix", dict(port=25)), "1.2"),
			("postfix-python", "other-name", ("mailbox", dict(port=587, extra=("smtp", "starttls"))), "python", None, ("postfix", dict(port=587)), "1.2"),
			("postfix-smtps-openssl", "incomplete", shell(S_CLIENT % (465, "")), "openssl", OPENSSL, ("postfix", dict(port=465)), "1.2"),
			("dovecot-imap-python", "not-yet", ("mailbox", dict(port=143, extra=("imap", "starttls"))), "python", None, ("dovecot", dict(port=143)), "1.3"),
			("dovecot-imaps-gnutls", "expired", shell(GNUTLS % ("a LOGOUT\\r\\n", "", 993)), "gnutls", GNU, ("dovecot", dict(port=993)), "1.3"),
			("dovecot-pop3-fetchmail", "self", shell(FETCH % ("pop3", 110, "sslproto tls1.2+")), "openssl", FM, ("dovecot", dict(port=110)), "1.3"),
			("dovecot-pop3s-python", "expired", ("mailbox", dict(port=995, extra=("pop3", "implicit"))), "python", None, ("dovecot", dict(port=995)), "1.3"),
			("dovecot-sieve-gnutls", "unknown", shell(GNUTLS % ("LOGOUT\\r\\n", "--starttls-proto=sieve", 4190)), "gnutls", GNU, ("dovecot", dict(port=4190)), "1.3"),
			("dovecot-lmtp-python", "other-name", ("mailbox", dict(port=24, extra=("lmtp", "starttls"))), "python", None, ("dovecot", dict(port=24)), "1.3")):
		story, named, clear, says = KINDS[certificate]
		module, there = server
		there = dict(there, certificate=certificate)
		if module == "postfix":
			there["high"] = tls
		more = dict(client_stack=stack) if stack else {}
		yield Row("%s-%s-tls%s" % (named[0], name, tls.replace(".", "")), "the server's certificate: " + story, client, (module, there),
			client_says="(?i)" + says, server_says=r"alert (certificate expired|unknown ca|bad certificate)", tls=tls, by=["client"], **verdict(certificate, kind, tls), **more)
	old = "-tls1_1 -cipher DEFAULT:@SECLEVEL=0 -starttls "
	for module, protocol, port in (("postfix", "smtp", 25), ("dovecot", "imap", 143), ("dovecot", "pop3", 110), ("dovecot", "sieve", 4190), ("dovecot", "lmtp", 24)):
		yield Row("version_mismatch-%s-%s" % (module, protocol), "after the upgrade the client offers TLS 1.1 and the server takes 1.2", shell(S_CLIENT % (port, old + protocol)),
			(module, dict(port=port)), codes=["version_mismatch"] + (["closed_after_client_hello"] if module == "dovecot" else []), by=["server"],
			client_stack=OPENSSL, server_says="unsupported protocol")
	yield Row("cipher_mismatch-postfix-gnutls", "after the upgrade no suite in common", shell(GNUTLS % ("QUIT\\r\\n",
		"--priority NORMAL:-VERS-TLS1.3:-KX-ALL:+RSA --starttls-proto=smtp", 25)), ("postfix", dict(port=25)), codes=["cipher_mismatch", "negotiation_failed"], by=["server"],
		client_stack=GNU, client_says="(?i)alert|fail")


def mistaken():
	"""TLS at once where STARTTLS is spoken, and words in clear where TLS is."""
	for module, protocol, port, client, stack in (
			("postfix", "smtp", 25, shell(SEND % ("", "smtps", 25)), CURL),
			("postfix", "smtp", 587, shell(S_CLIENT % (587, "")), OPENSSL),
			("postfix", "smtp", 25, shell(GNUTLS % ("QUIT\\r\\n", "", 25)), GNU),
			("dovecot", "imap", 143, ("mailbox", dict(port=143, extra=("imap", "implicit"))), None),
			("dovecot", "imap", 143, shell(GNUTLS % ("a LOGOUT\\r\\n", "", 143)), GNU),
			("dovecot", "pop3", 110, shell(S_CLIENT % (110, "")), OPENSSL),
			("dovecot", "sieve", 4190, shell(S_CLIENT % (4190, "")), OPENSSL),
			("dovecot", "lmtp", 24, shell(S_CLIENT % (24, "")), OPENSSL)):
		more = dict(client_stack=stack) if stack else {}
		yield Row("server_not_tls-%s-%s-%d-%s" % (module, protocol, port, (stack or "python").split()[0].lower()), "TLS at once to a port of %s that wants STARTTLS" % protocol, client,
			(module, dict(port=port)), codes=["server_not_tls"], by=["client", "server"], client_says="(?i)wrong version|unexpected|packet|SSL|TLS|record", **more)
	for module, protocol, port, words in (("postfix", "smtp", 465, r"EHLO kim.example\r\n"), ("dovecot", "imap", 993, r"a1 CAPABILITY\r\n"),
			("dovecot", "pop3", 995, r"CAPA\r\n")):
		yield Row("plaintext_to_tls_port-%s-%d" % (module, port), "words of %s to a port where TLS begins at once" % protocol,
			("raw", dict(port=port, extra=("say", words))), (module, dict(port=port)), codes=["plaintext_to_tls_port"], by=["server", "client"],
			server_says="(?i)error|wrong version|unknown protocol|http request|lost connection|Disconnected")
	for module, kind, port in (("postfix", "smtp", 465), ("dovecot", "imap", 993), ("dovecot", "pop3", 995)):
		yield Row("plaintext_to_tls_port-%s-%d-waits" % (module, port), "the client waits for a greeting in clear where TLS begins at once: both are silent until the client's patience ends",
			("mailbox", dict(port=port, extra=(kind, "plain"))), (module, dict(port=port)), codes=["plaintext_to_tls_port", "client_abandoned", "handshake_timeout"], by=["client"],
			also=["none", "inconclusive"], client_says="(?i)timed out|timeout")


# Second and third clients that do as the first.
SPARE = ("completed-postfix-curl completed-postfix-python completed-dovecot-imap-gnutls completed-dovecot-imap-python completed-dovecot-pop3-fetchmail "
	"completed-dovecot-sieve-gnutls completed-dovecot-submission-swaks starttls_refused-postfix-off-curl starttls_refused-postfix-off-msmtp "
	"starttls_refused-postfix-454-msmtp starttls_refused-postfix-454-gnutls starttls_refused-dovecot-off-imap-curl starttls_refused-dovecot-off-imap-gnutls "
	"starttls_refused-dovecot-off-pop3-fetchmail starttls_refused-dovecot-off-pop3-python starttls_refused-dovecot-off-submission-curl "
	"cert_self_signed-postfix-curl-tls12 cert_name_mismatch-postfix-python-tls12 cert_expired-dovecot-imaps-gnutls-tls13 cert_expired-dovecot-pop3s-python-tls13 "
	"version_mismatch-dovecot-pop3 version_mismatch-dovecot-lmtp server_not_tls-postfix-smtp-587-openssl server_not_tls-dovecot-imap-143-python "
	"plaintext_to_tls_port-dovecot-995-waits").split()


def rows():
	yield from works()
	yield from refused()
	yield from beyond()
	yield from mistaken()
	yield Row("none-postfix-declined", "TLS is offered, the client sends its mail in clear", shell(SWAKS % (25, "")), ("postfix", dict(port=25)), outcome="none",
		client_stack=PERL, client_says="250 2.0.0 Ok")
	yield Row("none-postfix-required", "the server demands TLS, the client never asks for it", shell(SWAKS % (25, "")),
		("postfix", dict(port=25, config="smtpd_tls_security_level = encrypt")), outcome="none", also=["failed"], codes=["starttls_refused"], client_stack=PERL, client_says="530 5.7.0")
	yield Row("none-postfix-opportunistic", "no TLS on offer, and the client would only have preferred it", shell(SWAKS % (25, "--tls-optional")),
		("postfix", dict(port=25, config="smtpd_tls_security_level = none")), outcome="none", client_stack=PERL, client_says="250 2.0.0 Ok")

