#include "protection.h"

/* Two MAC keys, two keys, two IVs, each as long as they get. */
enum { KEY_BLOCK_MAX = 2 * (GENERIC_MAC_MAX + GENERIC_KEY_MAX + GENERIC_BLOCK_MAX) };

bool protection_from_traffic_secret(struct protection *out, const struct cipher_suite *suite,
				    const struct secret *secret, const char *label_prefix)
{
	memset(out, 0, sizeof(*out));
	out->tls13 = true;
	out->aead.algorithm = aead_of(suite, &out->aead.len);
	/* A secret as long as another hash's belongs to another handshake with the same random. */
	if (out->aead.algorithm == AEAD_NONE || secret->len != (suite->sha384 ? 48 : 32))
		return false;
	return kdf_expand_label(out->aead.bytes, out->aead.len, secret, label_prefix, "key") &&
	       kdf_expand_label(out->iv, sizeof(out->iv), secret, label_prefix, "iv");
}

/* The client's part of each pair comes first: MAC keys, keys, IVs. */
static const uint8_t *take_share(struct reader *block, size_t len, enum side side)
{
	const uint8_t *of_client = take(block, len);
	const uint8_t *of_server = take(block, len);

	return side == SIDE_CLIENT ? of_client : of_server;
}

static size_t fixed_iv_len(const struct protection *p)
{
	if (p->aead.algorithm != AEAD_NONE)
		return (size_t)AEAD_NONCE_LEN - p->explicit_nonce;
	return p->generic.chained_iv ? p->generic.block : 0;
}

bool protection_from_master(struct protection *out, const struct negotiated *negotiated,
			    const struct secret *master, enum side side)
{
	const struct cipher_suite *suite = negotiated->suite;
	bool before_tls12 = negotiated->version < 0x0303;
	uint8_t bytes[KEY_BLOCK_MAX];

	memset(out, 0, sizeof(*out));
	if (!suite)		/* a renegotiation chose one that is not known */
		return false;
	out->aead.algorithm = aead_of(suite, &out->aead.len);
	if (out->aead.algorithm == AEAD_NONE)
		generic_of(&out->generic, suite, negotiated->version, negotiated->encrypt_then_mac,
			   negotiated->truncated_hmac);
	/* SSL 3.0 derives its keys in a way of its own (RFC 6101 6.2.2) and is not opened. */
	if (negotiated->version < 0x0301 ||
	    (out->aead.algorithm == AEAD_NONE && out->generic.cipher == GENERIC_NONE))
		return false;
	bool is_aead = out->aead.algorithm != AEAD_NONE;
	out->explicit_nonce = is_aead && out->aead.algorithm != AEAD_CHACHA20_POLY1305 ? 8 : 0;
	size_t mac_key_len = is_aead ? 0 : out->generic.mac_key_len;
	size_t key_len = is_aead ? out->aead.len : out->generic.key_len;
	size_t iv_len = fixed_iv_len(out);
	size_t len = 2 * (mac_key_len + key_len + iv_len);
	if (!kdf_key_block(bytes, len, master, before_tls12, suite->sha384,
			   negotiated->client_random, negotiated->server_random))
		return false;
	struct reader block = reader_of(bytes, len);
	memcpy(out->generic.mac_key, take_share(&block, mac_key_len, side), mac_key_len);
	memcpy(is_aead ? out->aead.bytes : out->generic.key, take_share(&block, key_len, side),
	       key_len);
	memcpy(is_aead ? out->iv : out->generic.iv, take_share(&block, iv_len, side), iv_len);
	if (!is_aead)
		generic_start(&out->generic);
	return true;
}

/* TLSInnerPlaintext (RFC 8446 5.2): content, its type, zeros. */
static bool open_tls13(const struct protection *p, const struct sealed *record, uint8_t *out,
		       size_t *out_len, uint8_t *type)
{
	uint8_t nonce[AEAD_NONCE_LEN];

	aead_nonce(nonce, p->iv, record->sequence);
	if (!aead_open(&p->aead, nonce, record->header, record->header_len, record->fragment,
		       record->len, out, out_len))
		return false;
	while (*out_len && out[*out_len - 1] == 0)
		--*out_len;
	*type = 0;
	if (*out_len)
		*type = out[--*out_len];
	return true;
}

/* GenericAEADCipher (RFC 5246 6.2.3.3). */
static bool open_tls12(const struct protection *p, const struct sealed *record, uint8_t *out,
		       size_t *out_len)
{
	struct reader fragment = reader_of(record->fragment, record->len);
	const uint8_t *explicit_nonce = take(&fragment, p->explicit_nonce);
	size_t tag_len = aead_tag_len(p->aead.algorithm);
	uint8_t nonce[AEAD_NONCE_LEN], aad[13];

	if (!explicit_nonce || left(&fragment) < tag_len)
		return false;
	if (p->explicit_nonce) {
		memcpy(nonce, p->iv, sizeof(nonce));
		memcpy(nonce + sizeof(nonce) - p->explicit_nonce, explicit_nonce,
		       p->explicit_nonce);
	} else {
		aead_nonce(nonce, p->iv, record->sequence);
	}
	struct generic_header header = { record->sequence, record->type, record->version };
	generic_prefix(aad, &header, left(&fragment) - tag_len);
	return aead_open(&p->aead, nonce, aad, sizeof(aad), fragment.at, left(&fragment), out,
			 out_len);
}

bool protection_open(struct protection *p, const struct sealed *record, uint8_t *out,
		     size_t *out_len, uint8_t *type)
{
	*type = record->type;
	if (p->tls13)
		return open_tls13(p, record, out, out_len, type);
	if (p->aead.algorithm != AEAD_NONE)
		return open_tls12(p, record, out, out_len);
	struct generic_header header = { record->sequence, record->type, record->version };
	return generic_open(&p->generic, &header, record->fragment, record->len, out, out_len);
}

void protection_keep_tail(uint8_t out[RECORD_TAIL_LEN], const struct sealed *record)
{
	size_t len = record->len < RECORD_TAIL_LEN ? record->len : RECORD_TAIL_LEN;
	struct reader fragment = reader_of(record->fragment, record->len);

	take(&fragment, record->len - len);
	memcpy(out + (RECORD_TAIL_LEN - len), take(&fragment, len), len);
}

void protection_chain(struct protection *p, const uint8_t tail[RECORD_TAIL_LEN])
{
	const struct generic_keys *keys = &p->generic;
	size_t behind = keys->encrypt_then_mac ? keys->mac_len : 0;

	if (keys->chained_iv)
		memcpy(p->generic.iv, tail + (RECORD_TAIL_LEN - behind - keys->block), keys->block);
}
