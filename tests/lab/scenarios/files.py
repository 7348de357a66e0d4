"""FTP: AUTH TLS on the control connection, and data connections that do TLS of their own."""

from scenarios import Row
from scenarios.mail import GNU, GNUTLS, OPENSSL, S_CLIENT, shell
from scenarios.server_certificate import KINDS, verdict

CURL = "SSLKEYLOGFILE={keylog} curl -sv --max-time 12 --ssl-reqd --cacert {roots} %s ftp://{host}/"
LFTP = ("lftp -c \"set ssl:ca-file {roots}; set ftp:ssl-force %s; set ftp:ssl-allow-anonymous true; set ftp:ssl-protect-data true; set net:timeout 6; set net:max-retries 1; %s; debug 5; "
	"open ftp%s://{host}; ls; bye\"")
CU, LF = "curl 7.88 (OpenSSL 3.0)", "lftp 4.9 (GnuTLS 3.7)"
DATA = dict(each={1: dict(outcome="completed")})


def rows():
	there = dict(port=21)
	no_reuse = "require_ssl_reuse=NO"
	yield Row("completed-vsftpd-curl", "AUTH TLS, PROT P, and a listing over a data connection that resumes the session", shell(CURL % ""), ("vsftpd", dict(there)),
		outcome="completed", flows=2, client_stack=CU, client_says="greeting")
	yield Row("completed-vsftpd-lftp", "AUTH TLS, PROT P, and a listing over a data connection", shell(LFTP % ("true", "set ssl:check-hostname true", "")), ("vsftpd", dict(there, config=no_reuse)),
		outcome="completed", flows=2, client_stack=LF, client_says="greeting")
	yield Row("completed-vsftpd-implicit-lftp", "TLS at once on 990, and on the data connection", shell(LFTP % ("true", "set ssl:check-hostname true", "s")),
		("vsftpd", dict(port=990, config=no_reuse)), outcome="completed", flows=2, client_stack=LF, client_says="greeting")
	yield Row("completed-vsftpd-clear-data", "the control connection in TLS, the data in clear (PROT C)", shell(CURL.replace("--ssl-reqd", "--ftp-ssl-control") % ""),
		("vsftpd", dict(there, config="force_anon_data_ssl=NO")), outcome="completed", flows=2, each={1: dict(outcome="none")}, client_stack=CU, client_says="greeting")
	yield Row("completed-vsftpd-reuse-refused-python", "the data connection does not resume the session, and the server insists (522)", ("mailbox", dict(port=21, extra=("ftp", "starttls"))),
		("vsftpd", dict(there)), outcome="completed", flows=2, each={1: dict(outcome="completed", outcomes_acceptable=["completed", "failed"], codes=["server_abandoned"],
			aborted_by=["server"])}, client_says="522|425|reuse", server_says="(?i)reuse")
	yield Row("none-vsftpd-curl", "a listing in clear, though TLS is on offer", shell("curl -sv --max-time 12 ftp://{host}/"), ("vsftpd", dict(there, config="force_anon_logins_ssl=NO\n"
		"force_anon_data_ssl=NO")), outcome="none", flows=2, client_stack=CU, client_says="greeting")
	yield Row("none-vsftpd-required", "the server wants TLS first, the client never asks", shell("curl -sv --max-time 12 ftp://{host}/"), ("vsftpd", dict(there, config="force_anon_logins_ssl=YES")),
		outcome="none", also=["failed"], codes=["starttls_refused"], client_stack=CU, client_says="530")
	for name, client, stack, says in (("curl", shell(CURL % ""), CU, "530|500|denied"), ("lftp", shell(LFTP % ("true", "set ssl:check-hostname true", "")), LF, "(?i)ftp:ssl-force|login incorrect|530"),
			("python", ("mailbox", dict(port=21, extra=("ftp", "starttls"))), None, "530|500"), ("gnutls", shell(GNUTLS % ("QUIT\\r\\n", "--starttls-proto=ftp", 21)), GNU, "")):
		yield Row("starttls_refused-vsftpd-" + name, "the server knows no TLS, the client insists", client, ("vsftpd", dict(there, extra=("plain",))), codes=["starttls_refused"],
			by=["client", "server"], client_says=says, **(dict(client_stack=stack) if stack else {}))
	for name, certificate, tls, client, kind, stack in (("curl", "expired", "1.2", shell(CURL % "--tls-max 1.2"), "curl", CU),
			("lftp", "unknown", "1.2", shell(LFTP % ("true", "set ssl:priority NORMAL:-VERS-TLS1.3", "")), "gnutls", LF),
			("python", "other-name", "1.3", ("mailbox", dict(port=21, extra=("ftp", "starttls"))), "python", None)):
		story, named, clear, says = KINDS[certificate]
		says += "|certificate verification"
		late = dict(outcome="completed", also=["failed"], codes=named + ["cert_chain_incomplete", "client_abandoned"]) if name == "lftp" else verdict(certificate, kind, tls)
		yield Row("%s-vsftpd-%s-tls%s" % (named[0], name, tls.replace(".", "")), "the server's certificate: " + story, client, ("vsftpd", dict(there, certificate=certificate)),
			client_says="(?i)" + says, tls=tls, by=["client"], **late, **(dict(client_stack=stack) if stack else {}))
	yield Row("server_not_tls-vsftpd-curl", "TLS at once (ftps://) to a port that wants AUTH TLS", shell("curl -sv --max-time 12 --cacert {roots} ftps://{host}:21/"),
		("vsftpd", dict(there)), codes=["server_not_tls"], by=["client", "server"], client_stack=CU, client_says="wrong version number|packet length")
	yield Row("plaintext_to_tls_port-vsftpd-990", "a client that waits for a greeting on the port of implicit TLS", ("mailbox", dict(port=990, extra=("ftp", "plain"))),
		("vsftpd", dict(port=990)), codes=["plaintext_to_tls_port", "client_abandoned", "handshake_timeout"], by=["client"], also=["none", "inconclusive"], client_says="timed out")
	yield Row("version_mismatch-vsftpd-openssl", "after AUTH TLS the client offers TLS 1.1 at most", shell(S_CLIENT % (21, "-tls1_1 -cipher DEFAULT:@SECLEVEL=0 -starttls ftp")),
		("vsftpd", dict(there, config="ssl_tlsv1=YES")), codes=["version_mismatch", "internal_error", "closed_after_client_hello"], by=["server"], client_stack=OPENSSL,
		client_says="alert")


SPARE = ("none-vsftpd-curl starttls_refused-vsftpd-gnutls cert_expired-vsftpd-curl-tls12 completed-vsftpd-implicit-lftp version_mismatch-vsftpd-openssl").split()
