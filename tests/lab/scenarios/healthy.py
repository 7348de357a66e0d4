from scenarios import Row

CLIENTS = ("openssl", "curl", "gnutls", "go", "node", "python", "java", "nss", "wolf", "mbed")
SERVERS = ("nginx", "openssl", "gnutls", "go", "node", "python", "java", "nss", "wolf", "mbed", "apache",
	"haproxy", "stunnel", "lighttpd")
MISSING = {"1.3": ("mbed",)}


def pairings():
	"""Every client with a few servers and every server with a few clients, in both versions."""
	n = 0
	for tls in ("1.2", "1.3"):
		for i, client in enumerate(CLIENTS):
			for j in range(3):
				server = SERVERS[(i * 3 + j * 5 + (7 if tls == "1.3" else 0)) % len(SERVERS)]
				if client in MISSING.get(tls, ()) or server in MISSING.get(tls, ()):
					continue
				n += 1
				name = "completed-tls%s-%s-%s" % (tls.replace(".", ""), client, server)
				yield Row(name, "a connection that works", (client, dict(low=tls, high=tls)),
					(server, dict(certificate="rsa" if n % 2 else "good")), outcome="completed", tls=tls,
					sequence=r"C:.*(CKE|enc\(\d).*enc|C:enc")


CURL = "curl 7.88 (OpenSSL 3.0)"


def kept_rows():
	"""Ways to succeed that look less usual."""
	for tls in ("1.2", "1.3"):
		short = tls.replace(".", "")
		for server in ("nginx", "go", "openssl", "gnutls", "java", "haproxy"):
			yield Row("completed-resumed-go-%s-tls%s" % (server, short), "a second connection resumes the first", ("go", dict(low=tls, high=tls, extra=("-twice",))),
				(server, {}), outcome="completed", tls=tls, flows=2, client_says="resumed true", sequence="enc")
		for server in ("nginx", "openssl", "apache"):
			yield Row("completed-resumed-openssl-%s-tls%s" % (server, short), "a second connection resumes the first", ("shell", dict(config=
				"o='openssl s_client -connect {host}:443 -servername {host} -CAfile {roots} -tls1_%s'; (printf 'GET / HTTP/1.0\\r\\n\\r\\n'; sleep 0.5) | $o -ign_eof "
				"-sess_out {folder}/s; echo Q | $o -sess_in {folder}/s" % tls[2:])), (server, {}), outcome="completed", tls=tls, flows=2,
				client_says="Reused", sequence="enc", client_stack="OpenSSL 3.0 s_client")
		for client in ("openssl", "go", "python", "node"):
			yield Row("completed-no-data-%s-tls%s" % (client, short), "handshake, and goodbye", (client, dict(low=tls, high=tls, request=False)),
				("nginx", {}), outcome="completed", tls=tls, sequence=r"C:.*(alert|enc\(19|enc\(69|enc\(53)")
		for client, certificate in (("curl", "expired"), ("go", "self"), ("gnutls", "other-name"), ("node", "unknown"), ("python", "expired"), ("openssl", "self"),
				("nss", "expired"), ("wolf", "unknown-with-root"), ("mbed", "expired"), ("wget", "other-name")):
			if client == "mbed" and tls == "1.3":
				continue
			yield Row("completed-verification-off-%s-%s-tls%s" % (client, certificate, short), "a bad certificate, and a client that does not care",
				(client, dict(low=tls, high=tls, verify=False)), ("nginx", dict(certificate=certificate)), outcome="completed", tls=tls, sequence="C:.*enc.* S:.*enc|C:enc")
		for client in ("openssl", "gnutls", "go", "java", "nss"):
			yield Row("completed-wrong-order-%s-tls%s" % (client, short), "a chain in the wrong order, which the client puts right",
				(client, dict(low=tls, high=tls)), ("nginx", dict(certificate="wrong-order")), outcome="completed", tls=tls, sequence="C:.*enc")
		yield Row("completed-h2-curl-tls%s" % short, "HTTP/2", ("curl", dict(low=tls, high=tls, alpn=("h2",))), ("nginx", dict(alpn=("h2",))),
			outcome="completed", tls=tls, client_says="HTTP/2 200", sequence="enc")
		for client in ("curl", "go", "openssl"):
			yield Row("completed-ipv6-%s-tls%s" % (client, short), "a connection over IPv6", (client, dict(low=tls, high=tls, family=6)), ("nginx", {}),
				outcome="completed", tls=tls, sequence="enc")
	for client, server in (("openssl", "nginx"), ("openssl", "go"), ("openssl", "gnutls"), ("openssl", "java"), ("openssl", "nss"), ("wolf", "gnutls")):
		there = dict(priority="NORMAL:-GROUP-ALL:+GROUP-X25519") if server == "gnutls" else dict(groups="x25519" if server in ("java", "nss") else "X25519")
		yield Row("completed-hello-retry-%s-%s" % (client, server), "HelloRetryRequest, then success", (client, dict(low="1.3", groups="P-256:X25519")),
			(server, there), outcome="completed", tls="1.3", sequence=r"C:CH S:SH.* C:(CCS\+)?CH S:SH" if client == "openssl" else "enc")
	yield Row("completed-early-data-openssl-nginx", "a second connection sends its request in early data", ("shell", dict(config=
		"o='openssl s_client -connect {host}:443 -servername {host} -CAfile {roots} -tls1_3'; printf 'GET / HTTP/1.0\\r\\nHost: {host}\\r\\n\\r\\n' > {folder}/q;"
		"(cat {folder}/q; sleep 0.5) | $o -ign_eof -sess_out {folder}/s; (sleep 0.5; echo Q) | $o -sess_in {folder}/s -early_data {folder}/q")),
		("nginx", dict(config="ssl_early_data on;")), outcome="completed", tls="1.3", flows=2, client_says="Early data was accepted", client_stack="OpenSSL 3.0 s_client")
	for version in ("1.0", "1.1"):
		for client, server in (("openssl", "openssl"), ("openssl", "nginx"), ("gnutls", "gnutls"), ("java", "java"), ("go", "go"), ("nss", "gnutls"), ("curl", "mbed")):
			if client == "curl":
				continue
			yield Row("completed-tls%s-%s-%s" % (version.replace(".", ""), client, server), "a connection of another age",
				(client, dict(low=version, high=version, ciphers="DEFAULT:@SECLEVEL=0" if client == "openssl" else "")),
				(server, dict(low=version, high=version, certificate="rsa", ciphers="DEFAULT:@SECLEVEL=0" if server in ("openssl", "nginx") else "")),
				outcome="completed", tls=version, sequence="enc")
	for suite in ("ECDHE-RSA-CHACHA20-POLY1305", "AES128-SHA", "AES256-SHA256", "ECDHE-RSA-AES256-SHA384", "DHE-RSA-AES128-GCM-SHA256", "AES128-CCM8",
			"CAMELLIA128-SHA", "ECDHE-RSA-AES128-SHA"):
		yield Row("completed-suite-%s" % suite.lower(), "TLS 1.2 with " + suite, ("openssl", dict(high="1.2", ciphers=suite)),
			("openssl", dict(high="1.2", certificate="rsa", ciphers=suite)), outcome="completed", tls="1.2", sequence="enc")
	for suite in ("TLS_CHACHA20_POLY1305_SHA256", "TLS_AES_128_CCM_8_SHA256", "TLS_AES_128_CCM_SHA256"):
		yield Row("completed-suite-%s" % suite.lower(), "TLS 1.3 with " + suite, ("openssl", dict(low="1.3", ciphersuites=suite)),
			("openssl", dict(low="1.3", ciphersuites=suite + ":TLS_AES_128_GCM_SHA256", certificate="rsa")), outcome="completed", tls="1.3", sequence="enc")


def nothing_rows():
	"""Connections in which nobody tries TLS."""
	for end in ("fin", "rst"):
		yield Row("none-probe-" + end, "a health check: connect and go: " + end, ("raw", dict(extra=("probe", end))), ("nginx", {}), outcome="none")
	yield Row("none-preconnect", "a browser that connects in advance and has no need", ("raw", dict(extra=("idle", "3"))), ("nginx", {}), outcome="none")
	plain = ("shell", dict(port=8080, config="printf 'daemon off; master_process off; pid {folder}/pid; events {{}} http {{ access_log off; server {{ listen 8080; "
		"return 200 hello; }} }}' > {folder}/c; exec nginx -e stderr -p {folder} -c {folder}/c"))
	yield Row("none-http-8080", "HTTP on port 8080", ("shell", dict(config="curl -s http://{host}:8080/")), plain, outcome="none", client_stack="curl 7.88",
		server_stack="nginx 1.22")
	yield Row("none-http-8080-missing", "HTTP 404 on port 8080", ("shell", dict(config="curl -s -d a=b http://{host}:8080/none")), plain, outcome="none",
		client_stack="curl 7.88", server_stack="nginx 1.22")
	yield Row("none-refused-22", "port 22 is closed", ("shell", dict(config="curl -s telnet://{host}:22")), None, outcome="none",
		client_stack="curl 7.88")
	yield Row("none-smtp", "a mail delivered without TLS", ("shell", dict(config="curl -s smtp://{host}:25 --mail-from a@b.example --mail-rcpt c@d.example -T /etc/hostname")),
		("scripted", dict(port=25, extra=("plain_smtp",))), outcome="none", client_stack="curl 7.88")
	yield Row("none-ssh", "a banner of SSH on its own port", ("raw", dict(port=22, extra=("say", r"SSH-2.0-OpenSSH_9.2\r\n"))), ("scripted", dict(port=22, extra=("banner", "ssh"))),
		outcome="none")
	yield Row("none-http-proxy-get", "a plain GET through a proxy that forbids it", ("shell", dict(config="curl -s -x http://{host}:3128 http://www.lindenhof.example/")),
		("scripted", dict(port=3128, extra=("connect", "403 Forbidden"))), outcome="none", client_stack="curl 7.88")


def rows():
	yield from pairings()
	yield from kept_rows()
	yield from nothing_rows()
