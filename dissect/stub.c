/*
 * Stand-ins for parts of this room that are not there yet: weak, so that the real ones win. Goes
 * when the last of them lands.
 */
#include "parse.h"
#include "upgrade.h"

#define WEAK __attribute__((weak))

WEAK struct decryptor *decryptor_new(const struct keylog *keylog, enum transport transport)
{
	(void)keylog;
	(void)transport;
	return NULL;
}

WEAK void decryptor_free(struct decryptor *d)
{
	(void)d;
}

WEAK void decryptor_client_hello(struct decryptor *d, const struct client_hello *hello)
{
	(void)d;
	(void)hello;
}

WEAK void decryptor_server_hello(struct decryptor *d, const struct server_hello *hello)
{
	(void)d;
	(void)hello;
}

WEAK void decryptor_change_cipher_spec(struct decryptor *d, enum side from)
{
	(void)d;
	(void)from;
}

WEAK void decryptor_finished(struct decryptor *d, enum side from)
{
	(void)d;
	(void)from;
}

WEAK void decryptor_end_of_early_data(struct decryptor *d, enum side from)
{
	(void)d;
	(void)from;
}

WEAK void decryptor_key_update(struct decryptor *d, enum side from)
{
	(void)d;
	(void)from;
}

WEAK void decryptor_gap(struct decryptor *d, enum side from)
{
	(void)d;
	(void)from;
}

WEAK bool decrypt_record(struct decryptor *d, enum side from, const uint8_t header[5],
			 const uint8_t *fragment, size_t len, uint8_t *out, size_t *out_len,
			 uint8_t *inner_type, bool *handshake_keys)
{
	(void)d;
	(void)from;
	(void)header;
	(void)fragment;
	(void)len;
	(void)out;
	(void)out_len;
	(void)inner_type;
	(void)handshake_keys;
	return false;
}

WEAK bool dtls_recognise(const uint8_t *datagram, size_t len)
{
	(void)datagram;
	(void)len;
	return false;
}

WEAK struct dtls *dtls_new(struct tls *t)
{
	(void)t;
	return NULL;
}

WEAK void dtls_free(struct dtls *d)
{
	(void)d;
}

WEAK void dtls_feed(struct dtls *d, const struct capture_event *event)
{
	(void)d;
	(void)event;
}

WEAK bool dtls_is_done(const struct dtls *d)
{
	(void)d;
	return true;
}

WEAK bool quic_recognise(const uint8_t *datagram, size_t len)
{
	(void)datagram;
	(void)len;
	return false;
}

WEAK struct quic *quic_new(struct tls *t)
{
	(void)t;
	return NULL;
}

WEAK void quic_free(struct quic *q)
{
	(void)q;
}

WEAK void quic_feed(struct quic *q, const struct capture_event *event)
{
	(void)q;
	(void)event;
}

WEAK bool quic_is_done(const struct quic *q)
{
	(void)q;
	return true;
}

WEAK struct keylog *keylog_new(void)
{
	return NULL;
}

WEAK void keylog_free(struct keylog *k)
{
	(void)k;
}

WEAK size_t keylog_add_text(struct keylog *k, const char *text, size_t len)
{
	(void)k;
	(void)text;
	(void)len;
	return 0;
}

WEAK bool keylog_add_file(struct keylog *k, const char *path, char *problem, size_t problem_len)
{
	(void)k;
	(void)path;
	(void)problem;
	if (problem_len)
		problem[0] = '\0';
	return false;
}

WEAK bool code_list_has(const struct code_list *list, uint16_t code)
{
	for (uint16_t i = 0; i < list->count; i++) {
		if (list->at[i] == code)
			return true;
	}
	return false;
}

WEAK struct ocsp_staple *ocsp_parse(const uint8_t *der, size_t len)
{
	struct ocsp_staple *staple = calloc(1, sizeof *staple);

	(void)der;
	(void)len;
	if (staple)
		staple->status = OCSP_UNREADABLE;
	return staple;
}

WEAK struct upgrade *upgrade_new(void)
{
	return calloc(1, 1);
}

WEAK void upgrade_free(struct upgrade *u)
{
	free(u);
}

WEAK enum upgrade_verdict upgrade_feed(struct upgrade *u, enum side from, struct mark mark,
				       const uint8_t *bytes, size_t len, size_t *consumed)
{
	(void)u;
	(void)from;
	(void)mark;
	(void)bytes;
	*consumed = len;
	return UPGRADE_FOREIGN;
}

WEAK size_t upgrade_held(const struct upgrade *u, enum side from, const uint8_t **bytes)
{
	(void)u;
	(void)from;
	*bytes = NULL;
	return 0;
}

WEAK bool upgrade_next(struct upgrade *u, struct tls_event *out)
{
	(void)u;
	(void)out;
	return false;
}

WEAK void upgrade_gap(struct upgrade *u, enum side from)
{
	(void)u;
	(void)from;
}

WEAK void upgrade_end(struct upgrade *u, enum side from, struct mark mark)
{
	(void)u;
	(void)from;
	(void)mark;
}

WEAK bool upgrade_wraps(const struct upgrade *u)
{
	(void)u;
	return false;
}

WEAK struct reader upgrade_unwrap(struct upgrade *u, enum side from, struct reader bytes,
				  size_t *taken)
{
	(void)u;
	(void)from;
	*taken = left(&bytes);
	return bytes;
}
