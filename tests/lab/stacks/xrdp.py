from stacks import Command, write

SERVER = "xrdp 0.9 (OpenSSL 3.0)"
CONFIG = """[Globals]
ini_version=1
fork=true
port={port}
use_vsock=false
security_layer={layer}
crypt_level=high
certificate={chain}
key_file={key}
ssl_protocols={versions}
bitmap_cache=false
[Logging]
LogFile={folder}/xrdp.log
LogLevel=DEBUG
EnableSyslog=false
EnableConsole=true
ConsoleLevel=DEBUG
[Channels]
[Xorg]
name=Xorg
lib=libxup.so
username=ask
password=ask
ip=127.0.0.1
port=-1
code=20
"""


def server(s):
	"""extra: its security layer, tls, rdp or negotiate."""
	versions = ", ".join("TLSv" + v for v in ("1.2", "1.3") if s.low <= v <= s.high)
	conf = write(s.folder + "/xrdp.ini", CONFIG.format(port=s.port, layer=s.extra[0], chain=s.certificate.chain, key=s.certificate.key, versions=versions, folder=s.folder))
	return Command(["xrdp", "-n", "-c", conf])
