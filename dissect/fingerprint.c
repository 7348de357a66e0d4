#include "digest.h"
#include "parse.h"

enum { EXT_SERVER_NAME = 0, EXT_ALPN = 16 };

/* Text that grows; what a fingerprint is the digest of. */
struct words {
	char *at;
	size_t len, room;
};

/* Codes take at most five characters and a separator. */
static struct words words_for(size_t codes)
{
	enum { PER_CODE = 6, PUNCTUATION = 32 };
	struct words w = { .room = codes * PER_CODE + PUNCTUATION };

	w.at = must(malloc(w.room));
	return w;
}

static void put(struct words *w, char c)
{
	if (w->len < w->room)
		w->at[w->len++] = c;
}

static void put_decimal(struct words *w, uint16_t n)
{
	char digits[5];
	size_t len = 0;

	do
		digits[len++] = (char)('0' + n % 10);
	while (n /= 10);
	while (len)
		put(w, digits[--len]);
}

static void put_hex(struct words *w, uint16_t n)
{
	for (int shift = 12; shift >= 0; shift -= 4)
		put(w, "0123456789abcdef"[n >> shift & 15]);
}

/* ---- JA3 ----------------------------------------------------------------------------------- */

static void put_ja3_field(struct words *w, const struct code_list *list)
{
	bool first = true;

	for (uint16_t i = 0; i < list->count; i++) {
		if (is_grease(list->at[i]))
			continue;
		if (!first)
			put(w, '-');
		put_decimal(w, list->at[i]);
		first = false;
	}
}

static void finish_ja3(struct words *w, char out[JA3_LEN + 1])
{
	uint8_t md5[MD5_LEN];

	digest_md5(w->at, w->len, md5);
	digest_hex(md5, sizeof md5, out);
	free(w->at);
}

void client_hello_ja3(const struct client_hello *hello, char out[JA3_LEN + 1])
{
	const struct code_list *fields[] = {
		&hello->suites, &hello->extensions, &hello->groups, &hello->point_formats,
	};
	size_t codes = 1;

	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
		codes += fields[i]->count;

	struct words w = words_for(codes);

	put_decimal(&w, hello->legacy_version);
	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
		put(&w, ',');
		put_ja3_field(&w, fields[i]);
	}
	finish_ja3(&w, out);
}

void server_hello_ja3s(const struct server_hello *hello, char out[JA3_LEN + 1])
{
	struct words w = words_for((size_t)hello->extensions.count + 2);

	put_decimal(&w, hello->legacy_version);
	put(&w, ',');
	put_decimal(&w, hello->suite);
	put(&w, ',');
	put_ja3_field(&w, &hello->extensions);
	finish_ja3(&w, out);
}

/* ---- JA4 ----------------------------------------------------------------------------------- */

/* Which versions outrank which does not follow from their numbers: DTLS counts down. */
static const struct {
	uint16_t version;
	const char *letters;
} ja4_versions[] = {
	{ 0x0304, "13" }, { 0x0303, "12" }, { 0x0302, "11" }, { 0x0301, "10" }, { 0x0300, "s3" },
	{ 0x0002, "s2" }, { 0xfefc, "d3" }, { 0xfefd, "d2" }, { 0xfeff, "d1" },
};

static const char *ja4_version(const struct client_hello *hello)
{
	for (size_t i = 0; i < sizeof ja4_versions / sizeof *ja4_versions; i++) {
		uint16_t version = ja4_versions[i].version;

		if (hello->has_versions ? code_list_has(&hello->versions, version)
					: hello->legacy_version == version)
			return ja4_versions[i].letters;
	}
	return "00";
}

static uint16_t count_without_grease(const struct code_list *list)
{
	uint16_t count = 0;

	for (uint16_t i = 0; i < list->count; i++)
		count = (uint16_t)(count + !is_grease(list->at[i]));
	return count;
}

static void put_two_digits(struct words *w, uint16_t n)
{
	n = n < 99 ? n : 99;
	put(w, (char)('0' + n / 10));
	put(w, (char)('0' + n % 10));
}

static bool is_alphanumeric(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* First and last character of the first ALPN value; of its hex when either is no letter or digit. */
static void put_ja4_alpn(struct words *w, const struct client_hello *hello)
{
	if (!hello->alpn.count || !hello->alpn.at[0].len) {
		put(w, '0');
		put(w, '0');
		return;
	}

	const struct text *alpn = &hello->alpn.at[0];
	char first = alpn->at[0], last = alpn->at[alpn->len - 1];

	if (is_alphanumeric(first) && is_alphanumeric(last)) {
		put(w, first);
		put(w, last);
		return;
	}
	put(w, "0123456789abcdef"[(uint8_t)first >> 4]);
	put(w, "0123456789abcdef"[(uint8_t)last & 15]);
}

static int by_code(const void *a, const void *b)
{
	uint16_t x = *(const uint16_t *)a, y = *(const uint16_t *)b;

	return (x > y) - (x < y);
}

/* The list sorted, as hex, comma-joined, without GREASE and (for extensions) SNI and ALPN. */
static void put_sorted(struct words *w, const struct code_list *list, bool extensions)
{
	uint16_t *sorted = must(malloc(((size_t)list->count + 1) * sizeof *sorted));
	size_t count = 0;

	for (uint16_t i = 0; i < list->count; i++) {
		uint16_t code = list->at[i];
		bool left_out = extensions && (code == EXT_SERVER_NAME || code == EXT_ALPN);

		if (!is_grease(code) && !left_out)
			sorted[count++] = code;
	}
	qsort(sorted, count, sizeof *sorted, by_code);
	for (size_t i = 0; i < count; i++) {
		if (i)
			put(w, ',');
		put_hex(w, sorted[i]);
	}
	free(sorted);
}

static void put_signatures(struct words *w, const struct code_list *signatures)
{
	char separator = '_';

	for (uint16_t i = 0; i < signatures->count; i++) {
		if (is_grease(signatures->at[i]))
			continue;
		put(w, separator);
		put_hex(w, signatures->at[i]);
		separator = ',';
	}
}

/* The first twelve hex digits of SHA-256; all zeros for no text at all. */
static void put_hash12(struct words *out, const struct words *w)
{
	uint8_t sha256[SHA256_LEN] = { 0 };
	char hex[13];

	if (w->len)
		digest_sha256(w->at, w->len, sha256);
	digest_hex(sha256, 6, hex);
	for (size_t i = 0; i < 12; i++)
		put(out, hex[i]);
}

void client_hello_ja4(const struct client_hello *hello, char transport_letter,
		      char out[JA4_LEN + 1])
{
	const char *version = ja4_version(hello);
	struct words a = { .at = out, .room = JA4_LEN };
	struct words b = words_for(hello->suites.count);
	struct words c = words_for((size_t)hello->extensions.count + hello->signatures.count);

	put(&a, transport_letter);
	put(&a, version[0]);
	put(&a, version[1]);
	put(&a, hello->has_server_name ? 'd' : 'i');
	put_two_digits(&a, count_without_grease(&hello->suites));
	put_two_digits(&a, count_without_grease(&hello->extensions));
	put_ja4_alpn(&a, hello);
	put_sorted(&b, &hello->suites, false);
	put_sorted(&c, &hello->extensions, true);
	if (c.len)
		put_signatures(&c, &hello->signatures);
	put(&a, '_');
	put_hash12(&a, &b);
	put(&a, '_');
	put_hash12(&a, &c);
	out[a.len] = '\0';
	free(b.at);
	free(c.at);
}

/* ---- Community ID -------------------------------------------------------------------------- */

static size_t put_endpoint(uint8_t *out, const struct address *address)
{
	memcpy(out, address->ip, address->ip_len);
	return address->ip_len;
}

static bool goes_first(const struct address *a, const struct address *b)
{
	int order = memcmp(a->ip, b->ip, a->ip_len);

	return order < 0 || (order == 0 && a->port <= b->port);
}

static void base64(const uint8_t *bytes, size_t len, char *out)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	for (size_t i = 0; i < len; i += 3) {
		uint32_t group = (uint32_t)bytes[i] << 16;

		group |= i + 1 < len ? (uint32_t)bytes[i + 1] << 8 : 0;
		group |= i + 2 < len ? bytes[i + 2] : 0;
		*out++ = digits[group >> 18];
		*out++ = digits[group >> 12 & 63];
		*out++ = i + 1 < len ? digits[group >> 6 & 63] : '=';
		*out++ = i + 2 < len ? digits[group & 63] : '=';
	}
	*out = '\0';
}

/* Seed, the lower endpoint's address, the higher's, protocol, padding, their ports in that order. */
void flow_community_id(const struct flow_facts *flow, char out[COMMUNITY_ID_MAX])
{
	enum { SEED_LEN = 2, PROTOCOL_TCP = 6, PROTOCOL_UDP = 17 };
	const struct address *low = &flow->side[0].address, *high = &flow->side[1].address;
	uint8_t tuple[SEED_LEN + 2 * sizeof low->ip + 6] = { 0 };
	uint8_t sha1[SHA1_LEN];
	size_t len = SEED_LEN;

	if (!goes_first(low, high)) {
		low = &flow->side[1].address;
		high = &flow->side[0].address;
	}
	len += put_endpoint(tuple + len, low);
	len += put_endpoint(tuple + len, high);
	tuple[len++] = flow->transport == TRANSPORT_TCP ? PROTOCOL_TCP : PROTOCOL_UDP;
	tuple[len++] = 0;
	tuple[len++] = (uint8_t)(low->port >> 8);
	tuple[len++] = (uint8_t)low->port;
	tuple[len++] = (uint8_t)(high->port >> 8);
	tuple[len++] = (uint8_t)high->port;
	digest_sha1(tuple, len, sha1);
	out[0] = '1';
	out[1] = ':';
	base64(sha1, sizeof sha1, out + 2);
}
