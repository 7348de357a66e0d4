from stacks import Command, write

SERVER = "Dovecot 2.3 (OpenSSL 3.0)"
# What listens where; those with ssl speak TLS at once, the others upgrade.
LISTENERS = """service imap-login {{
 inet_listener imap {{
  port = 143
  {haproxy}
 }}
 inet_listener imaps {{
  port = 993
  ssl = yes
 }}
}}
service pop3-login {{
 inet_listener pop3 {{
  port = 110
 }}
 inet_listener pop3s {{
  port = 995
  ssl = yes
 }}
}}
service lmtp {{
 inet_listener lmtp {{
  port = 24
 }}
}}
service submission-login {{
 inet_listener submission {{
  port = {submission}
 }}
}}
service managesieve-login {{
 inet_listener sieve {{
  port = 4190
 }}
}}
"""
CONFIG = """protocols = imap pop3 lmtp sieve submission
base_dir = {folder}/run
state_dir = {folder}/state
log_path = /dev/stderr
verbose_ssl = yes
login_trusted_networks =
ssl = yes
ssl_cert = <{chain}
ssl_key = <{key}
ssl_min_protocol = TLSv{low}
mail_location = maildir:{folder}/mail
submission_host = mail.lindenhof.example
submission_relay_host = 127.0.0.1
passdb {{
 driver = static
 args = nopassword=y
}}
userdb {{
 driver = static
 args = uid=mail gid=mail home={folder}/home
}}
mail_access_groups = mail
"""


def server(s):
	"""extra: "haproxy" has IMAP expect a PROXY header."""
	words = dict(folder=s.folder, chain=s.certificate.chain, key=s.certificate.key, low=s.low,
		submission=587 if s.port == 587 else 0, haproxy="haproxy = yes" if "haproxy" in s.extra else "")
	more = "haproxy_trusted_networks = 192.0.2.0/24\n" if "haproxy" in s.extra else ""
	if s.ciphers:
		more += "ssl_cipher_list = %s\n" % s.ciphers
	conf = write(s.folder + "/dovecot.conf", (CONFIG + LISTENERS).format(**words) + more + s.config + "\n")
	return Command(["dovecot", "-F", "-c", conf])
