"""Headless Chromium. It trusts what the NSS database in its home says."""

import os
import subprocess

from network import SERVER
from stacks import Command
from stacks.nss import database

CLIENT = "Chromium 156 (BoringSSL)"
QUIET = ("--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
	"--disable-component-update --disable-sync --disable-extensions --disable-dev-shm-usage --dump-dom").split()


def client(s):
	home = s.folder + "/home"
	os.makedirs(home + "/.pki/nssdb", exist_ok=True)
	database(s, "C,,")
	subprocess.run("cp %s/db/* %s/.pki/nssdb/" % (s.folder, home), shell=True, check=True)
	argv = ["chromium"] + QUIET + ["--user-data-dir=" + s.folder + "/profile", "--timeout=4000",
		"--host-resolver-rules=MAP %s %s, MAP * ~NOTFOUND" % (s.name or s.host, SERVER[s.family == 6]),
		"--ssl-version-min=tls" + s.low, "--ssl-version-max=tls" + s.high] + list(s.extra)
	if s.keylog:
		argv.append("--ssl-key-log-file=" + s.keylog)
	return Command(argv + ["https://%s:%d/" % (s.name or s.host, s.port)], {"HOME": home, "XDG_CONFIG_HOME": home})
