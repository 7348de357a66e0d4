import json
import os

from stacks import Command

CLIENT = SERVER = "Node 20 (OpenSSL 3)"
PEER = os.path.join(os.path.dirname(__file__), "../peers/peer.js")


def options(s, **more):
	names = ("host", "name", "port", "low", "high", "groups", "signatures", "roots", "verify",
		"ask", "crl", "keylog", "family", "request")
	o = {n: getattr(s, n) for n in names}
	o["alpn"] = list(s.alpn)
	o["ciphers"] = ":".join(filter(None, (s.ciphersuites, s.ciphers or ("DEFAULT@SECLEVEL=0" if s.low < "1.2" else ""))))
	if s.certificate:
		o["chain"], o["key"] = s.certificate.chain, s.certificate.key
	return json.dumps({**o, **more})


def client(s):
	return Command(["node"] + list(s.extra) + [PEER, options(s)])


def server(s):
	s.keylog = ""
	return Command(["node"] + list(s.extra) + [PEER, options(s, serve=True)])
