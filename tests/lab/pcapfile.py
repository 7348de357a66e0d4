"""Reads and writes capture files, well enough to spoil them on purpose."""

import struct

MICRO, NANO = 0xA1B2C3D4, 0xA1B23C4D


class Packet:
	def __init__(self, seconds, fraction, data, length):
		self.seconds, self.fraction, self.data, self.length = seconds, fraction, data, length

	def tcp(self):
		"""(source address, source port, destination port, sequence number, flags, payload), or None."""
		if self.data[12:14] == b"\x08\x00" and self.data[23] == 6:
			at = 14 + (self.data[14] & 15) * 4
			source, end = self.data[26:30], 14 + struct.unpack(">H", self.data[16:18])[0]
		elif self.data[12:14] == b"\x86\xdd" and self.data[20] == 6:
			at, source = 54, self.data[22:38]
			end = 54 + struct.unpack(">H", self.data[18:20])[0]
		else:
			return None
		ports = struct.unpack(">HH", self.data[at:at + 4])
		sequence = struct.unpack(">I", self.data[at + 4:at + 8])[0]
		return source, ports[0], ports[1], sequence, self.data[at + 13], self.data[at + (self.data[at + 12] >> 4) * 4:end]


def read(path):
	with open(path, "rb") as f:
		head = f.read(24)
		packets = []
		while True:
			record = f.read(16)
			if len(record) < 16:
				return packets
			seconds, fraction, caught, length = struct.unpack("<IIII", record)
			packets.append(Packet(seconds, fraction, f.read(caught), length))


def write(path, packets, order="<", link=1, snaplen=262144, nano=False):
	with open(path, "wb") as f:
		f.write(struct.pack(order + "IHHiIII", NANO if nano else MICRO, 2, 4, 0, 0, snaplen, link))
		for p in packets:
			fraction = p.fraction * 1000 if nano else p.fraction
			f.write(struct.pack(order + "IIII", p.seconds, fraction, len(p.data), p.length))
			f.write(p.data)


def block(kind, body):
	body += bytes(-len(body) % 4)
	size = len(body) + 12
	return struct.pack("<II", kind, size) + body + struct.pack("<I", size)


def write_pcapng(path, packets, secrets=b""):
	with open(path, "wb") as f:
		f.write(block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1)))
		f.write(block(1, struct.pack("<HHI", 1, 0, 262144)))
		if secrets:
			f.write(block(10, struct.pack("<II", 0x544C534B, len(secrets)) + secrets))
		for p in packets:
			stamp = p.seconds * 1000000 + p.fraction
			head = struct.pack("<IIIII", 0, stamp >> 32, stamp & 0xffffffff, len(p.data), p.length)
			f.write(block(6, head + p.data + bytes(-len(p.data) % 4)))
