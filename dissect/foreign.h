/*
 * What bytes that are not TLS look like: a guess at the protocol from the first of them.
 */
#ifndef TLSWHY_FOREIGN_H
#define TLSWHY_FOREIGN_H

#include "dissect.h"

/* Beyond this many first bytes more of them do not change the guess. */
enum { FOREIGN_ENOUGH = 512 };

/*
 * foreign_recognise says what these first bytes of one side are, taking it that no more will come.
 * FOREIGN_UNKNOWN is text of no known protocol, FOREIGN_BINARY anything else; FOREIGN_ECHO a
 * server that sends a ClientHello.
 */
enum foreign_protocol foreign_recognise(enum side from, const uint8_t *bytes, size_t len);

/*
 * foreign_guess is the same while more bytes may come: false as long as they could change the
 * answer, and then *out is left alone. It gives the same answer however the bytes were cut.
 */
bool foreign_guess(enum side from, struct reader bytes, enum foreign_protocol *out);

/* Whether the bytes are something that a person can read: printable ASCII, UTF-8, line ends. */
bool foreign_is_text(struct reader bytes);

/* Whether they begin with this text, whatever its case. Breaks the reader where they are a shorter
 * beginning of it; otherwise it stands behind what was equal. */
bool starts_with(struct reader *r, const char *text);

/* Whether the text occurs anywhere in them, whatever its case. */
bool mentions(struct reader bytes, const char *text);

#endif
