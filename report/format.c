#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>

#include "format.h"

static const char hex[] = "0123456789abcdef";

enum { NS_PER_US = 1000, NS_PER_MS = 1000000, NS_PER_S = 1000000000 };

/* RFC 3629 3; 0 for a byte that begins no sequence. */
static size_t length_by_lead(uint8_t lead)
{
	if (lead < 0x80)
		return 1;
	if (lead >> 5 == 6)
		return 2;
	if (lead >> 4 == 14)
		return 3;
	return lead >> 3 == 30 ? 4 : 0;
}

/* The length of the well-formed UTF-8 sequence (RFC 3629 4) that begins here, 0 if there is none;
 * *code is its character. */
static size_t utf8_length(const uint8_t *at, size_t len, uint32_t *code)
{
	static const uint32_t least[5] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t n = length_by_lead(at[0]);

	if (!n || n > len)
		return 0;
	*code = n == 1 ? at[0] : at[0] & (0x7fU >> n);
	for (size_t i = 1; i < n; i++) {
		if ((at[i] & 0xc0) != 0x80)
			return 0;
		*code = *code << 6 | (at[i] & 0x3fU);
	}
	bool surrogate = *code >= 0xd800 && *code <= 0xdfff;
	return *code < least[n] || surrogate || *code > 0x10ffff ? 0 : n;
}

/* Control characters move the cursor, bidirectional ones reorder what is read, line and paragraph
 * separators break lines: none may reach a terminal or a log from the wire. */
static bool is_safe(uint32_t code)
{
	if (code < 0x20 || (code >= 0x7f && code < 0xa0))
		return false;
	if ((code >= 0x200b && code <= 0x200f) || (code >= 0x2028 && code <= 0x202e))
		return false;
	return !(code >= 0x2066 && code <= 0x2069) && code != 0x061c && code != 0xfeff &&
	       !(code >= 0xe0000 && code <= 0xe007f);
}

/* How many plain ASCII bytes begin here: nearly all of what is ever shown. */
static size_t plain_run(const uint8_t *at, size_t len)
{
	size_t n = 0;

	while (n < len && at[n] >= 0x20 && at[n] < 0x7f)
		n++;
	return n;
}

enum { ESCAPE_LEN = 4 };

static void escape_byte(char out[ESCAPE_LEN], uint8_t byte)
{
	memcpy(out, (char[]){ '\\', 'x', hex[byte >> 4], hex[byte & 15] }, ESCAPE_LEN);
}

size_t printable(const void *bytes, size_t len, enum printable_as as, char *out, size_t room)
{
	const uint8_t *from = bytes;
	size_t n = 0;

	if (!room)
		return 0;
	for (size_t i = 0; i < len; ) {
		size_t run = plain_run(from + i, len - i);
		size_t fits = run < room - 1 - n ? run : room - 1 - n;
		memcpy(out + n, from + i, fits);
		n += fits;
		i += run;
		if (fits < run || i == len)
			break;
		uint32_t code = 0;
		size_t step = as == AS_UTF8 ? utf8_length(from + i, len - i, &code) : 0;
		bool stays = step && is_safe(code);
		if (n + (stays ? step : ESCAPE_LEN) >= room)
			break;
		if (stays)
			memcpy(out + n, from + i, step);
		else
			escape_byte(out + n, from[i]);
		n += stays ? step : ESCAPE_LEN;
		i += stays ? step : 1;
	}
	out[n] = '\0';
	return n;
}

void ip_text(const struct address *a, char out[IP_TEXT])
{
	out[0] = '\0';
	if (a->ip_len)
		inet_ntop(a->ip_len == 4 ? AF_INET : AF_INET6, a->ip, out, IP_TEXT);
}

void peer_text(const struct address *a, char out[PEER_TEXT])
{
	char ip[IP_TEXT];

	ip_text(a, ip);
	snprintf(out, PEER_TEXT, a->ip_len == 4 ? "%s:%u" : "[%s]:%u", ip, a->port);
}

/* Two decimal digits; a record has a dozen times, so this is no place for printf. */
static char *put_pair(char *at, int value)
{
	at[0] = (char)('0' + value / 10 % 10);
	at[1] = (char)('0' + value % 10);
	return at + 2;
}

/* "YYYY-MM-DDTHH:MM:SS" (RFC 3339 5.6); NULL for years that it cannot write. The calendar is
 * counted from a March 1st, so that a leap day is the last one of its year. */
static char *put_date(int64_t seconds, char out[TIME_TEXT])
{
	enum { DAY = 86400, DAYS_TO_MARCH = 60, DAYS_OF_400_YEARS = 146097 };
	const int64_t first = -62167219200, last = 253402300799;	/* years 0000 to 9999 */

	out[0] = '\0';
	if (seconds < first || seconds > last)
		return NULL;
	int64_t since = seconds - first;
	int64_t days = since / DAY - DAYS_TO_MARCH;
	int of_day = (int)(since % DAY);
	int64_t era = (days + DAYS_OF_400_YEARS) / DAYS_OF_400_YEARS - 1;
	int of_era = (int)(days - era * DAYS_OF_400_YEARS);
	int year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	int of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	int from_march = (5 * of_year + 2) / 153;
	int day = of_year - (153 * from_march + 2) / 5 + 1;
	int month = from_march < 10 ? from_march + 3 : from_march - 9;
	int year = (int)(year_of_era + era * 400) + (month <= 2);

	char *at = put_pair(put_pair(out, year / 100), year % 100);
	*at++ = '-';
	at = put_pair(at, month);
	*at++ = '-';
	at = put_pair(at, day);
	*at++ = 'T';
	at = put_pair(at, of_day / 3600);
	*at++ = ':';
	at = put_pair(at, of_day / 60 % 60);
	*at++ = ':';
	return put_pair(at, of_day % 60);
}

bool seconds_text(int64_t seconds, char out[TIME_TEXT])
{
	char *at = put_date(seconds, out);

	if (!at)
		return false;
	memcpy(at, "Z", 2);
	return true;
}

bool time_text(int64_t ns, char out[TIME_TEXT])
{
	int64_t seconds = ns / NS_PER_S, rest = ns % NS_PER_S;

	if (rest < 0) {
		rest += NS_PER_S;
		seconds--;
	}
	char *at = put_date(seconds, out);
	if (!at)
		return false;
	int digits = rest % NS_PER_US ? 9 : 6;
	int64_t fraction = digits == 9 ? rest : rest / NS_PER_US;
	*at = '.';
	for (int i = digits; i > 0; i--, fraction /= 10)
		at[i] = (char)('0' + fraction % 10);
	memcpy(at + digits + 1, "Z", 2);
	return true;
}

void span_text(int64_t ns, char out[SPAN_TEXT])
{
	int64_t size = ns < 0 ? -ns : ns;
	const char *sign = ns < 0 ? "-" : "";

	if (size < NS_PER_MS)
		snprintf(out, SPAN_TEXT, "%s%" PRId64 " us", sign, size / NS_PER_US);
	else if (size < 100LL * NS_PER_MS)
		snprintf(out, SPAN_TEXT, "%s%.1f ms", sign, (double)size / NS_PER_MS);
	else if (size < NS_PER_S)
		snprintf(out, SPAN_TEXT, "%s%" PRId64 " ms", sign, size / NS_PER_MS);
	else if (size < 120LL * NS_PER_S)
		snprintf(out, SPAN_TEXT, "%s%.2f s", sign, (double)size / NS_PER_S);
	else if (size < 7200LL * NS_PER_S)
		snprintf(out, SPAN_TEXT, "%s%" PRId64 " min %" PRId64 " s", sign,
			 size / NS_PER_S / 60, size / NS_PER_S % 60);
	else if (size / NS_PER_S >= 172800)
		snprintf(out, SPAN_TEXT, "%s%" PRId64 " days", sign, size / NS_PER_S / 86400);
	else
		snprintf(out, SPAN_TEXT, "%s%" PRId64 " h %" PRId64 " min", sign,
			 size / NS_PER_S / 3600, size / NS_PER_S / 60 % 60);
}

void hex_text(const uint8_t *bytes, size_t len, char out[HEX_TEXT])
{
	size_t n = len < 32 ? len : 32;

	for (size_t i = 0; i < n; i++) {
		out[2 * i] = hex[bytes[i] >> 4];
		out[2 * i + 1] = hex[bytes[i] & 15];
	}
	out[2 * n] = '\0';
}

struct mark handshake_end(const struct verdict *v)
{
	const struct handshake *h = v->handshake;

	if (v->outcome != OUTCOME_COMPLETED)
		return h->flow->last;
	const struct mark *client = &h->finished[SIDE_CLIENT], *server = &h->finished[SIDE_SERVER];
	const struct mark *later = client->frame > server->frame ? client : server;
	return later->frame ? *later : h->flow->last;
}

const char *const *fixes_of(const struct cause *c, enum party at)
{
	switch (at) {
	case PARTY_CLIENT:
		return c->fix_client;
	case PARTY_SERVER:
		return c->fix_server;
	case PARTY_NETWORK:
		return c->fix_network;
	case PARTY_UNKNOWN:
		break;
	}
	return NULL;
}

bool is_self_signed(const struct certificate *c)
{
	if (!c->self_issued)
		return false;
	if (!c->authority_key_id_len || !c->subject_key_id_len)
		return true;
	return c->authority_key_id_len == c->subject_key_id_len &&
	       !memcmp(c->authority_key_id, c->subject_key_id, c->subject_key_id_len);
}
