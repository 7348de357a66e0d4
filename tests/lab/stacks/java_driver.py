"""Drivers on JSSE, from Debian's packages."""

import os
import subprocess

from stacks import Command

CLIENT = "Java 17 JSSE"
PEER = os.path.join(os.path.dirname(__file__), "../peers/Drivers.java")
CLASSES = "/tmp/tlswhy-lab/java-drivers"
PATH = ":".join([CLASSES] + ["/usr/share/java/%s.jar" % name for name in ("postgresql", "mariadb-java-client", "javax.mail", "javax.activation")])


def build(folder):
	os.makedirs(CLASSES, exist_ok=True)
	subprocess.run(["javac", "-cp", PATH, "-d", CLASSES, PEER], check=True)


def client(s):
	"""extra: the driver and its mode."""
	s.keylog = ""
	return Command(["java", "-cp", PATH, "Drivers", s.extra[0], s.host, s.port, s.roots, s.extra[1]])
