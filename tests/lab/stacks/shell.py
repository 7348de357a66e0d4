"""A line of shell as client or server, where a scenario needs more than one step."""

from stacks import Command

CLIENT = SERVER = "several"


def fill(s):
	words = {"roots": s.roots, "folder": s.folder, "host": s.host, "keylog": s.keylog}
	if s.certificate:
		words.update(chain=s.certificate.chain, key=s.certificate.key, one=s.certificate.one)
	words.update({name.replace("-", "_").replace(".", "_"): path for name, path in s.pool.items()})
	return s.config.format(**words)


def client(s):
	return Command(["sh", "-c", fill(s)])


def server(s):
	return Command(["sh", "-c", fill(s)])
