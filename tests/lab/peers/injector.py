"""A box beside the path that answers a ClientHello with resets of its own: injector.py INTERFACE-OF-CLIENT
INTERFACE-OF-SERVER WHOM TTL. WHOM: client, server or both."""

import socket
import struct
import sys

TOWARDS = {"client": sys.argv[1], "server": sys.argv[2]}
WHOM, TTL = sys.argv[3], int(sys.argv[4])


def checksum(data):
	data += b"\0" * (len(data) % 2)
	total = sum(struct.unpack(">%dH" % (len(data) // 2), data))
	while total >> 16:
		total = (total & 0xffff) + (total >> 16)
	return ~total & 0xffff


def packet(source, target, ports, sequence, acknowledgment, identification):
	tcp = struct.pack(">HHIIBBHHH", *ports, sequence, acknowledgment, 5 << 4, 0x14, 8192, 0, 0)
	pseudo = source + target + struct.pack(">BBH", 0, 6, len(tcp))
	tcp = tcp[:16] + struct.pack(">H", checksum(pseudo + tcp)) + tcp[18:]
	ip = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(tcp), identification, 0, TTL, 6, 0) + source + target
	return ip[:10] + struct.pack(">H", checksum(ip)) + ip[12:] + tcp


def answer(ethernet, ip, tcp, size):
	source, target = ip[12:16], ip[16:20]
	ports = struct.unpack(">HH", tcp[:4])
	sequence, acknowledgment = struct.unpack(">II", tcp[4:12])
	if WHOM in ("client", "both"):
		forged = packet(target, source, ports[::-1], acknowledgment, (sequence + size) & 0xffffffff, 0xd431)
		wires["client"].send(ethernet[6:12] + ethernet[:6] + b"\x08\x00" + forged)
	if WHOM in ("server", "both"):
		forged = packet(source, target, ports, (sequence + size) & 0xffffffff, acknowledgment, 0xd432)
		wires["server"].send(neighbour(target) + mine["server"] + b"\x08\x00" + forged)


def neighbour(address):
	"""The Ethernet address the kernel has for an IP address."""
	with open("/proc/net/arp") as f:
		for row in f:
			if row.startswith(socket.inet_ntoa(address) + " "):
				return bytes.fromhex(row.split()[3].replace(":", ""))
	return b"\xff" * 6


def is_hello(data):
	return len(data) > 5 and data[0] == 22 and data[1] == 3 and data[5] == 1


wires = {}
for side, name in TOWARDS.items():
	wires[side] = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
	wires[side].bind((name, 0))
mine = {side: wire.getsockname()[4] for side, wire in wires.items()}
print("ready", flush=True)
seen = set()
while True:
	frame = wires["client"].recv(65535)
	if frame[12:14] != b"\x08\x00" or frame[23] != 6:
		continue
	ip = frame[14:]
	tcp = ip[(ip[0] & 15) * 4:struct.unpack(">H", ip[2:4])[0]]
	data = tcp[(tcp[12] >> 4) * 4:]
	if is_hello(data) and ip[12:16] + tcp[:2] not in seen:
		seen.add(ip[12:16] + tcp[:2])
		answer(frame[:14], ip, tcp, len(data))
