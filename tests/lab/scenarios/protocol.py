"""Rules of the protocol broken: by a relay between two real stacks, or by a server made for it."""

import os

from scenarios import Row

RELAY = "python3 " + os.path.join(os.path.dirname(__file__), "../peers/relay.py")
# A relay in front of the server: what it does to either side is seen on the way to the client.
BEHIND = "openssl s_server -accept 4443 -www -cert {one} -cert_chain {chain} -key {key} %s > {folder}/server.log 2>&1 & sleep 0.3; exec " + RELAY + " 443 127.0.0.1 4443 %s"
SERVERSIDE = dict(server_stack="OpenSSL 3.0 s_server behind a relay that alters records")
# Alteration of the server's words: TLS version, codes, what the clients call it.
SERVER_BREAKS = {
	"sc_random": ("1.2", ["crypto_failure"], "a bit of the ServerHello's random"),
	"sc_signature": ("1.2", ["crypto_failure"], "a bit of the signature in ServerKeyExchange"),
	"sc_suite": ("1.2", ["illegal_parameter", "cipher_mismatch"], "the ServerHello picks a suite that was not offered"),
	"sc_compression": ("1.2", ["illegal_parameter", "malformed_message"], "the ServerHello picks compression"),
	"sc_version": ("1.2", ["version_mismatch", "illegal_parameter", "downgrade_detected"], "the ServerHello says SSL 3.0"),
	"sc_decode": ("1.2", ["malformed_message"], "an extension of the ServerHello claims too much"),
	"sc_extension": ("1.2", ["unsupported_extension", "illegal_parameter"], "the ServerHello has an extension that nobody asked for"),
	"sc_no_ske": ("1.2", ["unexpected_message", "internal_error"], "the ServerKeyExchange is missing"),
	"sc_no_certificate": ("1.2", ["unexpected_message"], "the Certificate is missing"),
	"sc_certificate": ("1.2", ["cert_malformed", "malformed_message"], "the certificate is no DER"),
	"sc_cert_length": ("1.2", ["malformed_message", "cert_malformed"], "the certificate list claims too much"),
	"sc_flip_first": ("1.2", ["record_corrupted", "crypto_failure"], "a bit of the server's Finished"),
	"sc_overflow": ("1.2", ["malformed_message"], "a record that is too long"),
	"sc_finished": ("1.2", ["unexpected_message", "malformed_message"], "a Finished instead of a ServerHello"),
	"sc_no_reneg": ("1.2", ["legacy_renegotiation_refused", "negotiation_failed"], "no renegotiation_info"),
	"sc_random13": ("1.3", ["record_corrupted", "crypto_failure"], "a bit of the ServerHello's random"),
	"sc_flip_second": ("1.3", ["record_corrupted", "cert_rejected"], "a bit of the second encrypted record"),
	"sc_flip_first13": ("1.3", ["record_corrupted", "cert_rejected"], "a bit of the first encrypted record"),
	"sc_suite13": ("1.3", ["illegal_parameter", "cipher_mismatch"], "the ServerHello picks a suite that was not offered"),
	"sc_session": ("1.3", ["illegal_parameter"], "the ServerHello echoes another session id"),
	"sc_extension13": ("1.3", ["unsupported_extension", "illegal_parameter"], "the ServerHello has an extension that nobody asked for"),
}
# Who is asked; of what the wire does not tell without keys, only those who leave some.
LENIENT = {"sc_overflow": ("openssl", "java", "gnutls"), "sc_flip_first": ("openssl", "curl", "nss", "gnutls"), "sc_no_reneg": ("openssl", "curl", "python", "node"), "sc_session": ("openssl", "go", "curl", "java")}


def server_rows():
	for name, (tls, codes, story) in SERVER_BREAKS.items():
		for client in LENIENT.get(name, ("openssl", "go", "java", "gnutls", "nss", "wolf", "mbed", "curl")):
			if client == "mbed" and tls == "1.3":
				continue
			alteration = name[:-2] if name.endswith("13") else name
			more = {}
			if name == "sc_flip_first":
				# An encrypted alert after both Finished may be anything, and so may its cause.
				more = dict(also=["completed"], keys=list(codes))
				codes = codes[:2] + ["cert_rejected", "client_abandoned", "cert_unknown_ca"]
			yield Row("%s-%s-%s" % (codes[0], name.replace("_", "-"), client), "altered on the way to the client: " + story, (client, dict(low=tls, high=tls)),
				("shell", dict(config=BEHIND % ("", alteration), certificate="rsa")), codes=codes, by_alert=True, by=["seen"],
				tls=tls, sequence=r"C:(CCS\+)?(alert|enc\((19|35)|FIN|RST)", **SERVERSIDE, **more)


def downgrade_rows():
	for client in ("openssl", "curl", "go", "java", "gnutls", "nss", "python", "node"):
		yield Row("downgrade_detected-stripped-" + client, "a box hides TLS 1.3 from the server; the client finds the sentinel", (client, {}),
			("shell", dict(config=BEHIND % ("", "cs_strip_13"), certificate="rsa")), codes=["downgrade_detected", "illegal_parameter"], by=["client"],
			sequence=r"C:(alert\(47\)|FIN|RST)", server_stack="OpenSSL 3.0 s_server behind a box that strips TLS 1.3")


# The relay beside the client: capture and server see what it made of the client's words.
CLIENT_BREAKS = {
	"cs_no_groups": ("1.3", ["missing_extension", "illegal_parameter"], "no supported_groups"),
	"cs_no_signatures": ("1.3", ["missing_extension", "illegal_parameter", "signature_mismatch"], "no signature_algorithms"),
	"cs_no_key_share": ("1.3", ["missing_extension"], "no key_share"),
	"cs_decode": ("1.2", ["malformed_message"], "a session id of 60 bytes"),
	"cs_flip_first": ("1.2", ["record_corrupted", "crypto_failure"], "a bit of the client's Finished"),
	"cs_no_cke": ("1.2", ["unexpected_message"], "no ClientKeyExchange"),
	"cs_cke": ("1.2", ["record_corrupted", "crypto_failure", "illegal_parameter", "malformed_message"], "a bit of the client's key"),
	"cs_verify": ("1.2", ["crypto_failure", "client_cert_rejected"], "a bit of the client's CertificateVerify"),
	"cs_flip_first13": ("1.3", ["record_corrupted", "crypto_failure"], "a bit of the client's Finished"),
}
BESIDE = RELAY + " 4443 {host} 443 %s & sleep 0.4; sleep 1.5 | openssl s_client -connect 127.0.0.1:4443 -servername {host} -CAfile {roots} -tls1_%s %s"


def client_rows():
	for name, (tls, codes, story) in CLIENT_BREAKS.items():
		for server in ("openssl", "nginx", "go", "java", "gnutls", "nss"):
			alteration = name[:-2] if name.endswith("13") else name
			own = "-cert {client} -key {client_key}" if name == "cs_verify" else ""
			yield Row("%s-%s-%s" % (codes[0], name.replace("_", "-"), server), "altered on the way to the server: " + story,
				("shell", dict(config=BESIDE % (alteration, tls[2:], own))), (server, dict(certificate="rsa", ask=name == "cs_verify", high=tls)), codes=codes,
				by_alert=True, by=["seen"], tls=tls,
				sequence=r"S:(alert|enc\((19|35)|.*enc\((19|35)\)|FIN|RST)", client_stack="OpenSSL 3.0 s_client behind a relay that alters records")


STUBS = {40: ["negotiation_failed", "cipher_mismatch"], 47: ["illegal_parameter"], 49: ["access_denied", "sni_unrecognized"], 50: ["malformed_message"],
	51: ["crypto_failure"], 71: ["weak_parameters", "cipher_mismatch"], 80: ["internal_error"], 90: ["user_canceled"], 109: ["missing_extension"],
	110: ["unsupported_extension"], 70: ["version_mismatch"], 20: ["record_corrupted"], 10: ["unexpected_message", "group_mismatch"], 22: ["malformed_message"],
	112: ["sni_unrecognized"]}


def stub_rows():
	for number, codes in STUBS.items():
		for client in ("openssl", "curl", "java", "go", "gnutls", "nss"):
			if client not in ("openssl", "java") and number % 3:
				continue
			yield Row("%s-stub-%d-%s" % (codes[0], number, client), "a server that answers every ClientHello with alert %d" % number, (client, {}),
				("scripted", dict(extra=("alert", "2,%d" % number))), codes=codes, by=["server"], sequence=r"^C:CH S:alert\(%d\)" % number)


def other_rows():
	for client in ("openssl", "curl", "java", "gnutls", "nss"):
		for tls in ("1.2", "1.3"):
			yield Row("internal_error-go-callback-%s-tls%s" % (client, tls.replace(".", "")), "the server's configuration callback fails", (client, dict(high=tls)),
				("go", dict(extra=("-fail", "backend lookup failed"))), codes=["internal_error", "sni_unrecognized"], by=["server"], server_says="backend lookup failed",
				sequence=r"^C:CH S:alert\(80\)")
	psk = "openssl s_client -connect {host}:443 -servername {host} -psk_identity %s -psk %s %s </dev/null"
	for tls, more in (("1.2", "-tls1_2 -cipher PSK"), ("1.3", "-tls1_3")):
		short = tls.replace(".", "")
		serve = ("shell", dict(config="exec openssl s_server -accept 443 -nocert -psk_identity kim -www -psk 00112233445566778899aabbccddeeff " + more))
		stacks = dict(client_stack="OpenSSL 3.0 s_client", server_stack="OpenSSL 3.0 s_server", tls=tls)
		yield Row("completed-psk-tls" + short, "a pre-shared key", ("shell", dict(config=psk % ("kim", "00112233445566778899aabbccddeeff", more))), serve, outcome="completed",
			sequence="(hs|enc)", **stacks)
		yield Row("psk_rejected-wrong-key-tls" + short, "the wrong pre-shared key", ("shell", dict(config=psk % ("kim", "ff" * 16, more))), serve,
			codes=["psk_rejected", "record_corrupted", "crypto_failure"], by=["server"], sequence="S:alert", **stacks)
		if tls == "1.2":
			continue	# s_server takes any identity there, as long as the key fits
		yield Row("psk_rejected-unknown-identity-tls" + short, "an identity that the server does not know", ("shell", dict(config=psk % ("eve", "00112233445566778899aabbccddeeff", more))), serve,
			codes=["psk_rejected", "record_corrupted", "crypto_failure", "negotiation_failed"] + (["signature_mismatch", "cipher_mismatch"] if tls == "1.3" else []), by=["server"], sequence="S:alert", **stacks)



def rows():
	for part in (server_rows, downgrade_rows, client_rows, stub_rows, other_rows):
		yield from part()
