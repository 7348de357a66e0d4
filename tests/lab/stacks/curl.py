from network import SERVER
from stacks import Command

CLIENT = "curl 7.88 (OpenSSL 3.0)"


def client(s):
	argv = ["curl", "-sv", "-o", "/dev/null", "-%d" % s.family, "--max-time", "20",
		"--tlsv" + s.low, "--tls-max", s.high]
	argv += ["--cacert", s.roots] if s.verify else ["-k"]
	for option, value in (("--ciphers", s.ciphers), ("--tls13-ciphers", s.ciphersuites),
			("--curves", s.groups), ("--crlfile", s.crl)):
		argv += [option, value] if value else []
	if s.certificate:
		argv += ["--cert", s.certificate.chain, "--key", s.certificate.key]
	if "h2" not in s.alpn:
		argv += ["--http1.1"]
	host = s.name or SERVER[s.family == 6]
	if s.name and s.name != s.host:
		argv += ["--connect-to", "::%s:%d" % (s.host, s.port)]
	return Command(argv + list(s.extra) + ["https://%s:%d/" % (host, s.port)],
		env={"SSLKEYLOGFILE": s.keylog} if s.keylog else {})
