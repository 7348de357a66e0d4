"""Certificates good and bad, made with openssl(1) and valid relative to now."""

import datetime
import os
import subprocess

NAME = "shop.lindenhof.example"
OTHER = "wiki.birkenau.example"
LEAF = """basicConstraints=critical,CA:FALSE
keyUsage=critical,digitalSignature,keyEncipherment
extendedKeyUsage={usage}
subjectAltName={names}
subjectKeyIdentifier=hash
authorityKeyIdentifier=keyid
"""
ISSUER = """basicConstraints=critical,CA:TRUE{more}
keyUsage=critical,keyCertSign,cRLSign
subjectKeyIdentifier=hash
authorityKeyIdentifier=keyid:always
"""


def openssl(*argv, data=None):
	p = subprocess.run(("openssl",) + argv, input=data, capture_output=True)
	if p.returncode:
		raise RuntimeError("openssl %s: %s" % (" ".join(argv), p.stderr.decode()))
	return p.stdout


class Certificate:
	"""chain is what a server sends, leaf first; one is the certificate alone."""

	def __init__(self, one, key, chain):
		self.one, self.key, self.chain = one, key, chain


class Authority:
	def __init__(self, folder):
		self.folder = folder
		os.makedirs(folder, exist_ok=True)
		self.root = self.issuer("root", "Lindenhof Test Root", None)
		self.middle = self.issuer("middle", "Lindenhof Test Issuing CA", self.root)
		self.rival = self.issuer("rival", "Unheard Of Root", None)
		self.rival_middle = self.issuer("rival-middle", "Unheard Of Issuing CA", self.rival)
		self.clients = self.issuer("clients", "Lindenhof Staff Root", None)
		self.roots = self.root.one

	def path(self, name):
		return os.path.join(self.folder, name)

	def key(self, name, kind):
		out = self.path(name + ".key")
		if kind.startswith("rsa"):
			openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:" + kind[3:], "-out", out)
		elif kind.startswith("ed"):
			openssl("genpkey", "-algorithm", "ED25519", "-out", out)
		else:
			openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:" + kind,
				"-pkeyopt", "ec_param_enc:named_curve", "-out", out)
		return out

	def sign(self, name, subject, key, issuer, extensions, days=(-30, 335), digest="sha256"):
		"""One certificate; without an issuer it signs itself. days: validity relative to now."""
		now = datetime.datetime.utcnow()
		when = [(now + datetime.timedelta(days=d)).strftime("%Y%m%d%H%M%SZ") for d in days]
		request, one = self.path(name + ".csr"), self.path(name + ".crt")
		openssl("req", "-new", "-key", key, "-subj", subject, "-out", request)
		conf = self.path(name + ".cnf")
		open(self.path(name + ".index"), "w").close()
		with open(conf, "w") as f:
			f.write("[ca]\ndefault_ca=x\n[x]\ndatabase=%s.index\nnew_certs_dir=%s\nrand_serial=yes\n"
				"policy=p\nunique_subject=no\n[p]\ncommonName=optional\norganizationName=optional\n"
				"countryName=optional\norganizationalUnitName=optional\n"
				"[e]\n%s" % (self.path(name), self.folder, extensions))
		signer = ["-selfsign", "-keyfile", key] if issuer is None else \
			["-cert", issuer.one, "-keyfile", issuer.key]
		openssl("ca", "-batch", "-notext", "-config", conf, "-in", request, "-out", one,
			"-startdate", when[0], "-enddate", when[1], "-md", digest, "-extensions", "e",
			"-preserveDN", *signer)
		return one

	def issuer(self, name, common, above, more="", kind="P-256", days=(-400, 2000),
			extensions="", subject=None):
		key = self.key(name, kind)
		subject = subject or "/O=Lindenhof Lab/CN=" + common
		one = self.sign(name, subject, key, above, ISSUER.format(more=more) + extensions, days)
		return Certificate(one, key, self.join(name, [one] + ([above.one] if above else [])))

	def leaf(self, name, issuer=None, chain=None, names="DNS:" + NAME, usage="serverAuth",
			kind="P-256", days=(-30, 335), digest="sha256", extensions="", subject=None):
		"""chain: certificates after the leaf; the issuing CA unless told otherwise."""
		issuer = issuer or self.middle
		key = self.key(name, kind)
		one = self.sign(name, subject or "/CN=" + names.split(",")[0].split(":", 1)[1], key, issuer,
			LEAF.format(names=names, usage=usage) + extensions, days, digest)
		chain = [issuer.one] if chain is None else chain
		return Certificate(one, key, self.join(name, [one] + chain))

	def self_signed(self, name):
		key = self.key(name, "P-256")
		one = self.sign(name, "/CN=" + NAME, key, None,
			"subjectAltName=DNS:%s\nbasicConstraints=critical,CA:FALSE\n" % NAME)
		return Certificate(one, key, self.join(name, [one]))

	def join(self, name, certificates):
		out = self.path(name + ".chain")
		with open(out, "w") as f:
			for c in certificates:
				with open(c) as one:
					f.write(one.read())
		return out

	def status(self, name, issuer, victim):
		"""An OCSP response about one certificate, for a server to staple: good, or what the name says."""
		serial = openssl("x509", "-in", victim.one, "-noout", "-serial").decode().strip().split("=")[1]
		index, out = self.path(name + ".index"), self.path(name + ".der")
		with open(index, "w") as f:
			f.write("%s\t391231235959Z\t%s\t%s\tunknown\t/CN=%s\n" % (
				("R", "260101000000Z", serial, NAME) if "revoked" in name else ("V", "", serial, NAME)))
		openssl("ocsp", "-index", index, "-CA", issuer.one, "-rsigner", issuer.one, "-rkey", issuer.key,
			"-issuer", issuer.one, "-cert", victim.one, "-ndays", "7", "-no_nonce", "-respout", out)
		return out

	def revoke(self, name, issuer, victims):
		"""A CRL of an issuer that lists the victims, good for a week."""
		conf = self.path(name + ".cnf")
		index = self.path(name + ".index")
		with open(index, "w") as f:
			for v in victims:
				serial = openssl("x509", "-in", v.one, "-noout", "-serial").decode().strip().split("=")[1]
				stamp = datetime.datetime.utcnow().strftime("%y%m%d%H%M%SZ")
				f.write("R\t%s\t%s\t%s\tunknown\t/CN=%s\n" % ("391231235959Z", stamp, serial, NAME))
		with open(conf, "w") as f:
			f.write("[ca]\ndefault_ca=x\n[x]\ndatabase=%s\ndefault_md=sha256\n" % index)
		out = self.path(name)
		openssl("ca", "-gencrl", "-config", conf, "-cert", issuer.one, "-keyfile", issuer.key,
			"-crldays", "7", "-out", out)
		return out


def break_signature(authority, name, good):
	"""The same certificate with one bit of its signature turned over."""
	der = bytearray(openssl("x509", "-in", good.one, "-outform", "DER"))
	der[-5] ^= 1
	out = authority.path(name + ".crt")
	with open(out, "wb") as f:
		f.write(openssl("x509", "-inform", "DER", data=bytes(der)))
	return Certificate(out, good.key, authority.join(name, [out, authority.middle.one]))
