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
static void put_codes(json_t *tls, const char *key, const struct code_list *list,
		      const char *(*name)(uint16_t))
{
	json_t *names = new_array();

	for (uint16_t i = 0; i < list->count; i++)
		if (!is_grease(list->at[i]))
			append(names, number_name(name(list->at[i]), list->at[i]));
	put_unless_empty(tls, key, names);
}

/* Without supported_versions the ClientHello names only the highest one (RFC 5246 E.1). */
static void put_versions(json_t *tls, const struct client_hello *hello)
{
	struct code_list one = { .at = &hello->legacy_version, .count = 1 };

	put_codes(tls, "offered_versions", hello->has_versions ? &hello->versions : &one,
		  version_name);
}

/* Lists that only matter once something failed: a record of a handshake that worked is shorter. */
static void put_offers(json_t *tls, const struct client_hello *hello)
{
	json_t *protocols = new_array();

	put_codes(tls, "offered_ciphers", &hello->suites, suite_name);
	put_codes(tls, "offered_groups", &hello->groups, group_name);
	put_codes(tls, "offered_key_shares", &hello->key_shares, group_name);
	put_codes(tls, "offered_signatures", &hello->signatures, scheme_name);
	for (uint16_t i = 0; i < hello->alpn.count; i++)
		append(protocols, text_of_bytes(hello->alpn.at[i].at, hello->alpn.at[i].len));
	put_unless_empty(tls, "offered_alpn", protocols);
}

static void put_hello(json_t *tls, const struct verdict *v)
{
	const struct handshake *h = v->handshake;
	const struct client_hello *hello = h->hello;
	char ja3[JA3_LEN + 1], ja4[JA4_LEN + 1];

	if (hello->server_name.len)
		put(tls, "sni", text_of_bytes(hello->server_name.at, hello->server_name.len));
	put_flag(tls, "ech", hello->ech != ECH_NONE);
	put_versions(tls, hello);
	if (v->outcome != OUTCOME_COMPLETED)
		put_offers(tls, hello);
	client_hello_ja3(hello, ja3);
	put_name(tls, "ja3", ja3);
	client_hello_ja4(hello, h->dissected_as ? h->dissected_as : 't', ja4);
	put_name(tls, "ja4", ja4);
}

static void put_answer(json_t *tls, const struct handshake *h)
{
	const struct text *alpn = &h->server->alpn;
	char ja3s[JA3_LEN + 1];

	if (!h->server->has_alpn && h->encrypted_extensions)
		alpn = &h->encrypted_extensions->alpn;
	if (alpn->len)
		put(tls, "alpn", text_of_bytes(alpn->at, alpn->len));
	put_flag(tls, "resumed", h->resumed);
	server_hello_ja3s(h->server, ja3s);
	put_name(tls, "ja3s", ja3s);
}

void put_tls(json_t *record, const struct verdict *v)
{
	const struct handshake *h = v->handshake;
	json_t *tls = new_object();

	if (h->version)
		put(tls, "version", number_name(version_name(h->version), h->version));
	if (h->suite)
		put(tls, "cipher", number_name(suite_name(h->suite), h->suite));
	if (h->group)
		put(tls, "group", number_name(group_name(h->group), h->group));
	if (h->hello)
		put_hello(tls, v);
	if (h->server || h->retry)
		put_flag(tls, "hello_retry", h->retry != NULL);
	if (h->server)
		put_answer(tls, h);
	if (h->keys)
		put_flag(tls, "decrypted", true);
	if (json_object_size(tls))
		put(record, "tls", tls);
	else
		json_decref(tls);
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

static void put_key(json_t *object, const struct certificate *c)
{
	if (c->key == KEY_UNKNOWN && !c->key_bits)
		return;
	json_t *key = new_object();
	put_name(key, "type", key_name(c->key));
	put_some(key, "bits", c->key_bits);
	put_text(key, "curve", c->curve);
	put(object, "key", key);
}

static void put_names(json_t *object, const struct certificate *c)
{
	json_t *names = new_array();

	for (uint16_t i = 0; i < c->san_count; i++)
		append(names, text_of(c->san[i].text));
	put_unless_empty(object, "san", names);
	if (c->san_total > c->san_count)
		put_count(object, "san_total", c->san_total);
}

static json_t *certificate_object(const struct certificate *c)
{
	json_t *object = new_object();
	char digest[HEX_TEXT];

	put_text(object, "subject", c->subject);
	put_text(object, "issuer", c->issuer);
	put_text(object, "serial", c->serial);
	hex_text(c->sha256, sizeof(c->sha256), digest);
	put_name(object, "sha256", digest);
	if (c->validity_read) {
		put_seconds(object, "not_before", c->not_before);
		put_seconds(object, "not_after", c->not_after);
	}
	put_names(object, c);
	put_key(object, c);
	put_text(object, "signature", c->signature);
	put_flag(object, "self_signed", is_self_signed(c));
	if (c->ca != NOT_STATED)
		put_flag(object, "ca", c->ca == YES);
	if (c->malformed) {
		put_count(object, "malformed_at", c->broke_at);
		put_text(object, "malformed_in", c->broke_in);
	}
	return object;
}

void put_certificates(json_t *record, const char *key, const struct certificate_list *list)
{
	if (!list)
		return;
	json_t *chain = new_array();
	for (uint16_t i = 0; i < list->count; i++)
		append(chain, certificate_object(list->at[i]));
	put(record, key, chain);	/* empty: the peer sent an empty list */
}
