/* Stapled OCSP responses (RFC 6960 4.2): what one says of its first certificate, and who signed it. */
#include "parse.h"
#include "x509.h"

/* A responder sends its own certificate, seldom its issuer's too; each costs a signature check. */
enum { RESPONDERS_TRIED = 3 };

/* OCSPResponse down to the inside of BasicOCSPResponse's OCTET STRING. */
static bool read_envelope(struct reader der, uint8_t *response_status, struct reader *basic)
{
	struct der_item whole, status, bytes, response, type, octets;
	char oid[OID_TEXT_MAX];

	if (!der_expect(&der, DER_SEQUENCE, &whole) ||
	    !der_expect(&whole.body, DER_ENUMERATED, &status))
		return false;
	*response_status = take_u8(&status.body);
	*basic = reader_of(NULL, 0);
	if (*response_status != 0)
		return read_whole(&status.body);
	if (!der_expect(&whole.body, DER_CONSTRUCTED_CONTEXT + 0, &bytes) ||
	    !der_expect(&bytes.body, DER_SEQUENCE, &response) ||
	    !der_expect(&response.body, DER_OID, &type) ||
	    !der_expect(&response.body, DER_OCTET_STRING, &octets))
		return false;
	der_oid_text(type.body, oid);
	*basic = octets.body;
	return !strcmp(oid, "1.3.6.1.5.5.7.48.1.1");	/* id-pkix-ocsp-basic */
}

/* CertID: only the serial says which certificate; the hashes name the issuer. */
static void read_cert_id(struct reader *single, struct ocsp_staple *out)
{
	struct der_item id, algorithm, name_hash, key_hash, serial;
	static const char digits[] = "0123456789ABCDEF";
	size_t len = 0;

	der_expect(single, DER_SEQUENCE, &id);
	der_expect(&id.body, DER_SEQUENCE, &algorithm);
	der_expect(&id.body, DER_OCTET_STRING, &name_hash);
	der_expect(&id.body, DER_OCTET_STRING, &key_hash);
	if (!der_expect(&id.body, DER_INTEGER, &serial)) {
		der_break(single, id.body.broke);
		return;
	}
	while (left(&serial.body) > 1 && *serial.body.at == 0)
		take_u8(&serial.body);
	while (more(&serial.body) && len + 2 < sizeof(out->serial)) {
		uint8_t octet = take_u8(&serial.body);

		out->serial[len++] = digits[octet >> 4];
		out->serial[len++] = digits[octet & 15];
	}
}

/* CertStatus: [0] good, [1] revoked with a time, [2] unknown. */
static bool read_status(struct reader *single, struct ocsp_staple *out)
{
	struct der_item status;

	if (!der_next(single, &status))
		return false;
	switch (status.tag) {
	case DER_CONTEXT + 0:
		out->status = OCSP_GOOD;
		return true;
	case DER_CONSTRUCTED_CONTEXT + 1:
		out->status = OCSP_REVOKED;
		out->revoked_at = der_time(&status.body);
		return read_ok(&status.body);
	case DER_CONTEXT + 2:
		out->status = OCSP_UNKNOWN;
		return true;
	default:
		return false;
	}
}

static bool read_single(struct reader single, struct ocsp_staple *out)
{
	struct der_item next;

	read_cert_id(&single, out);
	if (!read_status(&single, out))
		return false;
	out->this_update = der_time(&single);
	if (der_optional(&single, DER_CONSTRUCTED_CONTEXT + 0, &next)) {
		out->next_update = der_time(&next.body);
		return read_ok(&single) && read_ok(&next.body);
	}
	return read_ok(&single);
}

/* ResponseData: version, responderID, producedAt, responses. */
static bool read_data(struct reader covered, struct ocsp_staple *out)
{
	struct der_item data, item, responses, single;

	if (!der_expect(&covered, DER_SEQUENCE, &data))
		return false;
	der_optional(&data.body, DER_CONSTRUCTED_CONTEXT + 0, &item);
	der_next(&data.body, &item);
	der_expect(&data.body, DER_GENERALIZED_TIME, &item);
	return der_expect(&data.body, DER_SEQUENCE, &responses) &&
	       der_expect(&responses.body, DER_SEQUENCE, &single) && read_single(single.body, out);
}

static void read_response(struct ocsp_staple *out)
{
	struct reader basic;
	struct signed_parts parts;

	out->status = OCSP_UNREADABLE;
	if (!read_envelope(reader_of(out->der, out->der_len), &out->response_status, &basic))
		return;
	if (out->response_status != 0) {
		out->status = OCSP_NOT_SUCCESSFUL;
		return;
	}
	if (!signed_parts_read(basic, &parts) || !read_data(parts.covered, out))
		out->status = OCSP_UNREADABLE;
}

struct ocsp_staple *ocsp_parse(const uint8_t *der, size_t len)
{
	size_t kept = len <= CERTIFICATE_MAX ? len : 0;
	struct ocsp_staple *s = must(calloc(1, sizeof(*s) + kept));
	uint8_t *copy = (uint8_t *)(s + 1);

	if (kept)
		memcpy(copy, der, kept);
	s->der = copy;
	s->der_len = (uint32_t)kept;
	s->signature = SIGNATURE_NOT_CHECKED;
	read_response(s);
	return s;
}

/* RFC 6960 4.2.2.2: a delegate is certified by the issuer itself, for this purpose. */
static enum signature_check check_delegate(const struct signed_parts *parts, struct reader der,
					   const struct certificate *issuer)
{
	struct certificate *delegate = certificate_parse(der.at, left(&der));
	enum signature_check result = SIGNATURE_BAD;

	if (delegate->spki && delegate->ext_key_usage & EKU_OCSP_SIGNING) {
		enum signature_check by_issuer = certificate_check_signature(delegate, issuer);
		enum signature_check by_delegate =
			signed_parts_check(parts, reader_of(delegate->spki, delegate->spki_len));

		if (by_issuer == SIGNATURE_GOOD && by_delegate == SIGNATURE_GOOD)
			result = SIGNATURE_GOOD;
		else if (by_issuer != SIGNATURE_BAD && by_delegate != SIGNATURE_BAD)
			result = SIGNATURE_NOT_CHECKED;
	}
	certificate_release(delegate);
	return result;
}

enum signature_check ocsp_check(const struct ocsp_staple *s, const struct certificate *issuer)
{
	uint8_t response_status;
	struct reader basic;
	struct signed_parts parts;
	struct der_item tagged, list, certificate;

	if (!read_envelope(reader_of(s->der, s->der_len), &response_status, &basic) ||
	    response_status != 0 || !signed_parts_read(basic, &parts) || !issuer->spki)
		return SIGNATURE_NOT_CHECKED;
	enum signature_check result =
		signed_parts_check(&parts, reader_of(issuer->spki, issuer->spki_len));

	if (result == SIGNATURE_GOOD ||
	    !der_optional(&parts.rest, DER_CONSTRUCTED_CONTEXT + 0, &tagged) ||
	    !der_expect(&tagged.body, DER_SEQUENCE, &list))
		return result;
	for (int i = 0; i < RESPONDERS_TRIED && der_next(&list.body, &certificate); i++) {
		struct reader der = reader_of(certificate.start, certificate.len);
		enum signature_check delegate = check_delegate(&parts, der, issuer);

		if (delegate != SIGNATURE_BAD)
			return delegate;
	}
	return result;
}
