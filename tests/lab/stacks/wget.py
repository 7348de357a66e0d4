from stacks import Command
from stacks.gnutls import priority

CLIENT = "wget (GnuTLS 3.7)"


def client(s):
	argv = ["wget", "-O", "/dev/null", "-T", "20", "-t", "1", "--ciphers=" + priority(s)]
	argv += ["--ca-certificate=" + s.roots] if s.verify else ["--no-check-certificate"]
	argv += ["--crl-file=" + s.crl] if s.crl else []
	env = {"SSLKEYLOGFILE": s.keylog} if s.keylog else {}
	return Command(argv + list(s.extra) + ["https://%s:%d/" % (s.name or s.host, s.port)], env)
