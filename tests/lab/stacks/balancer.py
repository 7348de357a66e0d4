"""HAProxy in front of somebody else's server, saying with a PROXY header for whom it speaks."""

import shlex

from stacks import Command, write
from stacks.shell import fill

CLIENT = "HAProxy 2.6, curl 7.88 behind it"


def client(s):
	"""extra: send-proxy or send-proxy-v2. config: what a client then says to 127.0.0.1:9000."""
	conf = write(s.folder + "/cfg", "defaults\n mode tcp\n timeout client 12s\n timeout connect 2s\n timeout server 12s\nlisten l\n bind 127.0.0.1:9000\n"
		" server one %s:%d %s\n" % (s.host, s.port, s.extra[0]))
	return Command(["sh", "-c", "haproxy -db -f %s & front=$!; sleep 0.4; %s; kill $front" % (shlex.quote(conf), fill(s))])
