"""Drivers on Go and Java against real servers, and protocols one upon the other: mail through a proxy."""

from scenarios import Row
from scenarios.mail import CURL, OPENSSL, S_CLIENT, shell
from scenarios.server_certificate import KINDS

GO, JAVA = "go_driver", "java_driver"
STORES = {"pg": ("postgres", 5432, dict(extra=("plain",))), "maria": ("mariadb", 3306, dict(extra=("plain",))), "ldap": ("slapd", 389, dict(extra=("plain",))),
	"smtp": ("postfix", 25, dict(config="smtpd_tls_security_level = none")), "imap": ("dovecot", 143, dict(config="ssl = no")), "pop3": ("dovecot", 110, dict(config="ssl = no")), "mssql": ("tds", 1433, None)}
# Name, program, driver, mode, where to.
DRIVERS = (("pq", GO, "pq", "verify-full", "pg"), ("go-mysql", GO, "mysql", "lab", "maria"), ("go-ldap", GO, "ldap", "starttls", "ldap"), ("go-mssql", GO, "mssql", "true", "mssql"),
	("pgjdbc", JAVA, "postgresql", "verify-full", "pg"), ("mariadb-j", JAVA, "mariadb", "tls", "maria"), ("jndi", JAVA, "ldap", "starttls", "ldap"), ("javamail-smtp", JAVA, "smtp", "required", "smtp"),
	("javamail-imap", JAVA, "imap", "required", "imap"), ("javamail-pop3", JAVA, "pop3", "required", "pop3"))


def driver_rows():
	for name, program, driver, mode, where in DRIVERS:
		module, port, off = STORES[where]
		client = (program, dict(extra=(driver, mode), port=port))
		stack = "%s (%s)" % (name, {GO: "Go 1.19", JAVA: "Java 17"}[program])
		base = dict(port=port) if where != "mssql" else dict(port=port, extra=("on",), high="1.2")
		if name != "go-mssql":	# which stumbles over this login
			yield Row("completed-driver-" + name, "a driver that upgrades to TLS", client, (module, dict(base)), outcome="completed", client_says="OK|ERR", client_stack=stack, seconds=14)
		refused = dict(base, **off) if off else dict(port=port, extra=("not_sup",))
		yield Row("starttls_refused-driver-" + name, "a driver that insists, and a server without TLS", client, (module, refused), codes=["starttls_refused"], by=["client", "server"],
			client_says="ERR", client_stack=stack, seconds=14)
		for certificate, high in (("expired", "1.2"), ("other-name", "1.3" if where != "mssql" else "1.2")):
			if certificate == "other-name" and program == JAVA and where in ("pop3", "imap", "maria"):
				continue
			story, named, clear, says = KINDS[certificate]
			tls = dict(high=high) if where not in ("ldap", "imap", "pop3") else {}
			yield Row("%s-driver-%s" % (named[0], name), "the server's certificate: " + story, client, (module, dict(base, certificate=certificate, **tls)), by=["client"], client_says="(?i)ERR", client_stack=stack,
				outcome="failed", also=["completed"] if program == JAVA else [], codes=named + ["cert_rejected", "client_abandoned"], seconds=14)


def stacked_rows():
	tiny = "printf 'Port 8888\\nUser nobody\\nTimeout 8\\n' > {folder}/c; tinyproxy -d -c {folder}/c & "
	socks = "microsocks -p 1080 & "
	mail = "sleep 2; curl -sv --max-time 9 --ssl-reqd --cacert {roots} %s smtp://{host}:25 --mail-from a@b.example --mail-rcpt kim@lindenhof.example -T /etc/hostname"
	for name, proxy, port, option, certificate, config, code, outcome, tls in (
			("connect", tiny, 8888, "--proxytunnel -x http://{host}:8888", "good", "", "", "completed", ""), ("socks5", socks, 1080, "--socks5-hostname {host}:1080", "good", "", "", "completed", ""),
			("connect", tiny, 8888, "--tls-max 1.2 --proxytunnel -x http://{host}:8888", "expired", "", "cert_expired", "failed", "1.2"),
			("socks5", socks, 1080, "--tls-max 1.2 --socks5-hostname {host}:1080", "expired", "", "cert_expired", "failed", "1.2"),
			("connect", tiny, 8888, "--proxytunnel -x http://{host}:8888", "good", "smtpd_tls_security_level = none", "starttls_refused", "failed", ""),
			("socks5", socks, 1080, "--socks5-hostname {host}:1080", "good", "smtpd_tls_security_level = none", "starttls_refused", "failed", "")):
		yield Row("%s-mail-through-%s" % (code or "completed", name), "STARTTLS inside a tunnel: Postfix behind a proxy", shell(mail % option),
			("proxied_mail", dict(port=port, certificate=certificate, config=config, extra=(proxy,))), outcome=outcome, codes=[code] if code else [], by=["client"] if code else [], tls=tls, client_stack=CURL, seconds=14,
			client_says={"": "250 2", "cert_expired": "expired", "starttls_refused": "STARTTLS not|Requested SSL"}[code])
	yield Row("plaintext_to_tls_port-connect-nginx", "CONNECT in clear to a proxy's port that speaks TLS", shell("curl -sv -o /dev/null --max-time 8 -x http://{host}:443 https://www.lindenhof.example/"), ("nginx", {}),
		codes=["plaintext_to_tls_port", "proxy_refused"], by=["server"], client_stack=CURL, client_says="400|Empty|CONNECT")
	yield Row("plaintext_to_tls_port-connect-go", "CONNECT in clear to a proxy's port that speaks TLS", shell("curl -sv -o /dev/null --max-time 8 -x http://{host}:443 https://www.lindenhof.example/"), ("go", {}),
		codes=["plaintext_to_tls_port", "proxy_refused"], by=["server", "client"], client_stack=CURL, client_says="curl|CONNECT")
	yield Row("plaintext_to_tls_port-connect-java", "CONNECT in clear to a proxy's port that speaks TLS", shell("curl -sv -o /dev/null --max-time 8 -x http://{host}:443 https://www.lindenhof.example/"), ("java", {}),
		codes=["plaintext_to_tls_port", "proxy_refused"], by=["server", "client"], client_stack=CURL, client_says="curl|CONNECT")
	for server in ("nginx", "java", "openssl"):
		yield Row("plaintext_to_tls_port-socks5-" + server, "SOCKS to a port that speaks TLS", shell("curl -sv -o /dev/null --max-time 8 --socks5-hostname {host}:443 https://www.lindenhof.example/"), (server, {}),
			codes=["plaintext_to_tls_port", "proxy_refused"], by=["server", "client"], client_stack=CURL, client_says="SOCKS|curl|timed out")
	yield Row("server_not_tls-microsocks", "https:// to a SOCKS server", shell("curl -sv -o /dev/null --max-time 8 --cacert {roots} https://{host}:1080/"), ("shell", dict(port=1080, config="exec microsocks -p 1080")),
		codes=["server_not_tls", "closed_after_client_hello", "reset_after_client_hello"], by=["server", "client"], client_stack=CURL, server_stack="microsocks 1.0", client_says="SSL|eof|reset|curl")
	yield Row("server_not_tls-tinyproxy", "https:// to a proxy that speaks HTTP", shell("curl -sv -o /dev/null --max-time 8 --cacert {roots} https://{host}:8888/"),
		("shell", dict(port=8888, config=tiny.rstrip("& "))), codes=["server_not_tls", "server_silent"], by=["server", "client"], client_stack=CURL, server_stack="tinyproxy 1.11", client_says="SSL|wrong version|timed out")


KAMAILIO = ("printf '#!KAMAILIO\\nlisten=tls:198.51.100.44:5061\\nenable_tls=yes\\nlog_stderror=yes\\nchildren=1\\ntcp_children=1\\nloadmodule \"sl.so\"\\nloadmodule \"tls.so\"\\n"
	"modparam(\"tls\",\"private_key\",\"{key}\")\\nmodparam(\"tls\",\"certificate\",\"{chain}\")\\nmodparam(\"tls\",\"tls_method\",\"%s\")\\nrequest_route {{ sl_send_reply(\"200\",\"OK\"); }}\\n' > {folder}/c; exec kamailio -DD -E -f {folder}/c -m 32 -M 8")


def sip_rows():
	def there(certificate="good", method="TLSv1.2+"):
		return ("shell", dict(port=5061, config=KAMAILIO % method, certificate=certificate))
	more = dict(server_stack="Kamailio 5.6 (OpenSSL 3.0)")
	ask = "printf 'OPTIONS sip:{host} SIP/2.0\\r\\nVia: SIP/2.0/TLS 192.0.2.17;branch=z9hG4bKlab\\r\\nFrom: <sip:kim@lindenhof.example>;tag=1\\r\\nTo: <sip:{host}>\\r\\nCall-ID: lab\\r\\nCSeq: 1 OPTIONS\\r\\nContent-Length: 0\\r\\n\\r\\n'"
	line = "(" + ask + "; sleep 1) | timeout 8 openssl s_client -quiet -CAfile {roots} -verify_return_error -verify_hostname {host} -servername {host} -connect {host}:5061 %s 2>&1"
	yield Row("completed-kamailio", "SIP over TLS", shell(line % ""), there(), outcome="completed", client_stack=OPENSSL, client_says="200 OK", **more)
	for certificate in ("expired", "other-name"):
		story, named, clear, says = KINDS[certificate]
		yield Row("%s-kamailio" % named[0], "the server's certificate: " + story, shell(line % "-tls1_2"), there(certificate), codes=named, by=["client"], tls="1.2", client_stack=OPENSSL, client_says="(?i)" + says, **more)
	yield Row("version_mismatch-kamailio", "the proxy insists on TLS 1.2 or more", shell(line % "-tls1_1 -cipher DEFAULT:@SECLEVEL=0"), there(), codes=["version_mismatch", "closed_after_client_hello"], by=["server"],
		client_stack=OPENSSL, client_says="alert|eof|errno", **more)
	yield Row("plaintext_to_tls_port-kamailio", "SIP in clear to the port of SIP over TLS", shell("timeout 6 sipsak -E tcp -s sip:kim@198.51.100.44:5061 -v 2>&1; echo end"), there(), codes=["plaintext_to_tls_port"],
		by=["server", "client"], client_stack="sipsak 0.9", client_says="end", seconds=12, **more)


def rows():
	yield from driver_rows()
	yield from stacked_rows()
	yield from sip_rows()


SPARE = ()
