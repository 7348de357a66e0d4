"""Clients that do one unusual thing on their way to TLS: upgrader.py ROLE HOST PORT ROOTS."""

import socket
import ssl
import struct
import sys

ROLE, HOST, PORT, ROOTS = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]


def over_tls(tcp, data=b""):
	with ssl.create_default_context(cafile=ROOTS).wrap_socket(tcp, server_hostname=HOST) as tls:
		print("OK", tls.version())
		if data:
			tls.sendall(data)
			print(tls.recv(4096)[:80])


def postgres_gss(tcp):
	"""GSSENCRequest, refused, then SSLRequest, then a login."""
	for request in (80877104, 80877103):
		tcp.sendall(struct.pack(">II", 8, request))
		print(tcp.recv(1))
	login = b"user\0postgres\0database\0postgres\0\0"
	over_tls(tcp, struct.pack(">II", 8 + len(login), 196608) + login)


def exactly(tcp, count):
	data = b""
	while len(data) < count:
		more = tcp.recv(count - len(data))
		if not more:
			raise ConnectionError("closed after %r" % data)
		data += more
	return data


def vencrypt(tcp):
	"""RFB 3.8, security type 19 (VeNCrypt 0.2), subtype 260 (X509None): then TLS."""
	exactly(tcp, 12)
	tcp.sendall(b"RFB 003.008\n")
	kinds = exactly(tcp, exactly(tcp, 1)[0])
	print("security types", list(kinds))
	if 19 not in kinds:
		raise ConnectionError("no VeNCrypt")
	tcp.sendall(b"\x13")
	exactly(tcp, 2)
	tcp.sendall(b"\0\2")
	exactly(tcp, 1)
	subtypes = struct.unpack(">%dI" % (n := exactly(tcp, 1)[0]), exactly(tcp, 4 * n))
	print("subtypes", subtypes)
	tcp.sendall(struct.pack(">I", 260))
	exactly(tcp, 1)
	over_tls(tcp, b"")


with socket.create_connection((HOST, PORT), 8) as connection:
	connection.settimeout(8)
	try:
		globals()[ROLE.replace("-", "_")](connection)
	except OSError as e:
		print("ERR", e)
