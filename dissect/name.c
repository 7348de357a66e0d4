/* Name: a sequence of sets of attribute and value. */
#include "name.h"

/* A Name with more parts is an attack, not an address; those after it are left out of the text. */
enum { PARTS_KEPT = 32 };

struct attribute_name {
	const char *oid, *name;
};

/* RFC 4519 and what OpenSSL calls the others. */
static const struct attribute_name attribute_names[] = {
	{ NAME_COMMON_NAME, "CN" },
	{ "2.5.4.4", "SN" },
	{ "2.5.4.5", "serialNumber" },
	{ "2.5.4.6", "C" },
	{ "2.5.4.7", "L" },
	{ "2.5.4.8", "ST" },
	{ "2.5.4.9", "STREET" },
	{ NAME_ORGANIZATION, "O" },
	{ "2.5.4.11", "OU" },
	{ "2.5.4.12", "title" },
	{ "2.5.4.13", "description" },
	{ "2.5.4.15", "businessCategory" },
	{ "2.5.4.17", "postalCode" },
	{ "2.5.4.41", "name" },
	{ "2.5.4.42", "GN" },
	{ "2.5.4.43", "initials" },
	{ "2.5.4.46", "dnQualifier" },
	{ "2.5.4.65", "pseudonym" },
	{ "2.5.4.97", "organizationIdentifier" },
	{ "0.9.2342.19200300.100.1.1", "UID" },
	{ "0.9.2342.19200300.100.1.25", "DC" },
	{ "1.2.840.113549.1.9.1", "emailAddress" },
	{ "1.2.840.113549.1.9.2", "unstructuredName" },
	{ "1.3.6.1.4.1.311.60.2.1.1", "jurisdictionL" },
	{ "1.3.6.1.4.1.311.60.2.1.2", "jurisdictionST" },
	{ "1.3.6.1.4.1.311.60.2.1.3", "jurisdictionC" },
};

static const char *attribute_name(const char *oid)
{
	for (size_t i = 0; i < sizeof(attribute_names) / sizeof(*attribute_names); i++)
		if (!strcmp(attribute_names[i].oid, oid))
			return attribute_names[i].name;
	return oid;
}

/* AttributeTypeAndValue. */
static bool take_attribute(struct reader *set, char oid[OID_TEXT_MAX], struct der_item *value)
{
	struct der_item pair, type;

	if (!der_expect(set, DER_SEQUENCE, &pair))
		return false;
	if (!der_expect(&pair.body, DER_OID, &type) || !der_next(&pair.body, value)) {
		der_break(set, pair.body.broke);
		return false;
	}
	der_oid_text(type.body, oid);
	return true;
}

static void add_part(struct reader part, struct printable *out)
{
	char oid[OID_TEXT_MAX];
	struct der_item value;

	for (bool first = true; more(&part) && take_attribute(&part, oid, &value); first = false) {
		if (!first)
			printable_words(out, "+");
		printable_words(out, attribute_name(oid));
		printable_words(out, "=");
		printable_string(out, &value);
	}
}

/* Walks over a part only to see whether it holds. */
static void check_part(struct reader *name, struct reader part)
{
	char oid[OID_TEXT_MAX];
	struct der_item value;

	while (more(&part))
		take_attribute(&part, oid, &value);
	if (!read_ok(&part))
		der_break(name, part.broke);
}

void name_text(struct reader *name, struct printable *out)
{
	struct reader parts[PARTS_KEPT];
	size_t count = 0;
	struct der_item part;

	out->in_name = true;
	while (more(name) && der_expect(name, DER_SET, &part)) {
		check_part(name, part.body);
		if (count < PARTS_KEPT)
			parts[count++] = part.body;
	}
	for (size_t left_over = count; left_over > 0; left_over--) {
		if (left_over < count)
			printable_words(out, ", ");
		add_part(parts[left_over - 1], out);
	}
}

void name_attribute(struct reader name, const char *wanted, struct printable *out)
{
	char oid[OID_TEXT_MAX];
	struct der_item part, value;

	while (more(&name) && der_expect(&name, DER_SET, &part)) {
		while (more(&part.body) && take_attribute(&part.body, oid, &value)) {
			if (strcmp(oid, wanted) != 0)
				continue;
			*out = (struct printable){ .len = 0 };
			printable_string(out, &value);
		}
	}
}
