/* DER items: tag, length, body, and the primitive types that X.509 is made of. */
#include "der.h"

#include <stdio.h>

void der_break(struct reader *r, const uint8_t *at)
{
	if (!r->broke)
		r->broke = at;
	r->at = r->end;
}

/* X.690 8.1.3. A longer form than needed is BER, not DER; it is read all the same. */
static size_t length_of(struct reader *r)
{
	const uint8_t *at = r->at;
	uint8_t first = take_u8(r);
	size_t length = 0;

	if (first < 0x80)
		return first;
	if (first == 0x80 || first > 0x84) {
		der_break(r, at);
		return 0;
	}
	for (int octets = first & 0x7f; octets > 0; octets--)
		length = length << 8 | take_u8(r);
	return length;
}

bool der_next(struct reader *r, struct der_item *out)
{
	const uint8_t *start = r->at;

	out->start = start;
	out->tag = take_u8(r);
	if ((out->tag & 0x1f) == 0x1f)
		der_break(r, start);
	out->body = take_reader(r, length_of(r));
	out->len = (size_t)(r->at - start);
	return read_ok(r);
}

bool der_expect(struct reader *r, uint8_t tag, struct der_item *out)
{
	const uint8_t *start = r->at;

	if (more(r) && *start != tag)
		der_break(r, start);
	return der_next(r, out);
}

bool der_optional(struct reader *r, uint8_t tag, struct der_item *out)
{
	return more(r) && *r->at == tag && der_next(r, out);
}

bool der_octets_of_bits(struct reader *r, struct reader *out)
{
	struct der_item bits;

	der_expect(r, DER_BIT_STRING, &bits);
	*out = bits.body;
	if (take_u8(out) != 0)
		der_break(r, bits.start);
	if (!read_ok(out))
		der_break(r, bits.start);
	return read_ok(r);
}

uint32_t der_small(struct reader *r)
{
	struct der_item item;

	if (!der_expect(r, DER_INTEGER, &item))
		return 0;
	size_t length = left(&item.body);
	uint32_t value = 0;

	if (length == 0 || length > 4 || *item.body.at >= 0x80) {
		der_break(r, item.start);
		return 0;
	}
	while (more(&item.body))
		value = value << 8 | take_u8(&item.body);
	return value;
}

/* One arc, seven bits an octet (X.690 8.19.2). False when it does not end or is too large. */
static bool take_arc(struct reader *oid, uint64_t *arc)
{
	*arc = 0;
	while (more(oid)) {
		uint8_t octet = take_u8(oid);

		if (*arc >> 57)
			return false;
		*arc = *arc << 7 | (octet & 0x7f);
		if (octet < 0x80)
			return true;
	}
	return false;
}

void der_oid_text(struct reader oid, char out[OID_TEXT_MAX])
{
	uint64_t arc;
	int len = -1;

	if (take_arc(&oid, &arc)) {
		uint64_t first = arc < 40 ? 0 : arc < 80 ? 1 : 2;

		len = snprintf(out, OID_TEXT_MAX, "%u.%llu", (unsigned)first,
			       (unsigned long long)(arc - first * 40));
	}
	while (len > 0 && len < OID_TEXT_MAX && more(&oid)) {
		if (!take_arc(&oid, &arc))
			len = -1;
		else
			len += snprintf(out + len, (size_t)(OID_TEXT_MAX - len), ".%llu",
					(unsigned long long)arc);
	}
	if (len <= 0 || len >= OID_TEXT_MAX)
		snprintf(out, OID_TEXT_MAX, "?");
}
