from stacks import Command, write

SERVER = "Dante 1.4"


def server(s):
	"""A SOCKS server, 4 and 5. config: its rules for what may be asked."""
	conf = write(s.folder + "/conf", "logoutput: stderr\ninternal: 198.51.100.44 port = %d\nexternal: 198.51.100.44\nclientmethod: none\nsocksmethod: none\n"
		"user.privileged: root\nuser.unprivileged: nobody\nclient pass { from: 0.0.0.0/0 to: 0.0.0.0/0 }\n%s\n" % (s.port, s.config or "socks pass { from: 0.0.0.0/0 to: 0.0.0.0/0 log: error connect }"))
	return Command(["sh", "-c", "openssl s_server -accept 8443 -www -key %s -cert %s -cert_chain %s >/dev/null 2>&1 & sleep 0.3; exec danted -f %s -p %s/pid"
		% (s.certificate.key, s.certificate.chain, s.certificate.chain, conf, s.folder)])
