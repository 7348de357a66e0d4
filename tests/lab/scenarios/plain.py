"""Everything else that is spoken where TLS is expected, and TLS where something else is: real programs of all kinds."""

import os

from scenarios import Row, draw
from scenarios.mail import CURL, GNU, OPENSSL, shell

DRIVERS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../peers/drivers.js")
HELLO = "(sleep 1; echo Q) | timeout 9 openssl s_client -CAfile {roots} -servername {host} -connect {host}:%d"
GNUTLS = "(sleep 1; echo) | timeout 9 gnutls-cli --x509cafile {roots} -p %d {host}"
HTTPS = "curl -sv -o /dev/null --max-time 9 --cacert {roots} https://{host}:%d/"


def there(port, line):
	return ("shell", dict(port=port, config=line))


def here(line):
	return shell("(" + line + "); echo end")


KEY = "ssh-keygen -q -t ed25519 -N '' -f {folder}/key; mkdir -p /run/sshd; "
# What listens where: its name, its port, how to start it, and whether it greets or answers.
PLAIN = {
	"redis": (6379, "exec redis-server --port 6379 --protected-mode no --save '' --dir {folder}", "Redis 7.0"),
	"memcached": (11211, "exec memcached -u nobody -p 11211 -l 0.0.0.0", "memcached 1.6"),
	"mosquitto": (1883, "printf 'listener 1883\\nallow_anonymous true\\n' > {folder}/c; exec mosquitto -c {folder}/c", "Mosquitto 2.0"),
	"nats": (4222, "exec nats-server -p 4222", "NATS 2.9"),
	"dns": (53, "printf 'server:\\n interface: 0.0.0.0\\n do-daemonize: no\\n chroot: \"\"\\n username: \"\"\\n pidfile: {folder}/pid\\n access-control: 0.0.0.0/0 allow\\n"
		" local-data: \"shop.lindenhof.example A 198.51.100.44\"\\nremote-control:\\n control-enable: no\\n' > {folder}/c; exec unbound -d -c {folder}/c", "Unbound 1.17"),
	"ssh": (22, KEY + "exec /usr/sbin/sshd -D -e -p 22 -h {folder}/key -o PidFile={folder}/pid", "OpenSSH 9.2"),
	"rsync": (873, "printf 'use chroot = no\\npid file = {folder}/pid\\n[lab]\\npath = {folder}\\n' > {folder}/c; exec rsync --daemon --no-detach --config={folder}/c --port=873", "rsync 3"),
	"vnc": (5900, "export HOME={folder}; exec Xvnc :7 -rfbport 5900 -SecurityTypes None -geometry 320x240", "TigerVNC 1.12"),
	"telnet": (23, "printf '23 stream tcp nowait root /usr/sbin/telnetd telnetd\\n' > {folder}/c; exec inetutils-inetd -d {folder}/c", "inetutils telnetd"),
	"zookeeper": (2181, "printf 'tickTime=2000\\ndataDir={folder}\\nclientPort=2181\\nadmin.enableServer=false\\n' > {folder}/zoo.cfg; "
		"exec java -cp '/etc/zookeeper/conf:/usr/share/java/*' org.apache.zookeeper.server.quorum.QuorumPeerMain {folder}/zoo.cfg", "ZooKeeper 3.8"),
	"git": (9418, "git init -q --bare {folder}/lab.git; exec git daemon --export-all --reuseaddr --base-path={folder} --port=9418", "git daemon 2.39"),
	"svn": (3690, "svnadmin create {folder}/lab; exec svnserve -d --foreground --listen-port 3690 -r {folder}", "svnserve 1.14"),
	"x11": (6009, "exec Xvfb :9 -listen tcp -ac -screen 0 320x240x8", "Xvfb 21"),
	"syslog": (514, "printf '@version: 3.38\\nsource s {{ network(transport(\"tcp\") port(514)); }};\\ndestination d {{ file(\"{folder}/out\"); }};\\nlog {{ source(s); destination(d); }};\\n' "
		"> {folder}/c; exec syslog-ng -F -f {folder}/c --persist-file {folder}/p --pidfile {folder}/pid -R {folder}/r --control {folder}/ctl", "syslog-ng 3.38"),
	"kamailio": (5060, "printf '#!KAMAILIO\\nlisten=tcp:198.51.100.44:5060\\nlog_stderror=yes\\nchildren=1\\ntcp_children=1\\nloadmodule \"sl.so\"\\nrequest_route {{ sl_send_reply(\"200\",\"OK\"); }}\\n' > {folder}/c; "
		"exec kamailio -DD -E -f {folder}/c -m 16 -M 4", "Kamailio 5.6"),
	"rabbitmq": (5672, "export HOME={folder} RABBITMQ_MNESIA_BASE={folder} RABBITMQ_LOG_BASE={folder} RABBITMQ_ENABLED_PLUGINS_FILE={folder}/plugins RABBITMQ_NODENAME=lab@localhost; exec /usr/lib/rabbitmq/bin/rabbitmq-server",
		"RabbitMQ 3.10"),
}
# How a real server takes a ClientHello: some speak first or complain, some close, some wait for ever.
QUIET = ["server_not_tls", "closed_after_client_hello", "reset_after_client_hello", "server_silent", "client_abandoned"]


def server_rows():
	clients = {"openssl": (HELLO, OPENSSL), "gnutls": (GNUTLS, GNU), "curl": (HTTPS, CURL)}
	for name, (port, line, stack) in PLAIN.items():
		wait = dict(wait_for=port)
		for client in ("openssl", draw(name, ("gnutls", "curl"))):
			words, who = clients[client]
			yield Row("server_not_tls-real-%s-%s" % (name, client), "TLS to the plain port of " + stack, here(words % port), there(port, line), codes=QUIET, by=["client", "server"],
				client_stack=who, server_stack=stack, client_says="end", seconds=14, **wait)


WEB = ("nginx", "haproxy", "go", "openssl", "gnutls", "java", "node")
SPEAKERS = {
	"ssh": ("timeout 6 ssh -p 443 -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o BatchMode=yes kim@{host} 2>&1", "OpenSSH 9.2"),
	"h2c": ("curl -sv -o /dev/null --max-time 6 --http2-prior-knowledge http://{host}:443/", CURL),
	"websocket": ("curl -sv -o /dev/null --max-time 6 -H 'Connection: Upgrade' -H 'Upgrade: websocket' -H 'Sec-WebSocket-Version: 13' -H 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==' http://{host}:443/chat", CURL),
	"rtsp": ("curl -sv -o /dev/null --max-time 6 rtsp://{host}:443/stream", CURL),
	"mqtt": ("timeout 6 mosquitto_pub -h {host} -p 443 -t lab -m hello 2>&1", "Mosquitto 2.0 client"),
	"redis": ("timeout 6 redis-cli -h {host} -p 443 ping 2>&1", "redis-cli 7.0"),
	"rsync": ("timeout 6 rsync rsync://{host}:443/lab 2>&1", "rsync 3"),
	"git": ("timeout 6 git ls-remote git://{host}:443/lab.git 2>&1", "git 2.39"),
	"dns": ("timeout 6 dig +tcp +tries=1 +time=3 -p 443 @198.51.100.44 shop.lindenhof.example 2>&1", "dig 9.18"),
	"syslog": ("timeout 6 logger --tcp -n {host} -P 443 --rfc5424 hello lab 2>&1", "logger (util-linux)"),
	"x11": ("DISPLAY=198.51.100.44:-5557 timeout 6 xdpyinfo 2>&1", "xdpyinfo"),
	"psql": ("PGCONNECT_TIMEOUT=6 psql 'host={host} port=443 user=kim dbname=lab sslmode=disable' -c 'select 1' 2>&1", "psql 15"),
	"psql-ssl": ("PGCONNECT_TIMEOUT=6 psql 'host={host} port=443 user=kim dbname=lab sslmode=require' -c 'select 1' 2>&1", "psql 15"),
	"smb": ("timeout 6 smbclient -p 443 -L //198.51.100.44 -N 2>&1", "smbclient 4.17"),
	"openvpn": ("timeout 5 openvpn --client --dev null --ifconfig-noexec --route-noexec --proto tcp-client --remote 198.51.100.44 443 --nobind --ca {roots} --cert {good} --key {good_key} --connect-retry-max 1 --verb 1 2>&1", "OpenVPN 2.6"),
	"sip": ("timeout 6 sipsak -E tcp -s sip:kim@198.51.100.44:443 -v 2>&1", "sipsak 0.9"),
	"memcached": ("printf 'stats\\r\\n' | timeout 4 ncat {host} 443 2>&1", "ncat"),
	"finger": ("printf 'kim\\r\\n' | timeout 4 ncat {host} 443 2>&1", "ncat"),
}
DRIVEN = ("kafkajs", "amqplib", "mqtt", "ioredis", "pg", "ldapts")


def client_rows():
	for name, (line, stack) in SPEAKERS.items():
		for server in sorted({draw(name, WEB), draw(name + " again", WEB)}):
			yield Row("plaintext_to_tls_port-real-%s-%s" % (name, server), "%s in clear to the port of TLS" % stack, here(line), (server, {}), codes=["plaintext_to_tls_port"], by=["server", "client"],
				client_stack=stack, client_says="end", seconds=10)
	for server in ("nginx", "java"):	# it tries five times
		yield Row("plaintext_to_tls_port-driver-mongodb-" + server, "mongodb in clear to the port of TLS", ("driver", dict(extra=("mongodb", "plain"))), (server, {}),
			codes=["plaintext_to_tls_port"], by=["server", "client"], client_stack="mongodb (Node 20)", client_says="ERR|EVENT", seconds=12, flows=5)
	for name in DRIVEN:
		for server in ("nginx", "java"):
			yield Row("plaintext_to_tls_port-driver-%s-%s" % (name, server), "%s in clear to the port of TLS" % name, ("driver", dict(extra=(name, "plain"))), (server, {}),
				codes=["plaintext_to_tls_port"], by=["server", "client"], client_stack="%s (Node 20)" % name, client_says="ERR|EVENT", seconds=12)


def fine_rows():
	"""Other protocols on 443 whose two sides understand each other."""
	for name, line, server, stack in (
			("ssh-443", "timeout 6 ssh -p 443 -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o BatchMode=yes kim@{host} 2>&1", PLAIN["ssh"][1].replace("-p 22", "-p 443"), "OpenSSH 9.2"),
			("redis-443", "timeout 6 redis-cli -h {host} -p 443 ping", PLAIN["redis"][1].replace("6379", "443"), "Redis 7.0"),
			("http-443", "curl -sv -o /dev/null --max-time 6 http://{host}:443/", "cd {folder}; exec python3 -m http.server 443", "Python http.server"),
			("h2c-443", "curl -sv -o /dev/null --max-time 6 --http2-prior-knowledge http://{host}:443/", "printf 'defaults\\n mode http\\n timeout client 5s\\n timeout connect 1s\\n timeout server 5s\\nfrontend f\\n"
				" bind :443 proto h2\\n http-request return status 200\\n' > {folder}/c; exec haproxy -db -f {folder}/c", "HAProxy 2.6"),
			("git-443", "timeout 6 git ls-remote git://{host}:443/lab.git", PLAIN["git"][1].replace("9418", "443"), "git daemon 2.39"),
			("rsync-443", "timeout 6 rsync rsync://{host}:443/lab", PLAIN["rsync"][1].replace("873", "443"), "rsync 3"),
			("svn-443", "timeout 6 svn ls --non-interactive svn://{host}:443/lab", PLAIN["svn"][1].replace("3690", "443"), "svnserve 1.14"),
			("dns-853", "timeout 6 dig +tcp -p 853 @198.51.100.44 shop.lindenhof.example", PLAIN["dns"][1].replace("interface: 0.0.0.0", "interface: 0.0.0.0@853"), "Unbound 1.17"),
			("telnet-443", "(sleep 2) | timeout 6 telnet {host} 443", PLAIN["telnet"][1].replace("'23 ", "'443 "), "inetutils telnetd"),
			("sip-5061", "timeout 6 sipsak -E tcp -s sip:kim@198.51.100.44:5061 -v", PLAIN["kamailio"][1].replace("5060", "5061"), "Kamailio 5.6"),
			("nats-443", "timeout 6 node " + DRIVERS + " nats {host} 443 {roots} plain", PLAIN["nats"][1].replace("4222", "443"), "NATS 2.9"),
			):
		port = int(name.split("-")[1])
		yield Row("none-" + name, "no TLS is spoken, and none is missing: " + stack, here(line), there(port, server), outcome="none", client_stack=stack, server_stack=stack, client_says="end", seconds=12)


def rows():
	yield from server_rows()
	yield from client_rows()
	yield from fine_rows()


SPARE = ()
