import subprocess

from settings import GET
from stacks import Command

NAME = "NSS 3.87"
CLIENT = NAME + " tstclnt"
SERVER = NAME + " selfserv"


def versions(s):
	return "tls%s:tls%s" % (s.low, s.high)


def database(s, trust):
	"""A certificate database in the scratch folder, with the trusted root and what the side owns."""
	db = "sql:" + s.folder + "/db"
	subprocess.run(["mkdir", "-p", s.folder + "/db"], check=True)
	subprocess.run(["certutil", "-N", "-d", db, "--empty-password"], check=True)
	if s.roots:
		subprocess.run(["certutil", "-A", "-d", db, "-n", "root", "-t", trust, "-i", s.roots], check=True)
	if s.crl:
		subprocess.run("openssl crl -in %s -outform DER -out %s/crl.der && crlutil -I -B -d %s -i %s/crl.der" %
			(s.crl, s.folder, db, s.folder), shell=True, check=True, stdout=subprocess.DEVNULL)
	if s.certificate:
		p12 = s.folder + "/own.p12"
		subprocess.run(["openssl", "pkcs12", "-export", "-name", "own", "-in", s.certificate.chain, "-inkey",
			s.certificate.key, "-out", p12, "-passout", "pass:lab"], check=True)
		subprocess.run(["pk12util", "-i", p12, "-d", db, "-W", "lab", "-K", ""], check=True,
			stdout=subprocess.DEVNULL)
	return db


def client(s):
	argv = ["tstclnt", "-h", s.host, "-p", s.port, "-d", database(s, "CT,C,C"), "-V", versions(s), "-%d" % s.family]
	argv += ["-a", s.name] if s.name and s.name != s.host else []
	argv += ["-o"] if not s.verify else []
	argv += ["-n", "own"] if s.certificate else []
	argv += ["-I", s.groups] if s.groups else []
	argv += ["-c", s.ciphers] if s.ciphers else []
	argv += ["-J", s.signatures] if s.signatures else []
	request = s.folder + "/request"
	with open(request, "wb") as f:
		f.write(GET)
	argv += ["-A", request] if s.request else []
	return Command(argv + list(s.extra), {"SSLKEYLOGFILE": s.keylog} if s.keylog else {})


def server(s):
	argv = ["selfserv", "-d", database(s, "CT,CT,CT"), "-p", s.port, "-n", "own", "-V", versions(s), "-v"]
	argv += ["-rr"] if s.ask else []
	argv += ["-I", s.groups] if s.groups else []
	argv += ["-c", s.ciphers] if s.ciphers else []
	argv += ["-J", s.signatures] if s.signatures else []
	return Command(argv + list(s.extra))
