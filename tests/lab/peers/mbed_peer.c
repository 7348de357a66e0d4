/* A TLS 1.2 client and server on mbedTLS 2.28, for captures. */
#include <mbedtls/ctr_drbg.h>
#include <mbedtls/debug.h>
#include <mbedtls/entropy.h>
#include <mbedtls/error.h>
#include <mbedtls/net_sockets.h>
#include <mbedtls/ssl.h>
#include <stdio.h>
#include "options.h"
#include "tcp.h"

struct peer {
	mbedtls_entropy_context entropy;
	mbedtls_ctr_drbg_context random;
	mbedtls_ssl_config config;
	mbedtls_x509_crt roots, own;
	mbedtls_x509_crl crl;
	mbedtls_pk_context key;
};

static int suites[2];

static void configure(struct peer *p, int argc, char **argv, int serving)
{
	const char *roots = option(argc, argv, "roots"), *chain = option(argc, argv, "chain");
	const char *cipher = option(argc, argv, "ciphers"), *crl = option(argc, argv, "crl");

	mbedtls_entropy_init(&p->entropy);
	mbedtls_ctr_drbg_init(&p->random);
	mbedtls_ctr_drbg_seed(&p->random, mbedtls_entropy_func, &p->entropy, NULL, 0);
	mbedtls_ssl_config_init(&p->config);
	mbedtls_ssl_config_defaults(&p->config, serving ? MBEDTLS_SSL_IS_SERVER : MBEDTLS_SSL_IS_CLIENT,
		MBEDTLS_SSL_TRANSPORT_STREAM, MBEDTLS_SSL_PRESET_DEFAULT);
	mbedtls_ssl_conf_rng(&p->config, mbedtls_ctr_drbg_random, &p->random);
	mbedtls_x509_crt_init(&p->roots);
	mbedtls_x509_crt_init(&p->own);
	mbedtls_x509_crl_init(&p->crl);
	mbedtls_pk_init(&p->key);
	if (*crl)
		mbedtls_x509_crl_parse_file(&p->crl, crl);
	if (*roots) {
		mbedtls_x509_crt_parse_file(&p->roots, roots);
		mbedtls_ssl_conf_ca_chain(&p->config, &p->roots, *crl ? &p->crl : NULL);
	}
	if (*chain) {
		mbedtls_x509_crt_parse_file(&p->own, chain);
		mbedtls_pk_parse_keyfile(&p->key, option(argc, argv, "key"), NULL);
		mbedtls_ssl_conf_own_cert(&p->config, &p->own, &p->key);
	}
	if (*cipher) {
		suites[0] = mbedtls_ssl_get_ciphersuite_id(cipher);
		mbedtls_ssl_conf_ciphersuites(&p->config, suites);
	}
	int demands = strcmp(option(argc, argv, serving ? "ask" : "verify"), serving ? "yes" : "no");
	mbedtls_ssl_conf_authmode(&p->config, (demands == 0) == serving
		? MBEDTLS_SSL_VERIFY_REQUIRED : MBEDTLS_SSL_VERIFY_NONE);
}

static void handshake(struct peer *p, int fd, const char *name, int serving)
{
	static const unsigned char request[] = "GET / HTTP/1.0\r\n\r\n";
	static const unsigned char answer[] = "HTTP/1.0 200 OK\r\nContent-Length: 6\r\n\r\nhello\n";
	unsigned char buffer[4096];
	char text[200];
	mbedtls_ssl_context ssl;
	mbedtls_net_context net = { .fd = fd };

	mbedtls_ssl_init(&ssl);
	mbedtls_ssl_setup(&ssl, &p->config);
	if (*name && !serving)
		mbedtls_ssl_set_hostname(&ssl, name);
	mbedtls_ssl_set_bio(&ssl, &net, mbedtls_net_send, mbedtls_net_recv, NULL);
	int result = mbedtls_ssl_handshake(&ssl);
	if (result != 0) {
		mbedtls_strerror(result, text, sizeof(text));
		printf("ERR -0x%04x %s\n", (unsigned)-result, text);
		uint32_t flags = mbedtls_ssl_get_verify_result(&ssl);
		if (flags != 0 && flags != UINT32_MAX) {
			mbedtls_x509_crt_verify_info(text, sizeof(text), "verify: ", flags);
			printf("%s", text);
		}
	} else {
		printf("OK %s %s\n", mbedtls_ssl_get_version(&ssl), mbedtls_ssl_get_ciphersuite(&ssl));
		if (!serving)
			mbedtls_ssl_write(&ssl, request, sizeof(request) - 1);
		while (mbedtls_ssl_read(&ssl, buffer, sizeof(buffer)) > 0)
			if (serving) {
				mbedtls_ssl_write(&ssl, answer, sizeof(answer) - 1);
				break;
			}
		mbedtls_ssl_close_notify(&ssl);
	}
	mbedtls_ssl_free(&ssl);
}

int main(int argc, char **argv)
{
	int serving = strcmp(option(argc, argv, "serve"), "yes") == 0;
	struct peer p;

	setvbuf(stdout, NULL, _IOLBF, 0);
	configure(&p, argc, argv, serving);
	int listener = serving ? tcp_open("", option(argc, argv, "port"), 1) : -1;
	do {
		int fd = serving ? accept(listener, NULL, NULL)
			: tcp_open(option(argc, argv, "host"), option(argc, argv, "port"), 0);
		handshake(&p, fd, option(argc, argv, "name"), serving);
		close(fd);
	} while (serving);
	return 0;
}
