"""SslStream of Mono, on the BoringSSL of 2017 in it: TLS 1.2 at best."""

import os
import subprocess

from stacks import Command
from stacks.wolf import FOLDER

CLIENT = "Mono 6.8 SslStream (BoringSSL)"
PROGRAM = "/tmp/tlswhy-lab/Peer.exe"


def build(folder):
	subprocess.run(["mcs", "-out:%s/Peer.exe" % folder, os.path.join(FOLDER, "Peer.cs")], check=True)


def client(s):
	s.keylog = ""
	return Command(["sh", "-c", "export HOME=%s; cert-sync --user %s >/dev/null; exec mono %s %s %d %s" % (
		s.folder, s.roots, PROGRAM, s.host, s.port, s.name)])
