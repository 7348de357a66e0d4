#include "names.h"

#include <stdlib.h>
#include <string.h>

struct named_number {
	uint16_t number;
	const char *name;
};

struct known_port {
	uint16_t number;
	const char *name;
	bool implicit_tls, explicit_tls;
};

struct inspection_words {
	const char *words, *product;
};

#include "dissect/tables.inc"

#define COUNT(table) (sizeof(table) / sizeof *(table))

/* Every row of every numbered table begins with its number. */
static int by_number(const void *key, const void *row)
{
	uint16_t number, other;

	memcpy(&number, key, sizeof number);
	memcpy(&other, row, sizeof other);
	return (number > other) - (number < other);
}

static const char *name_in(const struct named_number *table, size_t count, uint16_t number)
{
	const struct named_number *row = bsearch(&number, table, count, sizeof *table, by_number);

	return row ? row->name : NULL;
}

/* Plus one; 0 for none. */
static uint16_t suite_row(uint16_t number)
{
	const uint16_t *page = suite_pages[number >> 8];

	return page ? page[number & 255] : 0;
}

const struct cipher_suite *cipher_suite(uint16_t number)
{
	uint16_t row = suite_row(number);

	return row ? &cipher_suites[row - 1] : NULL;
}

uint8_t cipher_suite_traits(uint16_t number)
{
	uint16_t row = suite_row(number);

	return row ? suite_traits[row - 1] : 0;
}

const struct named_group *named_group(uint16_t number)
{
	return bsearch(&number, groups, COUNT(groups), sizeof *groups, by_number);
}

const struct signature_scheme *signature_scheme(uint16_t number)
{
	return bsearch(&number, signature_schemes, COUNT(signature_schemes),
		       sizeof *signature_schemes, by_number);
}

const char *version_name(uint16_t number)
{
	return name_in(versions, COUNT(versions), number);
}

const char *alert_name(uint8_t number)
{
	return name_in(alerts, COUNT(alerts), number);
}

const char *extension_name(uint16_t number)
{
	return name_in(extensions, COUNT(extensions), number);
}

const char *handshake_type_name(uint8_t number)
{
	return name_in(handshake_types, COUNT(handshake_types), number);
}

const char *port_protocol(uint16_t port, bool *implicit_tls, bool *explicit_tls)
{
	const struct known_port *row = bsearch(&port, ports, COUNT(ports), sizeof *ports, by_number);

	if (implicit_tls)
		*implicit_tls = row && row->implicit_tls;
	if (explicit_tls)
		*explicit_tls = row && row->explicit_tls;
	return row ? row->name : NULL;
}

const char *inspection_product(const char *text)
{
	for (size_t i = 0; i < COUNT(inspection); i++)
		if (strstr(text, inspection[i].words))
			return inspection[i].product;
	return NULL;
}
