"""Ways to TLS that few protocols take: HTTP's Upgrade, as printing does; VNC's VeNCrypt; PostgreSQL without a word."""

from scenarios import Row
from scenarios.mail import OPENSSL, S_CLIENT, shell
from scenarios.server_certificate import KINDS

LPSTAT = "mkdir -p {folder}/.cups; printf 'ValidateCerts %s\\nAllowAnyRoot %s\\nAllowExpiredCerts %s\\n' > {folder}/.cups/client.conf; HOME={folder} timeout 8 lpstat -h {host}:631 %s -p 2>&1; echo end"
LP = "lpstat, CUPS 2.4 (GnuTLS 3.7)"


def print_rows():
	def there(*extra, **more):
		return ("cups", dict(port=631, extra=extra, **more))
	lax = ("No", "Yes", "Yes")
	yield Row("completed-cups-upgrade", "Upgrade: TLS/1.0, and TLS behind it", shell(LPSTAT % (lax + ("-E",))), there(), outcome="completed", client_stack=LP, client_says="end", seconds=12)
	yield Row("completed-cups-required", "426 Upgrade Required, and the client upgrades", shell(LPSTAT % (lax + ("",))), there("required"), outcome="completed", flows=3, each={0: dict(outcome="none"), 1: dict(outcome="none")},
		client_stack=LP, client_says="end", seconds=12)
	yield Row("none-cups-plain", "printing in clear", shell(LPSTAT % (lax + ("",))), there(), outcome="none", client_stack=LP, client_says="end", seconds=12)


def screen_rows():
	def there(types, **more):
		return ("shell", dict(port=5900, config="export HOME={folder}; exec Xvnc :7 -rfbport 5900 -SecurityTypes " + types + " -X509Cert {chain} -X509Key {key} -geometry 320x240", **more))
	more = dict(client_stack="scripted peer (Python, OpenSSL 3.0)", server_stack="TigerVNC 1.12 (GnuTLS 3.7)", seconds=12)
	client = ("upgrader", dict(port=5900, extra=("vencrypt",)))
	yield Row("completed-vencrypt", "VNC goes on in TLS (VeNCrypt, X509None)", client, there("X509None"), outcome="completed", client_says="OK", **more)
	yield Row("none-vencrypt-not-offered", "VNC without VeNCrypt, and the client leaves", client, there("None"), outcome="none", also=["failed"], codes=["starttls_refused"], client_says="ERR", **more)
	for certificate in ("expired", "other-name"):
		story, named, clear, says = KINDS[certificate]
		yield Row("%s-vencrypt" % named[0], "the server's certificate: " + story, client, there("X509None", certificate=certificate), codes=named + ["cert_rejected"], by=["client"], client_says="(?i)ERR.*certificate", **more)


def postgres_rows():
	node = ("driver", dict(port=5432, extra=("pg", "direct")))
	yield Row("completed-postgres-direct-node", "sslnegotiation=direct, and a server that takes it", node, ("shell", dict(port=5432, config="exec openssl s_server -accept 5432 -alpn postgresql -key {key} -cert {one} -cert_chain {chain} -quiet")),
		outcome="completed", client_stack="pg (Node 20)", server_stack="OpenSSL 3.0 s_server", seconds=12)
	yield Row("alpn_mismatch-postgres-direct-node", "sslnegotiation=direct to a TLS server of another kind", node, ("go", dict(port=5432, alpn=("h2", "http/1.1"))), codes=["alpn_mismatch"], by=["server"],
		client_stack="pg (Node 20)", client_says="ERR", seconds=12)
	yield Row("server_not_tls-postgres-direct-node", "sslnegotiation=direct to a PostgreSQL that knows it not yet", node, ("postgres", dict(port=5432)), codes=["server_not_tls", "closed_after_client_hello", "reset_after_client_hello"],
		by=["server", "client"], client_stack="pg (Node 20)", client_says="ERR", seconds=12)


def rows():
	yield from print_rows()
	yield from screen_rows()
	yield from postgres_rows()


SPARE = ()
