from stacks import Command, write

SERVER = "lighttpd 1.4 (OpenSSL 3.0)"


def server(s):
	commands = ["\"MinProtocol\" => \"TLSv%s\"" % s.low, "\"MaxProtocol\" => \"TLSv%s\"" % s.high]
	for name, value in (("CipherString", s.ciphers), ("Ciphersuites", s.ciphersuites), ("Groups", s.groups)):
		commands += ["\"%s\" => \"%s\"" % (name, value)] if value else []
	lines = ["ssl.engine = \"enable\"", "ssl.pemfile = \"%s\"" % s.certificate.chain,
		"ssl.privkey = \"%s\"" % s.certificate.key, "ssl.openssl.ssl-conf-cmd = (%s)" % ", ".join(commands)]
	if s.ask:
		lines += ["ssl.ca-file = \"%s\"" % s.roots, "ssl.verifyclient.activate = \"enable\"",
			"ssl.verifyclient.enforce = \"enable\""]
		lines += ["ssl.ca-crl-file = \"%s\"" % s.crl] if s.crl else []
	write(s.folder + "/index.html", "hello\n")
	conf = write(s.folder + "/lighttpd.conf", """server.modules = ("mod_openssl")
server.document-root = "%s"
server.port = 1%d
index-file.names = ("index.html")
$SERVER["socket"] == "[::]:%d" { server.set-v6only = "disable"
%s
%s }
""" % (s.folder, s.port, s.port, "\n".join(lines), s.config))
	return Command(["lighttpd", "-D", "-f", conf])
