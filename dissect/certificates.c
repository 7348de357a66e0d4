#include "certificates.h"

#include <brotli/decode.h>
#include <zlib.h>
#include <zstd.h>

#include "lists.h"

enum { KEPT = sizeof((struct certificate_list *)0)->at / sizeof(struct certificate *) };

/* CertificateCompressionAlgorithm, RFC 8879 7.3. */
enum { COMPRESSED_ZLIB = 1, COMPRESSED_BROTLI = 2, COMPRESSED_ZSTD = 3 };

static void add(struct certificate_list *list, struct certificate_cache *cache, struct reader der)
{
	list->bytes += (uint32_t)left(&der);
	if (list->total < UINT16_MAX)
		list->total++;
	if (list->count < KEPT)
		list->at[list->count++] = must(certificate_get(cache, der.at, left(&der)));
}

/* Extensions of one CertificateEntry: status_request (5) carries a CertificateStatus. */
static void read_entry_extensions(struct tls_message *out, struct reader extensions,
				  struct breakage *broken)
{
	bool is_leaf = out->body.certificates->total == 1;

	while (more(&extensions)) {
		uint16_t type = take_u16(&extensions);
		struct reader body = take_vector16(&extensions);

		if (type != 5 || !is_leaf || out->leaf_staple)
			continue;

		uint8_t status_type = take_u8(&body);
		struct reader response = take_vector24(&body);

		out->body.certificates->has_status = true;
		if (status_type == 1 && more(&response))
			out->leaf_staple = must(ocsp_parse(response.at, left(&response)));
		breakage_note(broken, &body);
	}
	breakage_note(broken, &extensions);
}

static void read_entries(const struct message_context *context, struct reader entries,
			 struct tls_message *out, struct breakage *broken)
{
	while (more(&entries)) {
		struct reader der = take_vector24(&entries);

		if (!read_ok(&entries))
			break;
		add(out->body.certificates, context->cache, der);
		if (is_tls13(context->version))
			read_entry_extensions(out, take_vector16(&entries), broken);
	}
	breakage_note(broken, &entries);
}

static struct certificate_list *new_list(const struct message_context *context)
{
	struct certificate_list *list = stock_take(context->stock, sizeof *list);

	return memset(list, 0, sizeof *list);
}

/* TLS 1.3 puts certificate_request_context in front; the list is the same vector24. */
bool certificate_list_read(const struct message_context *context, const uint8_t *body, size_t len,
			   struct tls_message *out)
{
	struct reader r = reader_of(body, len);
	struct breakage broken = { NULL };

	if (!out->body.certificates)
		out->body.certificates = new_list(context);
	if (is_tls13(context->version))
		take_vector8(&r);
	read_entries(context, take_vector24(&r), out, &broken);
	breakage_note(&broken, &r);
	return breakage_verdict(&broken, body, &out->broke_at);
}

static bool inflate_zlib(struct reader packed, uint8_t *plain, size_t plain_len)
{
	uLongf written = (uLongf)plain_len;

	return uncompress(plain, &written, packed.at, (uLong)left(&packed)) == Z_OK && written == plain_len;
}

static void *allocate(void *opaque, size_t len)
{
	(void)opaque;
	return must(malloc(len));
}

static void release(void *opaque, void *memory)
{
	(void)opaque;
	free(memory);
}

/* The end of the stream has to come with the last byte of the plain text. */
static bool inflate_brotli(struct reader packed, uint8_t *plain, size_t plain_len)
{
	BrotliDecoderState *state = must(BrotliDecoderCreateInstance(allocate, release, NULL));
	size_t in = left(&packed), room = plain_len;
	const uint8_t *from = packed.at;
	BrotliDecoderResult result = BrotliDecoderDecompressStream(state, &in, &from, &room, &plain, NULL);

	BrotliDecoderDestroyInstance(state);
	return result == BROTLI_DECODER_RESULT_SUCCESS && !room && !in;
}

/* Exactly `plain_len` bytes must come out: RFC 8879 4 has the peer abort otherwise. */
static bool inflate_into(uint16_t algorithm, struct reader packed, uint8_t *plain, size_t plain_len)
{
	switch (algorithm) {
	case COMPRESSED_ZLIB:
		return inflate_zlib(packed, plain, plain_len);
	case COMPRESSED_BROTLI:
		return inflate_brotli(packed, plain, plain_len);
	default:
		return ZSTD_decompress(plain, plain_len, packed.at, left(&packed)) == plain_len;
	}
}

/* CompressedCertificate, RFC 8879 4. Packed in some other way, the list stays empty, not malformed. What
 * breaks inside the packed message is reported where the packed bytes begin. */
bool certificate_list_read_compressed(const struct message_context *context, const uint8_t *body,
				      size_t len, struct tls_message *out)
{
	struct reader r = reader_of(body, len);
	uint16_t algorithm = take_u16(&r);
	uint32_t plain_len = take_u24(&r);
	struct reader packed = take_vector24(&r);
	struct breakage broken = { NULL };

	out->body.certificates = new_list(context);
	out->body.certificates->compressed = true;
	breakage_note(&broken, &r);
	if (!breakage_verdict(&broken, body, &out->broke_at))
		return false;
	if (algorithm < COMPRESSED_ZLIB || algorithm > COMPRESSED_ZSTD)
		return true;
	out->broke_at = (uint32_t)(packed.at - body);
	if (plain_len == 0 || plain_len > MESSAGE_MAX)
		return false;

	uint8_t *plain = must(malloc(plain_len));
	uint32_t packed_at = out->broke_at;
	bool good = inflate_into(algorithm, packed, plain, plain_len) &&
		    certificate_list_read(context, plain, plain_len, out);

	free(plain);
	out->broke_at = good ? 0 : packed_at;
	return good;
}

void certificate_list_free(struct certificate_list *list)
{
	if (!list)
		return;
	for (uint16_t i = 0; i < list->count; i++)
		certificate_release(list->at[i]);
	free(list);
}
