#include "support_der.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void made_free(struct made *m)
{
	free(m->at);
	*m = (struct made){ .at = NULL };
}

void made_bytes(struct made *m, const void *bytes, size_t len)
{
	if (m->len + len > m->room) {
		m->room = (m->len + len) * 2 + 64;
		m->at = realloc(m->at, m->room);
		if (!m->at)
			abort();
	}
	if (len)
		memcpy(m->at + m->len, bytes, len);
	m->len += len;
}

static size_t header(uint8_t tag, size_t len, uint8_t out[6])
{
	size_t octets = len < 0x80 ? 0 : len < 0x100 ? 1 : len < 0x10000 ? 2 : 3;

	out[0] = tag;
	out[1] = octets ? (uint8_t)(0x80 | octets) : (uint8_t)len;
	for (size_t i = 0; i < octets; i++)
		out[2 + i] = (uint8_t)(len >> 8 * (octets - 1 - i));
	return 2 + octets;
}

void made_item(struct made *m, uint8_t tag, const void *body, size_t len)
{
	uint8_t head[6];

	made_bytes(m, head, header(tag, len, head));
	made_bytes(m, body, len);
}

void made_wrap(struct made *m, size_t start, uint8_t tag)
{
	uint8_t head[6];
	size_t len = m->len - start, head_len = header(tag, len, head);

	made_bytes(m, head, head_len);
	memmove(m->at + start + head_len, m->at + start, len);
	memcpy(m->at + start, head, head_len);
}

void made_oid(struct made *m, const char *hex_body)
{
	uint8_t body[32];
	size_t len = 0;
	unsigned octet;

	for (; sscanf(hex_body, "%2x", &octet) == 1; hex_body += 2)
		body[len++] = (uint8_t)octet;
	made_item(m, 0x06, body, len);
}

uint8_t *made_exact(const struct made *m)
{
	uint8_t *copy = malloc(m->len ? m->len : 1);

	if (!copy)
		abort();
	memcpy(copy, m->at, m->len);
	return copy;
}

void make_extension(struct made *list, const char *oid_hex, int critical, const struct made *value)
{
	size_t start = list->len;

	made_oid(list, oid_hex);
	if (critical)
		made_item(list, 0x01, "\xff", 1);
	made_item(list, 0x04, value->at, value->len);
	made_wrap(list, start, 0x30);
}

static void make_name(struct made *m, const void *text, size_t len, uint8_t tag)
{
	size_t start = m->len;

	made_oid(m, "550403");			/* commonName */
	made_item(m, tag ? tag : 0x0c, text, len);
	made_wrap(m, start, 0x30);
	made_wrap(m, start, 0x31);
	made_wrap(m, start, 0x30);
}

static void make_algorithm(struct made *m)
{
	size_t start = m->len;

	made_oid(m, "2a8648ce3d040302");	/* ecdsa-with-SHA256 */
	made_wrap(m, start, 0x30);
}

static void make_key(struct made *m)
{
	uint8_t point[66] = { 0, 4, 1 };
	size_t start = m->len;

	made_oid(m, "2a8648ce3d0201");		/* id-ecPublicKey */
	made_oid(m, "2a8648ce3d030107");	/* P-256 */
	made_wrap(m, start, 0x30);
	made_item(m, 0x03, point, sizeof(point));
	made_wrap(m, start, 0x30);
}

static void make_tbs(struct made *m, const struct recipe *r)
{
	size_t start = m->len, part;
	const char *not_after = r->not_after ? r->not_after : "301231235959Z";

	made_bytes(m, "\xa0\x03\x02\x01\x02", 5);	/* version 3 */
	made_item(m, 0x02, r->serial_len ? r->serial : (const uint8_t *)"\x11",
		  r->serial_len ? r->serial_len : 1);
	make_algorithm(m);
	make_name(m, "Issuer", 6, 0);
	part = m->len;
	made_item(m, 0x17, "200101000000Z", 13);
	made_item(m, 0x17, not_after, strlen(not_after));
	made_wrap(m, part, 0x30);
	make_name(m, r->common_name ? r->common_name : "Subject",
		  r->common_name ? r->common_name_len : 7, r->name_tag);
	make_key(m);
	part = m->len;
	if (r->extensions) {
		r->extensions(m);
		made_wrap(m, part, 0x30);
		made_wrap(m, part, 0xa3);
	}
	made_wrap(m, start, 0x30);
}

struct made make_certificate(const struct recipe *recipe)
{
	struct made m = { .at = NULL };

	make_tbs(&m, recipe);
	make_algorithm(&m);
	made_item(&m, 0x03, "\0\1\2\3", 4);
	made_wrap(&m, 0, 0x30);
	return m;
}
