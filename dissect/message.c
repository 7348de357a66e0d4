#include "certificates.h"
#include "lists.h"
#include "parse.h"

/* Each reads one body into out->body; false and out->broke_at when it breaks. */
typedef bool message_reader(const struct message_context *context, const uint8_t *body, size_t len,
			    struct tls_message *out);

static bool read_client_hello(const struct message_context *context, const uint8_t *body,
			      size_t len, struct tls_message *out)
{
	return client_hello_parse(context, body, len, &out->body.client_hello, &out->broke_at);
}

static bool read_server_hello(const struct message_context *context, const uint8_t *body,
			      size_t len, struct tls_message *out)
{
	return server_hello_parse(context, body, len, &out->body.server_hello, &out->broke_at);
}

static bool read_encrypted_extensions(const struct message_context *context, const uint8_t *body,
				      size_t len, struct tls_message *out)
{
	(void)context;
	return encrypted_extensions_parse(body, len, &out->body.encrypted_extensions,
					  &out->broke_at);
}

/* ---- ServerKeyExchange --------------------------------------------------------------------- */

static uint32_t bits_of(struct reader number)
{
	while (more(&number) && *number.at == 0)
		take_u8(&number);
	if (!more(&number))
		return 0;

	uint32_t bits = (uint32_t)left(&number) * 8;

	for (uint8_t top = *number.at; !(top & 0x80); top = (uint8_t)(top << 1))
		bits--;
	return bits;
}

/* What ServerKeyExchange carries follows from the suite's key exchange. */
enum exchange { EXCHANGE_NONE, EXCHANGE_EC, EXCHANGE_DH, EXCHANGE_RSA, EXCHANGE_OTHER };

static enum exchange exchange_of(const struct cipher_suite *suite)
{
	bool anonymous = strcmp(suite->auth, "anon") == 0;

	if (strncmp(suite->kx, "ECDHE", 5) == 0 || (anonymous && strcmp(suite->kx, "ECDH") == 0))
		return EXCHANGE_EC;
	if (strncmp(suite->kx, "DHE", 3) == 0 || (anonymous && strcmp(suite->kx, "DH") == 0))
		return EXCHANGE_DH;
	if (strcmp(suite->kx, "RSA") == 0)	/* a temporary key, of export suites */
		return EXCHANGE_RSA;
	if (strcmp(suite->kx, "PSK") == 0 || strcmp(suite->kx, "RSA_PSK") == 0)
		return EXCHANGE_NONE;
	return EXCHANGE_OTHER;
}

/* ECParameters, RFC 8422 5.4: named_curve (3); explicit curves (1, 2) are not followed: false. */
static bool read_ec_params(struct server_key_exchange *out, struct reader *r)
{
	if (take_u8(r) != 3 && read_ok(r))
		return false;
	out->group = take_u16(r);
	take_vector8(r);
	return true;
}

static void read_dh_params(struct server_key_exchange *out, struct reader *r)
{
	out->dh_prime_bits = bits_of(take_vector16(r));
	take_vector16(r);	/* g */
	take_vector16(r);	/* Ys */
}

/* The signature closes the message; since TLS 1.2 its scheme stands before it (RFC 5246 7.4.3). */
static void read_signature(const struct message_context *context, struct server_key_exchange *out,
			   struct reader *r)
{
	if (context->version == 0x0303 || context->version == 0xfefd)
		out->signature = take_u16(r);
	take_vector16(r);
}

/* The parameters of the exchange; false when what follows them cannot be found. */
static bool read_params(enum exchange exchange, struct server_key_exchange *x, struct reader *r)
{
	switch (exchange) {
	case EXCHANGE_EC:
		return read_ec_params(x, r);
	case EXCHANGE_DH:
		read_dh_params(x, r);
		return true;
	case EXCHANGE_RSA:
		x->rsa_bits = bits_of(take_vector16(r));
		take_vector16(r);	/* exponent */
		return true;
	case EXCHANGE_NONE:
		return true;
	case EXCHANGE_OTHER:
		break;
	}
	return false;
}

/* Its form depends on the suite alone: PSK hint first (RFC 4279), then what the exchange needs,
 * then a signature unless nobody is authenticated by one. */
static bool read_server_key_exchange(const struct message_context *context, const uint8_t *body,
				     size_t len, struct tls_message *out)
{
	struct server_key_exchange *x = memset(stock_take(context->stock, sizeof *x), 0, sizeof *x);
	const struct cipher_suite *suite = cipher_suite(context->suite);
	struct reader r = reader_of(body, len);
	struct breakage broken = { NULL };

	out->body.server_key_exchange = x;
	if (!suite)
		return true;

	bool psk = strstr(suite->kx, "PSK") != NULL;

	if (psk) {
		struct reader hint = take_vector16(&r);

		x->psk_hint = more(&hint);
	}
	if (!read_params(exchange_of(suite), x, &r))
		return true;
	if (!psk && strcmp(suite->auth, "anon") != 0)
		read_signature(context, x, &r);
	breakage_note(&broken, &r);
	return breakage_verdict(&broken, body, &out->broke_at);
}

/* ---- CertificateRequest -------------------------------------------------------------------- */

struct request_parts {
	struct wire_list types, signatures, authorities;
	struct breakage broken;
};

/* RFC 5246 7.4.4; before TLS 1.2 without signature algorithms (RFC 4346 7.4.4). */
static void read_request(const struct message_context *context, struct request_parts *p,
			 struct reader *r)
{
	p->types = (struct wire_list){ .items = take_vector8(r), .item = ITEM_U8 };
	if (context->version == 0x0303 || context->version == 0xfefd)
		p->signatures = (struct wire_list){ .items = take_vector16(r), .item = ITEM_U16 };
	p->authorities = (struct wire_list){ .items = take_vector16(r), .item = ITEM_TEXT16 };
}

/* RFC 8446 4.3.2: a context, then extensions 13 and 47. */
static void read_request_tls13(struct request_parts *p, struct reader *r)
{
	take_vector8(r);		/* certificate_request_context */

	struct reader extensions = take_vector16(r);

	while (more(&extensions)) {
		uint16_t type = take_u16(&extensions);
		struct reader body = take_vector16(&extensions);

		if (type == 13)
			p->signatures = (struct wire_list){ .items = take_vector16(&body),
							    .item = ITEM_U16 };
		if (type == 47)
			p->authorities = (struct wire_list){ .items = take_vector16(&body),
							     .item = ITEM_TEXT16 };
	}
	breakage_note(&p->broken, &extensions);
}

static bool read_certificate_request(const struct message_context *context, const uint8_t *body,
				     size_t len, struct tls_message *out)
{
	struct request_parts p = { .broken = { NULL } };
	struct reader r = reader_of(body, len);

	if (is_tls13(context->version))
		read_request_tls13(&p, &r);
	else
		read_request(context, &p, &r);
	breakage_note(&p.broken, &r);

	struct codes codes;

	codes_begin(&codes, len);

	struct span types = codes_add(&codes, p.types, &p.broken);
	struct span signatures = codes_add(&codes, p.signatures, &p.broken);
	size_t texts = texts_count(p.authorities, &p.broken);
	struct block block;
	struct certificate_request *request =
		block_new(context->stock, sizeof *request, texts, &codes, texts_bytes(p.authorities), &block);

	request->types = block_codes(&block, types);
	request->signatures = block_codes(&block, signatures);
	request->authorities = block_texts(&block, p.authorities);
	codes_free(&codes);
	out->body.certificate_request = request;
	return breakage_verdict(&p.broken, body, &out->broke_at);
}

/* ---- the rest ------------------------------------------------------------------------------ */

/* CertificateStatus, RFC 6066 8: type ocsp (1), then the response. */
static bool read_certificate_status(const struct message_context *context, const uint8_t *body,
				    size_t len, struct tls_message *out)
{
	struct reader r = reader_of(body, len);
	struct breakage broken = { NULL };
	uint8_t type = take_u8(&r);
	struct reader response = take_vector24(&r);

	(void)context;
	breakage_note(&broken, &r);
	if (type == 1 && more(&response))
		out->body.staple = must(ocsp_parse(response.at, left(&response)));
	return breakage_verdict(&broken, body, &out->broke_at);
}

static bool read_certificate_verify(const struct message_context *context, const uint8_t *body,
				    size_t len, struct tls_message *out)
{
	struct reader r = reader_of(body, len);
	struct breakage broken = { NULL };

	if (context->version == 0x0303 || context->version == 0xfefd || is_tls13(context->version))
		out->body.verify_scheme = take_u16(&r);
	take_vector16(&r);
	breakage_note(&broken, &r);
	return breakage_verdict(&broken, body, &out->broke_at);
}

/* HelloRequest and ServerHelloDone have no content (RFC 5246 7.4.1.1, 7.4.5). */
static bool read_nothing(const struct message_context *context, const uint8_t *body, size_t len,
			 struct tls_message *out)
{
	(void)context;
	(void)body;
	out->broke_at = 0;
	return len == 0;
}

/* NewSessionTicket: RFC 5077 3.3, or RFC 8446 4.6.1 with age_add, nonce and extensions. */
static bool read_ticket(const struct message_context *context, const uint8_t *body, size_t len,
			struct tls_message *out)
{
	struct reader r = reader_of(body, len);
	struct breakage broken = { NULL };

	take_u32(&r);			/* lifetime */
	if (is_tls13(context->version)) {
		take_u32(&r);		/* ticket_age_add */
		take_vector8(&r);	/* ticket_nonce */
	}
	take_vector16(&r);
	if (is_tls13(context->version))
		take_vector16(&r);
	breakage_note(&broken, &r);
	return breakage_verdict(&broken, body, &out->broke_at);
}

static message_reader *reader_for(uint8_t type)
{
	static message_reader *const readers[] = {
		[HS_HELLO_REQUEST] = read_nothing,
		[HS_CLIENT_HELLO] = read_client_hello,
		[HS_SERVER_HELLO] = read_server_hello,
		[HS_NEW_SESSION_TICKET] = read_ticket,
		[HS_ENCRYPTED_EXTENSIONS] = read_encrypted_extensions,
		[HS_CERTIFICATE] = certificate_list_read,
		[HS_SERVER_KEY_EXCHANGE] = read_server_key_exchange,
		[HS_CERTIFICATE_REQUEST] = read_certificate_request,
		[HS_SERVER_HELLO_DONE] = read_nothing,
		[HS_CERTIFICATE_VERIFY] = read_certificate_verify,
		[HS_CERTIFICATE_STATUS] = read_certificate_status,
		[HS_COMPRESSED_CERTIFICATE] = certificate_list_read_compressed,
	};

	return type < sizeof readers / sizeof *readers ? readers[type] : NULL;
}

void message_parse(const struct message_context *context, uint8_t type, const uint8_t *body,
		   size_t len, struct tls_message *out)
{
	message_reader *read = reader_for(type);

	memset(out, 0, sizeof *out);
	out->type = type;
	out->length = (uint32_t)len;
	out->record_count = context->record_count;
	if (read)
		out->malformed = !read(context, body, len, out);
}

void message_free(struct tls_message *message)
{
	switch (message->type) {
	case HS_CLIENT_HELLO: free(message->body.client_hello); break;
	case HS_SERVER_HELLO: free(message->body.server_hello); break;
	case HS_ENCRYPTED_EXTENSIONS: free(message->body.encrypted_extensions); break;
	case HS_SERVER_KEY_EXCHANGE: free(message->body.server_key_exchange); break;
	case HS_CERTIFICATE_REQUEST: free(message->body.certificate_request); break;
	case HS_CERTIFICATE_STATUS: free(message->body.staple); break;
	case HS_CERTIFICATE:
	case HS_COMPRESSED_CERTIFICATE:
		certificate_list_free(message->body.certificates);
		break;
	default: break;
	}
	free(message->leaf_staple);
	memset(message, 0, sizeof *message);
}
