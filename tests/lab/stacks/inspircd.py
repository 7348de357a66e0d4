from stacks import Command, write

SERVER = "InspIRCd 3.15 (GnuTLS 3.7)"
CONFIG = """<server name="irc.lindenhof.example" description="lab" network="Lab" id="97K">
<admin name="lab" nick="lab" email="lab@lindenhof.example">
<bind address="*" port="6667" type="clients">
{tls}
<module name="cap">
<connect allow="*" timeout="20" pingfreq="120" resolvehostnames="no">
<path configdir="{folder}" datadir="{folder}" logdir="{folder}" runtimedir="{folder}">
<pid file="{folder}/pid">
"""
TLS = """<bind address="*" port="6697" type="clients" sslprofile="Clients">
<module name="ssl_gnutls">
<module name="starttls">
<sslprofile name="Clients" provider="gnutls" certfile="{chain}" keyfile="{key}" priority="{priority}">
"""


def server(s):
	"""Port 6667 upgrades, 6697 speaks TLS at once; extra: "plain" knows no TLS."""
	words = dict(folder=s.folder, chain=s.certificate.chain, key=s.certificate.key, priority=s.priority or "NORMAL")
	conf = write(s.folder + "/conf", CONFIG.format(tls="" if "plain" in s.extra else TLS.format(**words), **words) + s.config)
	return Command(["inspircd", "--runasroot", "--nofork", "--config", conf])
