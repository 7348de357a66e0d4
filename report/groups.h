/*
 * Equal failures, counted together: same code, server and name. The first of each group is told in
 * full, the rest in one line of the summary.
 */
#ifndef TLSWHY_GROUPS_H
#define TLSWHY_GROUPS_H

#include "format.h"

enum {
	GROUPS_MAX = 1024,	/* a page that nobody reads to the end; more are only counted */
	GROUP_CLIENTS = 8,	/* distinct client addresses told apart in a group */
	GROUP_NAME = 80
};

struct group {
	const char *code;
	enum outcome outcome;
	struct address server;
	char name[GROUP_NAME];		/* SNI, printable; "" if none */
	uint64_t count;
	struct mark first, last;	/* first packets of its attempts */
	const char *first_file, *last_file;	/* borrowed from the run */
	struct address clients[GROUP_CLIENTS];
	uint8_t client_count;
	bool more_clients;
};

struct groups;

/* NULL only without memory. */
struct groups *groups_new(void);
void groups_free(struct groups *g);

/* groups_note counts one verdict; NULL when it opens a group and there is no room for one. */
struct group *groups_note(struct groups *g, const struct verdict *v);

/* In order of first failures; *count is set. */
const struct group *groups_all(const struct groups *g, size_t *count);
uint64_t groups_left_out(const struct groups *g);

/* Begin a new period. */
void groups_clear(struct groups *g);

#endif
