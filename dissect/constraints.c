/* NameConstraints (RFC 5280 4.2.1.10): may this CA sign for these names? */
#include <arpa/inet.h>
#include <stdio.h>
#include <strings.h>

#include "x509.h"

/* The longest lists that were ever published had some hundred; each is held against each name. */
enum { SUBTREES_MAX = 1024 };

enum { EMAIL = DER_CONTEXT + 1, DNS = DER_CONTEXT + 2, DIRECTORY = DER_CONSTRUCTED_CONTEXT + 4,
       ADDRESS = DER_CONTEXT + 7 };

/* A name of the certificate, in the form that its kind is compared in. */
struct subject_name {
	uint8_t tag;		/* of the GeneralName */
	const char *text;
	uint8_t address[16];
	size_t address_len;
};

/* Is `name` the domain `base`, or below it? An empty base holds all; ".base" only what is below. */
static bool is_below(const char *name, struct reader base)
{
	size_t length = strlen(name), base_length = left(&base);

	if (base_length == 0)
		return true;
	if (length < base_length ||
	    strncasecmp(name + length - base_length, (const char *)base.at, base_length) != 0)
		return false;
	return length == base_length ? *base.at != '.'
				     : *base.at == '.' || name[length - base_length - 1] == '.';
}

/* "@" in the base: one mailbox; else a host, or with a dot before it the hosts below. */
static bool is_mailbox_in(const char *mailbox, struct reader base)
{
	const char *host = strrchr(mailbox, '@');

	if (memchr(base.at, '@', left(&base)))
		return strlen(mailbox) == left(&base) &&
		       !strncasecmp(mailbox, (const char *)base.at, left(&base));
	if (!host)
		return false;
	return *base.at == '.' ? is_below(host + 1, base)
			       : strlen(host + 1) == left(&base) &&
				 !strncasecmp(host + 1, (const char *)base.at, left(&base));
}

/* Address and mask, one after the other. */
static bool is_address_in(const struct subject_name *name, struct reader base)
{
	size_t length = name->address_len;
	const uint8_t *network = take(&base, length), *mask = take(&base, length);

	if (!mask || !read_whole(&base))
		return false;
	for (size_t i = 0; i < length; i++)
		if ((name->address[i] & mask[i]) != (network[i] & mask[i]))
			return false;
	return true;
}

static bool is_within(const struct subject_name *name, struct reader base)
{
	switch (name->tag) {
	case DNS:
		return is_below(name->text, base);
	case EMAIL:
		return more(&base) && is_mailbox_in(name->text, base);
	case ADDRESS:
		return is_address_in(name, base);
	default:
		return false;
	}
}

/* A directoryName subtree holds every Name that begins with the same parts. */
static bool directory_begins(const struct certificate *c, struct reader base)
{
	struct reader der = reader_of(c->subject_der, c->subject_der_len);
	struct der_item wanted, name;

	if (!der_expect(&base, DER_SEQUENCE, &wanted) || !der_expect(&der, DER_SEQUENCE, &name))
		return false;
	size_t length = left(&wanted.body);

	return length <= left(&name.body) && !memcmp(wanted.body.at, name.body.at, length);
}

/* How the subtrees of one list stand to one name. */
enum held { NONE_OF_ITS_KIND, OUTSIDE, INSIDE };

static enum held hold_against(struct reader list, const struct certificate *c,
			      const struct subject_name *name)
{
	enum held held = NONE_OF_ITS_KIND;
	struct der_item subtree, base;

	for (int i = 0; i < SUBTREES_MAX && der_expect(&list, DER_SEQUENCE, &subtree); i++) {
		if (!der_next(&subtree.body, &base) || base.tag != name->tag)
			continue;
		if (name->tag == DIRECTORY ? directory_begins(c, base.body)
					   : is_within(name, base.body))
			return INSIDE;
		held = OUTSIDE;
	}
	return held;
}

static bool violates(const struct certificate *ca, const struct certificate *c,
		     const struct subject_name *name)
{
	struct reader der = reader_of(ca->name_constraints, ca->name_constraints_len);
	struct der_item whole, permitted, excluded;

	if (!der_expect(&der, DER_SEQUENCE, &whole))
		return false;
	if (der_optional(&whole.body, DER_CONSTRUCTED_CONTEXT + 0, &permitted) &&
	    hold_against(permitted.body, c, name) == OUTSIDE)
		return true;
	return der_optional(&whole.body, DER_CONSTRUCTED_CONTEXT + 1, &excluded) &&
	       hold_against(excluded.body, c, name) == INSIDE;
}

static bool name_of_san(const struct san *san, struct subject_name *out)
{
	*out = (struct subject_name){ .text = san->text };
	switch (san->kind) {
	case SAN_DNS:
		out->tag = DNS;
		return true;
	case SAN_EMAIL:
		out->tag = EMAIL;
		return true;
	case SAN_IP:
		out->tag = ADDRESS;
		out->address_len = strchr(san->text, ':') ? 16 : 4;
		return inet_pton(out->address_len == 16 ? AF_INET6 : AF_INET, san->text,
				 out->address) == 1;
	default:
		return false;
	}
}

bool certificate_violates(const struct certificate *ca, const struct certificate *c, char *which,
			  size_t which_len)
{
	struct subject_name name = { .tag = DIRECTORY, .text = c->subject };

	if (!ca->has_name_constraints)
		return false;
	bool found = c->subject_der_len > 2 && violates(ca, c, &name);

	for (uint16_t i = 0; !found && i < c->san_count; i++)
		found = name_of_san(&c->san[i], &name) && violates(ca, c, &name);
	/* Without SANs the CN is the name that old clients look at, so it is constrained too. */
	if (!found && c->san_total == 0 && strchr(c->subject_cn, '.')) {
		name = (struct subject_name){ .tag = DNS, .text = c->subject_cn };
		found = violates(ca, c, &name);
	}
	if (found)
		snprintf(which, which_len, "%s", name.text);
	return found;
}
