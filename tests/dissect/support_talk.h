/* What two sides send each other, replayed in pieces of any size, and the events that come of it
 * as lines of text. */
#ifndef TLSWHY_TESTS_SUPPORT_TALK_H
#define TLSWHY_TESTS_SUPPORT_TALK_H

#include "../../dissect/dissect.h"

enum { TURNS_MAX = 64 };

struct turn {
	enum event_kind kind;	/* FLOW_BYTES, FLOW_GAP, FLOW_FIN */
	enum side from;
	uint8_t *bytes;
	size_t len;
	uint64_t lost;
};

struct talk {
	struct turn turns[TURNS_MAX];
	size_t count;
};

void say(struct talk *t, enum side from, const char *hex);
void say_bytes(struct talk *t, enum side from, const void *bytes, size_t len);
/* A record of this type and version 3.3 around the hex. */
void say_record(struct talk *t, enum side from, uint8_t type, const char *hex);
/* A record of this type with so many bytes of noise. */
void say_noise(struct talk *t, enum side from, uint8_t type, size_t len);
void lose(struct talk *t, enum side from, uint64_t bytes);
void hang_up(struct talk *t, enum side from);

/*
 * One line per event, "C record 22 5", "S alert 2 40", "C client_hello 43"; free() it. No piece is
 * longer than `piece` (0: each turn whole); the turn `cut_turn` is cut once more at `cut_at`.
 */
char *replay(const struct talk *t, size_t piece, size_t cut_turn, size_t cut_at);

/* The same, whole; fails unless byte by byte and every single cut give the same lines. */
char *replay_in_every_way(const struct talk *t);

void talk_free(struct talk *t);

#endif
