"""A balancer's PROXY protocol header (haproxy.org) in front of the ClientHello."""

from scenarios import Row

HEADER = dict(extra=("--haproxy-protocol",))


def rows():
	for server in ("openssl", "nginx", "gnutls", "go", "java", "apache", "node"):
		yield Row("plaintext_to_tls_port-proxy-header-" + server, "the server does not expect a PROXY header",
			("curl", HEADER), (server, {}), codes=["plaintext_to_tls_port"], by=["server"],
			client_says=r"(?i)wrong version|alert|SSL|reset|closed")
