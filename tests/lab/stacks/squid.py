import os
import shutil

from stacks import Command, write

SERVER = "Squid 5.7"


def server(s):
	"""A proxy that tunnels to what listens on the loopback of its own side."""
	os.chmod(s.folder, 0o755)
	logs = s.folder + "/cache"
	os.makedirs(logs)
	shutil.chown(logs, "proxy")
	conf = write(s.folder + "/conf", "http_port %d\npid_filename %s/pid\naccess_log stdio:%s/access.log\ncache_log %s/cache.log\ncoredump_dir %s\n"
		"cache_mem 8 MB\nmax_filedescriptors 256\npinger_enable off\nacl CONNECT method CONNECT\nconnect_timeout 3 seconds\nforward_timeout 3 seconds\n%s\n" % (s.port, logs, logs, logs, logs, s.config))
	return Command(["squid", "-N", "-d", "1", "-f", conf])
