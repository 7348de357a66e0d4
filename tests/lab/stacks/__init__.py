"""One module per stack: NAME, and client(s) or server(s) that turn settings into a Command."""

import importlib


class Command:
	def __init__(self, argv, env=None, stdin=None):
		self.argv, self.env, self.stdin = [str(a) for a in argv], env or {}, stdin


def stack(name):
	return importlib.import_module("stacks." + name)


def write(path, text):
	with open(path, "w") as f:
		f.write(text)
	return path
