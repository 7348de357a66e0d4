#include "stack.h"

enum {
	EXT_STATUS_REQUEST = 5,
	EXT_POINT_FORMATS = 11,
	EXT_STATUS_REQUEST_V2 = 17,
	EXT_PADDING = 21,
	EXT_ENCRYPT_THEN_MAC = 22,
	EXT_COMPRESS_CERTIFICATE = 27,
	EXT_RECORD_SIZE_LIMIT = 28,
	EXT_DELEGATED_CREDENTIAL = 34,
	EXT_COOKIE = 44,
	EXT_SIGNATURE_CERT = 50,
	EXT_ECH = 65037,
	EXT_RENEGOTIATION_INFO = 65281,
	SUITE_AES_256_GCM_SHA384 = 0x1302,
	SUITE_AES_128_GCM_SHA256 = 0x1301,
	SUITE_AES_128_CCM = 0x1304,
	SUITE_EMPTY_RENEGOTIATION_INFO = 0x00ff,
	SUITE_ECDHE_ECDSA_CHACHA20 = 0xcca9
};

const char *stack_name(enum stack_kind kind)
{
	static const char *const names[] = {
		[STACK_OPENSSL] = "OpenSSL",
		[STACK_NODE] = "Node.js (OpenSSL)",
		[STACK_PHP] = "PHP (OpenSSL)",
		[STACK_DOTNET] = ".NET on Linux (OpenSSL)",
		[STACK_BORINGSSL] = "BoringSSL (Chromium and its kin)",
		[STACK_BORINGSSL_LIBRARY] = "BoringSSL (outside a browser)",
		[STACK_FIREFOX] = "NSS (Firefox)",
		[STACK_NSS] = "NSS",
		[STACK_GO] = "Go crypto/tls",
		[STACK_JSSE] = "Java (JSSE)",
		[STACK_GNUTLS] = "GnuTLS",
		[STACK_WOLFSSL] = "wolfSSL",
		[STACK_MBEDTLS] = "mbedTLS",
		[STACK_RUSTLS] = "rustls",
		[STACK_ERLANG] = "Erlang/OTP",
		[STACK_S2N] = "s2n-tls (AWS)",
		[STACK_SCHANNEL] = "Schannel (Windows)",
		[STACK_APPLE] = "Apple",
	};

	return names[kind];
}

bool is_openssl(enum stack_kind kind)
{
	return kind == STACK_OPENSSL || kind == STACK_NODE || kind == STACK_PHP ||
	       kind == STACK_DOTNET;
}

bool judges_afterwards(enum stack_kind kind)
{
	return kind == STACK_NODE || kind == STACK_DOTNET || kind == STACK_BORINGSSL_LIBRARY;
}

bool refuses_in_silence(enum stack_kind kind)
{
	return judges_afterwards(kind) || kind == STACK_S2N;
}

static bool has_extension(const struct client_hello *c, uint16_t type)
{
	return code_list_has(&c->extensions, type);
}

static bool has_grease(const struct client_hello *c)
{
	for (uint16_t i = 0; i < c->suites.count; i++)
		if (is_grease(c->suites.at[i]))
			return true;
	return false;
}

static uint16_t suite_at(const struct client_hello *c, uint16_t i)
{
	return i < c->suites.count ? c->suites.at[i] : 0;
}

/* A hello begins with these extension types, in this order. */
static bool extensions_begin(const struct client_hello *c, const uint16_t *types, uint16_t count)
{
	if (c->extensions.count < count)
		return false;
	for (uint16_t i = 0; i < count; i++)
		if (c->extensions.at[i] != types[i])
			return false;
	return true;
}

static bool looks_boringssl(const struct client_hello *c)
{
	return has_grease(c) &&
	       (has_extension(c, EXT_ECH) || has_extension(c, 17513) || has_extension(c, 17613) ||
		has_extension(c, EXT_COMPRESS_CERTIFICATE));
}

/* BoringSSL writes its extensions in one order, signature_algorithms before key_share, and has no
 * record_size_limit: NSS begins alike and goes on otherwise. Bun 1.0 greases ECH, and nothing else. */
static bool looks_boringssl_library(const struct client_hello *c)
{
	static const uint16_t named[] = { 0, 23, 65281, 10, 11 };
	static const uint16_t greased[] = { 0, EXT_ECH, 23, 65281, 10, 11 };
	static const uint16_t bare[] = { 23, 65281, 10, 11 };
	enum { EXT_SIGNATURE_ALGORITHMS = 13, EXT_SUPPORTED_VERSIONS = 43 };
	bool signatures = false;

	if ((!extensions_begin(c, named, 5) && !extensions_begin(c, greased, 6) &&
	     !extensions_begin(c, bare, 4)) || has_grease(c) ||
	    has_extension(c, EXT_RECORD_SIZE_LIMIT))
		return false;
	for (uint16_t i = 0; i < c->extensions.count; i++) {
		if (c->extensions.at[i] == EXT_SUPPORTED_VERSIONS)
			return signatures;
		signatures |= c->extensions.at[i] == EXT_SIGNATURE_ALGORITHMS;
	}
	return signatures;
}

static bool looks_firefox(const struct client_hello *c)
{
	return has_extension(c, EXT_DELEGATED_CREDENTIAL) &&
	       has_extension(c, EXT_RECORD_SIZE_LIMIT);
}

static bool looks_jsse(const struct client_hello *c)
{
	return has_extension(c, EXT_STATUS_REQUEST_V2) || has_extension(c, EXT_SIGNATURE_CERT);
}

static bool looks_go(const struct client_hello *c)
{
	static const uint16_t named[] = { 0, 5, 10, 11, 13, 65281 };
	static const uint16_t bare[] = { 5, 10, 11, 13, 65281 };
	static const uint16_t newer[] = { 0, 11, 65281, 23, 18 };

	return (extensions_begin(c, named, 6) || extensions_begin(c, bare, 5) ||
		extensions_begin(c, newer, 5)) && !has_extension(c, EXT_ENCRYPT_THEN_MAC);
}

static bool looks_gnutls(const struct client_hello *c)
{
	return code_list_has(&c->suites, SUITE_AES_128_CCM) &&
	       suite_at(c, 0) == SUITE_AES_256_GCM_SHA384 &&
	       (has_extension(c, EXT_RECORD_SIZE_LIMIT) || has_extension(c, EXT_STATUS_REQUEST));
}

static bool looks_nss(const struct client_hello *c)
{
	static const uint16_t named[] = { 0, 23, 65281, 10, 11 };
	static const uint16_t bare[] = { 23, 65281, 10, 11 };

	return extensions_begin(c, named, 5) || extensions_begin(c, bare, 4);
}

static bool looks_wolfssl(const struct client_hello *c)
{
	return c->record_version == 0x0303 && !c->session_id_len && !looks_jsse(c) &&
	       has_extension(c, EXT_ENCRYPT_THEN_MAC) && !c->session_ticket;
}

static bool looks_mbedtls(const struct client_hello *c)
{
	return !c->has_versions && c->suites.count > 20 && (suite_at(c, 0) & 0xff00) == 0xcc00 &&
	       code_list_has(&c->suites, SUITE_ECDHE_ECDSA_CHACHA20) && c->encrypt_then_mac;
}

/* Encrypt-then-MAC came with 1.1.0: of OpenSSL before that, others have the rest as well. */
static bool may_be_openssl(const struct client_hello *c)
{
	return c->point_formats.count == 3 &&
	       (code_list_has(&c->suites, SUITE_EMPTY_RENEGOTIATION_INFO) ||
		has_extension(c, EXT_RENEGOTIATION_INFO));	/* since 3.4 */
}

static bool looks_openssl(const struct client_hello *c)
{
	return c->encrypt_then_mac && may_be_openssl(c);
}

/* The suites below TLS 1.3 begin with these, in this order. */
static bool suites_begin(const struct client_hello *c, const uint16_t *list, uint16_t count)
{
	uint16_t first = 0;

	while (suite_at(c, first) >> 8 == 0x13)
		first++;
	for (uint16_t i = 0; i < count; i++)
		if (suite_at(c, (uint16_t)(first + i)) != list[i])
			return false;
	return true;
}

/* Node.js has a list of its own (tls.DEFAULT_CIPHERS), another one until 2015, and so has PHP's openssl
 * extension. */
static bool looks_node(const struct client_hello *c)
{
	static const uint16_t list[] = { 0xc02f, 0xc02b, 0xc030, 0xc02c, 0x009e, 0xc027, 0x0067 };
	static const uint16_t first[] = { 0xc027, 0x0067, 0x009c, 0xc011 };

	return (suites_begin(c, list, 7) || suites_begin(c, first, 4)) && may_be_openssl(c);
}

static bool looks_php(const struct client_hello *c)
{
	static const uint16_t list[] = { 0xc02f, 0xc02b, 0xc030, 0xc02c, 0x009e, 0x00a2, 0x00a3 };

	return suites_begin(c, list, 7) && looks_openssl(c);
}

/* .NET 5 and later ask OpenSSL for these eight and no more, unless openssl.cnf names others. */
static bool looks_dotnet(const struct client_hello *c)
{
	static const uint16_t list[] = { 0xc02c, 0xc02b, 0xc030, 0xc02f, 0xc024,
					 0xc023, 0xc028, 0xc027, 0x00ff };

	return suites_begin(c, list, 9) && looks_openssl(c);
}

static bool looks_rustls(const struct client_hello *c)
{
	static const uint16_t list[] = { 0xc02c, 0xc02b, 0xcca9, 0xc030, 0xc02f, 0xcca8, 0x00ff };

	return suites_begin(c, list, 7) && !c->encrypt_then_mac;
}

/* Erlang puts the signalling suite first, everybody else last. */
static bool looks_erlang(const struct client_hello *c)
{
	return c->suites.count > 1 && suite_at(c, 0) == SUITE_EMPTY_RENEGOTIATION_INFO;
}

static bool looks_s2n(const struct client_hello *c)
{
	static const uint16_t order[] = { 43, 10, 51, 13 };

	return extensions_begin(c, order, 4);
}

static bool looks_schannel(const struct client_hello *c)
{
	static const uint16_t shape[] = { 0, 10, 11, 13, 35, 23, 65281 };
	static const uint16_t status[] = { 0, 5, 10, 11, 13, 35, 23, 65281 };

	return extensions_begin(c, shape, 7) || extensions_begin(c, status, 8);
}

static bool looks_apple(const struct client_hello *c)
{
	return has_grease(c) && !has_extension(c, EXT_ECH);
}

struct stack_guess stack_of_client(const struct handshake *h)
{
	/* First match wins: the marks of the upper rows do not occur in the lower ones. */
	static const struct {
		bool (*looks)(const struct client_hello *);
		struct stack_guess guess;
	} shapes[] = {
		{ looks_boringssl, { STACK_BORINGSSL, LIKELY } },
		{ looks_firefox, { STACK_FIREFOX, LIKELY } },
		{ looks_jsse, { STACK_JSSE, LIKELY } },
		{ looks_go, { STACK_GO, LIKELY } },
		{ looks_gnutls, { STACK_GNUTLS, LIKELY } },
		{ looks_boringssl_library, { STACK_BORINGSSL_LIBRARY, LIKELY } },
		{ looks_nss, { STACK_NSS, LIKELY } },
		{ looks_mbedtls, { STACK_MBEDTLS, LIKELY } },
		{ looks_wolfssl, { STACK_WOLFSSL, LIKELY } },
		{ looks_rustls, { STACK_RUSTLS, LIKELY } },
		{ looks_erlang, { STACK_ERLANG, LIKELY } },
		{ looks_s2n, { STACK_S2N, LIKELY } },
		{ looks_node, { STACK_NODE, LIKELY } },
		{ looks_php, { STACK_PHP, LIKELY } },
		{ looks_dotnet, { STACK_DOTNET, LIKELY } },
		{ looks_openssl, { STACK_OPENSSL, LIKELY } },
		{ looks_schannel, { STACK_SCHANNEL, POSSIBLE } },
		{ looks_apple, { STACK_APPLE, POSSIBLE } },
	};

	if (!h->hello || h->hello->sslv2)
		return (struct stack_guess){ STACK_UNKNOWN, POSSIBLE };
	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++)
		if (shapes[i].looks(h->hello))
			return shapes[i].guess;
	return (struct stack_guess){ STACK_UNKNOWN, POSSIBLE };
}

/* JSSE pads its hidden TLS 1.3 records: EncryptedExtensions is never shorter than 39. */
static bool serves_like_jsse(const struct handshake *h)
{
	for (uint8_t i = 0; i < h->alert_count; i++)
		if (h->alerts[i].from == SIDE_SERVER && h->alerts[i].inferred &&
		    h->alerts[i].length == 35)
			return true;
	for (uint16_t i = 0; i < h->record_count[SIDE_SERVER]; i++) {
		const struct record_fact *r = &h->records[SIDE_SERVER][i];

		if (record_is_hidden13(h, r) && (r->length == 69 || r->length == 85) &&
		    h->suite != 0x1302)
			return r->length == 69;
	}
	return false;
}

/* Everything from EncryptedExtensions to Finished in one record (NSS, BoringSSL, rustls, Schannel). */
static bool coalesces(const struct handshake *h)
{
	uint16_t hidden = 0;

	for (uint16_t i = 0; i < h->record_count[SIDE_SERVER]; i++)
		if (record_is_hidden13(h, &h->records[SIDE_SERVER][i]) &&
		    mark_before(h->records[SIDE_SERVER][i].mark, h->finished[SIDE_CLIENT]))
			hidden++;
	return hidden == 1;
}

struct stack_guess stack_of_server(const struct handshake *h)
{
	if (!h->server || !is_tls13(h->version) || h->keys)
		return (struct stack_guess){ STACK_UNKNOWN, POSSIBLE };
	if (serves_like_jsse(h))
		return (struct stack_guess){ STACK_JSSE, POSSIBLE };
	if (happened(h->finished[SIDE_CLIENT]) && coalesces(h))
		return (struct stack_guess){ STACK_NSS, POSSIBLE };
	return (struct stack_guess){ STACK_UNKNOWN, POSSIBLE };
}
