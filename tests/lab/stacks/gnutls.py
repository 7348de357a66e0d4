from settings import GET
from stacks import Command

NAME = "GnuTLS 3.7"
CLIENT = NAME + " gnutls-cli"
SERVER = NAME + " gnutls-serv"


def priority(s):
	if s.priority:
		return s.priority
	# The order is the order of preference, and goes into the ClientHello.
	versions = [v for v in ("1.3", "1.2", "1.1", "1.0") if s.low <= v <= s.high]
	return "NORMAL:-VERS-ALL" + "".join(":+VERS-TLS" + v for v in versions)


def client(s):
	argv = ["gnutls-cli", "-p", s.port, "--priority", priority(s)]
	if s.verify:
		argv += ["--x509cafile", s.roots, "--verify-hostname", s.name or s.host]
		argv += ["--x509crlfile", s.crl] if s.crl else []
	else:
		argv += ["--insecure"]
	argv += ["--sni-hostname", s.name] if s.name else ["--disable-sni"]
	for protocol in s.alpn:
		argv += ["--alpn", protocol]
	if s.certificate:
		argv += ["--x509certfile", s.certificate.chain, "--x509keyfile", s.certificate.key]
	env = {"SSLKEYLOGFILE": s.keylog} if s.keylog else {}
	return Command(argv + list(s.extra) + [s.host], env, GET if s.request else b"")


def server(s):
	argv = ["gnutls-serv", "--http", "-p", s.port, "--priority", priority(s),
		"--x509certfile", s.certificate.chain, "--x509keyfile", s.certificate.key]
	if s.ask:
		argv += ["--x509cafile", s.roots, "--require-client-cert", "--verify-client-cert"]
		argv += ["--x509crlfile", s.crl] if s.crl else []
	else:
		argv += ["--disable-client-cert"]
	for protocol in s.alpn:
		argv += ["--alpn", protocol]
	argv += ["--alpn-fatal"] if s.alpn else []
	argv += ["--ocsp-response", s.staple] if s.staple else []
	return Command(argv + list(s.extra))
