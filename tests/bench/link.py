"""A link of its own to capture on: a network namespace with a veth pair, gone when the test ends."""

import contextlib
import os
import re
import shutil
import subprocess
import time


class NoLink(Exception):
	"""Why there can be none here: to be told as skipped."""


class Link:
	"""`near` is what frames are sent into, `far` is where they come out."""

	near, far = "tw0", "tw1"

	def __init__(self):
		self.name = "tlswhy-%d" % os.getpid()
		if os.geteuid():
			raise NoLink("network namespaces need root")
		if not shutil.which("ip"):
			raise NoLink("there is no ip command (iproute2)")
		self.ip("netns", "add", self.name)
		try:
			self.pair(self.near, self.far)
		except NoLink:
			self.close()
			raise

	def pair(self, near, far):
		"""Both ends of another link."""
		self.inside("ip", "link", "add", near, "type", "veth", "peer", "name", far)
		for end in (near, far):
			self.inside("sh", "-c", "echo 1 >/proc/sys/net/ipv6/conf/%s/disable_ipv6" % end)
			self.inside("ip", "link", "set", end, "mtu", "9000", "up")

	def ip(self, *words):
		done = subprocess.run(("ip",) + words, capture_output=True, text=True)
		if done.returncode:
			raise NoLink("ip %s: %s" % (" ".join(words), done.stderr.strip().split("\n")[0]))

	def inside(self, *argv):
		self.ip("netns", "exec", self.name, *argv)

	def start(self, argv, **how):
		"""A process in the namespace."""
		return subprocess.Popen(["ip", "netns", "exec", self.name] + argv, **how)

	def output(self, argv, **how):
		return subprocess.run(["ip", "netns", "exec", self.name] + argv, capture_output=True, text=True, check=True,
			**how).stdout

	def listeners(self):
		"""Packet sockets that see everything."""
		return len(re.findall(r"^\S+ \d+ +3 +0003 ", self.output(["cat", "/proc/net/packet"]), re.M))

	def listen(self, argv, **how):
		"""Starts what captures and returns once its socket is open."""
		before = self.listeners()
		process = self.start(argv, **how)
		for _ in range(100):
			if process.poll() is not None or self.listeners() > before:
				break
			time.sleep(0.05)
		time.sleep(0.3)
		return process

	def arrived(self):
		"""Frames that came out of the far end so far."""
		return int(self.output(["cat", "/sys/class/net/%s/statistics/rx_packets" % self.far]))

	def close(self):
		subprocess.run(["ip", "netns", "del", self.name], stderr=subprocess.DEVNULL)


@contextlib.contextmanager
def link():
	made = Link()
	try:
		yield made
	finally:
		made.close()
