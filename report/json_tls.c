/* What was negotiated, what was offered, and the certificates, as JSON. */
#include "json_parts.h"

static const char *suite_name(uint16_t number)
{
	const struct cipher_suite *row = cipher_suite(number);

	return row ? row->name : NULL;
}

static const char *group_name(uint16_t number)
{
	const struct named_group *row = named_group(number);

	return row ? row->name : NULL;
}

static const char *scheme_name(uint16_t number)
{
	const struct signature_scheme *row = signature_scheme(number);

	return row ? row->name : NULL;
}

/* In wire order. GREASE (RFC 8701) means nothing and is left out. */
static void put_codes(struct json_line *l, const char *key, const struct code_list *list,
		      const char *(*name)(uint16_t))
{
	line_place began = line_open_array(l, key);

	for (uint16_t i = 0; i < list->count; i++)
		if (!is_grease(list->at[i]))
			put_number(l, NULL, name(list->at[i]), list->at[i]);
	line_close_array_or_drop(l, began);
}

/* Without supported_versions the ClientHello names only the highest one (RFC 5246 E.1). */
static void put_versions(struct json_line *l, const struct client_hello *hello)
{
	struct code_list one = { .at = &hello->legacy_version, .count = 1 };

	put_codes(l, "offered_versions", hello->has_versions ? &hello->versions : &one,
		  version_name);
}

/* Lists that only matter once something failed: a record of a handshake that worked is shorter. */
static void put_offers(struct json_line *l, const struct client_hello *hello)
{
	put_codes(l, "offered_ciphers", &hello->suites, suite_name);
	put_codes(l, "offered_groups", &hello->groups, group_name);
	put_codes(l, "offered_key_shares", &hello->key_shares, group_name);
	put_codes(l, "offered_signatures", &hello->signatures, scheme_name);

	line_place began = line_open_array(l, "offered_alpn");

	for (uint16_t i = 0; i < hello->alpn.count; i++)
		put_bytes_as_text(l, NULL, hello->alpn.at[i].at, hello->alpn.at[i].len);
	line_close_array_or_drop(l, began);
}

static void put_hello(struct json_line *l, const struct verdict *v)
{
	const struct handshake *h = v->handshake;
	const struct client_hello *hello = h->hello;
	char ja3[JA3_LEN + 1], ja4[JA4_LEN + 1];

	if (hello->server_name.len)
		put_bytes_as_text(l, "sni", hello->server_name.at, hello->server_name.len);
	put_flag(l, "ech", hello->ech != ECH_NONE);
	put_versions(l, hello);
	if (v->outcome != OUTCOME_COMPLETED)
		put_offers(l, hello);
	client_hello_ja3(hello, ja3);
	put_name(l, "ja3", ja3);
	client_hello_ja4(hello, h->dissected_as ? h->dissected_as : 't', ja4);
	put_name(l, "ja4", ja4);
}

static void put_answer(struct json_line *l, const struct handshake *h)
{
	const struct text *alpn = &h->server->alpn;
	char ja3s[JA3_LEN + 1];

	if (!h->server->has_alpn && h->encrypted_extensions)
		alpn = &h->encrypted_extensions->alpn;
	if (alpn->len)
		put_bytes_as_text(l, "alpn", alpn->at, alpn->len);
	put_flag(l, "resumed", h->resumed);
	server_hello_ja3s(h->server, ja3s);
	put_name(l, "ja3s", ja3s);
}

void put_tls(struct json_line *l, const struct verdict *v)
{
	const struct handshake *h = v->handshake;
	line_place began = line_open_object(l, "tls");

	if (h->version)
		put_number(l, "version", version_name(h->version), h->version);
	if (h->suite)
		put_number(l, "cipher", suite_name(h->suite), h->suite);
	if (h->group)
		put_number(l, "group", group_name(h->group), h->group);
	if (h->hello)
		put_hello(l, v);
	if (h->server || h->retry)
		put_flag(l, "hello_retry", h->retry != NULL);
	if (h->server)
		put_answer(l, h);
	if (h->keys)
		put_flag(l, "decrypted", true);
	line_close_object_or_drop(l, began);
}

static const char *key_name(enum key_type type)
{
	switch (type) {
	case KEY_RSA:
		return "RSA";
	case KEY_RSA_PSS:
		return "RSA-PSS";
	case KEY_EC:
		return "EC";
	case KEY_ED25519:
		return "Ed25519";
	case KEY_ED448:
		return "Ed448";
	case KEY_DSA:
		return "DSA";
	case KEY_POST_QUANTUM:
		return "post-quantum";
	case KEY_UNKNOWN:
		break;
	}
	return NULL;
}

static void put_key(struct json_line *l, const struct certificate *c)
{
	if (c->key == KEY_UNKNOWN && !c->key_bits)
		return;
	line_open_object(l, "key");
	put_name(l, "type", key_name(c->key));
	put_some(l, "bits", c->key_bits);
	put_text(l, "curve", c->curve);
	line_close_object(l);
}

static void put_names(struct json_line *l, const struct certificate *c)
{
	line_place began = line_open_array(l, "san");

	for (uint16_t i = 0; i < c->san_count; i++)
		put_bytes_as_text(l, NULL, c->san[i].text, strlen(c->san[i].text));
	line_close_array_or_drop(l, began);
	if (c->san_total > c->san_count)
		put_count(l, "san_total", c->san_total);
}

static void put_certificate(struct json_line *l, const struct certificate *c)
{
	char digest[HEX_TEXT];

	line_open_object(l, NULL);
	put_text(l, "subject", c->subject);
	put_text(l, "issuer", c->issuer);
	put_text(l, "serial", c->serial);
	hex_text(c->sha256, sizeof(c->sha256), digest);
	put_name(l, "sha256", digest);
	if (c->validity_read) {
		put_seconds(l, "not_before", c->not_before);
		put_seconds(l, "not_after", c->not_after);
	}
	put_names(l, c);
	put_key(l, c);
	put_text(l, "signature", c->signature);
	put_flag(l, "self_signed", is_self_signed(c));
	if (c->ca != NOT_STATED)
		put_flag(l, "ca", c->ca == YES);
	if (c->malformed) {
		put_count(l, "malformed_at", c->broke_at);
		put_text(l, "malformed_in", c->broke_in);
	}
	line_close_object(l);
}

void put_certificates(struct json_line *l, const char *key, const struct certificate_list *list)
{
	if (!list)
		return;
	line_open_array(l, key);	/* empty: the peer sent an empty list */
	for (uint16_t i = 0; i < list->count; i++)
		put_certificate(l, list->at[i]);
	line_close_array(l);
}
