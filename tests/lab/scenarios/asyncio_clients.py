"""Clients on Python's asyncio: when they refuse a certificate, the alert that OpenSSL wrote is dropped."""

from scenarios import Row
from scenarios.server_certificate import KINDS


def rows():
	for kind in ("streams", "aiohttp"):
		for server in ("nginx", "go"):
			yield Row("completed-%s-%s" % (kind, server), "a request over TLS", ("aio", dict(extra=(kind,))), (server, {}), outcome="completed", client_says="OK")
		for certificate, server, high in (("expired", "nginx", "1.2"), ("expired", "nginx", "1.3"), ("unknown-with-root", "go", "1.3"), ("other-name", "nginx", "1.2"), ("other-name", "go", "1.3"), ("self", "java", "1.2"),
				("incomplete", "gnutls", "1.3"), ("unknown-with-root", "nginx", "1.2"), ("incomplete", "go", "1.2")):
			story, named, clear, says = KINDS[certificate]
			yield Row("%s-%s-%s-tls%s" % (named[0], kind, server, high.replace(".", "")), "the server's certificate: " + story, ("aio", dict(extra=(kind,), high=high)), (server, dict(certificate=certificate)),
				codes=named + ["cert_rejected", "client_abandoned"] if high == "1.2" else ["cert_rejected", "client_abandoned"] + named, keys=named, by=["client"], tls=high, client_says="(?i)certificate")


SPARE = ()
