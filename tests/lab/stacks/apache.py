from stacks import Command, write

SERVER = "Apache 2.4 mod_ssl (OpenSSL 3.0)"
MODULES = ("authz_core", "ssl", "socache_shmcb", "mpm_event")


def server(s):
	versions = " ".join("+TLSv" + (v if v != "1.0" else "1") for v in ("1.0", "1.1", "1.2", "1.3")
		if s.low <= v <= s.high)
	lines = ["SSLProtocol -all " + versions, "SSLCertificateFile " + s.certificate.chain,
		"SSLCertificateKeyFile " + s.certificate.key]
	if s.ciphers or s.low < "1.2":
		lines.append("SSLCipherSuite " + (s.ciphers or "DEFAULT:@SECLEVEL=0"))
	if s.ciphersuites:
		lines.append("SSLCipherSuite TLSv1.3 " + s.ciphersuites)
	if s.groups:
		lines.append("SSLOpenSSLConfCmd Groups " + s.groups)
	if s.ask:
		lines += ["SSLVerifyClient require", "SSLVerifyDepth 3", "SSLCACertificateFile " + s.roots]
		lines += ["SSLCARevocationFile " + s.crl, "SSLCARevocationCheck leaf"] if s.crl else []
	page = write(s.folder + "/index.html", "hello\n")
	conf = write(s.folder + "/apache.conf", "%s\nServerName shop.lindenhof.example\nPidFile %s/pid\n"
		"ErrorLog /dev/stderr\nLogLevel info\nListen %d https\nDocumentRoot %s\nUser www-data\n"
		"StartServers 1\nThreadsPerChild 4\nMaxRequestWorkers 4\nServerLimit 1\n"
		"SSLSessionCache none\n<VirtualHost *:%d>\nServerName shop.lindenhof.example\n"
		"SSLEngine on\n%s\n%s\n</VirtualHost>\n" % ("\n".join("LoadModule %s_module "
		"/usr/lib/apache2/modules/mod_%s.so" % (m, m) for m in MODULES), s.folder, s.port,
		s.folder, s.port, "\n".join(lines), s.config))
	return Command(["apache2", "-X", "-f", conf], {"APACHE_RUN_DIR": s.folder, "page": page})
