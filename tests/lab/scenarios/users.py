"""Attempts that belong together: one user's, over the next address, the next protocol, with less; and such as are nobody's."""

from scenarios import Row
from scenarios.endpoints import COMPLETED, failed, no_ipv6

HE = "curl -sv -o /dev/null --max-time 12 --cacert {roots} --resolve {host}:443:[2001:db8:5::44],198.51.100.44 https://{host}/"
ONE = "curl -sv -o /dev/null --max-time 8 --cacert {roots} --resolve {host}:443:%s https://{host}/"
SIX, FOUR = "[2001:db8:5::44]", "198.51.100.44"
CURL = dict(client_stack="curl 7.88 (OpenSSL 3.0)")
QUIC = "/tmp/tlswhy-lab/quic-go-peer -alpn h3 -roots {roots} -address %s:443 -name {host}; "
REFUSED = dict(failed("connect_refused", "server"), aborted_by=["server", "network"])
CHECK = ("printf 'defaults\\n mode tcp\\n timeout client 5s\\n timeout connect 2s\\n timeout server 5s\\nlisten l\\n bind 127.0.0.1:9000\\n"
	" server one {host}:443 check check-ssl verify none check-sni {host} inter 1s\\n' > {folder}/c; timeout 5.5 haproxy -db -f {folder}/c; echo end")


def six(*rule):
	"""A rule for what the server's host receives over IPv6."""
	def lay(network, peer):
		network.run("server", "ip6tables", "-A", "INPUT", "-p", "tcp", *rule)
	return lay


def family_rows():
	again = dict(flows=2, cases=[("S:RST", REFUSED), COMPLETED], incidents=[[0, 1]], seconds=15)
	yield Row("connect_refused-then-ipv4-wget", "the IPv6 address refuses, and wget takes the next one", ("shell", dict(config="printf '%s {host}\\n%s {host}\\n' 2001:db8:5::44 198.51.100.44 > {folder}/hosts; "
		"mount --bind {folder}/hosts /etc/hosts; wget --ca-certificate={roots} -O /dev/null https://{host}/")), ("nginx", {}), setup=no_ipv6, client_says="200 OK", client_stack="wget 1.21 (GnuTLS 3.7)", **again)
	yield Row("connect_refused-prohibited-then-ipv4", "a firewall says that IPv6 is prohibited, and the client goes on with IPv4", ("shell", dict(config=HE)), ("nginx", {}), flows=2,
		each={0: REFUSED, 1: dict(outcome="completed")}, incidents=[[0, 1]], seconds=15,
		setup=six("--dport", "443", "-j", "REJECT", "--reject-with", "icmp6-adm-prohibited"), client_says="200 OK", **CURL)
	yield Row("completed-ipv6-silent-then-ipv4", "nobody answers over IPv6, and a fifth of a second later the client tries IPv4", ("shell", dict(config=HE)), ("nginx", {}), flows=2,
		each={0: dict(outcome="none", outcomes_acceptable=["failed"], codes=["connect_timeout"]), 1: dict(outcome="completed")}, outcome="completed", seconds=15, setup=six("--dport", "443", "-j", "DROP"), client_says="200 OK", **CURL)
	yield Row("reset_after_client_hello-then-ipv4", "over IPv6 the hello is reset, over IPv4 it works", ("shell", dict(config=ONE % SIX + "; " + ONE % FOUR)), ("nginx", {}), flows=2,
		each={0: dict(failed("reset_after_client_hello", "server"), aborted_by=["server", "network"]), 1: dict(outcome="completed")}, incidents=[[0, 1]], seconds=15,
		setup=six("--dport", "443", "-m", "length", "--length", "200:", "-j", "REJECT", "--reject-with", "tcp-reset"), client_says="200 OK", **CURL)
	yield Row("server_flight_lost-then-ipv4", "over IPv6 the server's flight does not pass and the client gives up, over IPv4 it works", ("shell", dict(config=ONE.replace("--max-time 8", "--max-time 4") % SIX + "; " + ONE % FOUR)),
		("nginx", dict(certificate="rsa")), flows=2, each={0: dict(failed("server_flight_lost", "client"), aborted_by=["client", "network"]), 1: dict(outcome="completed")}, incidents=[[0, 1]], seconds=15,
		filter=("-6 -A FORWARD -p tcp --sport 443 -m length --length 1200:2000 -j DROP",), client_says="200 OK", **CURL)
	both = "curl -sv -o /dev/null --max-time 12 --cacert {roots} --interface %s --resolve {host}:443:%s https://{host}/"
	yield Row("connect_refused-of-two-hosts", "one host is refused over IPv6 while others come over IPv4: nobody knows whose that is", ("shell", dict(config="; ".join(
		(both % ("192.0.2.18", FOUR), "sleep 1", both % ("2001:db8:2::17", SIX) + " & " + both % ("192.0.2.19", FOUR) + " & " + both % ("192.0.2.20", FOUR) + " & wait")))), ("nginx", {}), flows=4,
		cases=[("S:RST", REFUSED), COMPLETED], incidents=[], seconds=15, setup=no_ipv6, client_says="200 OK", **CURL)


def quic_rows():
	lost = dict(codes=["client_hello_lost", "server_silent"], aborted_by=["network", "client", "unknown"], outcome="failed")
	more = dict(uses=("quic_go",), datagrams="both", flows=2, seconds=20, client_stack="quic-go 0.29, curl 7.88 (OpenSSL 3.0)", incidents=[[0, 1]], tls="QUIC")
	yield Row("client_hello_lost-quic-then-tcp", "UDP 443 is dropped on the way, and the user gets through over TCP", ("shell", dict(config=QUIC % FOUR + ONE % FOUR)), ("nginx", {}),
		filter=("-A FORWARD -p udp --dport 443 -j DROP",), each={0: lost, 1: dict(outcome="completed")}, client_says="ERR", **more)
	yield Row("connect_refused-quic-then-tcp", "no QUIC on the port (ICMP port unreachable), and the user gets through over TCP", ("shell", dict(config=QUIC % FOUR + ONE % FOUR)), ("nginx", {}),
		each={0: failed("connect_refused", "server"), 1: dict(outcome="completed")}, client_says="ERR", **more)
	yield Row("client_hello_lost-quic-then-tcp-expired", "UDP 443 is dropped, and over TCP the certificate has expired", ("shell", dict(config=QUIC % FOUR + ONE % FOUR + " --tls-max 1.2")), ("nginx", dict(certificate="expired")),
		filter=("-A FORWARD -p udp --dport 443 -j DROP",), each={0: lost, 1: failed("cert_expired", "client")}, client_says="expired", **more)


def nobody_rows():
	"""Health checks, a connection in store, a scanner: no person waits for any of these."""
	yield Row("completed-checks-haproxy", "a balancer looks every second whether the server does TLS", ("shell", dict(config=CHECK)), ("nginx", {}), outcome="completed", also=["none"], flows=None, probes="all",
		client_says="end", client_stack="HAProxy 2.6 health check", seconds=10)
	stored = "(sleep 3 | openssl s_client -connect {host}:443 -servername {host} -CAfile {roots} >/dev/null 2>&1) & sleep 0.05; " + ONE % FOUR + "; wait"
	yield Row("completed-preconnect", "two connections are opened, and only one is used", ("shell", dict(config=stored)), ("nginx", {}), outcome="completed", flows=2, probes=1, client_says="200 OK",
		client_stack="OpenSSL 3.0 s_client, curl 7.88", seconds=10)
	scan = "sslscan --no-colour --tls12 --no-heartbleed --no-compression --no-renegotiation --no-fallback --no-groups --no-cipher-details --sni-name={host} {host}:443"
	yield Row("completed-scan-sslscan", "a scanner asks for one suite after the other", ("shell", dict(config=scan)), ("nginx", {}), flows=None, probes="all",
		cases=[("alert.(40|70)", dict(failed("cipher_mismatch", "server", "negotiation_failed", "version_mismatch", "signature_mismatch", "group_mismatch"), outcomes_acceptable=["failed", "completed"])),
			("", dict(outcome="completed", outcomes_acceptable=["completed", "none", "failed"], codes=["client_abandoned"]))], client_says="Accepted|Preferred", client_stack="sslscan 2.0 (OpenSSL)", seconds=30)


def rows():
	yield from nobody_rows()
	yield from family_rows()
	yield from quic_rows()
