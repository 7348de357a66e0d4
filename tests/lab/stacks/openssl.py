from settings import GET
from stacks import Command

NAME = "OpenSSL 3.0"
CLIENT = NAME + " s_client"
SERVER = NAME + " s_server"
VERSIONS = {"1.0": "TLSv1", "1.1": "TLSv1.1", "1.2": "TLSv1.2", "1.3": "TLSv1.3"}


def common(s):
	argv = ["-min_protocol", VERSIONS[s.low], "-max_protocol", VERSIONS[s.high]]
	ciphers = s.ciphers
	if s.low < "1.2" and "@" not in ciphers:
		ciphers = (ciphers or "DEFAULT") + ":@SECLEVEL=0"
	for option, value in (("-cipher", ciphers), ("-ciphersuites", s.ciphersuites),
			("-groups", s.groups), ("-sigalgs", s.signatures), ("-alpn", ",".join(s.alpn)),
			("-keylogfile", s.keylog)):
		argv += [option, value] if value else []
	return argv


def client(s):
	argv = ["openssl", "s_client", "-connect", "%s:%d" % (s.host, s.port), "-%d" % s.family]
	argv += ["-servername", s.name] if s.name else ["-noservername"]
	if s.verify:
		argv += ["-CAfile", s.roots, "-verify_return_error"]
		argv += ["-verify_hostname", s.name] if s.name else []
		argv += ["-crl_check", "-CRL", s.crl] if s.crl else []
	if s.certificate:
		argv += ["-cert", s.certificate.one, "-cert_chain", s.certificate.chain, "-key", s.certificate.key]
	argv += ["-ign_eof"] if s.request else []
	return Command(argv + common(s) + list(s.extra), stdin=GET if s.request else b"Q\n")


def server(s):
	argv = ["openssl", "s_server", "-accept", s.port, "-www", "-key", s.certificate.key,
		"-cert", s.certificate.one, "-cert_chain", s.certificate.chain]
	if s.ask:
		argv += ["-Verify", "3", "-verify_return_error", "-CAfile", s.roots]
		argv += ["-crl_check", "-CRL", s.crl] if s.crl else []
	argv += ["-dhparam", s.dh] if s.dh else []
	if s.staple:
		argv += ["-status_file", s.staple]
	s.keylog = ""
	files = dict(chain=s.certificate.chain, key=s.certificate.key)
	return Command(argv + common(s) + [e.format(**files) for e in s.extra])
