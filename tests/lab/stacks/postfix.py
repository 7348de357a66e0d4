import os
import shutil

from stacks import Command, write

SERVER = "Postfix 3.7 (OpenSSL 3.0)"
# Port 465 speaks TLS at once; 25 and 587 wait for STARTTLS.
MASTER = """%d inet n - n - - smtpd%s
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
tlsmgr unix - - n 1000? 1 tlsmgr
proxymap unix - - n - - proxymap
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
postlog unix-dgram n - n - 1 postlogd
"""


def server(s):
	data, queue = s.folder + "/data", s.folder + "/queue"
	for path in (data, queue):
		os.makedirs(path)
	shutil.chown(data, "postfix")
	write(s.folder + "/master.cf", MASTER % (s.port, " -o smtpd_tls_wrappermode=yes" if s.port == 465 else ""))
	lines = ["compatibility_level = 3.6", "queue_directory = " + queue, "data_directory = " + data,
		"maillog_file = /dev/stdout", "maillog_file_prefixes = /dev", "myhostname = mail.lindenhof.example",
		"mydestination = lindenhof.example", "local_recipient_maps =", "local_transport = discard",
		"default_transport = discard", "smtpd_peername_lookup = no", "alias_maps =", "mynetworks = 192.0.2.0/24",
		"smtpd_tls_loglevel = 1", "smtpd_tls_security_level = may",
		"smtpd_tls_chain_files = %s, %s" % (s.certificate.key, s.certificate.chain),
		"smtpd_tls_protocols = >=TLSv%s, <=TLSv%s" % (s.low, s.high)]
	if s.ask:
		lines += ["smtpd_tls_CAfile = " + s.roots, "smtpd_tls_ask_ccert = yes"]
	write(s.folder + "/main.cf", "\n".join(lines + [s.config]) + "\n")
	return Command(["postfix", "-c", s.folder, "start-fg"])
