/* The name asked for, and whose certificate came instead. */
#include <stdio.h>
#include <strings.h>

#include "chain_parts.h"
#include "hostname.h"

/* What servers answer with when nobody configured the name that was asked for. */
static const struct {
	const char *name;	/* a SAN or CN, whole; "*" before or after: the rest of it */
	const char *whose;
} placeholders[] = {
	{ "invalid2.invalid", "Google's answer to a client without SNI" },
	{ "Kubernetes Ingress Controller Fake Certificate", "ingress-nginx's default certificate" },
	{ "ingress.local", "ingress-nginx's default certificate" },
	{ "TRAEFIK DEFAULT CERT", "Traefik's default certificate" },
	{ "*.traefik.default", "Traefik's default certificate" },
	{ "a248.e.akamai.net", "Akamai's default certificate" },
	{ "*.azurewebsites.net", "Azure App Service's default certificate" },
	{ "*.cloudfront.net", "CloudFront's default certificate" },
	{ "*.herokuapp.com", "Heroku's default certificate" },
	{ "*.pantheonsite.io", "Pantheon's default certificate" },
	{ "default.ssl.fastly.net", "Fastly's default certificate" },
	{ "*.wordpress.com", "WordPress.com's default certificate" },
	{ "*.github.io", "GitHub Pages' default certificate" },
	{ "*.netlify.app", "Netlify's default certificate" },
	{ "Parallels Panel", "Plesk's default certificate" },
	{ "Plesk", "Plesk's default certificate" },
	{ "localhost", "a default certificate for localhost" },
	{ "localhost.localdomain", "a default certificate for localhost" },
	{ "FortiGate", "FortiGate's default certificate" },
	{ "ACME-TLS-ALPN", "a certificate for an ACME challenge" },
	{ "IIS Express Development Certificate", "IIS Express' default certificate" },
	{ "WMSvc-*", "IIS' web management service's default certificate" },
	{ "SSL_Self_Signed_Fallback", "SQL Server's fallback certificate" },
	{ "synology.com", "a Synology NAS' default certificate" },
	{ "QNAP NAS", "a QNAP NAS' default certificate" },
	{ "OPNsense*", "OPNsense's default certificate" },
	{ "pfSense-*", "pfSense's default certificate" },
	{ "UniFi", "UniFi's default certificate" },
	{ "TS Series NAS", "a QNAP NAS' default certificate" },
};

/* "WMSvc-*" against "WMSvc-WIN01"; "*.x" is a presented wildcard and compared as it is. */
static bool is_called(const char *name, const char *pattern)
{
	size_t length = strlen(pattern);

	if (length && pattern[length - 1] == '*')
		return !strncasecmp(name, pattern, length - 1);
	return !strcasecmp(name, pattern);
}

static const char *placeholder_by_name(const char *name)
{
	for (size_t i = 0; i < sizeof(placeholders) / sizeof(*placeholders); i++)
		if (is_called(name, placeholders[i].name))
			return placeholders[i].whose;
	return NULL;
}

static const char *placeholder_of(const struct certificate *leaf)
{
	const char *whose = placeholder_by_name(leaf->subject_cn);

	for (uint16_t i = 0; !whose && i < leaf->san_count; i++)
		if (leaf->san[i].kind == SAN_DNS)
			whose = placeholder_by_name(leaf->san[i].text);
	if (!whose && strstr(leaf->subject, "O=Acme Co"))
		whose = "a default certificate made by Go's example code, as ingress-nginx has";
	if (!whose && strstr(leaf->subject, "O=MyCompany") && strstr(leaf->subject, "localhost"))
		whose = "BIG-IP's default certificate";
	return whose;
}

/* "a.example, b.example and 12 more": what it is for. */
static void list_names(const struct certificate *leaf, char *out, size_t size)
{
	enum { LISTED = 3 };
	int listed = 0;
	size_t len = 0;

	out[0] = '\0';
	for (uint16_t i = 0; i < leaf->san_count && listed < LISTED && len < size; i++) {
		if (leaf->san[i].kind != SAN_DNS && leaf->san[i].kind != SAN_IP)
			continue;
		len += (size_t)snprintf(out + len, size - len, "%s%.40s", listed ? ", " : "",
					leaf->san[i].text);
		listed++;
	}
	if (len < size && leaf->san_total > (uint32_t)listed && listed)
		snprintf(out + len, size - len, " and %u more", leaf->san_total - (uint32_t)listed);
	if (!listed)
		snprintf(out, size, "no name%s%.60s", *leaf->subject_cn ? " (its CN says " : "",
			 leaf->subject_cn);
	if (!listed && *leaf->subject_cn && strlen(out) + 1 < size)
		strcat(out, ")");
}

static void note_mismatch(const struct chain_question *q, const struct certificate *leaf,
			  struct chain_judgement *j)
{
	char names[170];

	list_names(leaf, names, sizeof(names));
	note_defect(j, DEFECT_NAME_MISMATCH, 0, 0, "asked for %.60s, but the certificate is for %s",
		    q->name, names);
	if (j->placeholder)
		note_defect(j, DEFECT_DEFAULT_CERTIFICATE, 0, 0, "this is %s", j->placeholder);
}

void check_name(const struct chain_question *q, const struct certificate *leaf,
		struct chain_judgement *j)
{
	j->name = NAME_NOT_ASKED;
	/* Broken before or in its names: nobody gets as far as to compare them. */
	if (leaf->malformed && !leaf->san_total)
		return;
	j->placeholder = placeholder_of(leaf);
	j->name = hostname_match(leaf, q->name, q->server);
	if (j->name == NAME_DIFFERS)
		note_mismatch(q, leaf, j);
	if (j->name == NAME_MATCHES_CN)
		note_defect(j, DEFECT_NO_SAN, 0, 0,
			    "the name %.60s stands only in the CN; clients have long looked at "
			    "subjectAltName alone (RFC 9525 6.3)", q->name);
}
