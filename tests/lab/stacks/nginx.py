from stacks import Command, write

PAGE = 'location / { return 200 "hello\\n"; }'
SERVER = "nginx 1.22 (OpenSSL 3.0)"


def server(s):
	versions = " ".join("TLSv" + (v if v != "1.0" else "1") for v in ("1.0", "1.1", "1.2", "1.3")
		if s.low <= v <= s.high)
	lines = ["listen %d ssl%s;" % (s.port, " http2" if "h2" in s.alpn else ""),
		"listen [::]:%d ssl%s;" % (s.port, " http2" if "h2" in s.alpn else ""),
		"server_name %s;" % "shop.lindenhof.example",
		"ssl_certificate %s;" % s.certificate.chain, "ssl_certificate_key %s;" % s.certificate.key,
		"ssl_protocols %s;" % versions]
	if "proxy" in s.extra:	# wants a PROXY header first
		lines = [l.replace(" ssl", " ssl proxy_protocol") if l.startswith("listen") else l for l in lines]
	if "reject" in s.extra:
		s.config += "} server { listen %d ssl default_server; listen [::]:%d ssl default_server; ssl_reject_handshake on;" % (s.port, s.port)
		lines = [l.replace(" default_server", "") for l in lines]
	if s.ciphers or s.low < "1.2":
		lines.append("ssl_ciphers %s;" % (s.ciphers or "DEFAULT:@SECLEVEL=0"))
	if s.ciphersuites:
		lines.append("ssl_conf_command Ciphersuites %s;" % s.ciphersuites)
	if s.dh:
		lines.append("ssl_dhparam %s;" % s.dh)
	if s.groups:
		lines.append("ssl_ecdh_curve %s;" % s.groups)
	if s.ask:
		lines += ["ssl_client_certificate %s;" % s.roots, "ssl_verify_client on;"]
	if s.staple:
		lines += ["ssl_stapling on;", "ssl_stapling_file %s;" % s.staple]
	conf = write(s.folder + "/nginx.conf", """daemon off; master_process off; pid %s/nginx.pid;
error_log stderr info;
events {}
http { access_log off; client_body_temp_path %s; proxy_temp_path %s; fastcgi_temp_path %s;
uwsgi_temp_path %s; scgi_temp_path %s;
server { %s
%s
} }
""" % ((s.folder,) * 6 + ("\n".join(lines + [PAGE]), s.config)))
	return Command(["nginx", "-p", s.folder, "-c", conf, "-e", "stderr"])
