import os
import shutil
import subprocess

from stacks import Command, write

SERVER = "INN 2.7 nnrpd (OpenSSL 3.0)"
CONFIG = """mta: "/bin/true %s"
hismethod: hisv6
ovmethod: tradindexed
enableoverview: true
pathhost: news.lindenhof.example
domain: lindenhof.example
pathnews: /usr/lib/news
noreader: false
"""
READERS = """auth "all" {
  hosts: "*"
  default: "<any>"
}
access "all" {
  users: "*"
  newsgroups: "*"
}
"""
FOLDERS = "db spool articles overview logs run tmp http".split()


def server(s):
	"""A reader's server. Port 563 speaks TLS at once; extra: "unreadable" has it grope for its certificate."""
	for name in FOLDERS:
		os.makedirs(os.path.join(s.folder, name))
	for name in ("history", "active.times"):
		write(s.folder + "/db/" + name, "")
	write(s.folder + "/db/active", "control 0 1 n\njunk 0 1 n\nlab.test 0 1 y\n")
	write(s.folder + "/spool/tradspool.map", "")
	write(s.folder + "/storage.conf", "method tradspool {\n newsgroups: *\n class: 0\n}\n")
	write(s.folder + "/readers.conf", READERS)
	paths = {name: name for name in FOLDERS if name not in ("articles", "logs")}
	paths.update(etc="", articles="articles", log="logs")
	lines = ["path%s: %s" % (name, os.path.join(s.folder, where)) for name, where in paths.items()]
	for part, path in (("chain", s.certificate.chain), ("key", s.certificate.key)):
		shutil.copy(path, os.path.join(s.folder, part))
		os.chmod(os.path.join(s.folder, part), 0o600)
	if "plain" not in s.extra:
		lines += ["tlscertfile: %s/%s" % (s.folder, "missing" if "unreadable" in s.extra else "chain"), "tlskeyfile: %s/key" % s.folder, "tlscapath: " + s.folder,
			"tlsprotocols: [ %s ]" % " ".join("TLSv" + v for v in ("1.2", "1.3") if s.low <= v <= s.high)]
	if s.ciphers:
		lines.append('tlsciphers: "%s"' % s.ciphers)
	conf = write(s.folder + "/inn.conf", CONFIG + "\n".join(lines + [s.config]) + "\n")
	folder = os.path.dirname(s.folder)
	os.chmod(folder, 0o755)
	for name in [s.folder] + [os.path.join(s.folder, n) for n in os.listdir(s.folder)]:
		shutil.chown(name, "news", "news")
	for name in os.listdir(s.folder + "/db"):
		shutil.chown(os.path.join(s.folder, "db", name), "news", "news")
	environment = {**os.environ, "INNCONF": conf}
	subprocess.run(["su", "news", "-s", "/bin/sh", "-c", "INNCONF=%s /usr/lib/news/bin/makehistory -O -x" % conf], stderr=subprocess.DEVNULL, env=environment)
	return Command(["/usr/lib/news/bin/nnrpd", "-D", "-f", "-p", s.port, "-c", s.folder + "/readers.conf"] + (["-S"] if s.port == 563 else []), {"INNCONF": conf})
