/* A TLS 1.2 client and server on BearSSL, for captures. */
#include <bearssl.h>
#include <stdio.h>
#include "options.h"
#include "tcp.h"

enum { MOST = 8, ROOM = 1 << 16 };

struct bytes {
	unsigned char at[ROOM];
	size_t len;
};

static void append(void *to, const void *data, size_t len)
{
	struct bytes *b = to;

	if (b->len + len <= ROOM) {
		memcpy(b->at + b->len, data, len);
		b->len += len;
	}
}

/* The next PEM object's DER; 0 when there is none. */
static int next_object(br_pem_decoder_context *pem, const char **text, size_t *left, struct bytes *out)
{
	while (*left) {
		size_t used = br_pem_decoder_push(pem, *text, *left);

		*text += used;
		*left -= used;
		switch (br_pem_decoder_event(pem)) {
		case BR_PEM_BEGIN_OBJ:
			out->len = 0;
			br_pem_decoder_setdest(pem, append, out);
			break;
		case BR_PEM_END_OBJ:
			return 1;
		}
	}
	return 0;
}

static size_t read_objects(const char *path, struct bytes *out, size_t most)
{
	static char text[ROOM];
	FILE *file = fopen(path, "r");
	size_t left = file ? fread(text, 1, sizeof(text), file) : 0, n = 0;
	const char *at = text;
	br_pem_decoder_context pem;

	if (file)
		fclose(file);
	br_pem_decoder_init(&pem);
	while (n < most && next_object(&pem, &at, &left, &out[n]))
		n++;
	return n;
}

static struct bytes objects[MOST], names[MOST], key_object;
static br_x509_decoder_context decoders[MOST];
static br_x509_trust_anchor anchors[MOST];
static br_x509_certificate chain[MOST];
static br_skey_decoder_context key;
static unsigned char buffer[BR_SSL_BUFSIZE_BIDI];

static size_t read_anchors(const char *path)
{
	size_t n = read_objects(path, objects, MOST);

	for (size_t i = 0; i < n; i++) {
		br_x509_decoder_init(&decoders[i], append, &names[i]);
		br_x509_decoder_push(&decoders[i], objects[i].at, objects[i].len);
		anchors[i].dn.data = names[i].at;
		anchors[i].dn.len = names[i].len;
		anchors[i].flags = BR_X509_TA_CA;
		anchors[i].pkey = *br_x509_decoder_get_pkey(&decoders[i]);
	}
	return n;
}

static int low_read(void *fd, unsigned char *data, size_t len)
{
	ssize_t n = read(*(int *)fd, data, len);

	return n > 0 ? (int)n : -1;
}

static int low_write(void *fd, const unsigned char *data, size_t len)
{
	ssize_t n = write(*(int *)fd, data, len);

	return n > 0 ? (int)n : -1;
}

static void talk(br_ssl_engine_context *engine, int fd, const char *words, int serving)
{
	br_sslio_context io;
	char answer[512];
	int got;

	br_sslio_init(&io, engine, low_read, &fd, low_write, &fd);
	if (serving)
		br_sslio_read(&io, answer, sizeof(answer));
	br_sslio_write_all(&io, words, strlen(words));
	br_sslio_flush(&io);
	got = serving ? 0 : br_sslio_read(&io, answer, sizeof(answer));
	br_sslio_close(&io);
	if (br_ssl_engine_last_error(engine))
		printf("ERR BearSSL error %d\n", br_ssl_engine_last_error(engine));
	else
		printf("done, %d bytes\n", got);
	fflush(stdout);
}

static void be_client(int argc, char **argv)
{
	const char *name = option(argc, argv, "name");
	static br_ssl_client_context client;
	static br_x509_minimal_context minimal;
	size_t n = read_anchors(option(argc, argv, "roots"));

	br_ssl_client_init_full(&client, &minimal, anchors, n);
	br_ssl_engine_set_buffer(&client.eng, buffer, sizeof(buffer), 1);
	br_ssl_client_reset(&client, *name ? name : NULL, 0);
	talk(&client.eng, tcp_open(option(argc, argv, "host"), option(argc, argv, "port"), 0),
		"GET / HTTP/1.0\r\n\r\n", 0);
}

static size_t read_own(int argc, char **argv)
{
	size_t n = read_objects(option(argc, argv, "chain"), objects, MOST);

	for (size_t i = 0; i < n; i++)
		chain[i] = (br_x509_certificate){ objects[i].at, objects[i].len };
	read_objects(option(argc, argv, "key"), &key_object, 1);
	br_skey_decoder_init(&key);
	br_skey_decoder_push(&key, key_object.at, key_object.len);
	return n;
}

static void be_server(int argc, char **argv)
{
	static br_ssl_server_context server;
	size_t n = read_own(argc, argv);
	int listener = tcp_open(NULL, option(argc, argv, "port"), 1);

	for (;;) {
		int fd = accept(listener, NULL, NULL);

		if (fd < 0)
			continue;
		if (br_skey_decoder_key_type(&key) == BR_KEYTYPE_EC)
			br_ssl_server_init_full_ec(&server, chain, n, BR_KEYTYPE_EC, br_skey_decoder_get_ec(&key));
		else
			br_ssl_server_init_full_rsa(&server, chain, n, br_skey_decoder_get_rsa(&key));
		br_ssl_engine_set_buffer(&server.eng, buffer, sizeof(buffer), 1);
		br_ssl_server_reset(&server);
		talk(&server.eng, fd, "HTTP/1.0 200 OK\r\n\r\nhello\n", 1);
		close(fd);
	}
}

int main(int argc, char **argv)
{
	if (*option(argc, argv, "serve"))
		be_server(argc, argv);
	else
		be_client(argc, argv);
	return 0;
}
