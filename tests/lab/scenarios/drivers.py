"""Drivers from npm against real servers: databases, mail, directories, messages."""

from scenarios import Row
from scenarios.plain import PLAIN
from scenarios.server_certificate import KINDS, verdict

# Each server with TLS: its port, how to start it, its name.
SERVERS = {
	"ioredis": (6380, "exec redis-server --port 0 --tls-port 6380 --tls-cert-file {chain} --tls-key-file {key} --tls-ca-cert-file {chain} --tls-auth-clients no --protected-mode no --save '' --dir {folder}", "Redis 7.0 (OpenSSL 3.0)"),
	"mqtt": (8883, "cp {key} {folder}/key; chmod 644 {folder}/key; chmod 755 {folder}; printf 'listener 8883\\nallow_anonymous true\\ncertfile {chain}\\nkeyfile {folder}/key\\n' > {folder}/c; exec mosquitto -v -c {folder}/c",
		"Mosquitto 2.0 (OpenSSL 3.0)"),
	"nats": (4222, "printf 'port: 4222\\ntls {{\\n cert_file: {chain}\\n key_file: {key}\\n}}\\n' > {folder}/c; exec nats-server -D -c {folder}/c", "NATS 2.9 (Go)"),
	"amqplib": (5671, "printf 'listeners.tcp = none\\nlisteners.ssl.default = 5671\\nssl_options.certfile = {chain}\\nssl_options.keyfile = {folder}/key\\nssl_options.verify = verify_none\\nloopback_users = none\\n' > {folder}/c.conf; "
		"cp {key} {folder}/key; chmod -R a+rX {folder}; export HOME={folder} RABBITMQ_CONFIG_FILE={folder}/c RABBITMQ_CONF_ENV_FILE=/dev/null RABBITMQ_MNESIA_BASE={folder} RABBITMQ_LOG_BASE={folder} RABBITMQ_ENABLED_PLUGINS_FILE={folder}/plugins "
		"RABBITMQ_NODENAME=lab@localhost; exec /usr/lib/rabbitmq/bin/rabbitmq-server", "RabbitMQ 3.10 (Erlang)"),
}


def driver(name, mode="tls", port=0, **more):
	return ("driver", dict(extra=(name, mode), port=port, **more))


def message_rows():
	for name, (port, line, stack) in SERVERS.items():
		def there(certificate="good"):
			return ("shell", dict(port=port, config=line, certificate=certificate))
		more = dict(client_stack=name + " (Node 20)", server_stack=stack, seconds=14)
		yield Row("completed-driver-" + name, "a driver and its server over TLS", driver(name, port=port), there(), outcome="completed", client_says="OK", **more)
		for certificate, high in (("expired", "1.2"), ("unknown-with-root", "1.3")):
			story, named, clear, says = KINDS[certificate]
			late = dict(outcome="completed", also=["failed"], codes=named + ["client_abandoned", "cert_rejected", "cert_unknown_ca"])
			yield Row("%s-driver-%s-tls%s" % (named[0], name, high.replace(".", "")), "the server's certificate: " + story, driver(name, port=port, high=high), there(certificate), by=["client"], tls=high,
				client_says="(?i)certificate|" + says, **late, **more)
		if name != "nats":
			yield Row("plaintext_to_tls_port-driver-own-" + name, "a driver in clear to its server's TLS port", driver(name, "plain", port=port), there(), codes=["plaintext_to_tls_port"],
				by=["server", "client"], client_says="ERR|EVENT", **more)
	nats = dict(client_stack="nats (Node 20)", server_stack="NATS 2.9 (Go)", seconds=14)
	port, line, stack = PLAIN["nats"]
	yield Row("starttls_refused-driver-nats", "the server's INFO offers no TLS, and the client insists", driver("nats", port=port), ("shell", dict(port=port, config=line)), codes=["starttls_refused"],
		by=["client"], client_says="ERR", **nats)
	yield Row("cert_unknown_ca-driver-nats-unasked", "the server demands TLS, the client was told nothing of it and trusts nobody", driver("nats", "plain", port=4222), ("shell", dict(port=4222, config=SERVERS["nats"][1])),
		outcome="completed", also=["failed"], codes=["cert_unknown_ca", "cert_chain_incomplete", "client_abandoned", "cert_rejected"], by=["client"], client_says="(?i)certificate", **nats)
	for name in ("ioredis", "mqtt", "amqplib"):
		port, line, stack = PLAIN[{"ioredis": "redis", "mqtt": "mosquitto", "amqplib": "rabbitmq"}[name]]
		yield Row("server_not_tls-driver-" + name, "a driver that wants TLS, and a server without", driver(name, port=port), ("shell", dict(port=port, config=line)), codes=["server_not_tls", "server_silent",
			"reset_after_client_hello", "closed_after_client_hello", "client_abandoned"], by=["client", "server"], client_stack=name + " (Node 20)", server_stack=stack, client_says="ERR|EVENT", seconds=14)


def store_rows():
	for name, mode, module, given, refused in (
			("pg", "tls", "postgres", dict(port=5432), dict(extra=("plain",))), ("mysql2", "identity", "mariadb", dict(port=3306), dict(extra=("plain",))),
			("nodemailer", "tls", "postfix", dict(port=25), dict(config="smtpd_tls_security_level = none")), ("imapflow", "tls", "dovecot", dict(port=143), dict(config="ssl = no")),
			("ldapts", "tls", "slapd", dict(port=389), dict(extra=("plain",)))):
		more = dict(client_stack=name + " (Node 20)", seconds=14)
		port = given["port"]
		if name != "imapflow":	# whose login fails here
			yield Row("completed-driver-" + name, "a driver that upgrades to TLS", driver(name, mode, port), (module, dict(given)), outcome="completed", client_says="OK", **more)
		yield Row("starttls_refused-driver-" + name, "a driver that insists, and a server without TLS", driver(name, mode, port), (module, dict(given, **refused)), codes=["starttls_refused"],
			by=["client", "server"], client_says="ERR", **more)
		for certificate, high in (("expired", "1.2"), ("other-name", "1.3")):
			story, named, clear, says = KINDS[certificate]
			yield Row("%s-driver-%s-tls%s" % (named[0], name, high.replace(".", "")), "the server's certificate: " + story, driver(name, mode, port, high=high), (module, dict(given, certificate=certificate)), by=["client"], tls=high,
				client_says="(?i)certificate|altnames|" + says, outcome="completed", also=["failed"], codes=named + ["client_abandoned", "cert_rejected"], **more)
	yield Row("completed-driver-nodemailer-smtps", "mail over TLS at once", driver("nodemailer", "implicit", 465), ("postfix", dict(port=465)), outcome="completed", client_says="OK", client_stack="nodemailer (Node 20)", seconds=14)
	yield Row("server_not_tls-driver-nodemailer", "secure: true on the port of STARTTLS", driver("nodemailer", "implicit", 25), ("postfix", dict(port=25)), codes=["server_not_tls"], by=["client", "server"],
		client_says="ERR", client_stack="nodemailer (Node 20)", seconds=14)
	yield Row("none-driver-nodemailer-opportunistic", "no STARTTLS on offer, and the driver sends in clear", driver("nodemailer", "opportunistic", 25), ("postfix", dict(port=25, config="smtpd_tls_security_level = none")),
		outcome="none", client_says="OK", client_stack="nodemailer (Node 20)", seconds=14)


def rows():
	yield from message_rows()
	yield from store_rows()


SPARE = ()
