"""Many connections to one server: what only all of them together can show."""

from scenarios import Row

WHERE = dict(server="198.51.100.44:443", sni="shop.lindenhof.example")
STACK = dict(client_stack="curl 7.88 (OpenSSL 3.0)", seconds=40)
BALANCER = ("printf 'defaults\\n mode tcp\\n timeout client 20s\\n timeout connect 2s\\n timeout server 20s\\nlisten l\\n bind :::443 v4v6\\n balance roundrobin\\n"
	" server one 127.0.0.1:4431\\n server two 127.0.0.1:4432\\n' > {folder}/cfg; exec haproxy -db -f {folder}/cfg")
BOX_FOR_SOME = ("printf 'defaults\\n mode tcp\\n timeout client 20s\\n timeout connect 2s\\n timeout server 20s\\nfrontend f\\n bind :::443 v4v6\\n"
	" use_backend box if {{ src 192.0.2.19 192.0.2.20 }}\\n default_backend own\\nbackend own\\n server one 127.0.0.1:4431\\nbackend box\\n server two 127.0.0.1:4432\\n' > {folder}/cfg;"
	" exec haproxy -db -f {folder}/cfg")
SERVER = "openssl s_server -accept 127.0.0.1:%d -www -key {%s_key} -cert {%s} -cert_chain {%s} %s >/dev/null 2>&1 & "
ALONE = "exec openssl s_server -accept 443 -www -key {good_key} -cert {good} -cert_chain {good} %s"
COMPLETED = ("", dict(outcome="completed"))


def server(port, certificate, more=""):
	return SERVER % (port, certificate, certificate, certificate, more)


def calls(count, more="", addresses=(17, 18, 19, 20), after="; sleep 0.15"):
	one = "curl -sv -o /dev/null --max-time 8 --cacert {roots} --interface 192.0.2.%d " + more + " https://{host}/" + after
	return "; ".join(one % addresses[i % len(addresses)] for i in range(count))


def members(name, story, first, second, cases, count=8, more="", codes=("inconsistent_backends",), also=("intermittent",), **rest):
	return Row(name, story, ("shell", dict(config=calls(count, more))), ("shell", dict(config=first + second + "sleep 0.4; " + BALANCER)),
		flows=count, cases=cases, endpoint=[dict(WHERE, codes=list(codes), also_ok=list(also))], server_stack="HAProxy 2.6, TCP mode, two OpenSSL servers", **STACK, **rest)


def failed(code, side, *others):
	return dict(outcome="failed", codes=[code, *others], aborted_by=[side])


def other_subnet(network, peer):
	for last in (17, 18):
		network.ip("client", "address", "add", "203.0.113.%d/24" % last, "dev", "c-" + network.tag)
	network.ip("router", "address", "add", "203.0.113.1/24", "dev", "to-client")


def by_subnet():
	allowed = ("printf 'defaults\\n mode tcp\\n timeout client 20s\\n timeout connect 2s\\n timeout server 20s\\nfrontend f\\n bind :::443 v4v6\\n"
		" tcp-request connection reject if {{ src 203.0.113.0/24 }}\\n default_backend own\\nbackend own\\n server one 127.0.0.1:4431\\n' > {folder}/cfg; exec haproxy -db -f {folder}/cfg")
	one = "curl -sv -o /dev/null --max-time 8 --cacert {roots} --interface %s https://{host}/; sleep 0.15"
	hosts = ("192.0.2.17", "203.0.113.17", "192.0.2.18", "203.0.113.18")
	return Row("fails_for_some_clients-subnet", "a balancer lets one subnet in and hangs up on the other", ("shell", dict(config="; ".join(one % hosts[i % 4] for i in range(8)))),
		("shell", dict(config=server(4431, "good") + "sleep 0.4; " + allowed)), flows=8, setup=other_subnet,
		cases=[("enc", dict(outcome="completed")), ("", failed("closed_after_client_hello", "server", "reset_after_client_hello"))],
		endpoint=[dict(WHERE, codes=["fails_for_some_clients"], says=r"in 203\.0\.113\.0/24")], server_stack="HAProxy 2.6, TCP mode, before OpenSSL 3.0 s_server", **STACK)


def by_software():
	"""Others offer more, and others less: no suite makes the difference, only which ones there are."""
	suites = ["ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384"]
	line = "; ".join(calls(1, "--tls-max 1.2 --ciphers " + ":".join(suites[:1 + i % 3]), addresses=(17 + i % 5,)) for i in range(12))
	return Row("fails_for_some_clients-software", "a firewall resets whose list of suites it has on its list", ("shell", dict(config=line)), ("nginx", {}), flows=12,
		server_filter="-A INPUT -p tcp --dport 443 -m string --algo bm --hex-string |0006c02bc02f00ff| -j REJECT --reject-with tcp-reset",
		cases=[("C:CH S:RST", dict(failed("reset_after_client_hello", "server"), aborted_by=["server", "network"])), COMPLETED],
		endpoint=[dict(WHERE, codes=["fails_for_some_clients"], says="JA4 t12d")], **STACK)


def no_ipv6(network, peer):
	network.run("server", "ip6tables", "-A", "INPUT", "-p", "tcp", "--dport", "443", "-j", "REJECT", "--reject-with", "tcp-reset")


def rows():
	yield members("inconsistent_backends-version", "one member of two stops at TLS 1.2, clients insist on TLS 1.3", server(4431, "good"), server(4432, "good", "-no_tls1_3"),
		[("alert.70", failed("version_mismatch", "server")), COMPLETED], more="--tlsv1.3")
	yield members("inconsistent_backends-version-quiet", "one member of two stops at TLS 1.2, clients take both", server(4431, "good"), server(4432, "good", "-no_tls1_3"), [COMPLETED])
	yield members("inconsistent_backends-expired", "one member of two has an expired certificate", server(4431, "good"), server(4432, "expired"),
		[("alert.45", failed("cert_expired", "client")), COMPLETED], more="--tls-max 1.2")
	yield members("inconsistent_backends-incomplete", "one member of two forgets the intermediate", server(4431, "good"), server(4432, "incomplete"),
		[("alert.48", failed("cert_chain_incomplete", "client", "cert_unknown_ca")), COMPLETED], more="--tls-max 1.2")
	yield members("inconsistent_backends-cipher", "one member of two has no ECDHE", server(4431, "rsa"), server(4432, "rsa", "-cipher AES128-SHA"),
		[("alert.40", failed("cipher_mismatch", "server", "negotiation_failed")), COMPLETED], more="--tls-max 1.2 --ciphers ECDHE-RSA-AES128-GCM-SHA256")
	yield members("intermittent-member-dead", "one member of two is down", server(4431, "good"), "", [("C:CH S:(FIN|RST)", failed("closed_after_client_hello", "server", "reset_after_client_hello")),
		COMPLETED], codes=("intermittent",), also=("inconsistent_backends",))
	for name, certificate, code, others in (("expired", "expired", "cert_expired", ()), ("incomplete", "incomplete", "cert_chain_incomplete", ("cert_unknown_ca",)),
			("name", "other-name", "cert_name_mismatch", ())):
		more = "--tls-max 1.2"
		case = ("alert", failed(code, "client", *others))
		if name == "name":
			case = ("", dict(outcome="completed", outcomes_acceptable=["completed", "failed"], codes=[code, "client_abandoned"], aborted_by=["client"]))
		yield Row("fails_for_all_clients-" + name, "every client fails: " + name, ("shell", dict(config=calls(8, more))), ("nginx", dict(certificate=certificate)), flows=8,
			cases=[case], endpoint=[dict(WHERE, codes=["fails_for_all_clients"])] if name != "name" else [], **STACK)
	old = " --tls-max 1.1 --ciphers DEFAULT:@SECLEVEL=0"
	for name, story, few, case in (("old", "clients of TLS 1.1 fail, the others do not", "--tlsv1.0 " + old, ("alert.70", failed("version_mismatch", "server"))),
			("cipher", "clients with one old suite fail, the others do not", "--tls-max 1.2 --ciphers AES128-SHA",
				("alert.40", failed("cipher_mismatch", "server", "negotiation_failed", "signature_mismatch")))):
		line = "; ".join((calls(4, addresses=(17, 18)), calls(4, few, addresses=(19, 20)), calls(2, addresses=(21, 22)), calls(2, few, addresses=(23, 24))))
		yield Row("fails_for_some_clients-" + name, story, ("shell", dict(config=line)), ("nginx", {}), flows=12, cases=[case, COMPLETED],
			endpoint=[dict(WHERE, codes=["fails_for_some_clients"])], **STACK)
	for name, story, there, few, code, others in (
			("group", "clients with another group than the server's only one fail", "-groups P-384", "--curves X25519", "group_mismatch", ("cipher_mismatch", "negotiation_failed")),
			("alpn", "clients that offer an application protocol fail, those without do not", "-alpn lindenhof/1", "", "alpn_mismatch", ())):
		many = "--no-alpn" if name == "alpn" else ""
		line = "; ".join((calls(3, many, addresses=(17, 18)), calls(3, few, addresses=(19, 20)), calls(3, many, addresses=(21, 22)), calls(3, few, addresses=(23, 24))))
		yield Row("fails_for_some_clients-" + name, story, ("shell", dict(config=line)), ("shell", dict(config=ALONE % there)), flows=12,
			cases=[("alert.(40|120)", failed(code, "server", *others)), COMPLETED], endpoint=[dict(WHERE, codes=["fails_for_some_clients"])], server_stack="OpenSSL 3.0 s_server", **STACK)
	for row in (by_subnet(), by_software()):
		yield row
	happy = "curl -sv -o /dev/null --max-time 8 --cacert {roots} --resolve {host}:443:[2001:db8:5::44],198.51.100.44 https://{host}/"
	yield Row("connect_refused-then-ipv4", "the server's IPv6 address refuses, and the client goes on with IPv4", ("shell", dict(config=happy)), ("nginx", {}), flows=2,
		cases=[("C:SYN S:RST|S:RST", failed("connect_refused", "server", "network")), COMPLETED], setup=no_ipv6, client_says="Connected to|200", client_stack=STACK["client_stack"], seconds=15,
		incidents=[[0, 1]])
	yield Row("version_intolerant-reset", "the server resets who offers TLS 1.3; less succeeds", ("shell", dict(config="; ".join(
		calls(1, addresses=(a,)) + "; " + calls(1, "--tls-max 1.2", addresses=(a,)) for a in (17, 18, 19)))), ("scripted", dict(extra=("intolerant",))), flows=6, incidents=[[0, 1], [2, 3], [4, 5]],
		cases=[("C:CH S:RST", failed("reset_after_client_hello", "server", "version_mismatch")), COMPLETED],
		endpoint=[dict(WHERE, codes=["version_intolerant"], also_ok=["fails_for_some_clients", "intermittent"])], **STACK)
	renewal = ("cp {good} {folder}/chain; cp {good_key} {folder}/key; printf 'daemon off; pid {folder}/pid; events {{}} http {{ access_log off; server {{ listen 443 ssl; "
		"ssl_certificate {folder}/chain; ssl_certificate_key {folder}/key; return 200; }} }}' > {folder}/c; (sleep 3; cp {%s} {folder}/chain; cp {%s_key} {folder}/key; "
		"kill -HUP $(cat {folder}/pid)) & exec nginx -e stderr -p {folder} -c {folder}/c")
	yield Row("certificate_changed-renewal", "the certificate is renewed half way", ("shell", dict(config=calls(6, "--tls-max 1.2") + "; sleep 3; " + calls(6, "--tls-max 1.2"))),
		("shell", dict(config=renewal % ("rsa", "rsa"))), flows=12, cases=[COMPLETED], endpoint=[dict(WHERE, codes=["certificate_changed"])], server_stack="nginx 1.22", **STACK)
	yield Row("began_at-bad-renewal", "half way the certificate is replaced by an expired one", ("shell", dict(config=calls(6, "--tls-max 1.2") + "; sleep 3; " + calls(6, "--tls-max 1.2"))),
		("shell", dict(config=renewal % ("expired_rsa", "expired_rsa"))), flows=12, cases=[("alert.45", failed("cert_expired", "client")), COMPLETED],
		endpoint=[dict(WHERE, codes=["began_at"]), dict(WHERE, codes=["certificate_changed"])], server_stack="nginx 1.22", **STACK)
	yield Row("completed-many-clients", "eight clients, all well", ("shell", dict(config=calls(8, addresses=(17, 18, 19, 20, 21, 22, 23, 24)))), ("nginx", {}), flows=8, cases=[COMPLETED], quiet=True, **STACK)
	yield Row("intercepted_for_some-fortinet", "what two of four clients say passes a FortiGate whose CA they do not trust", ("shell", dict(config=calls(8, "--tls-max 1.2"))),
		("shell", dict(config=server(4431, "good") + server(4432, "inspected_fortinet") + "sleep 0.4; " + BOX_FOR_SOME)), flows=8,
		cases=[("alert.48", failed("cert_intercepted", "client", "cert_unknown_ca")), COMPLETED],
		endpoint=[dict(WHERE, codes=["intercepted_for_some"], also_ok=["fails_for_some_clients", "inconsistent_backends"])],
		server_stack="HAProxy 2.6, TCP mode, two OpenSSL servers", **STACK)
	both = ("exec openssl s_server -accept 443 -www -key {good_key} -cert {good} -cert_chain {good} -dkey {rsa_key} -dcert {rsa} -dcert_chain {rsa}")
	takes = ["--tls-max 1.2 --ciphers ECDHE-%s-AES128-GCM-SHA256" % kind for kind in ("RSA", "ECDSA")] + [""]
	yield Row("completed-two-certificates", "a certificate for each type of key, and clients that take one of them or both",
		("shell", dict(config="; ".join(calls(1, takes[i % 3], addresses=(17 + i % 4,)) for i in range(12)))), ("shell", dict(config=both)), flows=12, cases=[COMPLETED],
		quiet=True, server_stack="OpenSSL 3.0 s_server", **STACK)
