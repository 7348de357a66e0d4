"""The certificates that scenarios ask for by name."""

import ca

MUST_STAPLE = "tlsfeature=status_request\n"
# Names that inspection products give their authorities until somebody changes them.
INSPECTORS = {"fortinet": "/C=US/O=Fortinet/OU=Certificate Authority/CN=FortiGate CA",
	"zscaler": "/C=US/O=Zscaler Inc./OU=Zscaler Inc./CN=Zscaler Intermediate Root CA",
	"mitmproxy": "/O=mitmproxy/CN=mitmproxy"}


def make(folder):
	a = ca.Authority(folder)
	pool = {"root": a.root, "middle": a.middle, "rival": a.rival, "clients": a.clients}
	pool["good"] = a.leaf("good")
	pool["rsa"] = a.leaf("rsa", kind="rsa2048")
	pool["fat"] = a.leaf("fat", kind="rsa4096", issuer=a.issuer("fat-ca", "Lindenhof Heavy CA", a.root, kind="rsa4096"),
		chain=[a.path("fat-ca.crt"), a.root.one])
	pool.update(servers(a))
	pool.update(oddities(a, pool))
	pool.update(staff(a))
	pool["revoked.crl"] = a.revoke("revoked.crl", a.root, [pool["revoked"], pool["revoked-rsa"]])
	pool["staff.crl"] = a.revoke("staff.crl", a.clients, [pool["client-revoked"]])
	pool["stapled"] = a.leaf("stapled")
	for status in ("good", "revoked"):
		pool["stapled-" + status] = a.status("stapled-" + status, a.middle, pool["stapled"])
	for bits in ("512", "1024"):
		pool["dh" + bits] = a.path("dh%s.pem" % bits)
		ca.openssl("dhparam", "-dsaparam", "-out", pool["dh" + bits], bits)
	return pool


def servers(a):
	"""Certificates that a client has a plain reason to refuse."""
	return {
		"expired": a.leaf("expired", days=(-400, -3)),
		"expired-rsa": a.leaf("expired-rsa", days=(-100, -0.02), kind="rsa2048"),
		"not-yet": a.leaf("not-yet", days=(4, 300)),
		"other-name": a.leaf("other-name", names="DNS:%s,DNS:www.birkenau.example" % ca.OTHER),
		"bare-wildcard": a.leaf("bare-wildcard", names="DNS:*.example", subject="/CN=*.example"),
		"deep-wildcard": a.leaf("deep-wildcard", names="DNS:*.cdn.lindenhof.example"),
		"self": a.self_signed("self"),
		"unknown": a.leaf("unknown", issuer=a.rival_middle, chain=[a.rival_middle.one]),
		"unknown-with-root": a.leaf("unknown-with-root", issuer=a.rival_middle,
			chain=[a.rival_middle.one, a.rival.one]),
		"unknown-direct": a.leaf("unknown-direct", issuer=a.rival, chain=[]),
		"incomplete": a.leaf("incomplete", chain=[]),
		"revoked": a.leaf("revoked", issuer=a.root, chain=[]),
		"revoked-rsa": a.leaf("revoked-rsa", issuer=a.root, chain=[], kind="rsa2048"),
		"must-staple": a.leaf("must-staple", extensions=MUST_STAPLE),
		"weak-rsa": a.leaf("weak-rsa", kind="rsa1024"),
		"sha1": a.leaf("sha1", kind="rsa2048", digest="sha1"),
		"md5": a.leaf("md5", issuer=a.issuer("rsa-ca", "Lindenhof RSA CA", a.root, kind="rsa2048"),
			kind="rsa2048", digest="md5"),
		"for-clients": a.leaf("for-clients", usage="clientAuth"),
		"for-code": a.leaf("for-code", usage="codeSigning"),
	}


def oddities(a, pool):
	"""Chains that are put together wrong, and those of inspection boxes."""
	constrained = a.issuer("constrained", "Lindenhof Constrained CA", a.root,
		extensions="nameConstraints=critical,permitted;DNS:birkenau.example\n")
	leaf_issuer = ca.Certificate(pool["good"].one, pool["good"].key, pool["good"].chain)
	short = a.issuer("no-more", "Lindenhof Last CA", a.root, more=",pathlen:0")
	beyond = a.issuer("beyond", "Lindenhof One Too Many CA", short)
	old_middle = a.issuer("old-middle", "Lindenhof Former CA", a.root, days=(-800, -10))
	other = a.issuer("other-middle", "Lindenhof Other CA", a.root)
	found = {
		"bad-signature": ca.break_signature(a, "bad-signature", a.leaf("to-be-broken")),
		"bad-signature-rsa": ca.break_signature(a, "bad-signature-rsa", a.leaf("to-break-rsa", kind="rsa2048")),
		"not-a-ca": a.leaf("not-a-ca", issuer=leaf_issuer, chain=[pool["good"].one, a.middle.one]),
		"constrained": a.leaf("outside", issuer=constrained, chain=[constrained.one]),
		"too-long": a.leaf("too-long", issuer=beyond, chain=[beyond.one, short.one]),
		"expired-middle": a.leaf("expired-middle", issuer=old_middle, chain=[old_middle.one]),
		"wrong-middle": a.leaf("wrong-middle", chain=[other.one]),
		"wrong-order": a.leaf("wrong-order", issuer=a.issuer("lower", "Lindenhof Lower CA", a.middle),
			chain=[a.middle.one, a.path("lower.crt")]),
	}
	for name, subject in INSPECTORS.items():
		box = a.issuer("box-" + name, "", None, subject=subject)
		found["inspected-" + name] = a.leaf("inspected-" + name, issuer=box, days=(-0.1, 30), chain=[box.one])
	return found


def staff(a):
	"""Certificates of clients, good and bad."""
	def one(name, **more):
		return a.leaf(name, usage="clientAuth", names="email:kim@lindenhof.example",
			subject="/CN=Kim Sommer", **{"issuer": a.clients, "chain": [], **more})
	return {
		"client": one("client"), "client-rsa": one("client-rsa", kind="rsa2048"),
		"client-expired": one("client-expired", days=(-400, -20)),
		"client-not-yet": one("client-not-yet", days=(20, 400)),
		"client-unknown": one("client-unknown", issuer=a.rival),
		"client-revoked": one("client-revoked"),
	}
