"""LDAP: StartTLS is an extended operation, and a refusal has a number and words."""

from scenarios import Row
from scenarios.mail import GNU, GNUTLS, OPENSSL, S_CLIENT, shell
from scenarios.server_certificate import KINDS, verdict

SEARCH = "LDAPTLS_CACERT={roots} %s ldapsearch -d 1 -x -o nettimeout=8 -H %s://{host} %s -b '' -s base 2>&1"
LD = "ldapsearch, OpenLDAP 2.5 (GnuTLS 3.7)"


def rows():
	there = dict(port=389)
	for name, line, stack, server in (
			("search", SEARCH % ("", "ldap", "-ZZ"), LD, dict(there)),
			("openssl", S_CLIENT % (389, "-starttls ldap"), OPENSSL, dict(there)),
			("gnutls", GNUTLS % ("", "--starttls-proto=ldap", 389), GNU, dict(there)),
			("ldaps-search", SEARCH % ("", "ldaps", ""), LD, dict(port=636))):
		yield Row("completed-slapd-" + name, "a directory over TLS", shell(line), ("slapd", server), outcome="completed", sequence="enc", client_stack=stack)
	for name, line, stack, says in (("search", SEARCH % ("", "ldap", "-ZZ"), LD, "Protocol error|unsupported extended"), ("openssl", S_CLIENT % (389, "-starttls ldap"), OPENSSL, ""),
			("gnutls", GNUTLS % ("", "--starttls-proto=ldap", 389), GNU, "")):
		yield Row("starttls_refused-slapd-" + name, "the server has no certificate: StartTLS is answered with protocolError", shell(line),
			("slapd", dict(there, extra=("plain",))), codes=["starttls_refused"], by=["client", "server"], client_stack=stack, client_says=says)
	yield Row("none-slapd-optional", "StartTLS is refused and the client (-Z) goes on in clear", shell(SEARCH % ("", "ldap", "-Z")), ("slapd", dict(there, extra=("plain",))), outcome="none",
		also=["failed"], codes=["starttls_refused"], client_stack=LD, client_says="numEntries")
	yield Row("none-slapd-confidentiality", "the server demands TLS (confidentialityRequired), the client never asks", shell(SEARCH % ("", "ldap", "")),
		("slapd", dict(there, config="security tls=1")), outcome="none", also=["failed"], codes=["starttls_refused"], client_stack=LD, client_says="onfidentiality required")
	for name, certificate, tls, line, kind, stack in (
			("search", "expired", "1.2", SEARCH % ("LDAPTLS_CIPHER_SUITE=NORMAL:-VERS-TLS1.3", "ldap", "-ZZ"), "gnutls", LD),
			("search", "unknown-with-root", "1.3", SEARCH % ("", "ldap", "-ZZ"), "gnutls", LD),
			("openssl", "other-name", "1.2", S_CLIENT % (389, "-tls1_2 -starttls ldap"), "openssl", OPENSSL)):
		story, named, clear, says = KINDS[certificate]
		yield Row("%s-slapd-%s-tls%s" % (named[0], name, tls.replace(".", "")), "the server's certificate: " + story, shell(line), ("slapd", dict(there, certificate=certificate)),
			client_says="(?i)verif|untrusted|" + says, tls=tls, by=["client"], client_stack=stack, **verdict(certificate, kind, tls))
	# libldap judges when the handshake is over: over ldaps it just leaves.
	yield Row("cert_self_signed-slapd-ldaps-search-tls12", "libldap finds a certificate that signs itself, and leaves after the handshake",
		shell(SEARCH % ("LDAPTLS_CIPHER_SUITE=NORMAL:-VERS-TLS1.3", "ldaps", "")), ("slapd", dict(port=636, certificate="self")), outcome="completed", also=["failed"],
		codes=["cert_self_signed", "client_abandoned"], by=["client"], tls="1.2", client_stack=LD, client_says="(?i)untrusted")
	yield Row("cert_name_mismatch-slapd-search-tls12", "libldap compares the name after the handshake", shell(SEARCH % ("LDAPTLS_CIPHER_SUITE=NORMAL:-VERS-TLS1.3", "ldap", "-ZZ")),
		("slapd", dict(there, certificate="other-name")), outcome="completed", also=["failed"], codes=["cert_name_mismatch", "client_abandoned"], by=["client"], tls="1.2",
		client_stack=LD, client_says="(?i)does not match")
	yield Row("version_mismatch-slapd-openssl", "after StartTLS the client offers TLS 1.1 at most", shell(S_CLIENT % (389, "-tls1_1 -cipher DEFAULT:@SECLEVEL=0 -starttls ldap")),
		("slapd", dict(there, priority="NORMAL:-VERS-ALL:+VERS-TLS1.2")), codes=["version_mismatch", "closed_after_client_hello"], by=["server"], client_stack=OPENSSL,
		client_says="alert|unexpected eof|SSL routines", server_says="TLS")
	yield Row("server_not_tls-slapd-openssl", "TLS at once to the port of StartTLS", shell(S_CLIENT % (389, "")), ("slapd", dict(there)),
		codes=["server_not_tls", "closed_after_client_hello", "reset_after_client_hello"], by=["server"], client_stack=OPENSSL, client_says="unexpected eof|SSL|errno")
	yield Row("server_not_tls-slapd-search", "ldaps:// to the port of StartTLS", shell((SEARCH % ("", "ldaps", "")).replace("://{host}", "://{host}:389")), ("slapd", dict(there)), codes=["server_not_tls", "closed_after_client_hello", "reset_after_client_hello"],
		by=["server"], client_stack=LD, client_says="Can't contact")
	yield Row("plaintext_to_tls_port-slapd-636", "a search in clear sent to the port of ldaps", shell((SEARCH % ("", "ldap", "")).replace("://{host}", "://{host}:636")),
		("slapd", dict(port=636)), codes=["plaintext_to_tls_port"], by=["server"], client_stack=LD, client_says="Can't contact|Server Down|-1")
	yield Row("client_cert_missing-slapd-search", "the server demands a client certificate", shell(SEARCH % ("LDAPTLS_CIPHER_SUITE=NORMAL:-VERS-TLS1.3", "ldap", "-ZZ")),
		("slapd", dict(there, ask=True)), codes=["client_cert_missing"], by=["server"], tls="1.2", client_stack=LD, client_says="(?i)alert|error|fail")


SPARE = ("completed-slapd-search completed-slapd-ldaps-search starttls_refused-slapd-openssl cert_name_mismatch-slapd-openssl-tls12 server_not_tls-slapd-openssl").split()
