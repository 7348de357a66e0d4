import os
import shutil

import packages
from stacks import Command, write

SERVER = "Exim 4.96 (GnuTLS 3.7)"
CONFIG = """primary_hostname = mail.lindenhof.example
daemon_smtp_ports = {port}
tls_on_connect_ports = 465
{tls}
spool_directory = {folder}/spool
log_file_path = {folder}/spool/%slog
pid_file_path = {folder}/spool/pid
acl_smtp_rcpt = accept
host_lookup =
rfc1413_query_timeout = 0s
exim_user = Debian-exim
exim_group = Debian-exim
{more}
begin routers
all:
 driver = accept
 transport = none
begin transports
none:
 driver = appendfile
 file = /dev/null
 user = nobody
"""


def server(s):
	"""extra: "plain" knows no TLS, "unreadable" looks for a certificate that is not there."""
	spool = s.folder + "/spool"
	os.makedirs(spool)
	for name in ("chain", "key"):
		shutil.copy(getattr(s.certificate, name), spool + "/" + name)
	tls = "tls_advertise_hosts =" if "plain" in s.extra else "tls_advertise_hosts = *\ntls_certificate = %s/%s\ntls_privatekey = %s/key\n%s" % (
		spool, "missing" if "unreadable" in s.extra else "chain", spool, "tls_require_ciphers = " + s.priority if s.priority else "")
	conf = write(s.folder + "/conf", CONFIG.format(port=s.port, folder=s.folder, tls=tls, more=s.config))
	program = packages.program("exim4-daemon-light", "usr/sbin/exim4")
	# Started with a configuration of one's own, it gives root up before it binds.
	return Command(["sh", "-c", "id Debian-exim >/dev/null 2>&1 && chown -R Debian-exim %s; chmod 711 %s; sysctl -qw net.ipv4.ip_unprivileged_port_start=0; exec %s -C %s -bdf -d+tls" % (spool, s.folder, program, conf)])
