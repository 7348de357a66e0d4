"""Client, router and server, each in a network namespace of its own, joined by Ethernet pairs.

The router is where a span port would be: captures are taken there, on the client's side unless
told otherwise, so the server's packets arrive with one hop taken from their TTL.
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import time

CLIENT = ("192.0.2.17", "2001:db8:2::17")
SERVER = ("198.51.100.44", "2001:db8:5::44")
ROUTER = {"client": ("192.0.2.1", "2001:db8:2::1"), "server": ("198.51.100.1", "2001:db8:5::1")}
OFFLOADS = ("tso", "gso", "gro", "tx", "rx", "sg")
# Nothing in the lab may outlive its scenario: the longest one waits for a dozen SYNs.
LONGEST_S = 60


def sh(*argv):
	subprocess.run(argv, check=True, stdout=subprocess.DEVNULL)


class Process:
	"""A program in a namespace, its output in a file so that no pipe can fill up."""

	def __init__(self, namespace, argv, log, env=None, stdin=None):
		self.log = log
		self.code = None
		out = open(log, "wb")
		feed = subprocess.DEVNULL
		if stdin is not None:
			with open(log + ".in", "wb") as f:
				f.write(stdin)
			feed = open(log + ".in", "rb")
		self.child = subprocess.Popen(
			["ip", "netns", "exec", namespace, "timeout", "-k", "1", str(LONGEST_S)] + list(argv),
			stdin=feed, stdout=out, stderr=out, env={**os.environ, **(env or {})},
			start_new_session=True)

	def wait(self, seconds):
		try:
			self.code = self.child.wait(seconds)
		except subprocess.TimeoutExpired:
			self.stop(signal.SIGKILL)
		return self.code

	def send(self, number):
		os.killpg(self.child.pid, number)

	def stop(self, number=signal.SIGTERM):
		for n in (number, signal.SIGKILL):
			try:
				self.send(n)
				self.child.wait(2)
				return
			except subprocess.TimeoutExpired:
				continue
			except ProcessLookupError:
				return

	def text(self):
		with open(self.log, "rb") as f:
			return f.read().decode("utf-8", "replace")


class Network:
	def __init__(self, tag, names):
		self.tag, self.names = tag, names
		self.spaces = {side: "tlswhy-%s-%s" % (tag, side) for side in ("client", "router", "server")}
		self.processes = []
		self.up()

	def up(self):
		self.down()
		for space in self.spaces.values():
			os.makedirs("/etc/netns/" + space, exist_ok=True)
			sh("ip", "netns", "add", space)
			sh("ip", "-n", space, "link", "set", "lo", "up")
		self.join("client", CLIENT)
		self.join("server", SERVER)
		for last in range(18, 25):
			self.ip("client", "address", "add", "192.0.2.%d/24" % last, "dev", "c-" + self.tag)
		self.sysctl("router", "net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1")
		self.name_server(4)

	def refresh(self, force):
		"""A kernel goes on sending for processes that are gone, and remembers a path's MTU: such a
		network is built anew."""
		for side in ("client", "server"):
			out = subprocess.run(["ip", "netns", "exec", self.spaces[side], "ss", "-tanH"], capture_output=True, text=True).stdout
			if force or any(line.split()[0] not in ("LISTEN", "TIME-WAIT") for line in out.splitlines()):
				self.up()
				return

	def join(self, side, addresses):
		end, middle = "%s-%s" % (side[0], self.tag), "r%s-%s" % (side[0], self.tag)
		sh("ip", "link", "add", end, "mtu", "1500", "type", "veth", "peer", "name", middle, "mtu", "1500")
		for name, where, address in ((end, side, addresses), (middle, "router", ROUTER[side])):
			sh("ip", "link", "set", name, "netns", self.spaces[where], "name",
				name if where == side else "to-" + side)
			name = name if where == side else "to-" + side
			self.sysctl(where, "net.ipv6.conf.%s.accept_dad=0" % name)
			self.run(where, "ethtool", "-K", name, *sum(([o, "off"] for o in OFFLOADS), []))
			self.ip(where, "address", "add", address[0] + "/24", "dev", name)
			self.ip(where, "address", "add", address[1] + "/64", "dev", name, "nodad")
			self.ip(where, "link", "set", name, "up")
		self.ip(side, "route", "add", "default", "via", ROUTER[side][0])
		self.ip(side, "-6", "route", "add", "default", "via", ROUTER[side][1])

	def name_server(self, family):
		"""Names lead to one address: clients that race address families would open a second flow.
		Whoever asks for another name, as servers do about their clients, is told at once that there is no answer."""
		for space in self.spaces.values():
			with open("/etc/netns/%s/hosts" % space, "w") as f:
				f.write("127.0.0.1 localhost %s\n%s %s\n" % (socket.gethostname(), SERVER[family == 6], " ".join(self.names)))
			with open("/etc/netns/%s/resolv.conf" % space, "w") as f:
				f.write("nameserver 127.0.0.1\n")

	def down(self):
		for space in self.spaces.values():
			subprocess.run(["ip", "netns", "del", space], stderr=subprocess.DEVNULL)
			shutil.rmtree("/etc/netns/" + space, ignore_errors=True)

	def run(self, side, *argv):
		sh("ip", "netns", "exec", self.spaces[side], *argv)

	def ip(self, side, *argv):
		if argv[0] == "-6":
			sh("ip", "-n", self.spaces[side], "-6", *argv[1:])
		else:
			sh("ip", "-n", self.spaces[side], *argv)

	def sysctl(self, side, *settings):
		self.run(side, "sysctl", "-qw", *settings)

	def start(self, side, argv, log, env=None, stdin=None):
		p = Process(self.spaces[side], argv, log, env, stdin)
		self.processes.append(p)
		return p

	def stop_all(self):
		for p in reversed(self.processes):
			if p.child.poll() is None:
				p.stop()
		self.processes = []
		for space in self.spaces.values():
			self.empty(space)

	def empty(self, space):
		"""Mail servers put themselves and their helpers into sessions of their own."""
		out = subprocess.run(["ip", "netns", "pids", space], capture_output=True, text=True).stdout
		for pid in out.split():
			try:
				os.kill(int(pid), signal.SIGKILL)
			except ProcessLookupError:
				pass

	def filter(self, *rules):
		"""Each rule is one iptables command line for the router, without the command's name."""
		for rule in rules:
			tool = "ip6tables" if rule.startswith("-6 ") else "iptables"
			self.run("router", tool, *rule.replace("-6 ", "", 1).split())

	def lay_path(self, plan, folder):
		"""A path of the plan's length and boxes (peers/forwarder.py) in the place of the router's kernel;
		gives the file in which its tap writes."""
		tap, here = os.path.join(folder, "tap.pcap"), os.path.dirname(os.path.abspath(__file__))
		peers = {}
		for side, addresses in (("client", CLIENT + tuple("192.0.2.%d" % n for n in range(18, 25))), ("server", SERVER)):
			link = subprocess.run(["ip", "-n", self.spaces[side], "-j", "link", "show", side[0] + "-" + self.tag], capture_output=True, check=True)
			peers.update({address: json.loads(link.stdout)[0]["address"] for address in addresses})
			if "mss" in plan:
				self.ip(side, "route", "change", "default", "via", ROUTER[side][0], "advmss", str(plan["mss"]))
				self.ip(side, "-6", "route", "change", "default", "via", ROUTER[side][1], "advmss", str(plan["mss"]))
		with open(os.path.join(folder, "plan.json"), "w") as f:
			json.dump(dict(plan, write=tap, peers=peers), f)
		self.sysctl("router", "net.ipv4.ip_forward=0", "net.ipv6.conf.all.forwarding=0")
		p = self.start("router", ["python3", os.path.join(here, "peers/forwarder.py"), "to-client", "to-server",
			os.path.join(folder, "plan.json")], os.path.join(folder, "forwarder.log"))
		for _ in range(100):
			if "ready" in p.text():
				return tap
			time.sleep(0.05)
		raise RuntimeError("forwarder: " + p.text())

	def unfilter(self):
		for tool in ("iptables", "ip6tables"):
			for table in ("filter", "mangle"):
				self.run("router", tool, "-t", table, "-F")
			self.run("server", tool, "-F")
		for side in ("client", "server"):
			self.ip("router", "link", "set", "to-" + side, "mtu", "1500")

	def listening(self, process, port, seconds=8):
		"""Waits until something in the process's namespace listens on a TCP or UDP port."""
		wanted = ":%04X" % port
		states = {"tcp": "0A", "tcp6": "0A", "udp": "07", "udp6": "07"}
		for _ in range(int(seconds / 0.05)):
			for name, state in states.items():
				try:
					with open("/proc/%d/net/%s" % (process.child.pid, name)) as f:
						rows = [line.split() for line in f]
				except OSError:
					return False
				if any(r[1].endswith(wanted) and r[3] == state for r in rows[1:]):
					return True
			if process.child.poll() is not None:
				return False
			time.sleep(0.05)
		return False


class Capture:
	def __init__(self, network, path, side="client"):
		self.tcpdump = network.start("router", ["tcpdump", "-i", "to-" + side, "-s", "0", "-U", "--immediate-mode",
			"-w", path, "-Z", "root", "tcp or udp or icmp or (icmp6 and ip6[40] < 128)"], path + ".log")
		for _ in range(100):
			if "listening on" in self.tcpdump.text():
				return
			time.sleep(0.02)
		raise RuntimeError("tcpdump: " + self.tcpdump.text())

	def stop(self):
		self.tcpdump.stop(signal.SIGINT)
