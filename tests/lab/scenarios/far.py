"""Refusals over long paths: what is told by who spoke when must hold wherever the capture was made."""

from scenarios import Row, draw
from scenarios import client_certificate, other_stacks, server_certificate
from scenarios.paths import NEAR_CLIENT, NEAR_SERVER, path

PLACES = (("near-client", NEAR_CLIENT), ("near-server", NEAR_SERVER))
DELAYS = (45, 160, 330)		# ms one way: another continent, a bad mobile, a satellite
# These judge the name, the dates or the issuer when the library is done, but for some that alert in time.
LATE = ("nss", "wget", "node", "curl", "gnutls", "firefox", "node26", "php", "bun")
KINDS = ("expired", "other-name", "self", "unknown", "incomplete")


def far(row, name, place, delay):
	"""The same story over a long path."""
	where, tap = place
	more = dict(row.more, path=path(delay, tap=tap, hops=5), seconds=25)
	return Row("%s-far-%s-%dms" % (name, where, delay), row.story + ", over a path of %d ms" % (2 * delay), row.client, row.server, outcome=row.outcome,
		codes=row.codes, keys=row.keys, by=row.by, client_says=row.client_says, server_says=row.server_says, also=row.also, tls=row.tls, **more)


def refused_certificates():
	"""Each client refuses something, in both versions, from both ends."""
	for client in LATE:
		other = client in other_stacks.CLIENTS
		for tls in ("1.2", "1.3"):
			kind = draw("far" + client + tls, KINDS)
			story, named, _, says = server_certificate.KINDS[kind]
			verdict = other_stacks.refusal(client, kind, tls) if other else server_certificate.verdict(kind, client, tls)
			server = draw("far server" + client + tls, ("nginx", "go", "openssl", "gnutls", "haproxy"))
			row = Row("", "the server's certificate: " + story, (client, dict(high=tls)), (server, dict(certificate=kind, high=tls)), tls=tls, by=["client"],
				client_says=other_stacks.SAYS if other else "(?i)" + says, **verdict)
			for place in PLACES:
				delay = draw(client + tls + place[0], DELAYS)
				yield far(row, "%s-%s-%s-tls%s" % (named[0], kind, client, tls.replace(".", "")), place, delay)


def refused_clients():
	for server in ("openssl", "go", "java", "nss", "haproxy"):
		for tls in ("1.2", "1.3"):
			kind, certificate = draw("far" + server + tls, (("missing", None), ("expired", "client-expired"), ("unknown", "client-unknown")))
			client = draw("far client" + server + tls, ("openssl", "curl", "python", "gnutls", "node"))
			row = client_certificate.row(kind, client, server, tls, certificate, "")
			for place in PLACES:
				yield far(row, row.name, place, draw(server + tls + place[0], DELAYS))


def healthy():
	for client, server in (("curl", "nginx"), ("wget", "go"), ("nss", "openssl"), ("gnutls", "gnutls"), ("node", "haproxy"), ("java", "java")):
		for tls in ("1.2", "1.3"):
			row = Row("", "a connection that works", (client, dict(high=tls)), (server, {}), outcome="completed", tls=tls, sequence="enc|CCS")
			place = draw(client + tls, PLACES)
			yield far(row, "completed-%s-%s-tls%s" % (client, server, tls.replace(".", "")), place, draw(client + tls, DELAYS))
			row = Row("", "a client certificate is accepted", (client, dict(low=tls, high=tls, certificate="client")), (server, dict(ask=True)), outcome="completed", tls=tls, sequence="C:.*enc|CCS")
			if client != "wget":
				yield far(row, "completed-client_cert-%s-%s-tls%s" % (client, server, tls.replace(".", "")), place, draw(client + tls, DELAYS))


def rows():
	for part in (refused_certificates, refused_clients, healthy):
		yield from part()
