from scenarios import Row

CLIENTS = ("openssl", "curl", "gnutls", "go", "node", "python", "java", "nss", "wolf", "mbed")
SERVERS = ("nginx", "openssl", "gnutls", "go", "node", "python", "java", "nss", "wolf", "mbed", "apache",
	"haproxy", "stunnel", "lighttpd")
MISSING = {"1.3": ("mbed",)}


def rows():
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
