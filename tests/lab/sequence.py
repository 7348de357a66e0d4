"""Tells in one line per TCP flow what tshark sees in a capture, to hold against the intention."""

import re
import subprocess

HANDSHAKE = {"0": "HelloRequest", "1": "CH", "2": "SH", "4": "Ticket", "11": "Cert", "12": "SKE",
	"13": "CertReq", "14": "SHD", "15": "CertVerify", "16": "CKE", "20": "Fin", "22": "CertStatus"}


class Flow:
	def __init__(self, client, client_port):
		self.client, self.client_port = client, int(client_port)
		self.words = []

	@property
	def steps(self):
		return " ".join(self.words)

	def ended_by(self):
		"""Who first said that it is over."""
		for word in self.words:
			# A lone record of that size is an alert in TLS 1.3: 19 bytes, 35 where JSSE pads it.
			if re.search(r"alert|FIN|RST|enc\((19|35)\)", word):
				return {"C": "client", "S": "server"}[word[0]]
		return "unknown"


def describe(row):
	"""Words for one packet: what TLS it completes, then what TCP says with its flags."""
	words = []
	kinds, alerts = row["tls.handshake.type"].split(","), row["tls.alert_message.desc"].split(",")
	for content, length in zip(row["tls.record.content_type"].split(","), row["tls.record.length"].split(",")):
		if content == "20":
			words.append("CCS")
		elif content == "22":
			words.append(HANDSHAKE.get(kinds.pop(0), "?") if kinds and kinds[0] else "hs(%s)" % length)
		elif content == "21":
			words.append("alert(%s)" % (alerts.pop(0) if alerts and alerts[0] else "enc %s" % length))
	words += [HANDSHAKE.get(k, "?") for k in kinds if k]
	opaque = row["tls.record.opaque_type"].split(",") if row["tls.record.opaque_type"] else []
	if "23" in row["tls.record.content_type"].split(",") or opaque:
		sizes = row["tls.record.length"].split(",")
		words.append("enc(%s)" % ",".join(sizes[-max(1, len(opaque)):]))
	if row["tcp.flags.syn"] == "1":
		words.append("SYN")
	if row["tcp.flags.fin"] == "1":
		words.append("FIN")
	if row["tcp.flags.reset"] == "1":
		words.append("RST")
	if not words and row["tcp.len"] not in ("", "0"):
		words.append("%s bytes" % row["tcp.len"])
	if row["tcp.analysis.retransmission"] and words:
		words.append("again")
	return words


FIELDS = ("tcp.stream", "ip.src", "ipv6.src", "tcp.srcport", "tcp.len", "tcp.flags.syn", "tcp.flags.ack",
	"tcp.flags.fin", "tcp.flags.reset", "tls.record.content_type", "tls.record.opaque_type",
	"tls.record.length", "tls.handshake.type", "tls.alert_message.desc", "tcp.analysis.retransmission")


def flows(path):
	argv = ["tshark", "-n", "-r", path, "-Y", "tcp", "-T", "fields", "-E", "separator=|"]
	argv += sum((["-e", f] for f in FIELDS), [])
	out = subprocess.run(argv, capture_output=True, text=True).stdout
	found = {}
	for line in out.splitlines():
		row = dict(zip(FIELDS, line.split("|")))
		source = row["ip.src"].split(",")[0] or row["ipv6.src"]
		flow = found.setdefault(row["tcp.stream"], Flow(source, row["tcp.srcport"]))
		words = describe(row)
		if words and words != ["SYN"]:
			side = "C" if (source, int(row["tcp.srcport"])) == (flow.client, flow.client_port) else "S"
			flow.words.append(side + ":" + "+".join(words))
	return list(found.values())
