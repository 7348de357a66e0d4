/* Certificate (RFC 5280 4.1): the walk from its first byte to its last. */
#include "x509.h"

#include "parse.h"

/* What a certificate carries beside its facts. */
struct own {
	struct arena arena;
};

void certificate_note(struct certificate *c, const struct reader *r, const char *where)
{
	if (read_ok(r) || c->malformed)
		return;
	c->malformed = true;
	c->broke_in = where;
	c->broke_at = r->broke >= c->der && r->broke <= c->der + c->der_len
		? (uint32_t)(r->broke - c->der) : c->der_len;
}

/* ---- the parts of TBSCertificate, in order ---- */

static void read_version(struct certificate *c, struct reader *tbs)
{
	struct der_item version;

	c->version = 1;
	if (der_optional(tbs, DER_CONSTRUCTED_CONTEXT + 0, &version)) {
		uint32_t number = der_small(&version.body);

		if (number > 2)
			der_break(&version.body, version.start);
		c->version = number > 2 ? 0 : (uint8_t)(number + 1);
		certificate_note(c, &version.body, "version");
	}
}

static void read_serial(struct certificate *c, struct arena *arena, struct reader *tbs)
{
	struct der_item serial;
	struct printable text = { .len = 0 };

	if (!der_expect(tbs, DER_INTEGER, &serial))
		return;
	c->serial_len = left(&serial.body) > UINT8_MAX ? UINT8_MAX : (uint8_t)left(&serial.body);
	c->serial_negative = more(&serial.body) && *serial.body.at >= 0x80;
	while (left(&serial.body) > 1 && *serial.body.at == 0)
		take_u8(&serial.body);
	printable_hex(&text, serial.body);
	c->serial = printable_keep(&text, arena);
}

static const char *attribute_text(struct reader name, const char *oid, struct arena *arena)
{
	struct printable text = { .len = 0 };

	name_attribute(name, oid, &text);
	return text.len ? printable_keep(&text, arena) : "";
}

static bool take_name(struct reader *tbs, struct arena *arena, struct der_item *name,
		      const char **text, const char **common_name)
{
	struct printable whole = { .len = 0 };

	if (!der_expect(tbs, DER_SEQUENCE, name))
		return false;
	struct reader parts = name->body;

	name_text(&parts, &whole);
	*text = printable_keep(&whole, arena);
	*common_name = attribute_text(name->body, NAME_COMMON_NAME, arena);
	if (!read_ok(&parts))
		name->body.broke = parts.broke;
	return true;
}

static void read_issuer(struct certificate *c, struct arena *arena, struct reader *tbs)
{
	struct der_item name;

	if (!take_name(tbs, arena, &name, &c->issuer, &c->issuer_cn))
		return;
	certificate_note(c, &name.body, "issuer");
	c->issuer_o = attribute_text(name.body, NAME_ORGANIZATION, arena);
	c->inspection = inspection_product(c->issuer);
	c->issuer_der = name.start;
	c->issuer_der_len = (uint32_t)name.len;
}

static void read_subject(struct certificate *c, struct arena *arena, struct reader *tbs)
{
	struct der_item name;

	if (!take_name(tbs, arena, &name, &c->subject, &c->subject_cn))
		return;
	certificate_note(c, &name.body, "subject");
	c->subject_der = name.start;
	c->subject_der_len = (uint32_t)name.len;
	c->self_issued = c->issuer_der_len == c->subject_der_len &&
			 !memcmp(c->issuer_der, c->subject_der, c->subject_der_len);
}

/* A date that cannot be read spoils the validity and nothing else. */
static void read_validity(struct certificate *c, struct reader *tbs)
{
	struct der_item validity;

	if (!der_expect(tbs, DER_SEQUENCE, &validity))
		return;
	c->not_before = der_time(&validity.body);
	c->not_after = der_time(&validity.body);
	c->validity_read = read_ok(&validity.body);
	certificate_note(c, &validity.body, "validity");
}

static void read_key(struct certificate *c, struct reader *tbs)
{
	struct der_item spki;
	struct public_key key;

	if (!der_expect(tbs, DER_SEQUENCE, &spki))
		return;
	c->spki = spki.start;
	c->spki_len = (uint32_t)spki.len;
	public_key_read(&spki.body, &key);
	certificate_note(c, &spki.body, "subjectPublicKeyInfo");
	c->key = key.type;
	c->key_bits = key.bits;
	c->curve = key.curve;
}

static void read_extensions(struct certificate *c, struct arena *arena, struct reader *tbs)
{
	struct der_item explicit_tag, list, unique_id;

	der_optional(tbs, DER_CONTEXT + 1, &unique_id);
	der_optional(tbs, DER_CONTEXT + 2, &unique_id);
	if (!der_optional(tbs, DER_CONSTRUCTED_CONTEXT + 3, &explicit_tag))
		return;
	if (der_expect(&explicit_tag.body, DER_SEQUENCE, &list))
		extensions_read(c, arena, list.body);
	certificate_note(c, &explicit_tag.body, "extensions");
}

/* Each part notes for itself what it was reading when the walk broke; after that, there is none. */
static void read_tbs(struct certificate *c, struct arena *arena, struct reader tbs,
		     struct reader *inner_algorithm)
{
	struct der_item algorithm;

	read_version(c, &tbs);
	read_serial(c, arena, &tbs);
	certificate_note(c, &tbs, "serialNumber");
	if (der_expect(&tbs, DER_SEQUENCE, &algorithm))
		*inner_algorithm = reader_of(algorithm.start, algorithm.len);
	certificate_note(c, &tbs, "signature");
	read_issuer(c, arena, &tbs);
	certificate_note(c, &tbs, "issuer");
	read_validity(c, &tbs);
	certificate_note(c, &tbs, "validity");
	read_subject(c, arena, &tbs);
	certificate_note(c, &tbs, "subject");
	read_key(c, &tbs);
	certificate_note(c, &tbs, "subjectPublicKeyInfo");
	read_extensions(c, arena, &tbs);
	if (read_ok(&tbs) && more(&tbs))
		der_break(&tbs, tbs.at);
	certificate_note(c, &tbs, "extensions");
}

/* signatureAlgorithm and signatureValue. RFC 5280 4.1.1.2 wants both identifiers to be the same. */
static void read_signature(struct certificate *c, struct arena *arena, struct reader *whole,
			   const struct reader *inner)
{
	const uint8_t *outer = whole->at;
	struct signature_algorithm algorithm;
	struct reader value;

	signature_algorithm_read(whole, &algorithm);
	certificate_note(c, whole, "signatureAlgorithm");
	if (!read_ok(whole))
		return;
	c->signature = arena_text(arena, algorithm.name, strlen(algorithm.name));
	c->signature_key = algorithm.key;
	c->signature_hash = algorithm.hash;
	c->signature_algorithms_differ = left(inner) != (size_t)(whole->at - outer) ||
					 memcmp(inner->at, outer, left(inner)) != 0;
	der_octets_of_bits(whole, &value);
	certificate_note(c, whole, "signatureValue");
	if (more(whole))
		der_break(whole, whole->at);
	certificate_note(c, whole, "bytes after signatureValue");
}

static void read_certificate(struct certificate *c, struct arena *arena)
{
	struct reader der = reader_of(c->der, c->der_len);
	struct der_item whole, tbs;
	struct reader inner = reader_of(NULL, 0);

	der_expect(&der, DER_SEQUENCE, &whole);
	certificate_note(c, &der, "certificate");
	if (!read_ok(&der))
		return;
	der_expect(&whole.body, DER_SEQUENCE, &tbs);
	certificate_note(c, &whole.body, "tbsCertificate");
	if (!read_ok(&whole.body))
		return;
	read_tbs(c, arena, tbs.body, &inner);
	read_signature(c, arena, &whole.body, &inner);
	if (more(&der))
		der_break(&der, der.at);
	certificate_note(c, &der, "bytes after the certificate");
}

/* ---- life ---- */

static void nothing_known(struct certificate *c)
{
	c->subject = c->issuer = c->subject_cn = c->issuer_cn = c->issuer_o = "";
	c->serial = c->signature = "";
	c->ca = NOT_STATED;
	c->path_length = -1;
	atomic_init(&c->references, 1);
}

struct certificate *certificate_parse(const uint8_t *der, size_t len)
{
	struct certificate *c = must(calloc(1, sizeof(*c)));
	struct own *own = must(calloc(1, sizeof(*own)));

	c->own = own;
	c->verdicts = verdicts_new();
	nothing_known(c);
	digest_of(der, len, c->sha256);
	if (len > CERTIFICATE_MAX) {
		c->malformed = true;
		c->broke_in = "length";
		return c;
	}
	uint8_t *copy = arena_take(&own->arena, len);

	if (len)
		memcpy(copy, der, len);
	c->der = copy;
	c->der_len = (uint32_t)len;
	read_certificate(c, &own->arena);
	return c;
}

size_t certificate_size(const struct certificate *c)
{
	const struct own *own = c->own;

	return sizeof(*c) + sizeof(*own) + own->arena.size;
}

struct certificate *certificate_hold(struct certificate *c)
{
	atomic_fetch_add_explicit(&c->references, 1, memory_order_relaxed);
	return c;
}

void certificate_release(struct certificate *c)
{
	if (!c || atomic_fetch_sub_explicit(&c->references, 1, memory_order_acq_rel) > 1)
		return;
	struct own *own = c->own;

	arena_free(&own->arena);
	free(own);
	free(c->verdicts);
	free(c);
}
