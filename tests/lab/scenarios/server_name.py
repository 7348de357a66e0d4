"""The server serves other names, or needs one."""

from scenarios import Row

UNKNOWN = r"(?i)unrecognized.name|name.*recogni|112|no SNI|servername|UNRECOGNIZED|alert|unknown|-0x7780"
REJECT = {"nginx": dict(extra=("reject",)), "haproxy": dict(extra=("strict-sni",)),
	"openssl": dict(extra=("-servername", "shop.lindenhof.example", "-servername_fatal", "-cert2", "{chain}", "-key2", "{key}")),
	"java": dict(config="only=shop.lindenhof.example")}


def rows():
	for server, there in REJECT.items():
		for client in ("openssl", "curl", "gnutls", "go", "java", "nss", "node", "python", "wolf", "mbed"):
			for tls in ("1.2", "1.3"):
				if (client == "mbed" and tls == "1.3") or (server in ("openssl", "java") and client in ("curl", "node", "wolf", "mbed")):
					continue
				name = "%s-%s-tls%s" % (client, server, tls.replace(".", ""))
				yield Row("sni_unrecognized-" + name, "the server does not serve the name",
					(client, dict(high=tls, name="nope.lindenhof.example")), (server, dict(there)), tls=tls,
					codes=["sni_unrecognized"], by=["server"], client_says=UNKNOWN, sequence=r"C:CH S:alert\(112\)")
				if server in ("nginx", "haproxy") and client not in ("nss", "python"):
					yield Row("sni_missing-" + name, "the server needs a name, the client sends none",
						(client, dict(high=tls, name="", verify=False)), (server, dict(there)), tls=tls,
						codes=["sni_missing"], by=["server"], client_says=UNKNOWN, sequence=r"C:CH S:alert")
