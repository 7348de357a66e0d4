#include "dtls_keys.h"
#include "parse.h"

/* Records in a row that did not authenticate: then the keys are not the right ones. */
enum { ATTEMPTS = 64 };

struct dtls_half {
	bool keyed;
	uint8_t attempts_left;
	struct protection keys;
};

struct dtls_keys {
	const struct keylog *keylog;
	struct negotiated negotiated;
	struct dtls_half half[2];
};

struct dtls_keys *dtls_keys_new(const struct keylog *keylog)
{
	if (!keylog)
		return NULL;
	struct dtls_keys *k = must(calloc(1, sizeof(*k)));
	k->keylog = keylog;
	return k;
}

void dtls_keys_free(struct dtls_keys *k)
{
	free(k);
}

void dtls_keys_client_hello(struct dtls_keys *k, const struct client_hello *hello)
{
	memcpy(k->negotiated.client_random, hello->random, RANDOM_LEN);
}

/* RFC 6347 1, RFC 4347 1: DTLS 1.2 is built on TLS 1.2, DTLS 1.0 on TLS 1.1. */
static uint16_t tls_version(uint16_t version)
{
	return version == 0xfefd ? 0x0303 : 0x0302;
}

void dtls_keys_server_hello(struct dtls_keys *k, const struct server_hello *hello)
{
	struct negotiated *n = &k->negotiated;

	/* DTLS 1.3 hides record numbers as well (RFC 9147 4.2.3): its records are not opened. */
	n->suite = is_tls13(hello->version) ? NULL : cipher_suite(hello->suite);
	n->version = tls_version(hello->version);
	n->encrypt_then_mac = hello->encrypt_then_mac;
	n->truncated_hmac = code_list_has(&hello->extensions, 4);	/* RFC 6066 7 */
	memcpy(n->server_random, hello->random, RANDOM_LEN);
	for (int side = 0; side < 2; side++) {
		k->half[side].keyed = false;
		k->half[side].attempts_left = ATTEMPTS;
	}
}

static bool open_under(struct dtls_half *half, struct protection *keys, const struct sealed *record,
		       uint8_t *out, size_t *out_len)
{
	uint8_t type;

	if (half->attempts_left == 0)
		return false;
	bool opened = protection_open(keys, record, out, out_len, &type);
	half->attempts_left = opened ? ATTEMPTS : (uint8_t)(half->attempts_left - 1);
	return opened;
}

bool dtls_keys_open(struct dtls_keys *k, enum side from, const struct sealed *record, uint8_t *out,
		    size_t *out_len)
{
	struct dtls_half *half = &k->half[from];
	struct protection keys;
	struct secret master;

	if (!k->negotiated.suite || record->sequence >> 48 != 1)
		return false;
	if (half->keyed)
		return open_under(half, &half->keys, record, out, out_len);
	for (unsigned nth = 0; keylog_find(k->keylog, &master, SECRET_MASTER,
					   k->negotiated.client_random, nth); nth++) {
		if (!protection_from_master(&keys, &k->negotiated, &master, from))
			return false;
		if (!open_under(half, &keys, record, out, out_len))
			continue;
		half->keys = keys;
		half->keyed = true;
		return true;
	}
	return false;
}
