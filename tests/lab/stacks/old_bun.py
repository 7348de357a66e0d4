"""Bun of early 2024, which greases Encrypted ClientHello, and asks by fetch."""

import json
import os

import packages
from stacks import Command

PEER = os.path.join(os.path.dirname(__file__), "../peers/old_bun.js")
CLIENT = "Bun 1.0 (BoringSSL)"
BUN = os.path.join(packages.NPM_FOLDER, "node_modules", "bun1", "bin", "bun")


def client(s):
	s.keylog = ""
	return Command([BUN, PEER, "https://%s:%d/" % (s.name, s.port), s.roots, json.dumps(s.verify)], {"HOME": s.folder})
