import os
import shutil

from stacks import Command, write

SERVER = "Apache 2.4 mod_proxy_connect"
MODULES = "mpm_event authn_core authz_core authz_host authn_file auth_basic authz_user proxy proxy_connect".split()


def server(s):
	"""A forward proxy beside a TLS server on port 8443. config: what stands in its <Proxy> section."""
	write(s.folder + "/users", "kim:$apr1$lab$1bXQ.vOfSdt0ZHqmP8Tlz1\n")
	conf = write(s.folder + "/conf", "ServerRoot %s\nServerName proxy.lindenhof.example\nListen %d\nPidFile %s/pid\nErrorLog /dev/stderr\nLogLevel info\n%s\n"
		"ProxyRequests On\nAllowCONNECT 443 8443\nProxyTimeout 4\n<Proxy *>\n%s\n</Proxy>\n" % (s.folder, s.port, s.folder,
		"\n".join("LoadModule %s_module /usr/lib/apache2/modules/mod_%s.so" % (m, m) for m in MODULES), s.config or "Require all granted"))
	return Command(["sh", "-c", "openssl s_server -accept 8443 -www -key %s -cert %s -cert_chain %s >/dev/null 2>&1 & sleep 0.3; exec apache2 -X -f %s"
		% (s.certificate.key, s.certificate.chain, s.certificate.chain, conf)])
