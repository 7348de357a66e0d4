/*
 * Runs the dialogue before TLS: cuts each side's bytes into the units of the protocol at hand,
 * notices where TLS begins, agreed upon or not, and what is neither.
 */
#include "upgrade.h"

#include <stdlib.h>

#include "begins.h"
#include "dialogue.h"
#include "foreign.h"
#include "parse.h"

/*
 * BINARY_SAMPLE: what shows a binary protocol; not FOREIGN_SAMPLE_MAX, so that a peer which sent
 * only a few bytes is told about.
 * WATCHED_MAX: how far into an unknown protocol TLS is still looked for.
 */
enum { BINARY_SAMPLE = 16, WATCHED_MAX = 65536 };

enum phase {
	STARTING,	/* nothing recognised yet */
	TALKING,	/* in u->dialogue */
	SAMPLING,	/* foreign; gathering enough of it to tell */
	WATCHING,	/* not understood: TLS may still begin at the start of a segment */
	TLS_NEXT,	/* the next byte is TLS */
	IN_TLS,
	OVER
};

struct speaker {
	enum phase phase;
	uint8_t *held;			/* an unfinished unit */
	uint16_t held_len, held_room;
	uint64_t skip;			/* the rest of a unit that is too long to hold */
	bool skip_to_delimiter;
	bool after_gap;
	bool spoke, gapped;
	struct mark first;		/* of the first byte since the dialogue or tunnel began */
	uint8_t sample[FOREIGN_SAMPLE_MAX];
	uint16_t sample_len;
	bool foreign_told;
	uint32_t watched;
};

struct upgrade {
	struct dialogue dialogue;
	struct speaker speaker[2];	/* by enum side */
	struct wrapping wrapping[2];
};

/* What became of the bytes at the front of what is held. */
enum progress { ADVANCED, NEEDS_MORE, IS_TLS, IS_FOREIGN };

struct upgrade *upgrade_new(void)
{
	return must(calloc(1, sizeof(struct upgrade)));
}

void upgrade_free(struct upgrade *u)
{
	if (!u)
		return;
	dialogue_clear(&u->dialogue);
	free(u->speaker[0].held);
	free(u->speaker[1].held);
	free(u);
}

size_t upgrade_bytes(const struct upgrade *u)
{
	if (!u)
		return 0;
	return sizeof(*u) + u->speaker[0].held_room + u->speaker[1].held_room +
	       u->dialogue.event_room * sizeof(*u->dialogue.events) +
	       (u->dialogue.refusal ? sizeof(*u->dialogue.refusal) : 0);
}

/* ---- what each side holds ------------------------------------------------------------------ */

static void hold(struct speaker *s, struct reader *fed)
{
	size_t room = UNIT_MAX - (size_t)s->held_len;
	size_t n = left(fed) < room ? left(fed) : room;

	if (s->held_len + n > s->held_room) {
		s->held = must(realloc(s->held, s->held_len + n));
		s->held_room = (uint16_t)(s->held_len + n);
	}
	if (n)
		memcpy(s->held + s->held_len, take(fed, n), n);
	s->held_len = (uint16_t)(s->held_len + n);
}

static void drop(struct speaker *s, size_t n)
{
	if (n < s->held_len)
		memmove(s->held, s->held + n, s->held_len - n);
	s->held_len = (uint16_t)(s->held_len - n);
	if (s->held_len)
		return;
	free(s->held);
	s->held = NULL;
	s->held_room = 0;
}

static void keep_sample(struct speaker *s, struct mark mark, struct reader fed)
{
	size_t room = sizeof s->sample - s->sample_len;
	size_t n = left(&fed) < room ? left(&fed) : room;

	if (!s->spoke)
		s->first = mark;
	s->spoke = true;
	if (n)
		memcpy(s->sample + s->sample_len, take(&fed, n), n);
	s->sample_len = (uint16_t)(s->sample_len + n);
}

static void start_over(struct speaker *s, struct mark mark)
{
	s->skip_to_delimiter = false;
	if (s->phase == IN_TLS || s->phase == TLS_NEXT)
		return;
	s->phase = STARTING;
	s->spoke = s->foreign_told = false;
	s->sample_len = 0;
	if (s->held_len) {	/* pipelined behind what was heard */
		s->spoke = true;
		s->first = mark;
		s->sample_len = s->held_len < sizeof s->sample ? s->held_len : sizeof s->sample;
		memcpy(s->sample, s->held, s->sample_len);
	}
}

/* ---- telling what is not TLS --------------------------------------------------------------- */

/* A line of text, or the first bytes: the same sample however the bytes were cut. */
static bool sample_is_enough(const struct speaker *s)
{
	const uint8_t *line_end = memchr(s->sample, '\n', s->sample_len);
	size_t line = line_end ? (size_t)(line_end - s->sample) + 1 : s->sample_len;

	if (!foreign_is_text(reader_of(s->sample, line)))
		return s->sample_len >= BINARY_SAMPLE;
	return line_end || s->sample_len == sizeof s->sample;
}

static uint16_t sample_cut(const struct speaker *s)
{
	const uint8_t *line_end = memchr(s->sample, '\n', s->sample_len);
	size_t line = line_end ? (size_t)(line_end - s->sample) + 1 : s->sample_len;

	if (foreign_is_text(reader_of(s->sample, line)))
		return (uint16_t)line;
	return s->sample_len < BINARY_SAMPLE ? s->sample_len : BINARY_SAMPLE;
}

static void tell_foreign(struct upgrade *u, enum side from, bool instead_of_answer)
{
	struct speaker *s = &u->speaker[from];
	struct tls_foreign foreign = { .instead_of_answer = instead_of_answer };

	if (s->foreign_told || !s->spoke)
		return;
	s->foreign_told = true;
	foreign.protocol = foreign_recognise(from, s->sample, s->sample_len);
	if (u->dialogue.kind && from == SIDE_CLIENT)
		foreign.protocol = u->dialogue.protocol;
	foreign.sample_len = sample_cut(s);
	memcpy(foreign.sample, s->sample, foreign.sample_len);
	if (from == SIDE_SERVER && u->dialogue.excerpt_len) {
		foreign.sample_len = u->dialogue.excerpt_len;
		memcpy(foreign.sample, u->dialogue.excerpt, foreign.sample_len);
	}
	dialogue_tell_foreign(&u->dialogue, from, s->first, &foreign);
}

/* Tells this side's sample once it is complete, or the other side's turn shows that it is. */
static void finish_sampling(struct upgrade *u, enum side from)
{
	struct speaker *s = &u->speaker[from];

	if (from == SIDE_SERVER && u->speaker[SIDE_CLIENT].phase == TALKING &&
	    !(u->dialogue.proxy && u->dialogue.protocol == FOREIGN_HTTP))
		tell_foreign(u, SIDE_CLIENT, false);
	tell_foreign(u, from, u->speaker[other_side(from)].phase == IN_TLS);
	/* VNC may go on in TLS (VeNCrypt), and HTTP may answer a CONNECT that the capture lacks. */
	s->phase = WATCHING;
	drop(s, s->held_len);
}

/* A server that speaks first waits for what the client says to it: TLS makes it an answer. */
static bool may_tell(const struct upgrade *u, enum side from)
{
	return sample_is_enough(&u->speaker[from]) &&
	       (from == SIDE_CLIENT || u->speaker[SIDE_CLIENT].spoke);
}

/* ---- one step of one side ------------------------------------------------------------------ */

static enum progress client_begins_tls(struct upgrade *u)
{
	struct dialogue *d = &u->dialogue;
	struct speaker *server = &u->speaker[SIDE_SERVER];
	bool first_word = u->speaker[SIDE_CLIENT].phase == STARTING;

	u->speaker[SIDE_CLIENT].phase = IN_TLS;
	dialogue_settle(d);
	d->may_abandon = false;
	if (d->asked)		/* it did not wait for the answer, which is still to come */
		return IS_TLS;
	if (d->unasked)
		dialogue_tell(d, SIDE_SERVER, UPGRADE_ACCEPTED, 0, words_of(""));
	else if (first_word)	/* to what the server had said unasked, in clear */
		tell_foreign(u, SIDE_SERVER, true);
	if (server->phase != IN_TLS)
		server->phase = TLS_NEXT;
	drop(server, server->held_len);
	return IS_TLS;
}

/* A server that answers with a TLS alert had never been speaking the client's protocol. (With a
 * hello it answers one that the capture lacks.) */
static enum progress server_begins_tls(struct upgrade *u)
{
	const struct speaker *client = &u->speaker[SIDE_CLIENT], *server = &u->speaker[SIDE_SERVER];
	bool alert = server->held[0] == 0x15;

	u->speaker[SIDE_SERVER].phase = IN_TLS;
	if (alert && !client->gapped && client->phase != IN_TLS && client->phase != TLS_NEXT)
		tell_foreign(u, SIDE_CLIENT, false);
	u->dialogue.asked = false;
	return IS_TLS;
}

static enum progress begins_tls(struct upgrade *u, enum side from)
{
	return from == SIDE_CLIENT ? client_begins_tls(u) : server_begins_tls(u);
}

/* A web server answers whatever a client says in HTTP: it had never been a mail server, or SOCKS. */
static enum begins begins_http_answer(const struct upgrade *u, enum side from, struct reader held)
{
	static const char begin[] = "HTTP/1.";
	size_t n = left(&held) < sizeof begin - 1 ? left(&held) : sizeof begin - 1;

	if (from == SIDE_CLIENT || u->dialogue.protocol == FOREIGN_HTTP ||
	    memcmp(held.at, begin, n) != 0)
		return BEGINS_NOT;
	return n == sizeof begin - 1 ? BEGINS : BEGINS_MAYBE;
}

static enum progress start(struct upgrade *u, enum side from)
{
	struct speaker *s = &u->speaker[from];
	struct reader held = reader_of(s->held, s->held_len);
	enum begins record = begins_record(held);
	enum begins sslv2 = from == SIDE_CLIENT ? begins_sslv2(held) : BEGINS_NOT;
	enum foreign_protocol protocol = FOREIGN_UNKNOWN;

	if (record == BEGINS || sslv2 == BEGINS)
		return begins_tls(u, from);
	if (record == BEGINS_MAYBE || sslv2 == BEGINS_MAYBE)
		return NEEDS_MORE;
	if (u->dialogue.kind) {
		if (begins_http_answer(u, from, held) == BEGINS_MAYBE)
			return NEEDS_MORE;
		s->phase = begins_http_answer(u, from, held) == BEGINS ? SAMPLING : TALKING;
		return ADVANCED;
	}
	if (!foreign_guess(from, held, &protocol))
		return NEEDS_MORE;
	const struct dialogue_kind *kind = dialogue_kind_of(protocol, from);

	s->phase = kind ? TALKING : SAMPLING;
	if (kind)
		dialogue_begin(&u->dialogue, kind, protocol);
	if (protocol == FOREIGN_POSTGRESQL)	/* a letter that came before the question is no answer to it */
		drop(&u->speaker[SIDE_SERVER], u->speaker[SIDE_SERVER].held_len);
	return ADVANCED;
}

static enum progress follow(struct upgrade *u, enum side from, enum heard heard)
{
	struct speaker *s = &u->speaker[from], *other = &u->speaker[other_side(from)];

	switch (heard) {
	case HEARD:
		if (from == SIDE_SERVER && other->phase == IN_TLS && u->dialogue.may_abandon)
			s->phase = TLS_NEXT; /* refused, but the client had not waited to hear it */
		return ADVANCED;
	case HEARD_YES:
		s->phase = TLS_NEXT;
		if (other->phase != IN_TLS)
			other->phase = TLS_NEXT;
		return ADVANCED;
	case HEARD_TUNNEL:
		u->dialogue.kind = NULL;
		start_over(s, u->dialogue.mark);
		start_over(other, u->dialogue.mark);
		if (other->phase == IN_TLS)
			s->phase = TLS_NEXT;
		return ADVANCED;
	case HEARD_NO_MORE:
		s->phase = OVER;
		if (other->phase != IN_TLS && other->spoke)
			other->phase = OVER;	/* who has not spoken yet may still begin TLS */
		return IS_FOREIGN;
	case HEARD_FOREIGN:
	default:
		s->phase = SAMPLING;
		return ADVANCED;
	}
}

/* How long the unit is that the held bytes begin with; false if that cannot be told yet. */
static bool unit_length(const struct dialogue *d, enum side from, struct reader held, size_t *len)
{
	if (!d->kind->delimiter)
		return d->kind->measure(d, from, held, len);
	const uint8_t *end = memchr(held.at, d->kind->delimiter, left(&held));

	*len = end ? (size_t)(end - held.at) + 1 : 0;
	return end;
}

static enum progress hear(struct upgrade *u, enum side from, size_t len)
{
	struct speaker *s = &u->speaker[from];
	size_t there = len < s->held_len ? len : s->held_len;
	struct reader unit = reader_of(s->held, there);
	enum heard heard = u->dialogue.kind->hear(&u->dialogue, from, unit);

	drop(s, there);
	s->skip = len - there;
	if (u->dialogue.anew) {
		struct speaker *other = &u->speaker[other_side(from)];

		drop(other, other->held_len);
		other->skip_to_delimiter = false;
		u->dialogue.anew = false;
	}
	return follow(u, from, heard);
}

static enum progress talk(struct upgrade *u, enum side from)
{
	struct speaker *s = &u->speaker[from];
	struct reader held = reader_of(s->held, s->held_len);
	enum begins tls = begins_hello(from, held);
	size_t len = 0;

	if (tls == BEGINS)
		return begins_tls(u, from);
	if (tls == BEGINS_MAYBE)
		return NEEDS_MORE;
	if (s->after_gap) {
		s->after_gap = false;
		s->skip_to_delimiter = u->dialogue.kind->delimiter;
		s->phase = u->dialogue.kind->delimiter ? TALKING : WATCHING;
		return ADVANCED;
	}
	bool known = unit_length(&u->dialogue, from, held, &len);

	if (known && !len) {	/* not this protocol after all */
		s->phase = WATCHING;
		return ADVANCED;
	}
	if ((!known || len > s->held_len) && s->held_len < UNIT_MAX)
		return NEEDS_MORE;
	if (!known)
		s->skip_to_delimiter = u->dialogue.kind->delimiter;
	return hear(u, from, known ? len : s->held_len);
}

static enum progress watch(struct upgrade *u, enum side from)
{
	struct speaker *s = &u->speaker[from];
	enum begins tls = begins_hello(from, reader_of(s->held, s->held_len));

	if (tls == BEGINS)
		return begins_tls(u, from);
	if (tls == BEGINS_MAYBE && s->held_len < 6)
		return NEEDS_MORE;
	s->watched += s->held_len;
	drop(s, s->held_len);
	if (s->watched > WATCHED_MAX)
		s->phase = OVER;
	return ADVANCED;
}

static enum progress step(struct upgrade *u, enum side from)
{
	struct speaker *s = &u->speaker[from];

	switch (s->phase) {
	case STARTING:
		return start(u, from);
	case TALKING:
		return talk(u, from);
	case SAMPLING:
		drop(s, s->held_len);
		return NEEDS_MORE;
	case WATCHING:
		return watch(u, from);
	case TLS_NEXT:
		s->phase = IN_TLS;
		return IS_TLS;
	case IN_TLS:
		return IS_TLS;
	case OVER:
	default:
		return IS_FOREIGN;
	}
}

/* ---- the stream ---------------------------------------------------------------------------- */

/* Leaves out what belongs to a unit that was too long to hold. */
static void skip(const struct upgrade *u, struct speaker *s, struct reader *fed)
{
	size_t n = s->skip < left(fed) ? (size_t)s->skip : left(fed);

	take(fed, n);
	s->skip -= n;
	while (s->skip_to_delimiter && more(fed))
		s->skip_to_delimiter = take_u8(fed) != u->dialogue.kind->delimiter;
}

/* Steps until the held bytes are used up or wait for more. */
static enum progress run(struct upgrade *u, enum side from)
{
	struct speaker *s = &u->speaker[from];
	enum progress progress = ADVANCED;

	while (progress == ADVANCED && s->held_len) {
		if (s->skip || s->skip_to_delimiter) {
			struct reader held = reader_of(s->held, s->held_len);

			skip(u, s, &held);
			drop(s, s->held_len - left(&held));
			continue;
		}
		progress = step(u, from);
	}
	return progress;
}

/* It was this side's turn: the other's sample is complete, and maybe its own. */
static void finish_samples(struct upgrade *u, enum side from)
{
	enum side other = other_side(from);
	struct speaker *s = &u->speaker[other];

	if (s->phase == SAMPLING && s->spoke && u->speaker[from].phase != STARTING)
		finish_sampling(u, other);
	if (u->speaker[from].phase == SAMPLING && may_tell(u, from))
		finish_sampling(u, from);
}

enum upgrade_verdict upgrade_feed(struct upgrade *u, enum side from, struct mark mark,
				  const uint8_t *bytes, size_t len, size_t *consumed)
{
	struct speaker *s = &u->speaker[from];
	struct reader fed = reader_of(bytes, len);
	enum progress progress = ADVANCED;

	*consumed = len;
	if (!len || s->phase == OVER)
		return s->phase == OVER ? UPGRADE_FOREIGN : UPGRADE_MORE;
	u->dialogue.mark = mark;
	keep_sample(s, mark, fed);
	while (more(&fed) && progress != IS_TLS && progress != IS_FOREIGN) {
		skip(u, s, &fed);
		hold(s, &fed);
		progress = run(u, from);
	}
	finish_samples(u, from);
	if (progress == IS_FOREIGN || s->phase == OVER) {
		drop(s, s->held_len);
		return UPGRADE_FOREIGN;
	}
	if (progress != IS_TLS)
		return UPGRADE_MORE;
	size_t used = len - left(&fed);
	size_t ours = s->held_len < used ? s->held_len : used;

	*consumed = used - ours;
	s->held_len = (uint16_t)(s->held_len - ours);
	return UPGRADE_TLS;
}

size_t upgrade_held(const struct upgrade *u, enum side from, const uint8_t **bytes)
{
	*bytes = u->speaker[from].held;
	return u->speaker[from].phase == IN_TLS ? u->speaker[from].held_len : 0;
}

bool upgrade_next(struct upgrade *u, struct tls_event *out)
{
	return dialogue_next(&u->dialogue, out);
}

void upgrade_gap(struct upgrade *u, enum side from)
{
	struct speaker *s = &u->speaker[from];

	if (s->phase == IN_TLS || s->phase == OVER)
		return;
	drop(s, s->held_len);
	s->gapped = true;
	s->skip = 0;
	s->skip_to_delimiter = false;
	if (u->dialogue.kind == &text_dialogue)
		text_gap(&u->dialogue);
	if (s->phase == STARTING && u->dialogue.kind)
		s->phase = TALKING;
	if (s->phase == TALKING)
		s->after_gap = true;
	else if (s->phase != TLS_NEXT)
		s->phase = WATCHING;
}

/* A last line that has no end. */
static void hear_rest(struct upgrade *u, enum side from)
{
	const struct speaker *s = &u->speaker[from];

	if (s->phase == TALKING && u->dialogue.kind->delimiter && s->held_len &&
	    !s->skip_to_delimiter)
		hear(u, from, s->held_len);
	if (s->phase == TALKING && s->spoke && u->dialogue.kind == &http_dialogue &&
	    !u->dialogue.proxy)
		finish_sampling(u, from);
}

void upgrade_end(struct upgrade *u, enum side from, struct mark mark)
{
	struct dialogue *d = &u->dialogue;
	struct speaker *client = &u->speaker[SIDE_CLIENT], *server = &u->speaker[SIDE_SERVER];

	d->mark = mark;
	hear_rest(u, from);
	for (int i = 0; i < 2; i++)
		if (u->speaker[i].phase == SAMPLING ||
		    (!d->kind && u->speaker[i].phase == STARTING))
			tell_foreign(u, (enum side)i, i == SIDE_SERVER && client->phase == IN_TLS);
	if (!d->kind)
		return;
	/* A client that speaks first and never gets a word may have met a server that wants TLS. */
	if (!server->spoke && client->phase == TALKING && !d->proxy && !d->asked)
		tell_foreign(u, SIDE_CLIENT, false);
	/* Hanging up on the question is an answer too; a proxy may just have failed. */
	if (from == SIDE_SERVER && d->asked && !d->proxy && server->phase == TALKING &&
	    !server->gapped)
		dialogue_tell(d, SIDE_SERVER, UPGRADE_REFUSED, 0, words_of(""));
	if (from == SIDE_CLIENT && client->phase != IN_TLS)
		dialogue_left(d);
	dialogue_settle(d);
	d->may_abandon = d->may_abandon && from == SIDE_CLIENT;
}

/* ---- TLS inside packets -------------------------------------------------------------------- */

bool upgrade_wraps(const struct upgrade *u)
{
	return u->dialogue.wraps;
}

struct reader upgrade_unwrap(struct upgrade *u, enum side from, struct reader bytes, size_t *taken)
{
	return tds_unwrap(&u->wrapping[from], bytes, taken);
}
