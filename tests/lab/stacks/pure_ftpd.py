import packages
from stacks import Command

SERVER = "Pure-FTPd 1.0.50 (OpenSSL 3.0)"


def server(s):
	"""extra: "plain" knows no TLS, "required" wants nothing else."""
	pem = s.folder + "/both.pem"
	with open(pem, "w") as out:
		for part in (s.certificate.key, s.certificate.chain):
			with open(part) as f:
				out.write(f.read())
	level = "0" if "plain" in s.extra else "2" if "required" in s.extra else "1"
	return Command([packages.program("pure-ftpd", "usr/sbin/pure-ftpd"), "-S", s.port, "-4", "-e", "-H", "-Y", level, "-2", pem, "-g", s.folder + "/pid"])
