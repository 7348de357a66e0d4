import os

from stacks import Command, write

SERVER = "OpenLDAP 2.5 slapd (GnuTLS 3.7)"


def server(s):
	"""extra: "plain" has no certificate."""
	data = s.folder + "/data"
	os.makedirs(data)
	lines = ["include /etc/ldap/schema/core.schema", "modulepath /usr/lib/ldap", "moduleload back_mdb",
		"pidfile %s/pid" % s.folder]
	if "plain" not in s.extra:
		lines += ["TLSCertificateFile " + s.certificate.chain, "TLSCertificateKeyFile " + s.certificate.key]
		lines += ["TLSCACertificateFile " + s.roots, "TLSVerifyClient demand"] if s.ask else []
		lines += ["TLSCipherSuite " + s.priority] if s.priority else []
	lines += [s.config, "database mdb", "suffix dc=lindenhof,dc=example", "directory " + data]
	conf = write(s.folder + "/slapd.conf", "\n".join(lines) + "\n")
	urls = "ldaps://:636/" if s.port == 636 else "ldap://:%d/" % s.port
	return Command(["/usr/sbin/slapd", "-d", "256", "-h", urls, "-f", conf])
