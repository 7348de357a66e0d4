import os

from stacks import Command

CLIENT = SERVER = "Erlang/OTP 25 ssl"
PEER = os.path.join(os.path.dirname(__file__), "../peers/peer.escript")


def options(s, **more):
	versions = [v for v in ("1.3", "1.2", "1.1", "1.0") if s.low <= v <= s.high]
	o = {"host": s.host, "port": s.port, "name": s.name, "roots": s.roots, "alpn": ",".join(s.alpn),
		"versions": ",".join("tlsv" + v if v != "1.0" else "tlsv1" for v in versions),
		"ciphers": ":".join(filter(None, (s.ciphersuites, s.ciphers))), "groups": s.groups, **more}
	if s.certificate:
		o["chain"], o["key"] = s.certificate.chain, s.certificate.key
	return ["%s=%s" % kv for kv in o.items() if kv[1] != ""]


def client(s):
	s.keylog = ""
	return Command(["escript", PEER] + options(s, verify="verify_peer" if s.verify else "verify_none"))


def server(s):
	return Command(["escript", PEER] + options(s, serve="yes", ask="yes" if s.ask else ""))
