#include "spoken.h"

#include <stdio.h>

static const char strips[] =
	"If it is enabled there, look for a firewall that strips it from the dialogue.";
static const char dovecot[] =
	"Switch it on: Dovecot ssl = yes with ssl_cert and ssl_key, Cyrus tls_server_cert and tls_server_key.";
static const char log_says[] = "Read the server's log of that second: it says why it refused.";

static const struct spoken protocols[] = {
	{ FOREIGN_SMTP, "an SMTP server", "STARTTLS", 465,
	  "Switch it on: Postfix smtpd_tls_security_level = may and smtpd_tls_chain_files, Exim tls_advertise_hosts = * and tls_certificate, Dovecot ssl = yes.", strips,
	  "Read the mail server's log of that second: mostly it could not load its key, certificate or CA file." },
	{ FOREIGN_IMAP, "an IMAP server", "STARTTLS", 993, dovecot, strips, log_says },
	{ FOREIGN_POP3, "a POP3 server", "STLS", 995, dovecot, strips, log_says },
	{ FOREIGN_FTP, "an FTP server", "AUTH TLS", 990,
	  "Switch it on: vsftpd ssl_enable=YES and rsa_cert_file, ProFTPD TLSEngine on, Pure-FTPd -Y 1.", strips, log_says },
	{ FOREIGN_NNTP, "an NNTP server", "STARTTLS", 563, "Switch it on: INN tlscertfile and tlskeyfile in inn.conf.", strips,
	  "580 mostly means that the server could not load its key or certificate (INN: both belong to user news, the key with mode 0600)." },
	{ FOREIGN_SIEVE, "a ManageSieve server", "STARTTLS", 0, dovecot, strips, log_says },
	{ FOREIGN_IRC, "an IRC server", "STARTTLS", 6697, "Have clients use the port for TLS, mostly 6697, or switch STARTTLS on (InspIRCd: the modules starttls and ssl_gnutls).",
	  "Many IRC servers have no STARTTLS at all.", log_says },
	{ FOREIGN_XMPP, "an XMPP server", "<starttls/>", 5223, "Give the host a certificate: Prosody \"prosodyctl cert import\", ejabberd certfiles.",
	  "The server knows no certificate for this domain, or TLS is switched off.", log_says },
	{ FOREIGN_LDAP, "an LDAP server", "StartTLS", 636, "Switch it on: OpenLDAP olcTLSCertificateFile and olcTLSCertificateKeyFile, 389-DS nsslapd-security.", strips,
	  "protocolError mostly means that the server has no certificate (OpenLDAP olcTLSCertificateFile, 389-DS nsslapd-security); unavailable that it could not load it." },
	{ FOREIGN_POSTGRESQL, "a PostgreSQL server", "SSLRequest", 0, NULL, NULL,
	  "\"SHOW ssl;\" on the server says whether it is on: ssl = on needs ssl_cert_file and ssl_key_file, and a reload." },
	{ FOREIGN_MYSQL, "a MySQL server", "SSLRequest", 0, "Switch it on: ssl_cert and ssl_key under [mysqld], and a restart.",
	  "\"SHOW VARIABLES LIKE 'have_ssl';\" says DISABLED where ssl_cert or ssl_key could not be loaded: the log at start says why.",
	  log_says },
	{ FOREIGN_TDS, "an SQL Server", "PRELOGIN", 0, "Give the instance a certificate (SQL Server Configuration Manager, Protocols).", NULL,
	  "Give the instance a certificate (SQL Server Configuration Manager, Protocols)." },
	{ FOREIGN_RDP, "an RDP server", "the X.224 negotiation", 0, NULL, NULL,
	  "Compare the security layer that both sides insist on: Windows under Remote Desktop Session Host > Security, xrdp security_layer." },
	{ FOREIGN_NATS, "a NATS server", "the TLS that its INFO offers", 0,
	  "Give its configuration a tls block with cert_file and key_file, and reload.", NULL, log_says },
	{ FOREIGN_AMQP, "an AMQP server", "the TLS header of AMQP 1.0", 5671, NULL, NULL, log_says },
};

/* As the registry of ports calls them. */
static const struct { const char *name; enum foreign_protocol protocol; } ports[] = {
	{ "smtp", FOREIGN_SMTP }, { "submission", FOREIGN_SMTP }, { "smtp-alt", FOREIGN_SMTP },
	{ "lmtp", FOREIGN_SMTP }, { "imap", FOREIGN_IMAP }, { "pop3", FOREIGN_POP3 },
	{ "ftp", FOREIGN_FTP }, { "nntp", FOREIGN_NNTP }, { "managesieve", FOREIGN_SIEVE },
	{ "ldap", FOREIGN_LDAP }, { "ldap-gc", FOREIGN_LDAP }, { "xmpp-client", FOREIGN_XMPP },
	{ "xmpp-server", FOREIGN_XMPP }, { "postgresql", FOREIGN_POSTGRESQL },
	{ "pgbouncer", FOREIGN_POSTGRESQL }, { "mysql", FOREIGN_MYSQL }, { "rdp", FOREIGN_RDP },
	{ "amqp", FOREIGN_AMQP }, { "irc", FOREIGN_IRC },
};

const struct spoken *spoken_by(enum foreign_protocol protocol)
{
	for (size_t i = 0; i < sizeof(protocols) / sizeof(protocols[0]); i++)
		if (protocols[i].protocol == protocol)
			return &protocols[i];
	return NULL;
}

const struct spoken *spoken_at(uint16_t port)
{
	bool at_once, later;
	const char *name = port_protocol(port, &at_once, &later);

	for (size_t i = 0; name && later && !at_once && i < sizeof(ports) / sizeof(ports[0]); i++)
		if (!strcmp(ports[i].name, name))
			return spoken_by(ports[i].protocol);
	return NULL;
}

const char *starttls_name(const struct handshake *h)
{
	/* As s_client calls them. */
	static const char *const names[FOREIGN_COUNT] = {
		[FOREIGN_SMTP] = "smtp", [FOREIGN_FTP] = "ftp", [FOREIGN_IMAP] = "imap",
		[FOREIGN_POP3] = "pop3", [FOREIGN_NNTP] = "nntp", [FOREIGN_IRC] = "irc",
		[FOREIGN_XMPP] = "xmpp", [FOREIGN_LDAP] = "ldap",
		[FOREIGN_POSTGRESQL] = "postgres", [FOREIGN_MYSQL] = "mysql",
		[FOREIGN_SIEVE] = "sieve",
	};
	const struct spoken *port = spoken_at(h->flow->side[SIDE_SERVER].address.port);

	for (uint8_t i = 0; i < h->upgrade_count; i++)
		if (!h->upgrades[i].told.proxy && names[h->upgrades[i].told.protocol])
			return names[h->upgrades[i].told.protocol];
	if (h->server)
		return NULL;
	if (happened(h->foreign_mark[SIDE_SERVER]))
		return names[h->foreign[SIDE_SERVER]->protocol];
	return port && h->hello ? names[port->protocol] : NULL;
}

const struct tls_upgrade *last_step(const struct view *v, enum upgrade_step step, struct mark *mark)
{
	for (uint8_t i = v->h->upgrade_count; i; i--) {
		if (v->h->upgrades[i - 1].told.step != step)
			continue;
		*mark = v->h->upgrades[i - 1].mark;
		return &v->h->upgrades[i - 1].told;
	}
	return NULL;
}

static bool is_text(const uint8_t *bytes, size_t len)
{
	static const uint8_t controls[] = { '\t', '\r', '\n', 0x1b };

	for (size_t i = 0; i < len; i++)
		if (bytes[i] == 0x7f || (bytes[i] < 0x20 && !memchr(controls, bytes[i], sizeof(controls))))
			return false;
	return true;
}

static void quote_bytes(char out[LIST_MAX], const uint8_t *bytes, size_t len)
{
	size_t n = 0;

	for (size_t i = 0; i < len && i < 16; i++)
		n += (size_t)snprintf(out + n, LIST_MAX - n, "%s%02x", i ? " " : "", bytes[i]);
}

void quote(char out[LIST_MAX], const uint8_t *bytes, size_t len)
{
	char line[LIST_MAX - 2];
	size_t end = 0;

	out[0] = '\0';
	while (end < len && end < 60 && bytes[end] != '\r' && bytes[end] != '\n')
		end++;
	if (!is_text(bytes, len)) {
		quote_bytes(out, bytes, len);
	} else if (end) {
		escape_text(line, sizeof(line), bytes, end);
		snprintf(out, LIST_MAX, "\"%s\"", line);
	}
}
