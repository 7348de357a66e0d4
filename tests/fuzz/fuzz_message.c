/* One whole handshake message. Input: flags, version, record version, suite, type, body. */
#include <stdlib.h>

#include "../../dissect/parse.h"
#include "support.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct reader r = reader_of(data, size);
	uint8_t flags = take_u8(&r);
	struct message_context context = { .datagram = flags & 1, .record_count = 1 };
	struct tls_message message = { 0 };
	uint8_t type, *body;

	context.version = take_u16(&r);
	context.record_version = take_u16(&r);
	context.suite = take_u16(&r);
	context.cache = certificate_cache_new(1 << 16);
	type = take_u8(&r);
	body = exact_copy(r.at, left(&r));
	message_parse(&context, type, body, left(&r), &message);
	claim(message.length == left(&r), "a message has the length of its body");
	claim(message.broke_at <= message.length, "a message breaks inside itself");
	free(body);
	if (type == HS_CLIENT_HELLO && message.body.client_hello) {
		char ja3[JA3_LEN + 1], ja4[JA4_LEN + 1];

		client_hello_ja3(message.body.client_hello, ja3);
		client_hello_ja4(message.body.client_hello, 'q', ja4);
		touch(message.body.client_hello->server_name.at, message.body.client_hello->server_name.len);
	}
	if (type == HS_SERVER_HELLO && message.body.server_hello) {
		char ja3s[JA3_LEN + 1];

		server_hello_ja3s(message.body.server_hello, ja3s);
	}
	message_free(&message);
	certificate_cache_free(context.cache);
	return 0;
}
