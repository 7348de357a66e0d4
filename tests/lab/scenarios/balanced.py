"""What stands in between and speaks before TLS: PROXY headers, SOCKS servers, forward proxies, and boxes that
strip an offer of TLS."""

import os

from scenarios import Row
from scenarios.databases import MARIADB, PSQL
from scenarios.mail import CURL, GNUTLS, OPENSSL, PERL, S_CLIENT, SEND, SWAKS, shell
from scenarios.server_certificate import KINDS, verdict

XMPP = os.path.join(os.path.dirname(__file__), "../peers/xmpp_client.py")
WEB = "curl -sv -o /dev/null --max-time 8 --cacert {roots} %s --connect-to {host}:443:127.0.0.1:9000 https://{host}/"
MAIL = "curl -sv --max-time 8 --ssl-reqd --cacert {roots} %s --connect-to {host}:25:127.0.0.1:9000 smtp://{host}:25 --mail-from a@b.example --mail-rcpt kim@lindenhof.example -T /etc/hostname"
IMAP = "curl -sv --max-time 8 %s --cacert {roots} %s --connect-to {host}:%d:127.0.0.1:9000 %s://kim:secret@{host}/"
HEADERS = ("send-proxy", "send-proxy-v2")
POSTFIX_EXPECTS = "smtpd_upstream_proxy_protocol = haproxy"


def balancer(header, line, port=443):
	return ("balancer", dict(port=port, extra=(header,), config=line))


def header_rows():
	for version, header in enumerate(HEADERS, 1):
		yield Row("completed-proxy-header-v%d-nginx" % version, "a PROXY header, expected, and TLS behind it", balancer(header, WEB % ""), ("nginx", dict(extra=("proxy",))),
			outcome="completed", client_says="HTTP/1.1 200")
		yield Row("cert_expired-proxy-header-v%d-nginx" % version, "an expired certificate behind an expected PROXY header", balancer(header, WEB % "--tls-max 1.2"),
			("nginx", dict(extra=("proxy",), certificate="expired")), codes=["cert_expired"], by=["client"], tls="1.2", client_says="expired")
		yield Row("completed-proxy-header-v%d-dovecot-imap" % version, "a PROXY header, a greeting, STARTTLS", balancer(header, IMAP % ("--ssl-reqd", "", 143, "imap"), 143),
			("dovecot", dict(port=143, extra=("haproxy",))), outcome="completed", client_says="OK.*Logged in|LIST")
		yield Row("completed-proxy-header-v%d-postfix" % version, "a PROXY header, a greeting, STARTTLS", balancer(header, MAIL % "", 25), ("postfix", dict(port=25, config=POSTFIX_EXPECTS)),
			outcome="completed", client_says="250 2")
		yield Row("plaintext_to_tls_port-proxy-header-v%d-dovecot-993" % version, "IMAP over TLS does not expect the PROXY header", balancer(header, IMAP % ("", "", 993, "imaps"), 993),
			("dovecot", dict(port=993)), codes=["plaintext_to_tls_port"], by=["server"], client_says="SSL|reset|closed|Empty")
	yield Row("cert_expired-proxy-header-dovecot-imap", "an expired certificate behind PROXY header and STARTTLS", balancer(HEADERS[1], IMAP % ("--ssl-reqd", "--tls-max 1.2", 143, "imap"), 143),
		("dovecot", dict(port=143, extra=("haproxy",), certificate="expired")), codes=["cert_expired"], by=["client"], tls="1.2", client_says="expired")
	yield Row("starttls_refused-proxy-header-postfix", "STARTTLS is not on offer behind a PROXY header", balancer(HEADERS[0], MAIL % "", 25),
		("postfix", dict(port=25, config=POSTFIX_EXPECTS + "\nsmtpd_tls_security_level = none")), codes=["starttls_refused"], by=["client"], client_says="STARTTLS not supported|Requested SSL")
	yield Row("version_mismatch-proxy-header-postfix", "after PROXY header and STARTTLS no version in common", balancer(HEADERS[1], MAIL % "--tls-max 1.2", 25),
		("postfix", dict(port=25, low="1.3", config=POSTFIX_EXPECTS)), codes=["version_mismatch"], by=["server"], client_says="protocol version")
	yield Row("closed_after_client_hello-proxy-header-missing-nginx", "nginx expects a PROXY header, and the client begins with TLS", ("curl", {}), ("nginx", dict(extra=("proxy",))),
		codes=["closed_after_client_hello", "reset_after_client_hello"], by=["server"], server_says="broken header", client_says="SSL|reset|eof|closed")
	for name, header, line, port, server in (
			("postfix-v1", HEADERS[0], MAIL % "", 25, ("postfix", dict(port=25))), ("postfix-v2", HEADERS[1], MAIL % "", 25, ("postfix", dict(port=25))),
			("dovecot-v1", HEADERS[0], IMAP % ("--ssl-reqd", "", 143, "imap"), 143, ("dovecot", dict(port=143))), ("dovecot-v2", HEADERS[1], IMAP % ("--ssl-reqd", "", 143, "imap"), 143, ("dovecot", dict(port=143)))):
		yield Row("none-proxy-header-unexpected-" + name, "a PROXY header in a dialogue where words come first, and nobody expects it", balancer(header, line, port), server,
			outcome="none", also=["failed", "completed"], codes=["starttls_refused", "plaintext_to_tls_port"], client_says="curl|<|>")


TUNNEL = "curl -sv -o /dev/null --max-time 10 --cacert {roots} %s https://%s/"
NAME = "shop.lindenhof.example:8443"
BLOCK = "socks block { from: 0.0.0.0/0 to: 0.0.0.0/0 port = 8443 log: error connect }\nsocks pass { from: 0.0.0.0/0 to: 0.0.0.0/0 }"
DANTE = "Dante 1.4, OpenSSL 3.0 s_server"


def socks_works(kind, there):
	yield Row("completed-dante-" + kind, "a tunnel through a SOCKS server", shell(TUNNEL % (there, NAME)), ("dante", dict(port=1080)), outcome="completed", client_stack=CURL,
		server_stack=DANTE, client_says="200 ok")
	yield Row("cert_expired-dante-" + kind, "an expired certificate, seen through a SOCKS server", shell(TUNNEL % (there + " --tls-max 1.2", NAME)),
		("dante", dict(port=1080, certificate="expired")), codes=["cert_expired"], by=["client"], tls="1.2", client_stack=CURL, server_stack=DANTE, client_says="expired")


def socks_rows():
	# Dante takes 0.0.0.1 of a 4a request for an address.
	for kind in ("socks4", "socks4a", "socks5", "socks5-hostname"):
		there = "--%s {host}:1080" % kind
		if kind != "socks4a":
			yield from socks_works(kind, there)
		yield Row("proxy_refused-dante-blocked-" + kind, "the SOCKS server's rules forbid it", shell(TUNNEL % (there, NAME)), ("dante", dict(port=1080, config=BLOCK)), codes=["proxy_refused"],
			by=["server", "client"], client_stack=CURL, client_says="SOCKS|connect")
		yield Row("proxy_refused-dante-closed-port-" + kind, "the SOCKS server finds nothing at the port asked for", shell(TUNNEL % (there, "shop.lindenhof.example:9")), ("dante", dict(port=1080)),
			codes=["proxy_refused"], by=["server", "client"], client_stack=CURL, client_says="SOCKS|connect")
	# Through SOCKS, s_client names no server: what the tunnel was asked for is the name.
	yield Row("cert_name_mismatch-dante-socks5", "another name than the one that the tunnel was asked for", shell(TUNNEL % ("--socks5-hostname {host}:1080 --tls-max 1.2", NAME)),
		("dante", dict(port=1080, certificate="other-name")), codes=["cert_name_mismatch", "client_abandoned"], by=["client"], tls="1.2", client_stack=CURL, server_stack=DANTE,
		outcome="completed", also=["failed"], client_says="no alternative certificate|does not match")
	yield Row("version_mismatch-dante-socks5", "no version in common behind the SOCKS server", shell(TUNNEL % ("--socks5-hostname {host}:1080 --tls-max 1.1 --ciphers DEFAULT:@SECLEVEL=0", NAME)),
		("dante", dict(port=1080)), codes=["version_mismatch"], by=["server"], client_stack=CURL, server_stack=DANTE, client_says="protocol version|alert")


THROUGH = "(sleep 0.4; echo Q) | openssl s_client -CAfile {roots} -verify_return_error -proxy {host}:8080 -connect " + NAME + " %s"


def connect_rows():
	def apache(config="", certificate="good"):
		return ("forward_apache", dict(port=8080, config=config, certificate=certificate))
	there = "-x http://{host}:8080"
	yield Row("completed-apache-connect", "a tunnel through Apache", shell(TUNNEL % (there, NAME)), apache(), outcome="completed", client_stack=CURL, client_says="200 ok")
	for name, config, target, more, says in (("403-port", "", "shop.lindenhof.example:22", "", "403"), ("403-host", "Require ip 203.0.113.1", NAME, "", "403"),
			("407", "AuthType Basic\nAuthName lab\nAuthUserFile {folder}/users\nRequire valid-user", NAME, "", "407"),
			("407-wrong", "AuthType Basic\nAuthName lab\nAuthUserFile /nonexistent\nRequire valid-user", NAME, " --proxy-user kim:wrong", "407|500"),
			("503-closed", "", "shop.lindenhof.example:443", "", "503|502"), ("502-name", "", "nowhere.lindenhof.example:443", "", "502|503|500")):
		yield Row("proxy_refused-apache-" + name, "Apache does not open the tunnel: " + name, shell(TUNNEL % (there + more, target)), apache(config.replace("{folder}", "/tmp")), codes=["proxy_refused"],
			by=["server", "client"], client_stack=CURL, client_says=says)
	yield Row("cert_expired-apache-connect", "an expired certificate behind a proxy, and no server name in the hello", shell(THROUGH % "-tls1_2 -noservername"), apache(certificate="expired"),
		codes=["cert_expired"], by=["client"], tls="1.2", client_stack=OPENSSL, client_says="expired")
	yield Row("cert_name_mismatch-apache-connect", "a proxy leads to a server with another name, and the hello has none", shell(THROUGH % "-tls1_2 -noservername -verify_hostname shop.lindenhof.example"),
		apache(certificate="other-name"), codes=["cert_name_mismatch", "cert_rejected"], by=["client"], tls="1.2", client_stack=OPENSSL, client_says="hostname mismatch")
	yield Row("server_not_tls-apache-connect", "the tunnel leads to a server that speaks HTTP", shell(TUNNEL % (there, "shop.lindenhof.example")),
		("shell", dict(port=8080, config="python3 -m http.server 443 >/dev/null 2>&1 & printf 'Port 8080\\nUser nobody\\nTimeout 8\\n' > {folder}/c; sleep 0.7; exec tinyproxy -d -c {folder}/c")),
		codes=["server_not_tls"], by=["client", "server"], client_stack=CURL, server_stack="tinyproxy 1.11, Python http.server", client_says="wrong version|SSL")


def stripped_rows():
	others = SEND.replace("curl ", "curl --interface 192.0.2.18 ", 1) % ("--ssl-reqd", "smtp", 25)
	for name, how, line, stack, says in (
			("drop-curl", "drop", SEND % ("--ssl-reqd", "smtp", 25), CURL, "STARTTLS not supported|Requested SSL"),
			("mask-swaks", "mask", SWAKS % (25, "--tls"), PERL, "did not advertise STARTTLS"),
			("spoil-curl", "spoil", SEND % ("--ssl-reqd", "smtp", 25), CURL, "STARTTLS denied|50[0-9]")):
		yield Row("starttls_refused-stripped-" + name, "a box strips the offer for one client (%s), another gets it" % how, shell(others + "; " + line),
			("stripped", dict(port=25, extra=(how, "192.0.2.17"))), codes=["starttls_refused"], by=["client", "server"], flows=2, each={0: dict(outcome="completed", codes=[], aborted_by=[])},
			client_stack=CURL if stack == CURL else "curl 7.88, " + stack, client_says=says, seconds=30)
	yield Row("starttls_refused-stripped-alone", "a box masks the offer, and nobody else was seen", shell(SWAKS % (25, "--tls")), ("stripped", dict(port=25, extra=("mask", "192.0.2.17"))),
		codes=["starttls_refused"], by=["client"], client_stack=PERL, client_says="did not advertise")
	yield Row("none-stripped-opportunistic", "a box strips the offer, and the client goes on in clear", shell(SEND % ("--ssl", "smtp", 25)), ("stripped", dict(port=25, extra=("drop", "192.0.2.17"))),
		outcome="none", client_stack=CURL, client_says="250 2")


def stripped_imap_rows():
	for scheme, port, says in (("imap", 143, "STARTTLS not"), ("pop3", 110, "STLS not")):
		line = "curl -sv --max-time 8 %s --ssl-reqd --cacert {roots} " + scheme + "://kim:secret@{host}/"
		yield Row("starttls_refused-stripped-" + scheme, "a box strips the offer for one client, another gets it", shell(line % "--interface 192.0.2.18" + "; " + line % ""),
			("stripped", dict(port=port, extra=("drop", "192.0.2.17"))), codes=["starttls_refused"], by=["client", "server"], flows=2, each={0: dict(outcome="completed", codes=[], aborted_by=[])},
			client_stack=CURL, server_stack="Dovecot 2.3 (OpenSSL 3.0) behind a box that strips STARTTLS", client_says=says, seconds=25)


def stripped_elsewhere_rows():
	"""Not only mail is inspected."""
	other = "timeout 4 " + S_CLIENT.replace("(sleep 0.4; echo Q) | openssl", "openssl", 1) + " -bind 192.0.2.18:0 </dev/null"
	ftp = "curl -sv --max-time 12 --ssl-reqd --cacert {roots} %s ftp://{host}/"
	for name, how, port, others, line, stacks, server, says, flows, words in (
			("xmpp", "drop", 5222, other % (5222, "-starttls xmpp"), "timeout 15 /usr/bin/python3 %s starttls {host} 5222 {roots}" % XMPP, "OpenSSL 3.0 s_client, slixmpp 1.8", "Prosody 0.12 (LuaSec, OpenSSL 3.0)", "stream_negotiated", 2, "offers an upgrade to TLS to others"),
			("mysql", "drop", 3306, other % (3306, "-starttls mysql"), MARIADB % (3306, "--ssl-verify-server-cert"), "OpenSSL 3.0 s_client, MariaDB client", "MariaDB 10.11 (OpenSSL 3.0)", "SSL is required|does not support|doesn't support", 2, "offers an upgrade to TLS to others"),
			("postgres", "deny", 5432, other % (5432, "-starttls postgres"), PSQL % (5432, "require", ""), "OpenSSL 3.0 s_client, psql 15", "PostgreSQL 15 (OpenSSL 3.0)", "server does not support SSL", 2, "for others"),
			("ftp", "spoil", 21, other % (21, "-starttls ftp"), ftp % "", "OpenSSL 3.0 s_client, curl 7.88", "vsftpd 3.0 (OpenSSL 3.0)", "Requested SSL|denied|530|500", 2, "for others")):
		yield Row("starttls_refused-stripped-" + name, "a box strips the offer for one client, another gets it", shell(others + "; sleep 0.3; " + line), ("stripped", dict(port=port, extra=(how, "192.0.2.17"))),
			codes=["starttls_refused"], by=["client", "server"], flows=flows, each={0: dict(outcome="completed", codes=[], aborted_by=[]), 1: dict(says=words)},
			client_stack=stacks, server_stack=server + " behind a box that strips STARTTLS", client_says=says, seconds=30)


def check_rows():
	"""HAProxy's own health checks, behind a PROXY header that speaks for nobody."""
	more = dict(client_stack="HAProxy 2.6 health check", seconds=4, client_says="")
	config = ("printf 'defaults\\n mode tcp\\n timeout client 5s\\n timeout connect 2s\\n timeout server 5s\\nlisten l\\n bind 127.0.0.1:9000\\n server one {host}:443 %s inter 30s\\n' > {folder}/c; timeout 3 haproxy -db -f {folder}/c")
	for version, header in enumerate(HEADERS, 1):
		yield Row("none-proxy-header-check-v%d" % version, "a health check sends its header and leaves", shell(config % ("check " + header)), ("nginx", dict(extra=("proxy",))), outcome="none", **more)
		yield Row("completed-proxy-header-check-ssl-v%d" % version, "a health check of the handshake, behind its header", shell(config % ("check check-ssl verify none " + header)), ("nginx", dict(extra=("proxy",))), outcome="completed", **more)
	yield Row("completed-proxy-header-tlvs-nginx", "a PROXY header with extensions (TLVs)", balancer("send-proxy-v2 proxy-v2-options unique-id,crc32c,authority", WEB % ""), ("nginx", dict(extra=("proxy",))), outcome="completed", client_says="HTTP/1.1 200")


def rows():
	yield from stripped_imap_rows()
	yield from stripped_elsewhere_rows()
	yield from check_rows()
	yield from header_rows()
	yield from socks_rows()
	yield from connect_rows()
	yield from stripped_rows()


SPARE = ("completed-dante-socks4a cert_expired-dante-socks4a completed-dante-socks5 cert_expired-dante-socks5 proxy_refused-dante-blocked-socks4a proxy_refused-dante-blocked-socks5-hostname "
	"proxy_refused-dante-closed-port-socks4 proxy_refused-dante-closed-port-socks5 proxy_refused-apache-407-wrong completed-proxy-header-v1-postfix "
	"none-proxy-header-unexpected-dovecot-v2").split()
