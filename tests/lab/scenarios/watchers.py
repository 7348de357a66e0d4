"""Programs that only look whether somebody is there, or use a proxy for other things: no TLS is wanted."""

from scenarios import Row
from scenarios.mail import shell

HAPROXY = "printf 'defaults\\n mode tcp\\n timeout client 5s\\n timeout connect 2s\\n timeout server 5s\\nlisten l\\n bind 127.0.0.1:9000\\n%s server one {host}:%d check inter 30s\\n' > {folder}/c; timeout 3 haproxy -db -f {folder}/c"
TINY = "printf 'Port 8888\\nUser nobody\\nTimeout 8\\n' > {folder}/c; exec tinyproxy -d -c {folder}/c"


def rows():
	more = dict(client_stack="HAProxy 2.6 health check", outcome="none", seconds=4)
	for name, option, port, server in (
			("mariadb", "", 3306, ("mariadb", dict(port=3306, extra=("plain",)))), ("mariadb-mysql", " option mysql-check user kim\\n", 3306, ("mariadb", dict(port=3306, extra=("plain",)))),
			("dovecot", "", 143, ("dovecot", dict(port=143, config="ssl = no"))), ("dovecot-sieve", "", 4190, ("dovecot", dict(port=4190, config="ssl = no"))),
			("postfix-smtp", " option smtpchk EHLO check.example\\n", 25, ("postfix", dict(port=25, config="smtpd_tls_security_level = none"))),
			("postgres", " option pgsql-check user postgres\\n", 5432, ("postgres", dict(port=5432, extra=("plain",)))),
			("slapd", " option ldap-check\\n", 389, ("slapd", dict(port=389, extra=("plain",)))), ("redis", " option redis-check\\n", 6379, ("shell", dict(port=6379, config="exec redis-server --port 6379 --protected-mode no --save '' --dir {folder}"))),
			("nats", "", 4222, ("shell", dict(port=4222, config="exec nats-server -p 4222")))):
		also = dict(also=["failed"], codes=["starttls_refused"]) if name == "postfix-smtp" else {}
		yield Row("none-check-" + name, "a balancer looks whether the server is there", shell(HAPROXY % (option, port)), server, **also, **more)
	for name, line, server, stack in (
			("ssh-connect", "timeout 6 ssh -p 22 -o ProxyCommand='ncat --proxy {host}:8888 --proxy-type http %h %p' -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o BatchMode=yes kim@{host}; echo end", TINY, "tinyproxy 1.11"),
			("ssh-socks", "timeout 6 ssh -p 22 -o ProxyCommand='ncat --proxy {host}:1080 --proxy-type socks5 %h %p' -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o BatchMode=yes kim@{host}; echo end", "exec microsocks -p 1080", "microsocks 1.0"),
			("http-connect", "curl -sv -o /dev/null --max-time 6 -p -x http://{host}:8888 http://{host}:8000/; echo end", TINY, "tinyproxy 1.11")):
		inner = "ssh-keygen -q -t ed25519 -N '' -f {folder}/key; mkdir -p /run/sshd; /usr/sbin/sshd -D -e -p 22 -h {folder}/key -o PidFile={folder}/pid & python3 -m http.server 8000 >/dev/null 2>&1 & sleep 0.5; "
		port = 1080 if "socks" in name else 8888
		yield Row("none-tunnel-" + name, "a tunnel through a proxy for something in clear", shell(line.replace("%h", "%%h").replace("%p", "%%p").replace("%%", "%")), ("shell", dict(port=port, config=inner + server)), outcome="none", server_stack=stack, client_stack="several",
			client_says="end", seconds=12)


SPARE = ()
