import os
import subprocess

from stacks import Command
from stacks.wolf import FOLDER, options

CLIENT = SERVER = "mbedTLS 2.28"
PROGRAM = "mbed-peer"


def build(folder):
	subprocess.run(["cc", "-std=c11", "-D_GNU_SOURCE", "-O1", "-o", "%s/%s" % (folder, PROGRAM),
		os.path.join(FOLDER, "mbed_peer.c"), "-lmbedtls", "-lmbedx509", "-lmbedcrypto"], check=True)


def client(s):
	s.keylog = ""
	return Command(["/tmp/tlswhy-lab/" + PROGRAM] + options(s))


def server(s):
	return Command(["/tmp/tlswhy-lab/" + PROGRAM] + options(s, serve="yes"))
