/*
 * LDAP (RFC 4511): BER messages. StartTLS is an extended operation (4.14).
 */
#include "dialogue.h"
#include "foreign.h"

enum {
	BER_ENUMERATED = 0x0a, BER_SEQUENCE = 0x30,
	LDAP_BIND_RESPONSE = 0x61, LDAP_UNBIND = 0x42, LDAP_EXTENDED_REQUEST = 0x77,
	LDAP_EXTENDED_RESPONSE = 0x78, LDAP_REQUEST_NAME = 0x80
};

enum { RESULT_SUCCESS = 0, RESULT_STRONGER_AUTH = 8, RESULT_CONFIDENTIALITY = 13 };

static const char starttls_oid[] = "1.3.6.1.4.1.1466.20037";

/* A definite length, X.690 8.1.3; breaks the reader on any other. */
static size_t take_length(struct reader *r)
{
	uint8_t first = take_u8(r);

	if (first < 0x80)
		return first;
	size_t length = 0;
	int octets = first & 0x7f;

	if (!octets || octets > 4)
		take(r, left(r) + 1);
	while (octets-- > 0)
		length = length << 8 | take_u8(r);
	return length;
}

/* The next element, whatever its tag; one that goes on beyond what is there is cut short. */
static struct reader take_element(struct reader *r, uint8_t *tag)
{
	*tag = take_u8(r);
	size_t length = take_length(r);

	return take_reader(r, length < left(r) ? length : left(r));
}

static uint32_t take_integer(struct reader *r)
{
	uint8_t tag;
	struct reader content = take_element(r, &tag);
	uint32_t value = 0;

	while (more(&content))
		value = value << 8 | take_u8(&content);
	return value;
}

static bool measure(const struct dialogue *d, enum side from, struct reader bytes, size_t *len)
{
	struct reader r = bytes;
	bool sequence = take_u8(&r) == BER_SEQUENCE;
	uint8_t form = more(&r) ? r.at[0] : 0;
	size_t length = take_length(&r);

	(void)d;
	(void)from;
	*len = 0;
	if (!sequence || form == 0x80 || form > 0x84)
		return true;
	*len = (size_t)(r.at - bytes.at) + length;
	return read_ok(&r);
}

static enum heard hear_client(struct dialogue *d, uint32_t id, uint8_t operation,
			      struct reader content)
{
	uint8_t tag = 0;
	struct reader name = take_element(&content, &tag);

	dialogue_tell(d, SIDE_CLIENT, UPGRADE_SEEN, 0, words_of(""));
	if (operation == LDAP_UNBIND) {
		dialogue_left(d);
		return HEARD;
	}
	if (operation != LDAP_EXTENDED_REQUEST || tag != LDAP_REQUEST_NAME ||
	    !starts_with(&name, starttls_oid)) {
		dialogue_went_on(d);
		return HEARD;
	}
	d->of.ldap.ask_id = id;
	dialogue_ask(d, words_of("StartTLS"));
	return HEARD;
}

static enum heard hear_server(struct dialogue *d, uint32_t id, uint8_t operation,
			      struct reader content)
{
	uint8_t tag;

	if (operation != LDAP_EXTENDED_RESPONSE && operation != LDAP_BIND_RESPONSE)
		return HEARD;
	uint32_t result = take_integer(&content);

	take_element(&content, &tag);		/* matchedDN */
	struct reader words = take_element(&content, &tag);	/* diagnosticMessage */

	if (d->asked && operation == LDAP_EXTENDED_RESPONSE && (id == d->of.ldap.ask_id || !id)) {
		bool yes = result == RESULT_SUCCESS && id;

		dialogue_tell(d, SIDE_SERVER, yes ? UPGRADE_ACCEPTED : UPGRADE_REFUSED, result,
			      words);
		return yes ? HEARD_YES : HEARD;
	}
	if (result == RESULT_CONFIDENTIALITY ||
	    (result == RESULT_STRONGER_AUTH &&
	     (mentions(words, "TLS") || mentions(words, "encrypt"))))
		dialogue_tell(d, SIDE_SERVER, UPGRADE_REQUIRED, result, words);
	return HEARD;
}

static enum heard hear_message(struct dialogue *d, enum side from, struct reader unit)
{
	uint8_t tag;
	struct reader message = take_element(&unit, &tag);
	uint32_t id = take_integer(&message);
	uint8_t operation;
	struct reader content = take_element(&message, &operation);

	return from == SIDE_CLIENT ? hear_client(d, id, operation, content)
				   : hear_server(d, id, operation, content);
}

const struct dialogue_kind ldap_dialogue = {
	.measure = measure,
	.hear = hear_message,
};
