"""What the lab needs beyond python3, as Debian calls it."""

import os
import subprocess

PACKAGES = """apache2-bin curl ethtool gnutls-bin golang-go haproxy iproute2 iptables libmbedtls-dev libnss3-tools
libwolfssl-dev dovecot-imapd dovecot-lmtpd dovecot-managesieved dovecot-pop3d dovecot-submissiond fetchmail
lighttpd lighttpd-mod-openssl msmtp nginx nodejs openjdk-17-jdk-headless openssl
postfix stunnel4 swaks tcpdump tshark wget""".split()


def install():
	environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
	return subprocess.run(["apt-get", "install", "-y", "-q", "--no-install-recommends"] + PACKAGES, env=environment).returncode
