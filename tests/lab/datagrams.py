"""As sequence.py, for DTLS and QUIC: one line per UDP flow of what tshark sees in a capture."""

import subprocess

from sequence import HANDSHAKE, Flow

LONG = {"0": "Initial", "1": "0RTT", "2": "Handshake", "3": "Retry"}
FIELDS = ("udp.stream", "ip.src", "ipv6.src", "udp.srcport", "icmp.type", "dtls.handshake.type", "dtls.alert_message.desc",
	"dtls.record.content_type", "dtls.record.epoch", "quic.version", "quic.long.packet_type", "quic.short", "quic.cc.error_code",
	"tls.handshake.type")


def describe(row):
	kinds = [k for name in ("dtls.handshake.type", "tls.handshake.type") for k in row[name].split(",") if k]
	words = [{"3": "HVR"}.get(k, HANDSHAKE.get(k, "?")) for k in kinds]
	words += ["alert(%s)" % a for a in row["dtls.alert_message.desc"].split(",") if a]
	for content, epoch in zip(row["dtls.record.content_type"].split(","), row["dtls.record.epoch"].split(",")):
		if content == "23" or (content == "21" and epoch != "0"):
			words.append("enc" if content == "23" else "alert(enc)")
	words += [LONG.get(t, "?") for t in row["quic.long.packet_type"].split(",") if t]
	if row["quic.version"].startswith("0x00000000"):
		words.append("VersionNegotiation")
	if row["quic.short"]:
		words.append("1RTT")
	words += ["close(%s)" % c for c in row["quic.cc.error_code"].split(",") if c]
	return words


def flows(path):
	argv = ["tshark", "-n", "-r", path, "-Y", "udp", "-T", "fields", "-E", "separator=|"]
	argv += sum((["-e", f] for f in FIELDS), [])
	out = subprocess.run(argv, capture_output=True, text=True).stdout
	found = {}
	for line in out.splitlines():
		row = dict(zip(FIELDS, line.split("|")))
		source = row["ip.src"].split(",")[0] or row["ipv6.src"]
		flow = found.setdefault(row["udp.stream"].split(",")[0], Flow(source, row["udp.srcport"].split(",")[0]))
		side = "C" if (source, int(row["udp.srcport"].split(",")[0])) == (flow.client, flow.client_port) else "S"
		words = ["unreachable"] if row["icmp.type"] else describe(row)
		if words:
			flow.words.append(side + ":" + "+".join(words))
	return list(found.values())
