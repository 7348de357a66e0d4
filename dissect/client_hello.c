#include <stddef.h>

#include "hello.h"

enum { SUITE_RENEGOTIATION_SCSV = 0x00ff, SUITE_FALLBACK_SCSV = 0x5600 };

/* What one pass over a ClientHello leaves: the scalar facts, and where the lists stand. */
struct client_parts {
	struct client_hello facts;
	struct wire_list suites, compression, versions, groups, key_shares, signatures;
	struct wire_list certificate_signatures, certificate_compression, point_formats, alpn;
	struct reader server_name;
	struct breakage broken;
	struct codes codes;
	struct span extensions;
};

static void list16(struct client_parts *p, struct wire_list *out, enum item item,
		   struct reader *body)
{
	*out = (struct wire_list){ .items = take_vector16(body), .item = item };
	breakage_note(&p->broken, body);
}

static void list8(struct client_parts *p, struct wire_list *out, enum item item,
		  struct reader *body)
{
	*out = (struct wire_list){ .items = take_vector8(body), .item = item };
	breakage_note(&p->broken, body);
}

/* ServerNameList, RFC 6066 3: of the names only host_name (0) was ever defined. */
static void read_server_name(struct client_parts *p, struct reader *body)
{
	struct reader names = take_vector16(body);

	p->facts.has_server_name = true;
	while (more(&names)) {
		uint8_t type = take_u8(&names);
		struct reader name = take_vector16(&names);

		if (type == 0 && !p->server_name.at && read_ok(&names))
			p->server_name = name;
	}
	breakage_note(&p->broken, &names);
	breakage_note(&p->broken, body);
}

/* OfferedPsks, RFC 8446 4.2.11: identities, then as many binders. */
static void read_psk(struct client_parts *p, struct reader *body)
{
	struct reader identities = take_vector16(body);
	struct reader binders = take_vector16(body);

	while (more(&identities)) {
		take_vector16(&identities);
		take_u32(&identities);		/* obfuscated_ticket_age */
		if (read_ok(&identities))
			p->facts.psk_identities++;
	}
	while (more(&binders))
		take_vector8(&binders);
	breakage_note(&p->broken, &identities);
	breakage_note(&p->broken, &binders);
	breakage_note(&p->broken, body);
}

static void read_psk_modes(struct client_parts *p, struct reader *body)
{
	struct reader modes = take_vector8(body);

	while (more(&modes)) {
		uint8_t mode = take_u8(&modes);

		p->facts.psk_ke = p->facts.psk_ke || mode == 0;
		p->facts.psk_dhe_ke = p->facts.psk_dhe_ke || mode == 1;
	}
	breakage_note(&p->broken, body);
}

/* ECHClientHello, RFC 9849 5: outer 0 with cipher suite, config id, key, payload; inner 1 alone. */
static void read_ech(struct client_parts *p, struct reader *body)
{
	if (take_u8(body) == 1) {
		p->facts.ech = ECH_INNER;
	} else {
		p->facts.ech = ECH_OUTER;
		take_u32(body);			/* kdf_id, aead_id */
		p->facts.ech_config_id = take_u8(body);
		take_vector16(body);		/* enc */
		take_vector16(body);		/* payload */
	}
	breakage_note(&p->broken, body);
}

static void read_renegotiation(struct client_parts *p, struct reader *body)
{
	struct reader verify_data = take_vector8(body);

	p->facts.secure_renegotiation = true;
	p->facts.renegotiation_info_len = (uint8_t)left(&verify_data);
	breakage_note(&p->broken, body);
}

/* Extensions that a flag or a length says all about. */
static void read_client_flag(struct client_hello *h, uint16_t type, const struct reader *body)
{
	switch (type) {
	case EXT_STATUS_REQUEST: h->status_request = true; break;
	case EXT_HEARTBEAT: h->heartbeat = true; break;
	case EXT_SCT: h->sct = true; break;
	case EXT_PADDING: h->padding_len = (uint16_t)left(body); break;
	case EXT_ENCRYPT_THEN_MAC: h->encrypt_then_mac = true; break;
	case EXT_EXTENDED_MASTER_SECRET: h->extended_master_secret = true; break;
	case EXT_EARLY_DATA: h->early_data = true; break;
	case EXT_COOKIE: h->cookie = true; break;
	case EXT_POST_HANDSHAKE_AUTH: h->post_handshake_auth = true; break;
	case EXT_CERTIFICATE_AUTHORITIES: h->certificate_authorities = true; break;
	case EXT_SESSION_TICKET:
		h->session_ticket = true;
		h->session_ticket_len = (uint32_t)left(body);
		break;
	default: break;
	}
}

static void read_client_extension(struct client_parts *p, uint16_t type, struct reader body)
{
	struct client_hello *h = &p->facts;

	switch (type) {
	case EXT_SERVER_NAME:
		read_server_name(p, &body);
		break;
	case EXT_SUPPORTED_GROUPS:
		h->has_groups = true;
		list16(p, &p->groups, ITEM_U16, &body);
		break;
	case EXT_EC_POINT_FORMATS:
		list8(p, &p->point_formats, ITEM_U8, &body);
		break;
	case EXT_SIGNATURE_ALGORITHMS:
		h->has_signatures = true;
		list16(p, &p->signatures, ITEM_U16, &body);
		break;
	case EXT_SIGNATURE_ALGORITHMS_CERT:
		list16(p, &p->certificate_signatures, ITEM_U16, &body);
		break;
	case EXT_ALPN:
		h->has_alpn = true;
		list16(p, &p->alpn, ITEM_TEXT8, &body);
		break;
	case EXT_COMPRESS_CERTIFICATE:
		list8(p, &p->certificate_compression, ITEM_U16, &body);
		break;
	case EXT_RECORD_SIZE_LIMIT:
		h->record_size_limit = take_u16(&body);
		breakage_note(&p->broken, &body);
		break;
	case EXT_PRE_SHARED_KEY:
		read_psk(p, &body);
		break;
	case EXT_SUPPORTED_VERSIONS:
		h->has_versions = true;
		list8(p, &p->versions, ITEM_U16, &body);
		break;
	case EXT_PSK_KEY_EXCHANGE_MODES:
		read_psk_modes(p, &body);
		break;
	case EXT_KEY_SHARE:
		h->has_key_shares = true;
		list16(p, &p->key_shares, ITEM_KEY_SHARE, &body);
		break;
	case EXT_ENCRYPTED_CLIENT_HELLO:
		read_ech(p, &body);
		break;
	case EXT_RENEGOTIATION_INFO:
		read_renegotiation(p, &body);
		break;
	default:
		read_client_flag(h, type, &body);
	}
}

/*
 * RFC 8446 4.2: "There MUST NOT be more than one extension of the same type in a given extension
 * block." The first is read, a second breaks the hello where it stands.
 */
static void read_client_extensions(struct client_parts *p, struct reader extensions)
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
			read_client_extension(p, type, body);
		else if (!p->broken.at)
			p->broken.at = at;
	}
	breakage_note(&p->broken, &extensions);
	p->extensions = type_set_end(&seen);
}

static void note_signalling_suites(struct client_hello *h)
{
	for (uint16_t i = 0; i < h->suites.count; i++) {
		h->secure_renegotiation |= h->suites.at[i] == SUITE_RENEGOTIATION_SCSV;
		h->fallback_scsv |= h->suites.at[i] == SUITE_FALLBACK_SCSV;
	}
}

/* All lists of the parts into one block behind the struct. */
static struct client_hello *client_hello_pack(struct stock *stock, struct client_parts *p)
{
	struct wire_list *lists[] = {
		&p->suites, &p->versions, &p->groups, &p->key_shares, &p->signatures,
		&p->certificate_signatures, &p->certificate_compression, &p->point_formats,
		&p->compression,
	};
	struct code_list *into[] = {
		&p->facts.suites, &p->facts.versions, &p->facts.groups, &p->facts.key_shares,
		&p->facts.signatures, &p->facts.certificate_signatures,
		&p->facts.certificate_compression, &p->facts.point_formats, &p->facts.compression,
	};
	struct span spans[sizeof lists / sizeof *lists];

	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
		spans[i] = codes_add(&p->codes, *lists[i], &p->broken);

	size_t texts = texts_count(p->alpn, &p->broken);
	size_t bytes = texts_bytes(p->alpn) + left(&p->server_name);
	struct block block;
	struct client_hello *h = block_new(stock, sizeof *h, texts, &p->codes, bytes, &block);

	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
		*into[i] = block_codes(&block, spans[i]);
	p->facts.extensions = block_codes(&block, p->extensions);
	p->facts.alpn = block_texts(&block, p->alpn);
	p->facts.server_name = block_text(&block, p->server_name);
	note_signalling_suites(&p->facts);
	*h = p->facts;
	codes_free(&p->codes);
	return h;
}

/* All but the room for codes, which is large. */
static void begin_parts(struct client_parts *p, size_t len)
{
	memset(p, 0, offsetof(struct client_parts, codes));
	p->extensions = (struct span){ 0 };
	codes_begin(&p->codes, len);
}

/* ClientHello, RFC 8446 4.1.2. Before TLS 1.3 the extensions may be missing (RFC 5246 7.4.1.2);
 * in DTLS a cookie stands before the suites (RFC 6347 4.2.1). */
bool client_hello_parse(const struct message_context *context, const uint8_t *body, size_t len,
			struct client_hello **out, uint32_t *broke_at)
{
	struct client_parts p;
	struct client_hello *h = &p.facts;
	struct reader r = reader_of(body, len);

	begin_parts(&p, len);
	h->record_version = context->record_version;
	h->record_count = context->record_count;
	h->length = (uint32_t)len;
	h->legacy_version = take_u16(&r);

	const uint8_t *random = take(&r, sizeof h->random);

	if (random)
		memcpy(h->random, random, sizeof h->random);
	take_session_id(take_vector8(&r), &h->session_id_len, h->session_id, &p.broken);
	if (context->datagram) {
		struct reader cookie = take_vector8(&r);

		h->cookie = more(&cookie);
	}
	p.suites = (struct wire_list){ .items = take_vector16(&r), .item = ITEM_U16 };
	p.compression = (struct wire_list){ .items = take_vector8(&r), .item = ITEM_U8 };
	if (more(&r)) {
		h->has_extensions = true;
		read_client_extensions(&p, take_extensions(&r, &p.broken));
	}
	breakage_note(&p.broken, &r);
	*out = client_hello_pack(context->stock, &p);
	return breakage_verdict(&p.broken, body, broke_at);
}

/* RFC 5246 E.2: V2ClientHello. The challenge becomes the random, right-aligned. */
bool sslv2_hello_parse(const uint8_t *body, size_t len, struct client_hello **out,
		       uint32_t *broke_at)
{
	struct client_parts p;
	struct client_hello *h = &p.facts;
	struct reader r = reader_of(body, len);

	begin_parts(&p, len);
	h->sslv2 = true;
	h->record_count = 1;
	h->length = (uint32_t)len;
	take_u8(&r);				/* msg_type 1 */
	h->legacy_version = take_u16(&r);

	uint16_t suites_len = take_u16(&r), session_id_len = take_u16(&r);
	uint16_t challenge_len = take_u16(&r);

	p.suites = (struct wire_list){ .items = take_reader(&r, suites_len), .item = ITEM_SUITE_V2 };
	take_session_id(take_reader(&r, session_id_len), &h->session_id_len, h->session_id, &p.broken);

	const uint8_t *challenge = take(&r, challenge_len);

	if (challenge && challenge_len <= sizeof h->random)
		memcpy(h->random + sizeof h->random - challenge_len, challenge, challenge_len);
	breakage_note(&p.broken, &r);
	*out = client_hello_pack(NULL, &p);
	return breakage_verdict(&p.broken, body, broke_at);
}
