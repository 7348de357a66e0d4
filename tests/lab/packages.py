"""What the lab needs beyond python3, as Debian calls it."""

import os
import subprocess

PACKAGES = """apache2-bin curl dovecot-imapd dovecot-lmtpd dovecot-managesieved dovecot-pop3d dovecot-submissiond
ethtool fetchmail gnutls-bin golang-go haproxy iproute2 iptables ldap-utils lftp libmbedtls-dev libnss3-tools libwolfssl-dev microsocks
lighttpd lighttpd-mod-openssl mariadb-client mariadb-server msmtp nginx nodejs openjdk-17-jdk-headless openssl
postfix postgresql prosody slapd squid stunnel4 swaks tcpdump tinyproxy tshark wget""".split()
# Debian lets only one FTP server be installed: this one is unpacked beside whatever is there.
UNPACKED = ["vsftpd"]
FOLDER = "/tmp/tlswhy-lab/unpacked"


def install():
	environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
	code = subprocess.run(["apt-get", "install", "-y", "-q", "--no-install-recommends"] + PACKAGES, env=environment).returncode
	for package in UNPACKED:
		unpack(package)
	return code


def unpack(package):
	os.makedirs(os.path.join(FOLDER, package))
	subprocess.run(["apt-get", "download", "-q", package], cwd=FOLDER, check=True)
	file = next(name for name in os.listdir(FOLDER) if name.startswith(package + "_"))
	subprocess.run(["dpkg", "-x", file, package], cwd=FOLDER, check=True)


def program(package, path):
	"""Where a program of a package is that may not be installed."""
	if not os.path.exists(os.path.join(FOLDER, package)):
		unpack(package)
	return os.path.join(FOLDER, package, path)
