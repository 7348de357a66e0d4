"""One side does not speak TLS, or not yet."""

from scenarios import Row


def plaintext_rows():
	http = "curl -sv -o /dev/null --max-time 10 http://{host}:443/"
	for server in ("nginx", "apache", "haproxy", "openssl", "go", "java", "gnutls", "stunnel", "lighttpd", "node", "wolf", "mbed"):
		yield Row("plaintext_to_tls_port-http-" + server, "HTTP to a TLS port", ("shell", dict(config=http)), (server, {}),
			codes=["plaintext_to_tls_port"], by=["server", "client"], client_stack="curl 7.88", seconds=12)
	for words, text in (("smtp", r"EHLO kim.example\r\n"), ("ssh", r"SSH-2.0-OpenSSH_9.2\r\n"), ("imap", r"a1 CAPABILITY\r\n")):
		for server in ("nginx", "go", "java", "haproxy"):
			yield Row("plaintext_to_tls_port-%s-%s" % (words, server), words + " to a TLS port", ("raw", dict(extra=("say", text))),
				(server, {}), codes=["plaintext_to_tls_port"], by=["server", "client"])


def server_rows():
	for role, argument in (("http", ""), ("redirect", ""), ("banner", "ssh"), ("banner", "smtp"), ("banner", "ftp"), ("banner", "imap"),
			("banner", "pop3"), ("banner", "mysql"), ("echo", "")):
		name = argument or role
		for client in ("openssl", "curl", "go", "gnutls", "java", "nss", "node", "wolf", "mbed"):
			if name in ("redirect", "ftp", "imap", "pop3", "mysql", "echo") and client not in ("openssl", "java", "curl"):
				continue
			codes = ["server_not_tls"]
			if role == "echo":
				codes = ["server_not_tls", "unexpected_message", "illegal_parameter", "malformed_message"]
			if name == "mysql":
				codes.append("starttls_refused")	# its greeting offers no TLS
			yield Row("server_not_tls-%s-%s" % (name, client), "the server answers a ClientHello in the words of " + name, (client, {}),
				("scripted", dict(extra=(role, argument) if argument else (role,))), codes=codes, by=["client", "server"])
	yield Row("server_not_tls-real-http-curl", "nginx without TLS on that port", ("curl", {}),
		("shell", dict(config="printf 'daemon off; master_process off; pid {folder}/pid; events {{}} http {{ access_log off; server {{ listen 443; "
			"return 200; }} }}' > {folder}/c; exec nginx -e stderr -p {folder} -c {folder}/c")),
		codes=["server_not_tls"], by=["client", "server"], server_stack="nginx 1.22, plain HTTP")


CURL = "curl -sv -o /dev/null --max-time 12 --ssl-reqd --cacert {roots} "
UPGRADES = {
	"smtp": (25, CURL + "smtp://{host}:25 --mail-from a@b.example --mail-rcpt c@d.example -T /etc/hostname"),
	"imap": (143, CURL + "imap://{host}:143/"), "pop3": (110, CURL + "pop3://{host}:110/"), "ftp": (21, CURL + "ftp://{host}:21/"),
}
S_CLIENT = "echo Q | openssl s_client -CAfile {roots} -verify_return_error -verify_hostname {host} -servername {host} -connect {host}:%d -starttls %s"
OTHERS = {"postgres": (5432, S_CLIENT % (5432, "postgres")), "mysql": (3306, S_CLIENT % (3306, "mysql")),
	"ldap": (389, S_CLIENT % (389, "ldap")), "xmpp": (5222, S_CLIENT % (5222, "xmpp"))}


def upgrade_rows():
	for protocol, (port, line) in {**UPGRADES, **OTHERS}.items():
		stack = "curl 7.88 (OpenSSL 3.0)" if protocol in UPGRADES else "OpenSSL 3.0 s_client"

		def peer(argument="", **more):
			return ("scripted", dict(port=port, extra=(protocol, argument) if argument else (protocol,), **more))
		yield Row("completed-starttls-" + protocol, protocol + " upgraded to TLS", ("shell", dict(config=line)), peer(), outcome="completed",
			client_stack=stack, sequence="(enc|hs)" if protocol != "ftp" else "", seconds=15)
		for argument in ("not-offered", "refused") if protocol not in ("postgres", "mysql", "ldap") else ("refused",):
			if protocol == "ftp" and argument == "not-offered":
				continue
			yield Row("starttls_refused-%s-%s" % (protocol, argument), "%s: the upgrade is %s" % (protocol, argument),
				("shell", dict(config=line)), peer(argument), codes=["starttls_refused"], by=["server", "client"], client_stack=stack,
				seconds=15)
		yield Row("cert_expired-starttls-" + protocol, "an expired certificate after the upgrade of " + protocol,
			("shell", dict(config=line)), peer(certificate="expired"), codes=["cert_expired"], by=["client"], client_stack=stack,
			client_says="expired", seconds=15)
	for protocol, port in (("smtp", 25), ("imap", 143), ("pop3", 110), ("ftp", 21), ("xmpp", 5222), ("postgres", 5432)):
		yield Row("completed-starttls-%s-gnutls" % protocol, protocol + " upgraded to TLS", ("shell", dict(config=
			"echo | gnutls-cli --x509cafile {roots} --starttls-proto=%s -p %d {host}" % (protocol, port))),
			("scripted", dict(port=port, extra=(protocol,))), outcome="completed", client_stack="GnuTLS 3.7 gnutls-cli", sequence="(enc|hs)")


def proxy_rows():
	http = "curl -sv -o /dev/null --max-time 10 --cacert {roots} -x http://{host}:%d https://shop.lindenhof.example/"
	socks = "curl -sv -o /dev/null --max-time 10 --cacert {roots} --%s {host}:1080 https://shop.lindenhof.example/"
	for port, status in ((3128, "403 Forbidden"), (3128, "407 Proxy Authentication Required"), (8080, "502 Bad Gateway"), (8080, "503 Service Unavailable"),
			(3128, "504 Gateway Timeout")):
		yield Row("proxy_refused-connect-" + status[:3], "CONNECT answered with " + status, ("shell", dict(config=http % port)),
			("scripted", dict(port=port, extra=("connect", status))), codes=["proxy_refused"], by=["server", "client"],
			client_stack="curl 7.88 (OpenSSL 3.0)", client_says="CONNECT tunnel failed|response")
	for code in ("1", "2", "4", "5", "auth"):
		yield Row("proxy_refused-socks5-" + code, "SOCKS5 refuses: " + code, ("shell", dict(config=socks % "socks5-hostname")),
			("scripted", dict(port=1080, extra=("socks5", code))), codes=["proxy_refused"], by=["server", "client"],
			client_stack="curl 7.88 (OpenSSL 3.0)", client_says="SOCKS|connect|auth")
	yield Row("proxy_refused-socks4-91", "SOCKS4 refuses", ("shell", dict(config=socks % "socks4a")),
		("scripted", dict(port=1080, extra=("socks4", "91"))), codes=["proxy_refused"], by=["server", "client"],
		client_stack="curl 7.88 (OpenSSL 3.0)", client_says="SOCKS")
	for name, line, port, role in (("connect", http % 3128, 3128, "connect"), ("socks5", socks % "socks5-hostname", 1080, "socks5"),
			("socks4", socks % "socks4a", 1080, "socks4")):
		yield Row("completed-proxy-" + name, "a tunnel through " + name, ("shell", dict(config=line)), ("scripted", dict(port=port, extra=(role,))),
			outcome="completed", client_stack="curl 7.88 (OpenSSL 3.0)", sequence="enc")
		yield Row("cert_unknown_ca-proxy-" + name, "an unknown issuer, seen through a tunnel of " + name, ("shell", dict(config=line.replace("--cacert {roots}", "--tls-max 1.2"))),
			("scripted", dict(port=port, extra=(role,), certificate="unknown-with-root")), codes=["cert_unknown_ca"], by=["client"],
			client_stack="curl 7.88 (OpenSSL 3.0)", client_says="self.signed")


def rows():
	yield from plaintext_rows()
	yield from server_rows()
	yield from upgrade_rows()
	yield from proxy_rows()
