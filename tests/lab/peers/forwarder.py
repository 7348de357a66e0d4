"""A path with length, loss and boxes on it, in the place of the router's kernel:

forwarder.py CLIENT-INTERFACE SERVER-INTERFACE PLAN

PLAN is JSON: {"delay": ms one way, "tap": share of the way at which "write" (a pcap file) is captured, "hops":
routers on the way, "peers": {address: Ethernet address}, "boxes": [{...}, ...]}. Every packet passes the boxes in their
order; each may drop it, answer for somebody, or change it. A box's "do" names a class below.
"""

import heapq
import json
import select
import socket
import struct
import sys
import time

CLIENT, SERVER = "client", "server"
OTHER = {CLIENT: SERVER, SERVER: CLIENT}
FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16


def checksum(data):
	data += b"\0" * (len(data) % 2)
	total = sum(struct.unpack(">%dH" % (len(data) // 2), data))
	while total >> 16:
		total = (total & 0xffff) + (total >> 16)
	return ~total & 0xffff


class Packet:
	"""An IP packet with TCP in it, or another that is only passed on."""

	def __init__(self, ip):
		self.six = ip[0] >> 4 == 6
		self.ip = ip
		size = struct.unpack(">H", ip[4:6])[0] + 40 if self.six else struct.unpack(">H", ip[2:4])[0]
		self.ip = ip = ip[:size]
		self.head = 40 if self.six else (ip[0] & 15) * 4
		self.protocol = ip[6] if self.six else ip[9]
		self.source, self.target = (ip[8:24], ip[24:40]) if self.six else (ip[12:16], ip[16:20])
		self.tcp = None
		if self.protocol == 6:
			t = ip[self.head:]
			self.tcp = t
			self.ports = struct.unpack(">HH", t[:4])
			self.seq, self.ack = struct.unpack(">II", t[4:12])
			self.flags, self.window = t[13], struct.unpack(">H", t[14:16])[0]
			self.data = t[(t[12] >> 4) * 4:]
			self.options = t[20:(t[12] >> 4) * 4]

	@property
	def ttl(self):
		return self.ip[7] if self.six else self.ip[8]

	@property
	def identification(self):
		return 0 if self.six else struct.unpack(">H", self.ip[4:6])[0]

	def aged(self, hops):
		if self.ttl <= hops:
			return None
		if self.six:
			return Packet(self.ip[:7] + bytes([self.ttl - hops]) + self.ip[8:])
		ip = self.ip[:8] + bytes([self.ttl - hops]) + self.ip[9:10] + b"\0\0" + self.ip[12:]
		return Packet(ip[:10] + struct.pack(">H", checksum(ip[:self.head])) + ip[12:])

	def is_hello(self):
		return self.tcp and len(self.data) > 5 and self.data[0] == 22 and self.data[1] == 3 and self.data[5] == 1


def tcp_packet(source, target, ports, seq, ack, flags, window=0, ttl=64, identification=0, data=b"", options=b"", df=True):
	options += b"\1" * (-len(options) % 4)
	tcp = struct.pack(">HHIIBBHHH", *ports, seq & 0xffffffff, ack & 0xffffffff, (5 + len(options) // 4) << 4, flags, window, 0, 0) + options + data
	six = len(source) == 16
	pseudo = source + target + (struct.pack(">IBBBB", len(tcp), 0, 0, 0, 6) if six else struct.pack(">BBH", 0, 6, len(tcp)))
	tcp = tcp[:16] + struct.pack(">H", checksum(pseudo + tcp)) + tcp[18:]
	if six:
		return Packet(struct.pack(">IHBB", 6 << 28, len(tcp), 6, ttl) + source + target + tcp)
	ip = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(tcp), identification, 0x4000 if df else 0, ttl, 6, 0) + source + target
	return Packet(ip[:10] + struct.pack(">H", checksum(ip)) + ip[12:] + tcp)


def too_big(p, mtu, source):
	"""What a router on the way says of a packet that does not fit its next link."""
	if p.six:
		body = struct.pack(">BBHI", 2, 0, 0, mtu) + p.ip[:1232]
		pseudo = source + p.source + struct.pack(">IBBBB", len(body), 0, 0, 0, 58)
		body = body[:2] + struct.pack(">H", checksum(pseudo + body)) + body[4:]
		return Packet(struct.pack(">IHBB", 6 << 28, len(body), 58, 64) + source + p.source + body)
	body = struct.pack(">BBHHH", 3, 4, 0, 0, mtu) + p.ip[:548]
	body = body[:2] + struct.pack(">H", checksum(body)) + body[4:]
	ip = struct.pack(">BBHHHBBH", 0x45, 0xc0, 20 + len(body), 4711, 0, 64, 1, 0) + source + p.source
	return Packet(ip[:10] + struct.pack(">H", checksum(ip)) + ip[12:] + body)


# ---- boxes: take(packet, towards) gives False to drop it ----

class Drop:
	"""Drops what matches: "towards", "min"/"max" payload bytes, "hello": the segment a ClientHello begins in,
	"not_hello", "flags" all set, "first"/"times": which ones of those that match, in order."""

	def __init__(self, path, plan):
		self.plan, self.seen = plan, 0

	def matches(self, p, towards):
		w = self.plan
		return p.tcp and w.get("towards", towards) == towards and w.get("min", 0) <= len(p.data) <= w.get("max", 65535) and \
			(not w.get("hello") or p.is_hello()) and (not w.get("not_hello") or not p.is_hello()) and \
			p.flags & w.get("flags", 0) == w.get("flags", 0)

	def take(self, p, towards):
		if not self.matches(p, towards):
			return True
		self.seen += 1
		first = self.plan.get("first", 1)
		return not first <= self.seen < first + self.plan.get("times", 1 << 30)


class Narrow:
	"""A link with a smaller MTU; "icmp": the router before it says so; "towards"."""

	def __init__(self, path, plan):
		self.path, self.plan = path, plan

	def take(self, p, towards):
		if len(p.ip) <= self.plan["mtu"] or self.plan.get("towards", towards) != towards:
			return True
		if self.plan.get("icmp"):
			source = bytes.fromhex("20010db8000900000000000000000001") if p.six else bytes([203, 0, 113, 9])
			self.path.send(too_big(p, self.plan["mtu"], source), OTHER[towards])
		return False


class Forge:
	"""Answers a trigger ("on": "hello", "flight", "finished") with resets. "whom": client, server or both; "shape": "exact", "bare",
	"barrage" (a bare one and three with growing numbers), "far" (a number that misses), "fin"; "ttl": a number or "copy"; "id":
	a number, "copy" or "zero"; "window"; "block": nothing more of the flow passes; "late": ms after the trigger; "once"."""

	def __init__(self, path, plan):
		self.path, self.plan, self.done, self.last = path, plan, set(), {}

	def flow(self, p):
		return frozenset(((p.source, p.ports[0]), (p.target, p.ports[1])))

	def is_trigger(self, p, towards):
		on = self.plan.get("on", "hello")
		if on == "hello":
			return towards == SERVER and p.is_hello()
		if on == "flight":
			return towards == CLIENT and len(p.data) > 1000
		return towards == SERVER and len(p.data) > 0 and not p.is_hello()

	def forged(self, p, towards_source):
		"""Resets to the sender of p as if from its target, or the other way round."""
		seen = self.last.get((self.flow(p), CLIENT if towards_source == CLIENT else SERVER))
		if (towards_source == SERVER) == (p.target == self.server):
			whom = (p.source, p.target, p.ports, p.seq + len(p.data), p.ack)
		else:
			whom = (p.target, p.source, p.ports[::-1], p.ack, p.seq + len(p.data))
		ttl = self.plan.get("ttl", 64)
		ttl = seen.ttl if ttl == "copy" and seen else 64 if ttl == "copy" else ttl
		number = self.plan.get("id", 0)
		number = (seen.identification + 1 if seen else 1) & 0xffff if number == "copy" else 0 if number == "zero" else number
		shape, window = self.plan.get("shape", "exact"), self.plan.get("window", 0)
		source, target, ports, seq, ack = whom

		def one(flags, off=0, ack=ack, number=number):
			return tcp_packet(source, target, ports, seq + off, ack, flags, window, ttl, number)
		return {"exact": lambda: [one(RST | ACK)], "bare": lambda: [one(RST, ack=0)], "far": lambda: [one(RST | ACK, 3000)],
			"fin": lambda: [one(FIN | ACK)],
			"barrage": lambda: [one(RST, ack=0, number=number + 7)] + [one(RST | ACK, off) for off in (0, 1460, 4380)]}[shape]()

	def take(self, p, towards):
		if not p.tcp:
			return True
		flow = self.flow(p)
		self.last[(flow, towards)] = p
		self.server = p.target if towards == SERVER else p.source
		if flow in self.done:
			return not self.plan.get("block")
		if not self.is_trigger(p, towards):
			return True
		self.done.add(flow)
		for whom in (CLIENT, SERVER):
			if self.plan.get("whom", "client") in (whom, "both"):
				for n, r in enumerate(self.forged(p, whom)):
					self.path.send(r, whom, self.plan.get("late", 0) / 1e3 + n * 0.00005)
		return not self.plan.get("block")


class Forget:
	"""A translator of addresses whose entry times out: after "idle" s it resets what comes, with its own TTL."""

	def __init__(self, path, plan):
		self.path, self.plan, self.heard = path, plan, {}

	def take(self, p, towards):
		if not p.tcp:
			return True
		flow = frozenset(((p.source, p.ports[0]), (p.target, p.ports[1])))
		last, self.heard[flow] = self.heard.get(flow), time.monotonic()
		if last is None or time.monotonic() - last < self.plan["idle"]:
			return True
		self.path.send(tcp_packet(p.target, p.source, p.ports[::-1], p.ack, p.seq + len(p.data), RST | ACK, 0, self.plan.get("ttl", 62)), OTHER[towards])
		return False


class Hide:
	"""A proxy of SYNs, or a balancer: all of the server's packets leave with this TTL."""

	def __init__(self, path, plan):
		self.plan = plan

	def take(self, p, towards):
		if towards == CLIENT:
			wanted = self.plan["ttl"]
			p.ip = p.aged(p.ttl - wanted).ip if p.ttl > wanted else p.ip
		return True


class Wobble:
	"""Several ways to the server, of which some are "by" hops longer."""

	def __init__(self, path, plan):
		self.plan, self.count = plan, 0

	def take(self, p, towards):
		self.count += 1
		if towards == CLIENT and self.count % 3 == 0:
			p.ip = p.aged(self.plan["by"]).ip
		return True


BOXES = {c.__name__.lower(): c for c in (Drop, Narrow, Forge, Forget, Hide, Wobble)}


class Path:
	def __init__(self, interfaces, plan):
		self.plan, self.queue, self.count = plan, [], 0
		self.wires, self.mine = {}, {}
		self.place = plan.get("place", 0.5)
		self.peers = {socket.inet_pton(socket.AF_INET6 if ":" in a else socket.AF_INET, a): bytes.fromhex(m.replace(":", "")) for a, m in plan["peers"].items()}
		for side, name in interfaces.items():
			self.wires[side] = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
			self.wires[side].setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
			self.wires[side].bind((name, 0))
			self.mine[side] = self.wires[side].getsockname()[4]
		self.boxes = [BOXES[b["do"]](self, b) for b in plan.get("boxes", [])]
		self.tap = open(plan["write"], "wb") if "write" in plan else None
		if self.tap:
			self.tap.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 262144, 1))
			self.tap.flush()

	def later(self, seconds, what, *with_what):
		self.count += 1
		heapq.heappush(self.queue, (time.monotonic() + seconds, self.count, what, with_what))

	def note(self, p, towards):
		now = time.time()
		frame = self.mine[towards] + self.mine[OTHER[towards]] + (b"\x86\xdd" if p.six else b"\x08\x00") + p.ip
		self.tap.write(struct.pack("<IIII", int(now), int(now % 1 * 1e6), len(frame), len(frame)) + frame)
		self.tap.flush()

	def reach(self, start, end, p, towards, late, noted=False):
		"""Runs from one place to another, past the tap if it stands between; gives the time it takes."""
		tap, delay = self.plan.get("tap", 0.5), self.plan.get("delay", 0) / 1e3
		if self.tap and not noted and min(start, end) <= tap <= max(start, end):
			self.later(late + abs(tap - start) * delay, self.note, p, towards)
		return late + abs(end - start) * delay

	def send(self, p, towards, late=0.0, noted=False):
		"""From the box, which stands at "place" (share of the way from the client), to one end."""
		end = 1.0 if towards == SERVER else 0.0
		self.later(self.reach(self.place, end, p, towards, late, noted), self.put, p, towards)

	def put(self, p, towards):
		peer = self.peers.get(p.target)
		if peer:
			self.wires[towards].send(peer + self.mine[towards] + (b"\x86\xdd" if p.six else b"\x08\x00") + p.ip)

	def through(self, p, towards):
		"""It reaches the boxes."""
		for box in self.boxes:
			if not box.take(p, towards):
				return
		self.send(p, towards, noted=self.plan.get("tap", 0.5) == self.place)

	def take(self, side, frame):
		if frame[:6] != self.mine[side] or frame[12:14] not in (b"\x08\x00", b"\x86\xdd"):
			return
		p = Packet(frame[14:])
		if p.target not in self.peers:
			return
		p = p.aged(self.plan.get("hops", 1))
		if not p:
			return
		towards = OTHER[side]
		start = 0.0 if towards == SERVER else 1.0
		self.later(self.reach(start, self.place, p, towards, 0.0), self.through, p, towards)

	def run(self):
		print("ready", flush=True)
		while True:
			wait = max(0.0, self.queue[0][0] - time.monotonic()) if self.queue else 1.0
			for wire in select.select(list(self.wires.values()), [], [], wait)[0]:
				frame, where = wire.recvfrom(70000)
				if where[2] != socket.PACKET_OUTGOING:
					self.take(next(s for s, w in self.wires.items() if w is wire), frame)
			while self.queue and self.queue[0][0] <= time.monotonic():
				_, _, what, with_what = heapq.heappop(self.queue)
				what(*with_what)


if __name__ == "__main__":
	with open(sys.argv[3]) as plan_file:
		Path({CLIENT: sys.argv[1], SERVER: sys.argv[2]}, json.load(plan_file)).run()
