"""BearSSL, which is met in small devices: TLS 1.2 at best."""

import os
import subprocess

from stacks import Command
from stacks.wolf import FOLDER, options

CLIENT = SERVER = "BearSSL 0.6"
PROGRAM = "bear-peer"


def build(folder):
	subprocess.run(["cc", "-std=c11", "-D_GNU_SOURCE", "-O1", "-o", "%s/%s" % (folder, PROGRAM),
		os.path.join(FOLDER, "bear_peer.c"), "-lbearssl"], check=True)


def client(s):
	s.keylog = ""
	return Command(["/tmp/tlswhy-lab/" + PROGRAM] + options(s))


def server(s):
	return Command(["/tmp/tlswhy-lab/" + PROGRAM] + options(s, serve="yes"))
