#include "begins.h"

enum begins begins_record(struct reader r)
{
	uint8_t type = take_u8(&r);

	if (type < 0x14 || type > 0x18)
		return BEGINS_NOT;
	uint8_t major = take_u8(&r), minor = take_u8(&r);

	if (!read_ok(&r))
		return major && major != 3 ? BEGINS_NOT : BEGINS_MAYBE;
	return major == 3 && minor <= 4 ? BEGINS : BEGINS_NOT;
}

enum begins begins_sslv2(struct reader r)
{
	if (!(take_u8(&r) & 0x80))
		return BEGINS_NOT;
	take_u8(&r);
	uint8_t type = take_u8(&r);
	uint16_t version = take_u16(&r);

	if (!read_ok(&r))
		return type > 1 ? BEGINS_NOT : BEGINS_MAYBE;
	return type == 1 && (version == 2 || version >> 8 == 3) ? BEGINS : BEGINS_NOT;
}

enum begins begins_hello(enum side from, struct reader r)
{
	uint8_t type = take_u8(&r);

	if (type != 0x16 && !(type == 0x15 && from == SIDE_SERVER))
		return BEGINS_NOT;
	uint8_t major = take_u8(&r);

	if (read_ok(&r) && major != 3)
		return BEGINS_NOT;
	if (take_u8(&r) > 4)
		return BEGINS_NOT;
	uint16_t length = take_u16(&r);
	uint8_t first = take_u8(&r);

	if (!read_ok(&r))
		return BEGINS_MAYBE;
	if (type == 0x15)
		return length == 2 && (first == 1 || first == 2) ? BEGINS : BEGINS_NOT;
	return first == (from == SIDE_CLIENT ? 1 : 2) && length > 4 ? BEGINS : BEGINS_NOT;
}
