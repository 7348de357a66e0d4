from stacks import Command, write

SERVER = "HAProxy 2.6 (OpenSSL 3.0)"


def server(s):
	pem = s.folder + "/both.pem"
	with open(pem, "w") as out:
		for part in (s.certificate.chain, s.certificate.key):
			with open(part) as f:
				out.write(f.read())
	bind = ["bind :::%d v4v6 ssl crt %s" % (s.port, pem), "ssl-min-ver TLSv" + s.low, "ssl-max-ver TLSv" + s.high]
	if s.ciphers or s.low < "1.2":
		bind.append("ciphers " + (s.ciphers or "DEFAULT:@SECLEVEL=0"))
	bind += ["ciphersuites " + s.ciphersuites] if s.ciphersuites else []
	bind += ["curves " + s.groups] if s.groups else []
	bind += ["alpn " + ",".join(s.alpn)] if s.alpn else []
	if s.ask:
		bind.append("verify required ca-file " + s.roots)
		bind += ["crl-file " + s.crl] if s.crl else []
	bind += list(s.extra)
	conf = write(s.folder + "/haproxy.cfg", "global\n log stdout format raw local0\n"
		"defaults\n mode http\n log global\n option httplog\n timeout client 10s\n timeout server 10s\n"
		" timeout connect 5s\nfrontend f\n error-log-format \"%%[ssl_fc_err_str] %%ci\"\n"
		" %s\n%s\n http-request return status 200 content-type text/plain string hello\n"
		% (" ".join(bind), s.config))
	return Command(["haproxy", "-db", "-f", conf])
