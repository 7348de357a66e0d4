"""Botan's own command line, which speaks TLS 1.2 at best."""

from settings import GET
from stacks import Command, write

CLIENT = "Botan 2.19 tls_client"
SERVER = "Botan 2.19 tls_server"
ORDER = ("1.0", "1.1", "1.2")


def policy(s):
	"""Ciphers, key exchanges and groups as Botan spells them come in `config`."""
	lines = ["allow_tls%s = %s" % (v.replace(".", ""), str(s.low <= v <= s.high).lower()) for v in ORDER]
	return write(s.folder + "/policy", "\n".join(lines + [s.config]) + "\n")


def client(s):
	s.keylog = ""
	argv = ["botan", "tls_client", s.host, "--port=%d" % s.port, "--policy=" + policy(s), "--skip-system-cert-store",
		"--trusted-cas=" + s.roots, "--tls1.2"]
	argv += ["--next-protocols=" + ",".join(s.alpn)] if s.alpn else []
	return Command(argv, stdin=GET)


def server(s):
	return Command(["botan", "tls_server", s.certificate.chain, s.certificate.key, "--port=%d" % s.port, "--policy=" + policy(s)])
