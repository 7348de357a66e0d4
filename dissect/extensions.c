/* The extensions of RFC 5280 4.2, and the few others that decide what a client does. */
#include <arpa/inet.h>
#include <stdio.h>

#include "x509.h"

/* Real certificates have about ten. Those beyond are read, but no longer compared for doubles. */
enum { EXTENSIONS_COMPARED = 64 };

struct extension {
	struct reader oid;
	bool critical;
	struct reader value;	/* inside the OCTET STRING */
};

typedef void extension_reader(struct certificate *c, struct arena *arena, struct reader *value);

/* BasicConstraints. */
static void read_basic_constraints(struct certificate *c, struct arena *arena, struct reader *value)
{
	struct der_item whole, ca;

	(void)arena;
	c->ca = NO;
	if (!der_expect(value, DER_SEQUENCE, &whole))
		return;
	if (der_optional(&whole.body, DER_BOOLEAN, &ca) && take_u8(&ca.body))
		c->ca = YES;
	if (more(&whole.body))
		c->path_length = (int32_t)(der_small(&whole.body) & INT32_MAX);
	if (!read_whole(&whole.body))
		der_break(value, whole.body.broke ? whole.body.broke : whole.body.at);
}

/* Bit 0 is the highest of the first octet (X.680 22.7); ours are numbered from the lowest. */
static void read_key_usage(struct certificate *c, struct arena *arena, struct reader *value)
{
	struct der_item bits;

	(void)arena;
	if (!der_expect(value, DER_BIT_STRING, &bits))
		return;
	take_u8(&bits.body);	/* unused bits: they are zero in DER */
	uint8_t octet = take_u8(&bits.body);

	c->has_key_usage = true;
	for (int bit = 0; bit < 7; bit++)
		if (octet & (0x80 >> bit))
			c->key_usage = (uint16_t)(c->key_usage | 1 << bit);
}

static uint16_t purpose_bit(const char *oid)
{
	static const struct { const char *oid; uint16_t bit; } rows[] = {
		{ "1.3.6.1.5.5.7.3.1", EKU_SERVER_AUTH }, { "1.3.6.1.5.5.7.3.2", EKU_CLIENT_AUTH },
		{ "1.3.6.1.5.5.7.3.3", EKU_CODE_SIGNING }, { "1.3.6.1.5.5.7.3.4", EKU_EMAIL },
		{ "1.3.6.1.5.5.7.3.9", EKU_OCSP_SIGNING }, { "2.5.29.37.0", EKU_ANY },
		/* Netscape's and Microsoft's step-up: servers, once (RFC 5280 knows neither). */
		{ "2.16.840.1.113730.4.1", EKU_SERVER_AUTH }, { "1.3.6.1.4.1.311.10.3.3", EKU_SERVER_AUTH },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (!strcmp(rows[i].oid, oid))
			return rows[i].bit;
	return EKU_OTHER;
}

static void read_ext_key_usage(struct certificate *c, struct arena *arena, struct reader *value)
{
	struct der_item list, purpose;
	char oid[OID_TEXT_MAX];

	(void)arena;
	c->has_ext_key_usage = der_expect(value, DER_SEQUENCE, &list);
	while (more(&list.body) && der_expect(&list.body, DER_OID, &purpose)) {
		der_oid_text(purpose.body, oid);
		c->ext_key_usage |= purpose_bit(oid);
	}
	if (!read_ok(&list.body))
		der_break(value, list.body.broke);
}

/* ---- GeneralName ---- */

enum { GENERAL_OTHER = 0, GENERAL_EMAIL = 1, GENERAL_DNS = 2, GENERAL_DIRECTORY = 4, GENERAL_URI = 6,
       GENERAL_IP = 7 };

static enum san_kind san_kind_of(uint8_t tag)
{
	switch (tag & 0x1f) {
	case GENERAL_DNS:
		return SAN_DNS;
	case GENERAL_IP:
		return SAN_IP;
	case GENERAL_EMAIL:
		return SAN_EMAIL;
	case GENERAL_URI:
		return SAN_URI;
	default:
		return SAN_OTHER;
	}
}

static void add_address(struct printable *text, struct reader octets)
{
	char address[INET6_ADDRSTRLEN];
	size_t len = left(&octets);

	if ((len == 4 || len == 16) &&
	    inet_ntop(len == 4 ? AF_INET : AF_INET6, octets.at, address, sizeof(address)))
		printable_words(text, address);
	else
		printable_hex(text, octets);
}

static void add_general_name(struct printable *text, const struct der_item *name)
{
	struct reader body = name->body;
	struct der_item directory;

	switch (name->tag & 0x1f) {
	case GENERAL_IP:
		add_address(text, body);
		break;
	case GENERAL_DIRECTORY:
		if (der_expect(&body, DER_SEQUENCE, &directory))
			name_text(&directory.body, text);
		break;
	case GENERAL_OTHER:
		printable_words(text, "otherName");
		break;
	default:
		printable_bytes(text, body);
	}
}

static void read_subject_alt_name(struct certificate *c, struct arena *arena, struct reader *value)
{
	struct der_item list, name;

	if (!der_expect(value, DER_SEQUENCE, &list))
		return;
	struct san *san = arena_take(arena, SAN_KEPT * sizeof(*san));

	c->san = san;
	c->san_der = list.body.at;
	c->san_der_len = (uint32_t)left(&list.body);
	while (more(&list.body) && der_next(&list.body, &name)) {
		c->san_total++;
		if (c->san_count == SAN_KEPT)
			continue;
		struct printable text = { .len = 0 };

		add_general_name(&text, &name);
		san[c->san_count++] = (struct san){
			.kind = san_kind_of(name.tag),
			.text = printable_keep(&text, arena),
		};
	}
	if (!read_ok(&list.body))
		der_break(value, list.body.broke);
}

bool certificate_next_san(const struct certificate *c, uint32_t *at, enum san_kind *kind, char *text,
			  size_t text_len)
{
	struct reader list = reader_of(c->san_der, c->san_der_len);
	struct der_item name;
	struct printable whole = { .len = 0 };

	if (!take(&list, *at) || !more(&list) || !der_next(&list, &name))
		return false;
	*at = c->san_der_len - (uint32_t)left(&list);
	add_general_name(&whole, &name);
	*kind = san_kind_of(name.tag);
	snprintf(text, text_len, "%s", whole.text);
	return true;
}

/* The URI of a GeneralName; NULL when it is another kind. */
static const char *take_uri(struct reader *names, struct arena *arena)
{
	struct der_item name;
	struct printable text = { .len = 0 };

	if (!der_next(names, &name) || name.tag != DER_CONTEXT + GENERAL_URI)
		return NULL;
	printable_bytes(&text, name.body);
	return printable_keep(&text, arena);
}

/* AuthorityInfoAccessSyntax (RFC 5280 4.2.2.1). */
static void read_authority_info(struct certificate *c, struct arena *arena, struct reader *value)
{
	struct der_item list, access, method;
	char oid[OID_TEXT_MAX];

	der_expect(value, DER_SEQUENCE, &list);
	while (more(&list.body) && der_expect(&list.body, DER_SEQUENCE, &access)) {
		if (!der_expect(&access.body, DER_OID, &method))
			continue;
		der_oid_text(method.body, oid);
		if (!strcmp(oid, "1.3.6.1.5.5.7.48.1") && !c->ocsp_url)
			c->ocsp_url = take_uri(&access.body, arena);
		else if (!strcmp(oid, "1.3.6.1.5.5.7.48.2") && !c->ca_issuers)
			c->ca_issuers = take_uri(&access.body, arena);
	}
	if (!read_ok(&list.body))
		der_break(value, list.body.broke);
}

/* CRLDistributionPoints: the first URI of the first point that has one. */
static void read_crl_points(struct certificate *c, struct arena *arena, struct reader *value)
{
	struct der_item list, point, name, full;

	der_expect(value, DER_SEQUENCE, &list);
	while (more(&list.body) && der_expect(&list.body, DER_SEQUENCE, &point)) {
		if (c->crl_url || !der_optional(&point.body, DER_CONSTRUCTED_CONTEXT + 0, &name) ||
		    !der_optional(&name.body, DER_CONSTRUCTED_CONTEXT + 0, &full))
			continue;
		c->crl_url = take_uri(&full.body, arena);
	}
	if (!read_ok(&list.body))
		der_break(value, list.body.broke);
}

static void read_subject_key_id(struct certificate *c, struct arena *arena, struct reader *value)
{
	struct der_item id;

	(void)arena;
	if (!der_expect(value, DER_OCTET_STRING, &id) || left(&id.body) > UINT8_MAX)
		return;
	c->subject_key_id = id.body.at;
	c->subject_key_id_len = (uint8_t)left(&id.body);
}

/* AuthorityKeyIdentifier: the key's, and perhaps the name of who issued the issuer. */
static void read_authority_key_id(struct certificate *c, struct arena *arena, struct reader *value)
{
	struct der_item whole, id, names, name, directory;

	(void)arena;
	if (!der_expect(value, DER_SEQUENCE, &whole))
		return;
	if (der_optional(&whole.body, DER_CONTEXT + 0, &id) && left(&id.body) <= UINT8_MAX) {
		c->authority_key_id = id.body.at;
		c->authority_key_id_len = (uint8_t)left(&id.body);
	}
	if (der_optional(&whole.body, DER_CONSTRUCTED_CONTEXT + 1, &names) &&
	    der_optional(&names.body, DER_CONSTRUCTED_CONTEXT + GENERAL_DIRECTORY, &name) &&
	    der_expect(&name.body, DER_SEQUENCE, &directory)) {
		c->authority_issuer = directory.start;
		c->authority_issuer_len = (uint32_t)directory.len;
	}
	if (!read_ok(&whole.body))
		der_break(value, whole.body.broke);
}

/* TLSFeatures (RFC 7633): status_request is 5, status_request_v2 17. */
static void read_tls_feature(struct certificate *c, struct arena *arena, struct reader *value)
{
	struct der_item list;

	(void)arena;
	der_expect(value, DER_SEQUENCE, &list);
	while (more(&list.body)) {
		uint32_t feature = der_small(&list.body);

		c->must_staple = c->must_staple || feature == 5 || feature == 17;
	}
	if (!read_ok(&list.body))
		der_break(value, list.body.broke);
}

static void read_name_constraints(struct certificate *c, struct arena *arena, struct reader *value)
{
	struct der_item whole;

	(void)arena;
	if (!der_expect(value, DER_SEQUENCE, &whole))
		return;
	c->has_name_constraints = true;
	c->name_constraints = whole.start;
	c->name_constraints_len = (uint32_t)whole.len;
}

static void read_timestamps(struct certificate *c, struct arena *arena, struct reader *value)
{
	(void)arena;
	(void)value;
	c->has_sct = true;
}

/* Understood, as far as a diagnosis goes: marked critical it stops nobody. */
static void read_nothing(struct certificate *c, struct arena *arena, struct reader *value)
{
	(void)c;
	(void)arena;
	(void)value;
}

static const struct {
	const char *oid, *name;
	extension_reader *read;
} known_extensions[] = {
	{ "2.5.29.14", "subjectKeyIdentifier", read_subject_key_id },
	{ "2.5.29.15", "keyUsage", read_key_usage },
	{ "2.5.29.17", "subjectAltName", read_subject_alt_name },
	{ "2.5.29.18", "issuerAltName", read_nothing },
	{ "2.5.29.19", "basicConstraints", read_basic_constraints },
	{ "2.5.29.30", "nameConstraints", read_name_constraints },
	{ "2.5.29.31", "cRLDistributionPoints", read_crl_points },
	{ "2.5.29.32", "certificatePolicies", read_nothing },
	{ "2.5.29.33", "policyMappings", read_nothing },
	{ "2.5.29.35", "authorityKeyIdentifier", read_authority_key_id },
	{ "2.5.29.36", "policyConstraints", read_nothing },
	{ "2.5.29.37", "extKeyUsage", read_ext_key_usage },
	{ "2.5.29.54", "inhibitAnyPolicy", read_nothing },
	{ "1.3.6.1.5.5.7.1.1", "authorityInfoAccess", read_authority_info },
	{ "1.3.6.1.5.5.7.1.24", "tlsFeature", read_tls_feature },
	{ "1.3.6.1.4.1.11129.2.4.2", "signedCertificateTimestampList", read_timestamps },
	{ "2.16.840.1.113730.1.1", "netscapeCertType", read_nothing },
};

/* Extension: an OID, perhaps `critical`, and the DER of its value in an OCTET STRING. */
static bool take_extension(struct reader *list, struct extension *out)
{
	struct der_item whole, oid, critical, value;

	out->critical = false;
	if (!der_expect(list, DER_SEQUENCE, &whole))
		return false;
	der_expect(&whole.body, DER_OID, &oid);
	if (der_optional(&whole.body, DER_BOOLEAN, &critical))
		out->critical = take_u8(&critical.body) != 0;
	if (!der_expect(&whole.body, DER_OCTET_STRING, &value)) {
		der_break(list, whole.body.broke);
		return false;
	}
	out->oid = oid.body;
	out->value = value.body;
	return true;
}

static void read_extension(struct certificate *c, struct arena *arena, struct extension *e)
{
	char oid[OID_TEXT_MAX];

	der_oid_text(e->oid, oid);
	for (size_t i = 0; i < sizeof(known_extensions) / sizeof(*known_extensions); i++) {
		if (strcmp(known_extensions[i].oid, oid) != 0)
			continue;
		known_extensions[i].read(c, arena, &e->value);
		certificate_note(c, &e->value, known_extensions[i].name);
		return;
	}
	if (e->critical && !c->unknown_critical)
		c->unknown_critical = arena_text(arena, oid, strlen(oid));
}

static bool is_among(const struct reader *oids, size_t count, const struct reader *oid)
{
	for (size_t i = 0; i < count; i++)
		if (left(&oids[i]) == left(oid) && !memcmp(oids[i].at, oid->at, left(oid)))
			return true;
	return false;
}

void extensions_read(struct certificate *c, struct arena *arena, struct reader list)
{
	struct reader oids[EXTENSIONS_COMPARED];
	size_t count = 0;
	struct extension e;

	while (more(&list) && take_extension(&list, &e)) {
		/* RFC 5280 4.2: "A certificate MUST NOT include more than one instance." */
		if (is_among(oids, count, &e.oid)) {
			c->duplicate_extension = true;
			continue;
		}
		if (count < EXTENSIONS_COMPARED)
			oids[count++] = e.oid;
		read_extension(c, arena, &e);
	}
	certificate_note(c, &list, "extensions");
}
