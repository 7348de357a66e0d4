/*
 * The Certificate message in its three forms: TLS 1.2 and before (RFC 5246 7.4.2), TLS 1.3 (RFC
 * 8446 4.4.2) and compressed (RFC 8879).
 */
#ifndef TLSWHY_CERTIFICATES_H
#define TLSWHY_CERTIFICATES_H

#include "parse.h"

/* Both fill in out->body.certificates and out->leaf_staple; false and out->broke_at where the
 * message breaks. */
bool certificate_list_read(const struct message_context *context, const uint8_t *body, size_t len,
			   struct tls_message *out);
bool certificate_list_read_compressed(const struct message_context *context, const uint8_t *body,
				      size_t len, struct tls_message *out);

/* Releases the references and the list; NULL allowed. */
void certificate_list_free(struct certificate_list *list);

#endif
