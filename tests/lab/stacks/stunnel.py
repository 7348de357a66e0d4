from stacks import Command, write

SERVER = "stunnel 5.68 (OpenSSL 3.0)"
VERSIONS = {"1.0": "TLSv1", "1.1": "TLSv1.1", "1.2": "TLSv1.2", "1.3": "TLSv1.3"}


def server(s):
	"""stunnel speaks TLS and hands the rest to a shell that answers like a web server."""
	answer = write(s.folder + "/answer", "read line\nprintf 'HTTP/1.0 200 OK\\r\\n\\r\\nhello\\n'\n")
	lines = ["foreground = yes", "debug = 5", "[web]", "accept = :::%d" % s.port, "cert = " + s.certificate.chain,
		"key = " + s.certificate.key, "sslVersionMin = " + VERSIONS[s.low], "sslVersionMax = " + VERSIONS[s.high],
		"exec = /bin/sh", "execArgs = sh " + answer]
	if s.ciphers or s.low < "1.2":
		lines.append("ciphers = " + (s.ciphers or "DEFAULT:@SECLEVEL=0"))
	lines += ["ciphersuites = " + s.ciphersuites] if s.ciphersuites else []
	lines += ["curves = " + s.groups] if s.groups else []
	if s.ask:
		lines += ["CAfile = " + s.roots, "verifyChain = yes"]
		lines += ["CRLfile = " + s.crl] if s.crl else []
	return Command(["stunnel4", write(s.folder + "/stunnel.conf", "\n".join(lines + [s.config]) + "\n")])
