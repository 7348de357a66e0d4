/* A TLS client and server on wolfSSL, for captures. */
#include <wolfssl/options.h>
#include <wolfssl/ssl.h>
#include <stdio.h>
#include "options.h"
#include "tcp.h"

static WOLFSSL_CTX *context(int argc, char **argv, int serving)
{
	const char *low = option(argc, argv, "low"), *high = option(argc, argv, "high");
	WOLFSSL_METHOD *method = strcmp(low, "1.3") == 0
		? (serving ? wolfTLSv1_3_server_method() : wolfTLSv1_3_client_method())
		: strcmp(high, "1.2") == 0 ? (serving ? wolfTLSv1_2_server_method() : wolfTLSv1_2_client_method())
		: (serving ? wolfSSLv23_server_method() : wolfSSLv23_client_method());
	WOLFSSL_CTX *c = wolfSSL_CTX_new(method);
	const char *roots = option(argc, argv, "roots"), *chain = option(argc, argv, "chain");

	if (*roots && wolfSSL_CTX_load_verify_locations(c, roots, NULL) != WOLFSSL_SUCCESS)
		puts("ERR roots");
	if (*chain) {
		wolfSSL_CTX_use_certificate_chain_file(c, chain);
		wolfSSL_CTX_use_PrivateKey_file(c, option(argc, argv, "key"), WOLFSSL_FILETYPE_PEM);
	}
	int mode = serving ? WOLFSSL_VERIFY_NONE : WOLFSSL_VERIFY_PEER;
	if (strcmp(option(argc, argv, "verify"), "no") == 0)
		mode = WOLFSSL_VERIFY_NONE;
	if (strcmp(option(argc, argv, "ask"), "yes") == 0)
		mode = WOLFSSL_VERIFY_PEER | WOLFSSL_VERIFY_FAIL_IF_NO_PEER_CERT;
	wolfSSL_CTX_set_verify(c, mode, NULL);
	if (*option(argc, argv, "ciphers"))
		wolfSSL_CTX_set_cipher_list(c, option(argc, argv, "ciphers"));
	const char *crl = option(argc, argv, "crl");
	if (*crl) {
		wolfSSL_CTX_EnableCRL(c, WOLFSSL_CRL_CHECK);
		wolfSSL_CTX_LoadCRLFile(c, crl, WOLFSSL_FILETYPE_PEM);
	}
	return c;
}

static void tell(WOLFSSL *ssl, int result)
{
	char text[80];
	int error = wolfSSL_get_error(ssl, result);

	printf("ERR %d %s\n", error, wolfSSL_ERR_error_string((unsigned long)error, text));
	fflush(stdout);
}

static void handshake(WOLFSSL *ssl, int fd, int serving)
{
	static const char request[] = "GET / HTTP/1.0\r\n\r\n";
	static const char answer[] = "HTTP/1.0 200 OK\r\nContent-Length: 6\r\n\r\nhello\n";
	char buffer[4096];

	wolfSSL_set_fd(ssl, fd);
	int result = serving ? wolfSSL_accept(ssl) : wolfSSL_connect(ssl);
	if (result != WOLFSSL_SUCCESS) {
		tell(ssl, result);
		return;
	}
	printf("OK %s %s\n", wolfSSL_get_version(ssl), wolfSSL_get_cipher(ssl));
	if (!serving)
		wolfSSL_write(ssl, request, sizeof(request) - 1);
	while ((result = wolfSSL_read(ssl, buffer, sizeof(buffer))) > 0)
		if (serving) {
			wolfSSL_write(ssl, answer, sizeof(answer) - 1);
			break;
		}
	if (result <= 0 && serving)
		tell(ssl, result);
	wolfSSL_shutdown(ssl);
}

int main(int argc, char **argv)
{
	int serving = strcmp(option(argc, argv, "serve"), "yes") == 0;
	const char *name = option(argc, argv, "name");

	setvbuf(stdout, NULL, _IOLBF, 0);
	wolfSSL_Init();
	WOLFSSL_CTX *c = context(argc, argv, serving);
	int listener = serving ? tcp_open("", option(argc, argv, "port"), 1) : -1;
	do {
		int fd = serving ? accept(listener, NULL, NULL)
			: tcp_open(option(argc, argv, "host"), option(argc, argv, "port"), 0);
		WOLFSSL *ssl = wolfSSL_new(c);
		if (*name && !serving) {
			wolfSSL_UseSNI(ssl, WOLFSSL_SNI_HOST_NAME, name, (unsigned short)strlen(name));
			if (strcmp(option(argc, argv, "verify"), "no") != 0)
				wolfSSL_check_domain_name(ssl, name);
		}
		handshake(ssl, fd, serving);
		wolfSSL_free(ssl);
		close(fd);
	} while (serving);
	wolfSSL_CTX_free(c);
	return 0;
}
