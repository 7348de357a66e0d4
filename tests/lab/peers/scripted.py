"""Servers that do one thing to whoever connects, for captures: scripted.py ROLE PORT CHAIN KEY [ARGUMENT]."""

import socket
import ssl
import struct
import sys
import threading
import time

ROLE, PORT, CHAIN, KEY = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4]
ARGUMENT = sys.argv[5] if len(sys.argv) > 5 else ""
PATIENCE_S = 40


def reset(tcp):
	"""Closing with a linger time of zero sends RST."""
	tcp.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
	tcp.close()


def until_closed(tcp):
	while tcp.recv(4096):
		pass


def line(tcp):
	text = b""
	while not text.endswith(b"\n"):
		byte = tcp.recv(1)
		if not byte:
			raise ConnectionError("closed within a line: %r" % text)
		text += byte
	return text.decode("latin-1").strip()


def lines_until(tcp, *words):
	"""Reads commands until one begins with a word; others are answered by the caller's default."""
	while True:
		text = line(tcp)
		if text.upper().startswith(words):
			return text


def context():
	c = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
	c.load_cert_chain(CHAIN, KEY)
	return c


def over_tls(tcp, greeting=b""):
	with context().wrap_socket(tcp, server_side=True) as tls:
		if greeting:
			tls.sendall(greeting)
		tls.recv(4096)
		tls.sendall(b"250 done\r\n")


# Things done to a ClientHello

def banner(tcp):
	tcp.sendall({"ssh": b"SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n",
		"smtp": b"220 mail.lindenhof.example ESMTP ready\r\n",
		"ftp": b"220 ftp.lindenhof.example FTP server ready\r\n",
		"imap": b"* OK [CAPABILITY IMAP4rev1 STARTTLS] ready\r\n",
		"pop3": b"+OK POP3 ready\r\n",
		"mysql": b"\x4a\x00\x00\x00\x0a8.0.36\x00" + bytes(70)}[ARGUMENT])
	until_closed(tcp)


def http(tcp):
	tcp.recv(4096)
	body = b"<html><body><h1>400 Bad Request</h1></body></html>\n"
	tcp.sendall(b"HTTP/1.1 400 Bad Request\r\nServer: lab\r\nContent-Type: text/html\r\n"
		b"Connection: close\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))


def redirect(tcp):
	tcp.recv(4096)
	tcp.sendall(b"HTTP/1.1 301 Moved Permanently\r\nLocation: http://www.lindenhof.example/\r\nContent-Length: 0\r\n\r\n")


def echo(tcp):
	tcp.sendall(tcp.recv(4096))


def silent(tcp):
	until_closed(tcp)


def deaf(tcp):
	time.sleep(PATIENCE_S)


def fin(tcp):
	tcp.recv(16384)
	time.sleep(float(ARGUMENT or 0))


def rst(tcp):
	tcp.recv(16384)
	time.sleep(float(ARGUMENT or 0))
	reset(tcp)


def unread(tcp):
	"""close() with the ClientHello unread: the kernel answers with RST."""
	while not tcp.recv(1, socket.MSG_PEEK):
		pass


def at_once(tcp):
	if ARGUMENT == "rst":
		reset(tcp)


def first_segment(tcp):
	"""Reads once, as if a ClientHello always fitted into one segment, and gives up on the rest."""
	tcp.recv(1448)
	if ARGUMENT == "rst":
		reset(tcp)
		return
	time.sleep(0.1)
	tcp.setblocking(False)
	tcp.recv(16384)


def partial(tcp):
	"""Sends the first bytes of its flight (ARGUMENT: bytes,action) and then stalls, closes or resets."""
	count, action = ARGUMENT.split(",")
	incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
	tls = context().wrap_bio(incoming, outgoing, server_side=True)
	incoming.write(tcp.recv(16384))
	try:
		tls.do_handshake()
	except ssl.SSLWantReadError:
		pass
	flight = outgoing.read()
	tcp.sendall(flight[:int(count)])
	if action == "stall":
		until_closed(tcp)
	elif action == "rst":
		time.sleep(0.05)
		reset(tcp)


def slow_tls(tcp):
	"""An honest server that takes its time, so that others can be faster."""
	tcp.recv(1, socket.MSG_PEEK)
	time.sleep(float(ARGUMENT))
	over_tls(tcp)


def alert(tcp):
	level, code = ARGUMENT.split(",")
	tcp.recv(16384)
	tcp.sendall(bytes((21, 3, 3, 0, 2, int(level), int(code))))


# Protocols that upgrade

def smtp(tcp):
	tcp.sendall(b"220 mail.lindenhof.example ESMTP ready\r\n")
	line(tcp)
	offer = ARGUMENT != "not-offered"
	tcp.sendall(b"250-mail.lindenhof.example\r\n250-SIZE 10240000\r\n" + (b"250-STARTTLS\r\n" if offer else b"") + b"250 HELP\r\n")
	text = line(tcp)
	if text.upper() != "STARTTLS" or ARGUMENT:
		tcp.sendall(b"454 4.7.0 TLS not available due to local problem\r\n" if offer else b"502 5.5.1 command not recognized\r\n")
		until_closed(tcp)
		return
	tcp.sendall(b"220 2.0.0 Ready to start TLS\r\n")
	over_tls(tcp)


def plain_smtp(tcp):
	tcp.sendall(b"220 mail.lindenhof.example ESMTP ready\r\n")
	while True:
		command = line(tcp).upper()
		if command == "DATA":
			tcp.sendall(b"354 go ahead\r\n")
			lines_until(tcp, ".")
		tcp.sendall(b"221 bye\r\n" if command == "QUIT" else b"250 OK\r\n")


def intolerant(tcp):
	"""Resets whoever offers TLS 1.3, and is fine with less."""
	if b"\x03\x04" in tcp.recv(4096, socket.MSG_PEEK).split(b"\x00\x2b")[-1][:12]:
		reset(tcp)
		return
	over_tls(tcp)


def imap(tcp):
	offer = ARGUMENT != "not-offered"
	capability = b"CAPABILITY IMAP4rev1 " + (b"STARTTLS LOGINDISABLED" if offer else b"AUTH=PLAIN")
	tcp.sendall(b"* OK [" + capability + b"] ready\r\n")
	while True:
		tag, command = (line(tcp).split(" ") + [""])[:2]
		if command.upper() == "CAPABILITY":
			tcp.sendall(b"* " + capability + b"\r\n" + tag.encode() + b" OK done\r\n")
		elif command.upper() == "STARTTLS" and not ARGUMENT:
			tcp.sendall(tag.encode() + b" OK begin TLS now\r\n")
			over_tls(tcp)
			return
		else:
			tcp.sendall(tag.encode() + b" BAD not now\r\n")


def pop3(tcp):
	tcp.sendall(b"+OK POP3 ready\r\n")
	while True:
		command = line(tcp).upper()
		if command == "CAPA":
			tcp.sendall(b"+OK\r\nUSER\r\n" + (b"" if ARGUMENT == "not-offered" else b"STLS\r\n") + b".\r\n")
		elif command == "STLS" and not ARGUMENT:
			tcp.sendall(b"+OK begin TLS\r\n")
			over_tls(tcp)
			return
		else:
			tcp.sendall(b"-ERR not now\r\n")


def ftp(tcp):
	tcp.sendall(b"220 ftp.lindenhof.example ready\r\n")
	while True:
		command = line(tcp).upper()
		if command.startswith("AUTH") and not ARGUMENT:
			tcp.sendall(b"234 AUTH TLS OK\r\n")
			over_tls(tcp)
			return
		tcp.sendall(b"211-Features:\r\n AUTH TLS\r\n211 End\r\n" if command == "FEAT" else b"500 not understood\r\n")


def postgres(tcp):
	while tcp.recv(8)[4:] == struct.pack(">I", 80877104):	# GSSENCRequest
		tcp.sendall(b"N")
	if ARGUMENT:
		tcp.sendall(b"N")
		until_closed(tcp)
		return
	tcp.sendall(b"S")
	over_tls(tcp)


def mysql(tcp):
	low = 0xffff & ~(0x0800 if ARGUMENT else 0)	# CLIENT_SSL
	hello = b"\x0a8.0.36-lab\x00" + struct.pack("<I", 7) + b"abcdefgh\x00" + struct.pack("<H", low) + \
		b"\x21\x02\x00" + b"\xff\xc1\x15" + bytes(10) + b"ijklmnopqrst\x00mysql_native_password\x00"
	tcp.sendall(struct.pack("<I", len(hello))[:3] + b"\x00" + hello)
	if ARGUMENT:
		until_closed(tcp)
		return
	tcp.recv(36)
	over_tls(tcp)


def ldap(tcp):
	request = tcp.recv(4096)
	code = 53 if ARGUMENT else 0
	oid = b"1.3.6.1.4.1.1466.20037"
	response = b"\x0a\x01" + bytes([code]) + b"\x04\x00\x04\x00" + b"\x8a" + bytes([len(oid)]) + oid
	message = request[2:5] + b"\x78" + bytes([len(response)]) + response
	tcp.sendall(b"\x30" + bytes([len(message)]) + message)
	if ARGUMENT:
		until_closed(tcp)
		return
	over_tls(tcp)


def xmpp(tcp):
	tcp.recv(4096)
	features = b"" if ARGUMENT == "not-offered" else b"<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls>"
	tcp.sendall(b"<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'"
		b" id='1' from='shop.lindenhof.example' version='1.0'><stream:features>" + features + b"</stream:features>")
	tcp.recv(4096)
	if ARGUMENT:
		tcp.sendall(b"<failure xmlns='urn:ietf:params:xml:ns:xmpp-tls'/></stream:stream>")
		until_closed(tcp)
		return
	tcp.sendall(b"<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")
	over_tls(tcp)


# Proxies: the tunnel leads no further than here

def connect(tcp):
	while line(tcp):
		pass
	status = ARGUMENT or "200 Connection established"
	more = "Proxy-Authenticate: Basic realm=\"lab\"\r\n" if status.startswith("407") else ""
	tcp.sendall(("HTTP/1.1 %s\r\n%s%s\r\n" % (status, more, "" if not ARGUMENT else "Content-Length: 0\r\n")).encode())
	if ARGUMENT:
		until_closed(tcp)
		return
	over_tls(tcp, b"")


def socks5(tcp):
	tcp.recv(257)
	if ARGUMENT == "auth":
		tcp.sendall(b"\x05\xff")
		until_closed(tcp)
		return
	tcp.sendall(b"\x05\x00")
	tcp.recv(262)
	tcp.sendall(b"\x05" + bytes([int(ARGUMENT or 0)]) + b"\x00\x01" + bytes(6))
	if not ARGUMENT:
		over_tls(tcp)


def socks4(tcp):
	tcp.recv(512)
	tcp.sendall(b"\x00" + bytes([int(ARGUMENT or 90)]) + bytes(6))
	if not ARGUMENT:
		over_tls(tcp)


def serve(tcp):
	tcp.settimeout(PATIENCE_S)
	try:
		globals()[ROLE](tcp)
	except OSError as e:
		print("ERR", e, flush=True)
	finally:
		tcp.close()


listener = socket.create_server(("::", PORT), family=socket.AF_INET6, dualstack_ipv6=True)
while True:
	connection, _ = listener.accept()
	threading.Thread(target=serve, args=(connection,), daemon=True).start()
