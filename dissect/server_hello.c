#include <stddef.h>

#include "hello.h"

struct server_parts {
	struct server_hello facts;
	struct wire_list alpn;
	struct breakage broken;
	struct span extensions;
	struct codes codes;
};

/* KeyShareServerHello and KeyShareHelloRetryRequest, RFC 8446 4.2.8. */
static void read_server_share(struct server_parts *p, struct reader *body)
{
	p->facts.group = take_u16(body);
	if (!p->facts.is_retry)
		take_vector16(body);
	breakage_note(&p->broken, body);
}

static void read_server_extension(struct server_parts *p, uint16_t type, struct reader body)
{
	struct server_hello *h = &p->facts;

	switch (type) {
	case EXT_SERVER_NAME: h->has_server_name = true; break;
	case EXT_STATUS_REQUEST: h->status_request = true; break;
	case EXT_HEARTBEAT: h->heartbeat = true; break;
	case EXT_ENCRYPT_THEN_MAC: h->encrypt_then_mac = true; break;
	case EXT_EXTENDED_MASTER_SECRET: h->extended_master_secret = true; break;
	case EXT_SESSION_TICKET: h->session_ticket = true; break;
	case EXT_PRE_SHARED_KEY: h->has_psk = true; break;
	case EXT_COOKIE: h->cookie = true; break;
	case EXT_EARLY_DATA: h->early_data = true; break;
	case EXT_RENEGOTIATION_INFO: h->secure_renegotiation = true; break;
	case EXT_KEY_SHARE: read_server_share(p, &body); break;
	case EXT_ALPN:
		h->has_alpn = true;
		p->alpn = (struct wire_list){ .items = take_vector16(&body), .item = ITEM_TEXT8 };
		breakage_note(&p->broken, &body);
		break;
	case EXT_SUPPORTED_VERSIONS:
		h->version = take_u16(&body);
		breakage_note(&p->broken, &body);
		break;
	default: break;
	}
}

static void read_server_extensions(struct server_parts *p, struct reader extensions)
{
	struct type_set seen;

	type_set_begin(&seen, &p->codes);
	while (more(&extensions)) {
		const uint8_t *at = extensions.at;
		uint16_t type = take_u16(&extensions);
		struct reader body = take_vector16(&extensions);

		if (!read_ok(&extensions))
			break;
		if (type_set_add(&seen, type))
			read_server_extension(p, type, body);
		else if (!p->broken.at)
			p->broken.at = at;
	}
	breakage_note(&p->broken, &extensions);
	p->extensions = type_set_end(&seen);
}

/* RFC 8446 4.1.3: a server that could do better ends its random in "DOWNGRD" and 01 or 00. */
static uint8_t sentinel_of(const uint8_t random[32])
{
	if (memcmp(random + 24, "DOWNGRD", 7) != 0 || random[31] > 1)
		return 0;
	return (uint8_t)(random[31] + 1);
}

/* RFC 8446 4.1.3: the random of a HelloRetryRequest is SHA-256 of its name. */
static bool is_retry_random(const uint8_t random[32])
{
	static const uint8_t retry[32] = {
		0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65,
		0xb8, 0x91, 0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2,
		0xc8, 0xa8, 0x33, 0x9c,
	};

	return memcmp(random, retry, sizeof retry) == 0;
}

static struct text first_text(struct block *block, struct wire_list list)
{
	struct reader first = take_vector8(&list.items);

	return block_text(block, first);
}

static struct server_hello *server_hello_pack(struct stock *stock, struct server_parts *p)
{
	size_t bytes = texts_count(p->alpn, &p->broken) ? texts_bytes(p->alpn) : 0;
	struct block block;
	struct server_hello *h = block_new(stock, sizeof *h, 0, &p->codes, bytes, &block);

	*h = p->facts;
	h->extensions = block_codes(&block, p->extensions);
	if (bytes)
		h->alpn = first_text(&block, p->alpn);
	codes_free(&p->codes);
	return h;
}

/* ServerHello, RFC 8446 4.1.3. Drafts up to 21 put the version into legacy_version and had neither
 * session id nor compression. */
bool server_hello_parse(const struct message_context *context, const uint8_t *body, size_t len,
			struct server_hello **out, uint32_t *broke_at)
{
	struct server_parts p;
	struct server_hello *h = &p.facts;
	struct reader r = reader_of(body, len);

	memset(&p, 0, offsetof(struct server_parts, codes));
	codes_begin(&p.codes, len);
	h->record_version = context->record_version;
	h->length = (uint32_t)len;
	h->legacy_version = h->version = take_u16(&r);

	bool early_draft = h->legacy_version >> 8 == 0x7f;
	const uint8_t *random = take(&r, sizeof h->random);

	if (random)
		memcpy(h->random, random, sizeof h->random);
	h->sentinel = sentinel_of(h->random);
	h->is_retry = is_retry_random(h->random);
	if (!early_draft)
		take_session_id(take_vector8(&r), &h->session_id_len, h->session_id, &p.broken);
	h->suite = take_u16(&r);
	if (!early_draft)
		h->compression = take_u8(&r);
	if (more(&r))
		read_server_extensions(&p, take_extensions(&r, &p.broken));
	breakage_note(&p.broken, &r);
	*out = server_hello_pack(context->stock, &p);
	return breakage_verdict(&p.broken, body, broke_at);
}

/* ---- EncryptedExtensions ------------------------------------------------------------------- */

/* RFC 8446 4.3.1; retry_configs of RFC 9849 5 only come when the server could not decrypt. */
bool encrypted_extensions_parse(const uint8_t *body, size_t len, struct encrypted_extensions **out,
				uint32_t *broke_at)
{
	struct reader r = reader_of(body, len);
	struct reader extensions = take_vector16(&r);
	struct wire_list alpn = { .item = ITEM_TEXT8 };
	struct encrypted_extensions facts = { .has_server_name = false };
	struct breakage broken = { NULL };
	struct codes types;

	codes_begin(&types, len);
	breakage_note(&broken, &r);
	while (more(&extensions)) {
		uint16_t type = take_u16(&extensions);
		struct reader extension = take_vector16(&extensions);

		if (read_ok(&extensions))
			types.at[types.count++] = type;
		facts.has_server_name = facts.has_server_name || type == EXT_SERVER_NAME;
		facts.early_data = facts.early_data || type == EXT_EARLY_DATA;
		facts.ech_retry_configs = facts.ech_retry_configs || type == EXT_ENCRYPTED_CLIENT_HELLO;
		if (type == EXT_ALPN)
			alpn.items = take_vector16(&extension);
	}

	breakage_note(&broken, &extensions);

	size_t bytes = texts_count(alpn, &broken) ? texts_bytes(alpn) : 0;
	struct block block;

	*out = block_new(NULL, sizeof **out, 0, &types, bytes, &block);
	**out = facts;
	(*out)->extensions = block_codes(&block, (struct span){ 0, (uint16_t)types.count });
	if (bytes)
		(*out)->alpn = first_text(&block, alpn);
	codes_free(&types);
	return breakage_verdict(&broken, body, broke_at);
}
