import os

from stacks import Command, write

SERVER = "Prosody 0.12 (LuaSec, OpenSSL 3.0)"
CONFIG = """daemonize = false
run_as_root = true
pidfile = "{folder}/pid"
data_path = "{folder}/data"
interfaces = {{ "*" }}
c2s_ports = {{ 5222 }}
c2s_direct_tls_ports = {{ 5223 }}
s2s_ports = {{ {s2s} }}
s2s_direct_tls_ports = {{ {s2s_direct} }}
modules_enabled = {{ "roster", "saslauth"{tls}, "disco" }}
modules_disabled = {{ {no_s2s}"http"{no_tls} }}
c2s_require_encryption = {require}
authentication = "internal_plain"
log = {{ {{ levels = {{ min = "debug" }}, to = "console" }} }}
ssl = {{ certificate = "{chain}", key = "{key}" }}
VirtualHost "shop.lindenhof.example"
"""


def server(s):
	"""extra: "plain" does not load what does TLS. Ports 5269 and 5270 are for other servers."""
	os.makedirs(s.folder + "/data")
	plain = "plain" in s.extra
	conf = write(s.folder + "/conf.lua", CONFIG.format(folder=s.folder, chain=s.certificate.chain, key=s.certificate.key, tls="" if plain else ', "tls"',
		no_tls=', "tls"' if plain else "", require="false" if plain else "true",
		s2s="5269" if s.port == 5269 else "", s2s_direct="5270" if s.port == 5270 else "", no_s2s="" if s.port in (5269, 5270) else '"s2s", ') + s.config + "\n")
	return Command(["prosody", "-F", "--config", conf])
