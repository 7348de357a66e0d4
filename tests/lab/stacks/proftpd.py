from stacks import Command, write

SERVER = "ProFTPD 1.3.8 (OpenSSL 3.0)"


def server(s):
	"""extra: "plain" knows no TLS; port 990 speaks TLS at once."""
	tls = "" if "plain" in s.extra else ("LoadModule mod_tls.c\nTLSEngine on\nTLSLog %s/tls.log\nTLSProtocol %s\nTLSRSACertificateFile %s\nTLSRSACertificateKeyFile %s\nTLSCertificateChainFile %s\nTLSOptions %s\n"
		% (s.folder, " ".join("TLSv" + v for v in ("1.2", "1.3") if s.low <= v <= s.high), s.certificate.one, s.certificate.key, s.certificate.chain, "UseImplicitSSL" if s.port == 990 else "NoSessionReuseRequired"))
	conf = write(s.folder + "/conf", "ModulePath /usr/lib/proftpd\nServerName lab\nServerType standalone\nDefaultServer on\nPort %d\nUseIPv6 off\nUser nobody\nGroup nogroup\nPidFile %s/pid\nScoreboardFile %s/score\n"
		"SystemLog %s/log\nWtmpLog off\nUseReverseDNS off\nWtmpLog off\n%s\n%s\n<Anonymous %s>\nUser nobody\nGroup nogroup\nUserAlias anonymous nobody\nRequireValidShell off\n</Anonymous>\n"
		% (s.port, s.folder, s.folder, s.folder, tls, s.config, "/usr/share/common-licenses"))
	return Command(["proftpd", "-n", "-q", "-d", "5", "-c", conf])
