"""Headless Firefox with a profile whose certificate database trusts the test CA."""

import os
import subprocess

from stacks import Command, write
from stacks.nss import database

CLIENT = "Firefox ESR 153 (NSS)"
QUIET = {"app.update.enabled": "false", "browser.shell.checkDefaultBrowser": "false", "datareporting.policy.dataSubmissionEnabled": "false",
	"toolkit.telemetry.enabled": "false", "browser.safebrowsing.malware.enabled": "false", "network.captive-portal-service.enabled": "false",
	"network.connectivity-service.enabled": "false", "browser.newtabpage.enabled": "false", "extensions.update.enabled": "false",
	"network.prefetch-next": "false", "network.dns.disablePrefetch": "true", "network.http.speculative-parallel-limit": "0",
	"dom.security.https_only_mode": "false", "dom.security.https_first": "false", "security.OCSP.enabled": "0",
	"services.settings.server": '"data:,#remote-settings-dummy/v1"', "browser.region.update.enabled": "false",
	"security.default_personal_cert": '"Select Automatically"', "network.trr.mode": "5",
	"security.enterprise_roots.enabled": "false", "security.osclientcerts.autoload": "false"}


def client(s):
	s.folder += "/profile"
	os.makedirs(s.folder, exist_ok=True)
	database(s, "CT,C,C")
	subprocess.run("cp %s/db/* %s/" % (s.folder, s.folder), shell=True, check=True)
	prefs = dict(QUIET)
	prefs["security.tls.version.min"] = str(int(s.low[2]) + 1)
	prefs["security.tls.version.max"] = str(int(s.high[2]) + 1)
	write(s.folder + "/user.js", "".join('user_pref("%s", %s);\n' % kv for kv in prefs.items()))
	env = {"HOME": s.folder, "MOZ_CRASHREPORTER_DISABLE": "1"}
	if s.keylog:
		env["SSLKEYLOGFILE"] = s.keylog
	return Command(["timeout", 20, "firefox-esr", "--headless", "--no-remote", "--profile", s.folder, "--screenshot",
		s.folder + "/page.png"] + list(s.extra) + ["https://%s:%d/" % (s.name or s.host, s.port)], env)
