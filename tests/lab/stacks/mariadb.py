import os
import shutil
import subprocess

from stacks import Command, write

SERVER = "MariaDB 10.11 (OpenSSL 3.0)"
TEMPLATE = "/tmp/tlswhy-lab/mariadb"


def prepare():
	if os.path.exists(TEMPLATE):
		return
	os.makedirs(TEMPLATE)
	shutil.chown(TEMPLATE, "mysql")
	subprocess.run(["mariadb-install-db", "--no-defaults", "--user=mysql", "--datadir=" + TEMPLATE + "/data", "--auth-root-authentication-method=normal",
		"--skip-test-db"], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def server(s):
	"""extra: "plain" has no certificate."""
	prepare()
	data = s.folder + "/data"
	subprocess.run(["cp", "-a", TEMPLATE + "/data", data], check=True)
	users = write(s.folder + "/users", "CREATE USER kim@'%' IDENTIFIED BY 'secret';\n")
	os.chmod(users, 0o644)
	argv = ["mariadbd", "--no-defaults", "--user=mysql", "--datadir=" + data, "--port=%d" % s.port, "--bind-address=*",
		"--socket=" + data + "/socket", "--init-file=" + users, "--skip-name-resolve", "--log-warnings=4", "--innodb-flush-log-at-trx-commit=0",
		"--innodb-buffer-pool-size=8M"]
	if "plain" not in s.extra:
		key = s.folder + "/key"
		shutil.copy(s.certificate.key, key)
		shutil.chown(key, "mysql")
		argv += ["--ssl-cert=" + s.certificate.chain, "--ssl-key=" + key, "--tls-version=" + ",".join(
			"TLSv" + v for v in ("1.0", "1.1", "1.2", "1.3") if s.low <= v <= s.high)]
		argv += ["--ssl-ca=" + s.roots] if s.ask else []
	return Command(argv + s.config.split())
