"""Real proxies between a client and a TLS server: what they refuse, and in which words."""

from scenarios import Row
from scenarios.mail import CURL, shell

WEB = "openssl s_server -accept 127.0.0.1:8443 -www -key {%s_key} -cert {%s} -cert_chain {%s} >/dev/null 2>&1 & "
HTTP = "curl -sv -o /dev/null --max-time 12 --cacert {roots} %s -x http://{host}:%d https://%s/"
SOCKS = "curl -sv -o /dev/null --max-time 12 --cacert {roots} %s --%s {host}:1080 https://%s/"
NAME = "shop.lindenhof.example:8443"


def squid(config="http_access allow all"):
	return ("squid", dict(port=3128, config=config))


def behind(certificate, proxy, port):
	return ("shell", dict(port=port, config=WEB % (certificate, certificate, certificate) + "sleep 0.3; " + proxy))


def rows():
	micro = "exec microsocks -p 1080 %s"
	for name, client, server, stack, says in (
			("squid-403", HTTP % ("", 3128, NAME), squid("http_access deny all"), None, "403"),
			("squid-407", HTTP % ("", 3128, NAME), squid("auth_param basic program /usr/lib/squid/basic_fake_auth\nacl known proxy_auth REQUIRED\nhttp_access allow known"), None, "407"),
			("squid-503-refused", HTTP % ("", 3128, "127.0.0.1:9"), squid(), None, "503"),
			("tinyproxy-403", HTTP % ("", 8888, NAME), ("shell", dict(port=8888, config="printf 'Port 8888\\nUser nobody\\nTimeout 8\\nConnectPort 443\\n' > {folder}/c; exec tinyproxy -d -c {folder}/c")),
				"tinyproxy 1.11", "403"),
			("tinyproxy-500", HTTP % ("", 8888, "127.0.0.1:9"), ("shell", dict(port=8888, config="printf 'Port 8888\\nUser nobody\\nTimeout 8\\n' > {folder}/c; exec tinyproxy -d -c {folder}/c")),
				"tinyproxy 1.11", "50[0-9]"),
			("microsocks-refused", SOCKS % ("", "socks5-hostname", "127.0.0.1:9"), ("shell", dict(port=1080, config=micro % "")), "microsocks 1.0", "SOCKS|connect"),
			("microsocks-name", SOCKS % ("", "socks5-hostname", "nowhere.lindenhof.example"), ("shell", dict(port=1080, config=micro % "")), "microsocks 1.0", "SOCKS|connect"),
			("microsocks-auth-missing", SOCKS % ("", "socks5-hostname", NAME), ("shell", dict(port=1080, config=micro % "-u kim -P secret")), "microsocks 1.0", "SOCKS|auth"),
			("microsocks-auth-wrong", SOCKS % ("--proxy-user kim:wrong", "socks5-hostname", NAME), ("shell", dict(port=1080, config=micro % "-u kim -P secret")), "microsocks 1.0", "SOCKS|auth|rejected")):
		yield Row("proxy_refused-" + name, "a real proxy does not open the tunnel: " + name, shell(client), server, codes=["proxy_refused"], by=["server", "client"], client_stack=CURL,
			client_says=says, **(dict(server_stack=stack) if stack else {}))
	for name, certificate, client, proxy, port, stack in (
			("microsocks", "good", SOCKS % ("", "socks5-hostname", NAME), micro % "", 1080, "microsocks 1.0, OpenSSL 3.0 s_server"),
			("microsocks-auth", "good", SOCKS % ("--proxy-user kim:secret", "socks5-hostname", NAME), micro % "-u kim -P secret", 1080, "microsocks 1.0, OpenSSL 3.0 s_server"),
			("tinyproxy", "good", HTTP % ("", 8888, NAME), "printf 'Port 8888\\nUser nobody\\nTimeout 8\\n' > {folder}/c; exec tinyproxy -d -c {folder}/c", 8888, "tinyproxy 1.11, OpenSSL 3.0 s_server"),
			("tinyproxy-expired", "expired", HTTP % ("--tls-max 1.2", 8888, NAME), "printf 'Port 8888\\nUser nobody\\nTimeout 8\\n' > {folder}/c; exec tinyproxy -d -c {folder}/c", 8888,
				"tinyproxy 1.11, OpenSSL 3.0 s_server")):
		# The proxy looks the name up in hosts, where it leads to the proxy's own side.
		server = behind(certificate, proxy, port)
		server[1]["config"] = server[1]["config"].replace("127.0.0.1:8443", "8443")
		if certificate == "expired":
			yield Row("cert_expired-" + name.replace("-expired", ""), "an expired certificate, seen through a real proxy", shell(client), server, codes=["cert_expired"], by=["client"], tls="1.2",
				client_stack=CURL, client_says="expired", server_stack=stack)
		else:
			yield Row("completed-" + name, "a tunnel through a real proxy", shell(client), server, outcome="completed", client_stack=CURL, server_stack=stack, client_says="HTTP/1.0 200|200 ok")
	yield Row("server_not_tls-squid-curl", "the client speaks TLS to a proxy that speaks HTTP (-x https://)", shell("curl -sv -o /dev/null --max-time 12 --proxy-cacert {roots} -x https://{host}:3128 https://www.lindenhof.example/"),
		squid(), codes=["server_not_tls"], by=["client", "server"], client_stack=CURL, client_says="wrong version number|packet length")


SPARE = ("proxy_refused-squid-503-refused proxy_refused-microsocks-name completed-tinyproxy").split()
