from stacks import Command
from stacks.openssl import NAME

CLIENT, SERVER = NAME + " s_client -dtls", NAME + " s_server -dtls"
VERSIONS = {"1.0": "DTLSv1", "1.2": "DTLSv1.2"}


def common(s):
	ciphers = s.ciphers + (":@SECLEVEL=0" if s.ciphers else "DEFAULT:@SECLEVEL=0") if s.low == "1.0" else s.ciphers
	argv = ["-dtls", "-timeout", "-min_protocol", VERSIONS[s.low], "-max_protocol", VERSIONS[min(s.high, "1.2")]]
	for option, value in (("-cipher", ciphers), ("-groups", s.groups), ("-keylogfile", s.keylog)):
		argv += [option, value] if value else []
	return argv


def client(s):
	argv = ["openssl", "s_client", "-connect", "%s:%d" % (s.host, s.port), "-servername", s.name,
		"-CAfile", s.roots, "-verify_return_error", "-verify_hostname", s.name]
	if s.certificate:
		argv += ["-cert", s.certificate.one, "-key", s.certificate.key]
	return Command(["sh", "-c", '(sleep 0.5; echo hello; sleep 0.5; echo Q; sleep 8) | exec "$@"', "sh"] +
		argv + common(s) + list(s.extra))


def server(s):
	argv = ["openssl", "s_server", "-accept", s.port, "-key", s.certificate.key, "-cert", s.certificate.one,
		"-cert_chain", s.certificate.chain]
	if s.ask:
		argv += ["-Verify", "3", "-verify_return_error", "-CAfile", s.roots]
	s.keylog = ""
	return Command(["sh", "-c", '(sleep 1; echo hello back; sleep 20) | exec "$@"', "sh"] + argv + common(s) + list(s.extra))
