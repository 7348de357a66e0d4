"""Databases: PostgreSQL, whose client asks for TLS, and MariaDB, whose greeting offers it."""

from scenarios import Row
from scenarios.mail import GNU, GNUTLS, OPENSSL, S_CLIENT, shell
from scenarios.server_certificate import KINDS, verdict

PSQL = "PGCONNECT_TIMEOUT=8 psql 'host={host} port=%d user=postgres dbname=postgres sslmode=%s sslrootcert={roots} %s' -c 'select 1'"
MARIADB = "mariadb --no-defaults -h {host} -P %d -u kim -psecret --connect-timeout=8 --ssl-ca={roots} %s -e 'select 1'"
PQ, MY = "psql 15, libpq (OpenSSL 3.0)", "mariadb 10.11 client (OpenSSL 3.0)"


def postgres_rows():
	there = dict(port=5432)
	for name, line, stack, server in (
			("psql", PSQL % (5432, "verify-full", ""), PQ, dict(there)),
			("openssl", S_CLIENT % (5432, "-starttls postgres"), OPENSSL, dict(there)),
			("gnutls", GNUTLS % ("", "--starttls-proto=postgres", 5432), GNU, dict(there, high="1.2"))):
		yield Row("completed-postgres-" + name, "SSLRequest, and TLS as it should be", shell(line), ("postgres", server), outcome="completed", sequence="enc", client_stack=stack)
	yield Row("completed-postgres-gss-first", "GSSENCRequest is answered with N, SSLRequest with S", ("upgrader", dict(port=5432, extra=("postgres-gss",))),
		("scripted", dict(port=5432, extra=("postgres",))), outcome="completed", client_says="OK")
	yield Row("none-postgres-gss", "GSSAPI encryption is granted, which is not TLS", ("upgrader", dict(port=5432, extra=("postgres-gss",))), ("postgres", dict(there)),
		outcome="none", client_says="b'G'")
	for name, line, stack, says in (("psql", PSQL % (5432, "require", ""), PQ, "server does not support SSL"),
			("gnutls", GNUTLS % ("", "--starttls-proto=postgres", 5432), GNU, "")):
		yield Row("starttls_refused-postgres-" + name, "TLS is switched off: SSLRequest is answered with N", shell(line), ("postgres", dict(there, extra=("plain",))),
			codes=["starttls_refused"], by=["client", "server"], client_stack=stack, client_says=says)
	yield Row("none-postgres-prefer", "the client would have preferred TLS and goes on in clear", shell(PSQL % (5432, "prefer", "")),
		("postgres", dict(there, extra=("plain",))), outcome="none", client_stack=PQ, client_says="1 row")
	yield Row("none-postgres-disable", "a session in clear where TLS could be had", shell(PSQL % (5432, "disable", "")), ("postgres", dict(there)), outcome="none",
		client_stack=PQ, client_says="1 row")
	yield Row("none-postgres-hostssl", "the server lets nobody in without TLS, the client never asks for it", shell(PSQL % (5432, "disable", "")),
		("postgres", dict(there, config="hostssl all all all trust\n")), outcome="none", also=["failed"], codes=["starttls_refused"], client_stack=PQ,
		client_says="no encryption")
	# sslmode=allow: in clear, and with TLS only once that was refused.
	yield Row("completed-postgres-allow", "refused in clear, the client comes again with TLS", shell(PSQL % (5432, "allow", "")),
		("postgres", dict(there, config="hostssl all all all trust\n")), outcome="completed", flows=2, client_stack=PQ, client_says="1 row", each={0: dict(outcome="none")})
	yield Row("server_not_tls-postgres-direct", "direct TLS (sslnegotiation=direct) to a PostgreSQL that waits for SSLRequest", shell(S_CLIENT % (5432, "-alpn postgresql")),
		("postgres", dict(there)), codes=["server_not_tls", "closed_after_client_hello", "reset_after_client_hello"], by=["server"], client_stack=OPENSSL,
		server_says="invalid length of startup packet")
	yield Row("cert_name_mismatch-postgres-psql", "verify-full finds another name", shell(PSQL % (5432, "verify-full", "")), ("postgres", dict(there, certificate="other-name", high="1.2")),
		outcome="completed", also=["failed"], codes=["cert_name_mismatch", "client_abandoned"], by=["client"], tls="1.2", client_stack=PQ, client_says="does not match host name")
	for name, certificate, tls in (("expired", "expired", "1.3"), ("unknown", "unknown-with-root", "1.2"), ("incomplete", "incomplete", "1.3")):
		story, named, clear, says = KINDS[certificate]
		yield Row("%s-postgres-psql" % named[0], "the server's certificate: " + story, shell("SSLKEYLOGFILE={keylog} " + PSQL % (5432, "verify-ca", "")),
			("postgres", dict(there, certificate=certificate, high=tls)), client_says="(?i)verify failed|" + says, server_says=r"alert (certificate expired|unknown ca)", tls=tls,
			by=["client"], client_stack=PQ, **verdict(certificate, "openssl", tls))
	yield Row("version_mismatch-postgres-psql", "the server insists on TLS 1.3, the client stops at 1.2", shell(PSQL % (5432, "require", "ssl_max_protocol_version=TLSv1.2")),
		("postgres", dict(there, low="1.3")), codes=["version_mismatch"], by=["server"], client_stack=PQ, client_says="protocol version")
	yield Row("client_cert_missing-postgres-psql", "pg_hba.conf demands a client certificate", shell(PSQL % (5432, "require", "")),
		("postgres", dict(there, ask=True, config="hostssl all all all cert\n")), outcome="completed", also=["failed"], codes=["client_cert_missing"], by=["server"],
		client_stack=PQ, client_says="requires a valid client certificate")
	yield Row("client_cert_unknown_ca-postgres-psql", "a client certificate from an authority that the server does not know", shell(
		"cp {client_unknown_key} {folder}/key; chmod 600 {folder}/key; " + PSQL % (5432, "require", "sslcert={client_unknown} sslkey={folder}/key")),
		("postgres", dict(there, ask=True, high="1.2", config="hostssl all all all cert\n")), codes=["client_cert_unknown_ca"], by=["server"], tls="1.2",
		client_stack=PQ, client_says="unknown ca")


def mariadb_rows():
	there = dict(port=3306)
	for name, line, stack, server in (
			("client", MARIADB % (3306, "--ssl-verify-server-cert"), MY, dict(there)),
			("openssl", S_CLIENT % (3306, "-starttls mysql"), OPENSSL, dict(there, high="1.2"))):
		yield Row("completed-mariadb-" + name, "the greeting offers TLS and the client takes it", shell(line), ("mariadb", server), outcome="completed", sequence="enc", client_stack=stack)
	yield Row("none-mariadb-clear", "TLS is on offer, the client does without", shell(MARIADB.replace("--ssl-ca={roots}", "--skip-ssl") % (3306, "")), ("mariadb", dict(there)), outcome="none",
		client_stack=MY, client_says="^1")
	yield Row("none-mariadb-required", "the server demands TLS, the client never asks for it", shell(MARIADB.replace("--ssl-ca={roots}", "--skip-ssl") % (3306, "")),
		("mariadb", dict(there, config="--require-secure-transport=ON")), outcome="none", also=["failed"], codes=["starttls_refused"], client_stack=MY, client_says="3159|Access denied")
	for name, line, stack, says in (("client", MARIADB % (3306, "--ssl-verify-server-cert"), MY, "SSL is required|does not support|doesn't support"),
			("openssl", S_CLIENT % (3306, "-starttls mysql"), OPENSSL, "does not support SSL")):
		yield Row("starttls_refused-mariadb-" + name, "the greeting says that the server has no TLS, and the client insists", shell(line),
			("mariadb", dict(there, extra=("plain",))), codes=["starttls_refused"], by=["client", "server"], client_stack=stack, client_says=says)
	yield Row("server_not_tls-mariadb-openssl", "TLS at once to MariaDB, which greets first", shell(S_CLIENT % (3306, "")), ("mariadb", dict(there)), codes=["server_not_tls"],
		by=["client", "server"], client_stack=OPENSSL, client_says="wrong version number|packet length")
	for certificate, tls in (("expired", "1.2"), ("self", "1.3"), ("other-name", "1.2")):
		story, named, clear, says = KINDS[certificate]
		late = dict(outcome="completed", also=["failed"], codes=["cert_name_mismatch", "client_abandoned"]) if certificate == "other-name" else verdict(certificate, "openssl", tls)
		yield Row("%s-mariadb-client" % named[0], "the server's certificate: " + story, shell(MARIADB % (3306, "--ssl-verify-server-cert")),
			("mariadb", dict(there, certificate=certificate, high=tls)), client_says="(?i)" + says + "|validation", tls=tls, by=["client"], client_stack=MY, **late)
	yield Row("version_mismatch-mariadb-client", "the server insists on TLS 1.3, the client stops at 1.2", shell(MARIADB % (3306, "--tls-version=TLSv1.2")),
		("mariadb", dict(there, low="1.3")), codes=["version_mismatch"], by=["server"], client_stack=MY, client_says="protocol version")
	yield Row("connect_refused-mariadb", "a database that is not there, on a port where nobody said that TLS was wanted", shell(MARIADB % (3306, "--ssl-verify-server-cert")),
		None, outcome="none", client_stack=MY, client_says="Can't connect")


def rows():
	yield from postgres_rows()
	yield from mariadb_rows()


SPARE = ("completed-postgres-openssl completed-postgres-gnutls none-postgres-disable cert_chain_incomplete-postgres-psql completed-mariadb-openssl none-mariadb-clear "
	"starttls_refused-mariadb-openssl version_mismatch-mariadb-client connect_refused-mariadb").split()
