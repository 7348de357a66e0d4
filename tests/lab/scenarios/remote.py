"""SQL Server, whose TLS begins inside packets of TDS, and RDP, which negotiates in X.224."""

from scenarios import Row
from scenarios.mail import shell
from scenarios.server_certificate import KINDS, verdict

TSQL = ("printf '[lab]\\n host = {host}\\n port = 1433\\n tds version = 7.4\\n encryption = %s\\n ca file = {roots}\\n check certificate hostname = yes\\n' > {folder}/conf; "
	"printf 'select 1\\ngo\\nexit\\n' | FREETDSCONF={folder}/conf timeout 8 tsql -S lab -U sa -P secret 2>&1")
FT = "FreeTDS 1.3 tsql (GnuTLS 3.7)"
TEDIOUS = "tedious 19 (Node 20, OpenSSL 3.0)"


def tds_rows():
	def tedious(mode="tls", **more):
		return ("driver", dict(port=1433, extra=("tedious", mode), **more))

	def there(encryption, **more):
		return ("tds", dict(port=1433, extra=(encryption,), **more))
	# Up to TDS 7.4 servers speak TLS 1.2 at most.
	for name, client, stack, encryption in (("tsql-required", shell(TSQL % "require"), FT, "on"), ("tsql-login-only", shell(TSQL % "request"), FT, "off"),
			("tedious", tedious(), TEDIOUS, "on"), ("tedious-server-requires", tedious(), TEDIOUS, "req"), ("tedious-strict", tedious("strict"), TEDIOUS, "strict")):
		yield Row("completed-tds-" + name, "TLS for SQL Server", client, there(encryption, **({} if encryption == "strict" else dict(high="1.2"))), outcome="completed", server_says="OK TLS", client_stack=stack, seconds=12)
	yield Row("none-tds-plain", "neither side wants encryption", tedious("plain"), there("not_sup"), outcome="none", client_stack=TEDIOUS, client_says="OK", seconds=12)
	yield Row("starttls_refused-tds-tsql", "the server has no encryption (ENCRYPT_NOT_SUP), the client insists", shell(TSQL % "require"), there("not_sup"), codes=["starttls_refused"],
		by=["client", "server"], client_stack=FT, client_says="(?i)encrypt|connection|error", seconds=12)
	yield Row("none-tds-clear-after-all", "the server has no encryption (ENCRYPT_NOT_SUP), and the client that asked for it logs in in clear", tedious(), there("not_sup"), outcome="none",
		also=["failed"], codes=["starttls_refused"], client_stack=TEDIOUS, client_says="OK", seconds=12)
	for name, certificate, client, kind, stack, tls in (("tedious", "expired", tedious(high="1.2"), "node", TEDIOUS, "1.2"), ("tsql", "unknown-with-root", shell(TSQL % "require"), "gnutls", FT, "1.2"),
			("tedious", "other-name", tedious(), "node", TEDIOUS, "1.2")):
		story, named, clear, says = KINDS[certificate]
		late = dict(outcome="completed", also=["failed"], codes=named + ["client_abandoned", "cert_rejected"]) if name == "tsql" or certificate == "other-name" else verdict(certificate, kind, tls)
		yield Row("%s-tds-%s-tls%s" % (named[0], name, tls.replace(".", "")), "the server's certificate: " + story, client, there("on", certificate=certificate, high=tls),
			client_says="(?i)certificate|" + says, server_says="ERR", tls=tls, by=["client"], client_stack=stack, seconds=12, **late)
	yield Row("version_mismatch-tds-tedious", "inside TDS no version in common", tedious(high="1.2"), there("on", low="1.3"), codes=["version_mismatch"], by=["server"], client_stack=TEDIOUS,
		client_says="alert number 70", seconds=12)
	yield Row("server_not_tls-tds-strict", "TDS 8 (encrypt=strict) to a server that waits for PRELOGIN", tedious("strict"), there("on"), codes=["server_not_tls", "closed_after_client_hello",
		"server_silent", "client_abandoned"], by=["server", "client"], client_stack=TEDIOUS, seconds=12, client_says="ERR")
	yield Row("plaintext_to_tls_port-tds-strict", "PRELOGIN in clear to a server of TDS 8, which wants TLS first", tedious(), there("strict"), codes=["plaintext_to_tls_port", "starttls_refused"],
		by=["server", "client"], client_stack=TEDIOUS, seconds=12, client_says="ERR")


XFREE = ("export HOME={folder}; timeout 12 xvfb-run -a xfreerdp /v:{host}:3389 /u:kim /p:secret /timeout:6000 +auth-only /log-level:INFO %s 2>&1")
FREE = "FreeRDP 2.11 (OpenSSL 3.0)"


def rdp_rows():
	def xrdp(layer="tls", **more):
		return ("xrdp", dict(port=3389, extra=(layer,), **more))
	ignore = "/cert:ignore "
	yield Row("completed-xrdp-tls", "X.224 negotiates TLS", shell(XFREE % (ignore + "/sec:tls")), xrdp(), outcome="completed", client_stack=FREE, seconds=16, sequence="")
	yield Row("completed-xrdp-negotiate", "the client offers NLA and TLS, the server takes TLS", shell(XFREE % ignore), xrdp("negotiate"), outcome="completed", client_stack=FREE, seconds=16)
	yield Row("none-xrdp-rdp", "the server has RDP's own security only, and the client takes it", shell(XFREE % (ignore + "/sec:rdp")), xrdp("rdp"), outcome="none", client_stack=FREE, seconds=16)
	yield Row("starttls_refused-xrdp-not-allowed", "the client insists on TLS, the server has only RDP's own security", shell(XFREE % (ignore + "/sec:tls")), xrdp("rdp"), codes=["starttls_refused"],
		by=["client", "server"], client_stack=FREE, client_says="(?i)SSL_NOT_ALLOWED|negotiat|security", seconds=16)
	yield Row("starttls_refused-xrdp-required", "the client wants RDP's own security, the server insists on TLS", shell(XFREE % (ignore + "/sec:rdp")), xrdp("tls"), outcome="none", also=["failed"],
		codes=["starttls_refused"], by=["client", "server"], client_stack=FREE, client_says="TRANSPORT_FAILED", seconds=16)
	for certificate, tls in (("expired", "1.2"), ("other-name", "1.3")):
		story, named, clear, says = KINDS[certificate]
		yield Row("%s-xrdp-tls%s" % (named[0], tls.replace(".", "")), "the server's certificate, which the client denies: " + story, shell(XFREE % "/cert:deny /sec:tls"), xrdp(certificate=certificate, high=tls),
			client_says="(?i)certificate|tls", tls=tls, by=["client"], client_stack=FREE, outcome="completed", also=["failed"], codes=named + ["cert_unknown_ca", "client_abandoned", "cert_rejected"], seconds=16)
	yield Row("version_mismatch-xrdp", "after X.224 no version in common", shell(XFREE % (ignore + "/sec:tls /enforce-tlsv1_2")), xrdp(low="1.3"), codes=["version_mismatch"], by=["server"], client_stack=FREE,
		client_says="(?i)tls|ssl", seconds=16)
	yield Row("server_not_tls-xrdp-openssl", "TLS at once to RDP", shell("(sleep 3; echo Q) | timeout 8 openssl s_client -CAfile {roots} -connect {host}:3389"), xrdp(), codes=["server_not_tls",
		"closed_after_client_hello", "reset_after_client_hello", "server_silent"], by=["server", "client"], client_stack="OpenSSL 3.0 s_client", seconds=12)


def mistaken_rows():
	"""Who asks for TLS in his own protocol meets a server that knows TLS alone."""
	for name, client, stack, port, servers in (
			("ldap-starttls", lambda port: shell("LDAPTLS_CACERT={roots} ldapsearch -x -ZZ -o nettimeout=6 -H ldap://{host}:%d -b '' -s base 2>&1; echo end" % port), "ldapsearch, OpenLDAP 2.5", 636, ("slapd", "nginx", "java", "go")),
			("tds", lambda port: ("driver", dict(port=port, extra=("tedious", "tls"))), TEDIOUS, 443, ("nginx", "java", "go")),
			("rdp", lambda port: shell(XFREE.replace("3389", str(port)) % "/cert:ignore" + "; echo end"), FREE, 443, ("nginx", "java", "openssl")),
			("xmpp", lambda port: shell("(sleep 0.4; echo Q) | timeout 8 openssl s_client -starttls xmpp -connect {host}:%d 2>&1; echo end" % port), "OpenSSL 3.0 s_client", 5223, ("prosody", "nginx", "gnutls"))):
		for server in servers:
			yield Row("plaintext_to_tls_port-asks-%s-%s" % (name, server), "%s asks in clear at a port where TLS comes first" % stack, client(port), (server, dict(port=port)), codes=["plaintext_to_tls_port"], by=["server", "client"],
				client_stack=stack, client_says="end|ERR", seconds=16)


def rows():
	yield from mistaken_rows()
	yield from tds_rows()
	yield from rdp_rows()


SPARE = ("completed-tds-tedious-server-requires completed-xrdp-negotiate").split()
