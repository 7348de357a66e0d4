from stacks import Command
from stacks.gnutls import NAME

CLIENT, SERVER = NAME + " gnutls-cli --udp", NAME + " gnutls-serv --udp"


def priority(s):
	versions = [v for v in ("1.2", "1.0") if s.low <= v <= s.high]
	return s.priority or "NORMAL:-VERS-ALL" + "".join(":+VERS-DTLS" + v for v in versions)


def client(s):
	argv = ["gnutls-cli", "--udp", "-p", s.port, "--priority", priority(s), "--x509cafile", s.roots,
		"--verify-hostname", s.name, "--sni-hostname", s.name, "--mtu", 1400]
	if s.certificate:
		argv += ["--x509certfile", s.certificate.chain, "--x509keyfile", s.certificate.key]
	env = {"SSLKEYLOGFILE": s.keylog} if s.keylog else {}
	return Command(["sh", "-c", '(sleep 0.5; echo hello; sleep 1) | exec "$@"', "sh"] + [str(a) for a in argv] + [s.host], env)


def server(s):
	argv = ["gnutls-serv", "--udp", "--echo", "-p", s.port, "--priority", priority(s), "--mtu", 1400,
		"--x509certfile", s.certificate.chain, "--x509keyfile", s.certificate.key]
	argv += ["--x509cafile", s.roots, "--require-client-cert", "--verify-client-cert"] if s.ask else ["--disable-client-cert"]
	return Command(argv + list(s.extra))
