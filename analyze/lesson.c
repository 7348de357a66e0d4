#include "rules.h"

#include <stdio.h>
#include <stdlib.h>

/* Servers remembered by address and port, and by what a proxy led to: chained hash, bounded by memory,
 * oldest kept: what is learned early serves the whole run, and a flood of addresses must not wash it out. */
enum { BUCKETS = 4096, DEFAULT_MEMORY = 32 * 1024 * 1024 };

struct entry {
	struct entry *next;
	struct lesson lesson;
};

struct lessons {
	struct entry *buckets[BUCKETS];
	size_t used, limit;		/* bytes */
	uint64_t key;
};

struct lessons *lessons_new(size_t memory)
{
	struct lessons *l = calloc(1, sizeof(*l));

	if (!l)
		return NULL;
	l->limit = memory ? memory : DEFAULT_MEMORY;
	l->key = (uint64_t)(uintptr_t)l * UINT64_C(0x9e3779b97f4a7c15);
	return l;
}

static void free_entry(struct entry *e)
{
	for (uint8_t i = 0; i < e->lesson.name_count; i++) {
		certificates_free(e->lesson.names[i]->chain);
		free(e->lesson.names[i]);
	}
	free(e);
}

void lessons_free(struct lessons *l)
{
	if (!l)
		return;
	for (size_t i = 0; i < BUCKETS; i++)
		for (struct entry *e = l->buckets[i], *next; e; e = next) {
			next = e->next;
			free_entry(e);
		}
	free(l);
}

static size_t bucket_of(const struct lessons *l, const struct address *a, uint64_t tunnel)
{
	uint64_t hash = l->key ^ a->port ^ tunnel;

	for (uint8_t i = 0; i < a->ip_len; i++)
		hash = (hash ^ a->ip[i]) * UINT64_C(0x100000001b3);
	return (size_t)((hash ^ hash >> 29) % BUCKETS);
}

static struct entry *find_entry(const struct lessons *l, const struct address *server,
				uint64_t tunnel)
{
	for (struct entry *e = l->buckets[bucket_of(l, server, tunnel)]; e; e = e->next)
		if (e->lesson.tunnel == tunnel && same_address(&e->lesson.server, server))
			return e;
	return NULL;
}

void lessons_expect(const struct lessons *l, const struct address *server)
{
	const char *first = (const char *)l->buckets[bucket_of(l, server, 0)];

	for (size_t at = 0; first && at < sizeof(struct entry); at += CACHE_LINE)
		__builtin_prefetch(first + at);
}

const struct lesson *lessons_of(const struct lessons *l, const struct address *server, uint64_t tunnel)
{
	const struct entry *e = find_entry(l, server, tunnel);

	return e ? &e->lesson : NULL;
}

/* Zeroed; NULL once the memory allowed is used up. */
static void *keep(struct lessons *l, size_t size)
{
	void *kept = l->used + size <= l->limit ? calloc(1, size) : NULL;

	if (kept)
		l->used += size;
	return kept;
}

static struct lesson *lesson_for(struct lessons *l, const struct address *server, uint64_t tunnel)
{
	struct entry *e = find_entry(l, server, tunnel);
	size_t bucket;

	if (e)
		return &e->lesson;
	e = keep(l, sizeof(*e));
	if (!e)
		return NULL;
	bucket = bucket_of(l, server, tunnel);
	e->lesson.server = *server;
	e->lesson.tunnel = tunnel;
	e->next = l->buckets[bucket];
	l->buckets[bucket] = e;
	return &e->lesson;
}

bool code_set_has(const struct code_set *s, uint16_t code)
{
	for (uint8_t i = 0; i < s->count; i++)
		if (s->at[i] == code)
			return true;
	return false;
}

static void add_code(struct code_set *s, uint16_t code)
{
	if (code && s->count < LESSON_CODES && !code_set_has(s, code))
		s->at[s->count++] = code;
}

const struct name_lesson *lesson_name(const struct lesson *l, const char *name)
{
	for (uint8_t i = 0; i < l->name_count; i++)
		if (!strcmp(l->names[i]->name, name))
			return l->names[i];
	return NULL;
}

static struct name_lesson *name_for(struct lessons *all, struct lesson *l, const char *name)
{
	struct name_lesson *n = (struct name_lesson *)(uintptr_t)lesson_name(l, name);

	if (n || l->name_count == LESSON_NAMES)
		return n;
	n = keep(all, sizeof(*n) + strlen(name) + 1);
	if (!n)
		return NULL;
	memcpy(n->name, name, strlen(name) + 1);
	l->names[l->name_count++] = n;
	return n;
}

static struct certificate_list *copy_chain(const struct certificate_list *from)
{
	struct certificate_list *copy = malloc(sizeof(*copy));

	if (!copy)
		return NULL;
	*copy = *from;
	for (uint16_t i = 0; i < copy->count; i++)
		certificate_hold(copy->at[i]);
	return copy;
}

static bool same_leaf(const struct certificate_list *a, const struct certificate_list *b)
{
	return a && a->count && b->count && a->at[0] == b->at[0] && a->count == b->count;
}

static void learn_chain(struct lesson *l, struct name_lesson *n, const struct gist *g)
{
	const struct certificate *leaf;

	if (!g->certificates || !g->certificates->count)
		return;
	leaf = g->certificates->at[0];
	l->rsa_leaf |= leaf->key == KEY_RSA || leaf->key == KEY_RSA_PSS;
	l->ecdsa_leaf |= leaf->key == KEY_EC;
	if (!n || same_leaf(n->chain, g->certificates))
		return;
	certificates_free(n->chain);
	n->chain = copy_chain(g->certificates);
	n->chain_mark = g->certificates_mark;
	n->chain_stream = g->stream;
	n->chain_file = g->file;
}

static void learn_choice(struct lesson *l, const struct gist *g)
{
	uint8_t suite = cipher_suite_traits(g->suite);

	add_code(&l->versions, g->version);
	add_code(&l->suites, g->suite);
	add_code(&l->groups, g->group);
	add_code(&l->signatures, g->signature);
	l->rsa_leaf |= (suite & SUITE_RSA) != 0;
	l->ecdsa_leaf |= (suite & SUITE_ECDSA) != 0;
	if (g->hello_len > l->largest_hello_passed)
		l->largest_hello_passed = g->hello_len;
	if (g->has_chosen_alpn)
		memcpy(l->alpn, g->chosen_alpn, sizeof(l->alpn));
}

static void point_at(struct elsewhere *e, const struct gist *g, struct mark mark)
{
	if (!happened(e->mark))
		*e = (struct elsewhere){ mark, g->stream, g->client };
}

static void learn_offer(struct lesson *l, const struct gist *g)
{
	if (!g->has_hello)
		return;
	if (g->tls13)
		l->tls13_answered++;
	else if (g->outcome == OUTCOME_COMPLETED)
		point_at(&l->older, g, g->hello_mark);
}

static void count_outcome(uint32_t *completed, uint32_t *failed, enum outcome outcome)
{
	*completed += outcome == OUTCOME_COMPLETED;
	*failed += outcome == OUTCOME_FAILED;
}

void lessons_learn(struct lessons *l, const struct gist *g)
{
	struct lesson *lesson;
	struct name_lesson *name;

	if (!g->has_hello && !g->has_server_hello && !g->in_clear)
		return;
	lesson = lesson_for(l, &g->server, 0);
	if (lesson)
		lesson->words_first |= g->words_first;
	if (g->tunnel)
		lesson = lesson_for(l, &g->server, g->tunnel);
	if (!lesson)
		return;
	lesson->words_first |= g->words_first;
	if (happened(g->upgrade))
		point_at(&lesson->upgrade, g, g->upgrade);
	if (!g->has_hello && !g->has_server_hello)
		return;
	name = name_for(l, lesson, gist_name(g));
	count_outcome(&lesson->completed, &lesson->failed, g->outcome);
	if (name)
		count_outcome(&name->completed, &name->failed, g->outcome);
	if (g->syn_ttl)
		lesson->ttl = g->syn_ttl;
	if (!g->has_server_hello)
		return;
	learn_choice(lesson, g);
	learn_offer(lesson, g);
	learn_chain(lesson, name, g);
	if (g->outcome == OUTCOME_COMPLETED && is_tls13(g->version) && g->data[SIDE_SERVER])
		lesson->hidden_data_first++;
}
