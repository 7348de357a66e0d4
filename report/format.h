/*
 * Values as text: bytes of strangers, addresses, times, durations. Nothing here writes anywhere.
 */
#ifndef TLSWHY_FORMAT_H
#define TLSWHY_FORMAT_H

#include "../analyze/analyze.h"

enum printable_as {
	AS_UTF8,	/* well-formed UTF-8 stays, but for control and bidirectional characters */
	AS_ASCII	/* only 0x20 to 0x7e stay: any terminal shows it, one byte a column */
};

/*
 * printable copies `len` bytes that a stranger may have chosen into `out` (room bytes, NUL
 * included) in a form that is safe to show: what may not stay becomes \xNN. Cut at a character
 * when the room ends. Returns the length of the text.
 */
size_t printable(const void *bytes, size_t len, enum printable_as as, char *out, size_t room);

enum { IP_TEXT = 46, PEER_TEXT = 56, TIME_TEXT = 40, SPAN_TEXT = 24, HEX_TEXT = 65 };

/* The address alone, or with its port: 192.0.2.1:443, [2001:db8::1]:443. */
void ip_text(const struct address *a, char out[IP_TEXT]);
void peer_text(const struct address *a, char out[PEER_TEXT]);

/* RFC 3339 in UTC: microseconds, nanoseconds where the capture has them. False, and "", for a time
 * that has no such form. */
bool time_text(int64_t ns, char out[TIME_TEXT]);
bool seconds_text(int64_t seconds, char out[TIME_TEXT]);

/* A span for people, three digits or so: "850 us", "12.3 ms", "4.20 s", "3 min 20 s". */
void span_text(int64_t ns, char out[SPAN_TEXT]);

/* Lower-case hex of up to 32 bytes. */
void hex_text(const uint8_t *bytes, size_t len, char out[HEX_TEXT]);

/* The last packet that belongs to the handshake: the later Finished of one that completed, else
 * the flow's last. */
struct mark handshake_end(const struct verdict *v);

/* The remedies of the party at which a cause is to be fixed; NULL if there is none. */
const char *const *fixes_of(const struct cause *c, enum party at);

/* Was this certificate signed with its own key, as far as its names and key identifiers say? */
bool is_self_signed(const struct certificate *c);

#endif
