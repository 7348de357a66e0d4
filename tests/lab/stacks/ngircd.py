from stacks import Command, write

SERVER = "ngIRCd 26.1 (GnuTLS 3.7)"


def server(s):
	"""No STARTTLS: 6667 is plain, 6697 speaks TLS at once."""
	conf = write(s.folder + "/conf", "[Global]\nName = irc.lindenhof.example\nInfo = lab\nPorts = 6667\nServerUID = root\nServerGID = root\nPidFile = %s/pid\n"
		"[Options]\nDNS = no\nIdent = no\nPAM = no\n[SSL]\nCertFile = %s\nKeyFile = %s\nPorts = 6697\n" % (s.folder, s.certificate.chain, s.certificate.key))
	return Command(["ngircd", "-n", "-f", conf])
