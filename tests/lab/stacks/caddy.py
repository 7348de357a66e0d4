import json

from stacks import Command, write

SERVER = "Caddy 2.6 (Go 1.19 crypto/tls)"


def server(s):
	policy = {"protocol_min": "tls" + s.low, "protocol_max": "tls" + s.high}
	if s.ask:
		policy["client_authentication"] = {"trusted_ca_certs_pem_files": [s.roots], "mode": "require_and_verify"}
	if s.alpn:
		policy["alpn"] = list(s.alpn)
	if s.groups:
		policy["curves"] = s.groups.split(":")
	if s.ciphers:
		policy["cipher_suites"] = s.ciphers.split(":")
	conf = {"admin": {"disabled": True}, "storage": {"module": "file_system", "root": s.folder},
		"apps": {"tls": {"certificates": {"load_files": [{"certificate": s.certificate.chain, "key": s.certificate.key}]}},
			"http": {"servers": {"s": {"listen": [":%d" % s.port], "automatic_https": {"disable": True},
				"tls_connection_policies": [policy], "routes": [{"handle": [{"handler": "static_response", "body": "hello\n"}]}]}}}}}
	path = write(s.folder + "/caddy.json", json.dumps(conf))
	return Command(["caddy", "run", "--config", path], {"HOME": s.folder, "XDG_DATA_HOME": s.folder, "XDG_CONFIG_HOME": s.folder})
