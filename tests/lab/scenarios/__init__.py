"""Tables of what to provoke. A row says what happens and what an expert would conclude from the
wire; the client's or server's own words (`says`) must confirm it, or the capture is dropped."""

import collections
import importlib
import pkgutil
import zlib


def draw(name, choices):
	"""One of the choices, the same one whenever the same name draws."""
	return choices[zlib.crc32(name.encode()) % len(choices)]


class Row:
	def __init__(self, name, story, client, server, outcome="failed", codes=(), keys=(), by=(),
			client_says="", server_says="", also=(), tls="", **more):
		self.name, self.story = name, story
		self.client, self.server = client, server
		self.outcome, self.codes, self.keys, self.by = outcome, list(codes), list(keys), list(by)
		self.client_says, self.server_says = client_says, server_says
		self.also, self.tls = list(also), tls
		# A third is kept from who writes the rules, to see how they do on what they have not seen.
		self.held_back = draw("held back " + name, (True, False, False))
		self.more = more


# Modules whose rows are all kept, but those that they call spare.
WHOLE = ("datagram", "endpoints", "defects", "stapled_status", "mail", "other_stacks", "databases", "directory", "files", "chat", "proxies", "far", "news", "balanced", "remote", "plain", "drivers", "more_drivers", "more_servers", "asyncio_clients", "odd_upgrades", "watchers", "users", "rare_stacks", "uplink", "generations")


def family(name):
	return name.split("-")[0]


def rows(everything=False):
	"""All scenarios; of families that grew large, the same half or third every time."""
	found = []
	for module in sorted(m.name for m in pkgutil.iter_modules(__path__)):
		table = importlib.import_module("scenarios." + module)
		for row in table.rows():
			row.module = module
			row.spare = row.name in getattr(table, "SPARE", ())
			found.append(row)
	names = [r.name for r in found]
	twice = sorted({n for n in names if names.count(n) > 1})
	if twice:
		raise ValueError("two scenarios of one name: " + ", ".join(twice))
	large = [r for r in found if r.module not in WHOLE]
	sizes = collections.Counter(family(r.name) for r in large)
	sources = {r.more.get("source") for r in found}
	return [r for r in found if everything or r.name in sources or not r.spare and
		(r.module in WHOLE or draw("kept " + r.name, range(share(sizes[family(r.name)]))) == 0)]


def share(size):
	return 3 if size > 40 else 2 if size > 20 else 1
