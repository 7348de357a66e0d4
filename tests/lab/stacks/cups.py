import os
import shutil

from stacks import Command, write

SERVER = "CUPS 2.4 (GnuTLS 3.7)"


def server(s):
	"""extra: "required" lets nobody in without TLS; "plain" knows none."""
	keys = s.folder + "/ssl"
	os.makedirs(keys)
	for kind, path in (("crt", s.certificate.chain), ("key", s.certificate.key)):
		shutil.copy(path, "%s/%s.%s" % (keys, s.host, kind))
	own = [s.folder + "/" + name for name in ("root", "requests", "cache", "state", "temporary")]	# it cleans these up
	for path in own:
		os.makedirs(path)
	write(s.folder + "/cups-files.conf", "ServerRoot %s\nRequestRoot %s\nCacheDir %s\nStateDir %s\nTempDir %s\nServerKeychain %s\nAccessLog stderr\nErrorLog stderr\nPageLog stderr\nSystemGroup root\nUser lp\nGroup lp\nCreateSelfSignedCerts no\n" % (*own, keys))
	write(s.folder + "/cupsd.conf", "LogLevel debug\nListen 0.0.0.0:%d\nServerName %s\nServerAlias *\nBrowsing Off\nDefaultEncryption %s\n<Location />\nOrder allow,deny\nAllow all\n%s</Location>\n" % (
		s.port, s.host, "Never" if "plain" in s.extra else "IfRequested", "Encryption Required\n" if "required" in s.extra else ""))
	return Command(["cupsd", "-f", "-c", s.folder + "/cupsd.conf", "-s", s.folder + "/cups-files.conf"])
