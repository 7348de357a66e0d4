from stacks import Command

NAME = "ngtcp2 0.12 on GnuTLS 3.7"
CLIENT = NAME + ", gtlsclient"
SERVER = NAME + ", gtlsserver"
QUIET = ["--quiet", "--no-quic-dump", "--no-http-dump"]


def client(s):
	argv = ["gtlsclient"] + QUIET + ["--timeout=8s", "--exit-on-all-streams-close", "--sni", s.name]
	if s.certificate:
		argv += ["--cert", s.certificate.chain, "--key", s.certificate.key]
	env = {"SSLKEYLOGFILE": s.keylog} if s.keylog else {}
	return Command(argv + list(s.extra) + [s.host, s.port, "https://%s/" % s.name], env)


def server(s):
	argv = ["gtlsserver"] + QUIET + ["--htdocs", s.folder] + (["--verify-client"] if s.ask else [])
	return Command(argv + list(s.extra) + ["*", s.port, s.certificate.key, s.certificate.chain])
