"""A TLS client and server on Python's ssl, for captures. One JSON object of options as argument."""

import json
import socket
import ssl
import sys

VERSIONS = {"1.0": ssl.TLSVersion.TLSv1, "1.1": ssl.TLSVersion.TLSv1_1,
	"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}


def context(o):
	c = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER if o.get("serve") else ssl.PROTOCOL_TLS_CLIENT)
	c.minimum_version, c.maximum_version = VERSIONS[o["low"]], VERSIONS[o["high"]]
	if o["ciphers"]:
		c.set_ciphers(o["ciphers"])
	if o["groups"]:
		c.set_ecdh_curve(o["groups"])
	if o["alpn"]:
		c.set_alpn_protocols(o["alpn"])
	if o["roots"]:
		c.load_verify_locations(o["roots"])
	if o["crl"]:
		c.load_verify_locations(o["crl"])
		c.verify_flags |= ssl.VERIFY_CRL_CHECK_LEAF
	if o.get("chain"):
		c.load_cert_chain(o["chain"], o["key"])
	if o["ask"]:
		c.verify_mode = ssl.CERT_REQUIRED
	if not o["verify"]:
		c.check_hostname, c.verify_mode = False, ssl.CERT_NONE
	if o["keylog"]:
		c.keylog_filename = o["keylog"]
	return c


def talk(o, c):
	family = socket.AF_INET if o["family"] == 4 else socket.AF_INET6
	where = socket.getaddrinfo(o["host"], o["port"], family, socket.SOCK_STREAM)[0][4]
	with socket.create_connection(where[:2], 20) as tcp:
		with c.wrap_socket(tcp, server_hostname=o["name"] or None) as tls:
			print("OK", tls.version(), tls.cipher())
			if o["request"]:
				tls.sendall(b"GET / HTTP/1.0\r\n\r\n")
				while tls.recv(4096):
					pass


def serve(o, c):
	listener = socket.create_server(("::", o["port"]), family=socket.AF_INET6, dualstack_ipv6=True)
	while True:
		tcp, _ = listener.accept()
		tcp.settimeout(20)
		try:
			with c.wrap_socket(tcp, server_side=True) as tls:
				if tls.recv(4096):
					tls.sendall(b"HTTP/1.0 200 OK\r\nContent-Length: 6\r\n\r\nhello\n")
		except OSError as e:
			print("ERR", e, flush=True)


options = json.loads(sys.argv[1])
try:
	(serve if options.get("serve") else talk)(options, context(options))
except OSError as problem:
	print("ERR", problem, flush=True)
	sys.exit(1)
