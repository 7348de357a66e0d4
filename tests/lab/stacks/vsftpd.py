import os

import packages
from stacks import Command, write

SERVER = "vsftpd 3.0 (OpenSSL 3.0)"


def server(s):
	"""Port 990 speaks TLS at once; extra: "plain" knows no TLS at all."""
	files, nobody = s.folder + "/files", "/run/vsftpd/empty"
	os.makedirs(files)
	os.makedirs(nobody, exist_ok=True)
	write(files + "/greeting", "hello\n")
	lines = ["listen=NO", "listen_ipv6=YES", "listen_port=%d" % s.port, "background=NO", "anonymous_enable=YES",
		"anon_root=" + files, "secure_chroot_dir=" + nobody, "seccomp_sandbox=NO", "dual_log_enable=NO", "log_ftp_protocol=YES",
		"debug_ssl=YES", "vsftpd_log_file=" + s.folder + "/log", "xferlog_enable=YES", "xferlog_std_format=NO"]
	if "plain" not in s.extra:
		lines += ["ssl_enable=YES", "allow_anon_ssl=YES", "ssl_tlsv1=YES", "rsa_cert_file=" + s.certificate.chain,
			"rsa_private_key_file=" + s.certificate.key, "ssl_ciphers=" + (s.ciphers or "HIGH")]
		lines += ["implicit_ssl=YES"] if s.port == 990 else []
	conf = write(s.folder + "/conf", "\n".join(lines + [s.config]) + "\n")
	return Command([packages.program("vsftpd", "usr/sbin/vsftpd"), conf])
