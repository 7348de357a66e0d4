import glob
import os
import shutil
import subprocess

from stacks import Command, write

SERVER = "PostgreSQL 15 (OpenSSL 3.0)"
TEMPLATE = "/tmp/tlswhy-lab/postgres"


def prepare():
	"""A database takes seconds to make and none to copy."""
	if os.path.exists(TEMPLATE):
		return
	os.makedirs(TEMPLATE)
	shutil.chown(TEMPLATE, "postgres")
	initdb = sorted(glob.glob("/usr/lib/postgresql/*/bin/initdb"))[-1]
	subprocess.run(["runuser", "-u", "postgres", "--", initdb, "-D", TEMPLATE + "/data", "-A", "trust", "--no-sync"],
		check=True, stdout=subprocess.DEVNULL)


def server(s):
	"""extra: "plain" has TLS switched off. config: lines of pg_hba.conf, instead of all to all."""
	prepare()
	data = s.folder + "/data"
	subprocess.run(["cp", "-a", TEMPLATE + "/data", data], check=True)
	write(data + "/pg_hba.conf", s.config or "host all all all trust\n")
	lines = ["listen_addresses = '*'", "port = %d" % s.port, "unix_socket_directories = ''", "log_connections = on", "fsync = off"]
	if "plain" not in s.extra:
		for name, path in (("cert", s.certificate.chain), ("key", s.certificate.key)):
			shutil.copy(path, "%s/server.%s" % (data, name))
			shutil.chown("%s/server.%s" % (data, name), "postgres")
			os.chmod("%s/server.%s" % (data, name), 0o600)
		lines += ["ssl = on", "ssl_cert_file = 'server.cert'", "ssl_key_file = 'server.key'",
			"ssl_min_protocol_version = 'TLSv%s'" % s.low, "ssl_max_protocol_version = 'TLSv%s'" % s.high]
		if s.ask:
			shutil.copy(s.roots, data + "/roots")
			os.chmod(data + "/roots", 0o644)
			lines += ["ssl_ca_file = 'roots'"]
	with open(data + "/postgresql.conf", "a") as f:
		f.write("\n".join(lines) + "\n")
	program = sorted(glob.glob("/usr/lib/postgresql/*/bin/postgres"))[-1]
	return Command(["runuser", "-u", "postgres", "--", program, "-D", data])
