"""What one side of a connection is told to do, in words that every stack can be taught."""

import types

DEFAULTS = dict(
	host="shop.lindenhof.example",	# whom the client connects to
	name="shop.lindenhof.example",	# server_name; "" sends none
	port=443,
	low="1.2", high="1.3",		# protocol versions
	ciphers="",			# TLS 1.2 and older, as OpenSSL spells them
	ciphersuites="",		# TLS 1.3
	groups="", signatures="",	# colon-separated, as OpenSSL spells them
	alpn=(),
	roots="",			# whom the client trusts, or whose client certificates
	verify=True,
	certificate=None,
	ask=False,			# the server demands a client certificate
	crl="", staple="", dh="",
	keylog="",
	family=4,
	request=True,			# the client sends an HTTP request once connected
	priority="",			# GnuTLS knows these by another language
	extra=(),			# more of the stack's own command line
	config="",			# more of the server's own configuration
	folder="",			# scratch space for configurations
	pool={},			# every certificate by name, for lines of shell
)
GET = b"GET / HTTP/1.0\r\nHost: shop.lindenhof.example\r\n\r\n"


def settings(**given):
	unknown = set(given) - set(DEFAULTS)
	if unknown:
		raise ValueError("no such setting: %s" % ", ".join(sorted(unknown)))
	return types.SimpleNamespace(**{**DEFAULTS, **given})
