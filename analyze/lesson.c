#include "rules.h"

#include <stdio.h>
#include <stdlib.h>

/* Servers remembered by address and port: chained hash, bounded by memory, oldest kept (what is
 * learned early serves the whole run; a flood of addresses must not wash it out). */
enum { BUCKETS = 4096, DEFAULT_MEMORY = 32 * 1024 * 1024 };

struct entry {
	struct lesson lesson;
	struct entry *next;
};

struct lessons {
	struct entry *buckets[BUCKETS];
	size_t count, max;
	uint64_t key;
};

struct lessons *lessons_new(size_t memory)
{
	struct lessons *l = calloc(1, sizeof(*l));

	if (!l)
		return NULL;
	l->max = (memory ? memory : DEFAULT_MEMORY) / sizeof(struct entry);
	l->key = (uint64_t)(uintptr_t)l * UINT64_C(0x9e3779b97f4a7c15);
	return l;
}

static void release_chain(struct certificate_list *chain)
{
	if (!chain)
		return;
	for (uint16_t i = 0; i < chain->count; i++)
		certificate_release(chain->at[i]);
	free(chain);
}

static void free_entry(struct entry *e)
{
	for (uint8_t i = 0; i < e->lesson.name_count; i++)
		release_chain(e->lesson.names[i].chain);
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

static size_t bucket_of(const struct lessons *l, const struct address *a)
{
	uint64_t hash = l->key ^ a->port;

	for (uint8_t i = 0; i < a->ip_len; i++)
		hash = (hash ^ a->ip[i]) * UINT64_C(0x100000001b3);
	return (size_t)((hash ^ hash >> 29) % BUCKETS);
}

static struct entry *find_entry(const struct lessons *l, const struct address *server)
{
	for (struct entry *e = l->buckets[bucket_of(l, server)]; e; e = e->next)
		if (same_address(&e->lesson.server, server))
			return e;
	return NULL;
}

const struct lesson *lessons_of(const struct lessons *l, const struct address *server)
{
	const struct entry *e = find_entry(l, server);

	return e ? &e->lesson : NULL;
}

static struct lesson *lesson_for(struct lessons *l, const struct address *server)
{
	struct entry *e = find_entry(l, server);
	size_t bucket;

	if (e)
		return &e->lesson;
	if (l->count == l->max)
		return NULL;
	e = calloc(1, sizeof(*e));
	if (!e)
		return NULL;
	bucket = bucket_of(l, server);
	e->lesson.server = *server;
	e->next = l->buckets[bucket];
	l->buckets[bucket] = e;
	l->count++;
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
		if (!strcmp(l->names[i].name, name))
			return &l->names[i];
	return NULL;
}

static struct name_lesson *name_for(struct lesson *l, const struct handshake *h)
{
	char name[256] = "";
	struct name_lesson *n;

	if (h->hello && h->hello->has_server_name)
		escape_text(name, sizeof(name), h->hello->server_name.at,
			    h->hello->server_name.len);
	n = (struct name_lesson *)lesson_name(l, name);
	if (n || l->name_count == LESSON_NAMES)
		return n;
	n = &l->names[l->name_count++];
	memcpy(n->name, name, sizeof(name));
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

static void learn_chain(struct lesson *l, struct name_lesson *n, const struct handshake *h)
{
	const struct certificate *leaf;

	if (!h->certificates || !h->certificates->count)
		return;
	leaf = h->certificates->at[0];
	l->rsa_leaf |= leaf->key == KEY_RSA || leaf->key == KEY_RSA_PSS;
	l->ecdsa_leaf |= leaf->key == KEY_EC;
	if (!n || same_leaf(n->chain, h->certificates))
		return;
	release_chain(n->chain);
	n->chain = copy_chain(h->certificates);
	n->chain_mark = h->certificates_mark;
	n->chain_stream = h->flow->stream;
	n->chain_file = h->file;
}

static void learn_choice(struct lesson *l, const struct handshake *h)
{
	const struct cipher_suite *suite = cipher_suite(h->suite);

	add_code(&l->versions, h->version);
	add_code(&l->suites, h->suite);
	add_code(&l->groups, h->group);
	if (h->key_exchange)
		add_code(&l->signatures, h->key_exchange->signature);
	if (suite && !suite->tls13) {
		l->rsa_leaf |= !strcmp(suite->auth, "RSA");
		l->ecdsa_leaf |= !strcmp(suite->auth, "ECDSA");
	}
	if (h->hello && h->hello->length > l->largest_hello_passed)
		l->largest_hello_passed = h->hello->length;
	if (h->server->has_alpn)
		escape_text(l->alpn, sizeof(l->alpn), h->server->alpn.at, h->server->alpn.len);
}

static void point_at(struct elsewhere *e, const struct handshake *h, struct mark mark)
{
	if (!happened(e->mark))
		*e = (struct elsewhere){ mark, h->flow->stream, h->flow->side[SIDE_CLIENT].address };
}

static void learn_offer(struct lesson *l, const struct handshake *h, const struct ending *e)
{
	if (!h->hello)
		return;
	if (is_tls13(highest_version(h->hello)))
		l->tls13_answered++;
	else if (e->outcome == OUTCOME_COMPLETED)
		point_at(&l->older, h, h->hello_mark);
}

/* What one dialogue offers, another that lacks it may have been robbed of. */
static void learn_upgrade(struct lesson *l, const struct handshake *h)
{
	for (uint8_t i = 0; i < h->upgrade_count; i++) {
		if (h->upgrades[i].told.step != UPGRADE_OFFERED && h->upgrades[i].told.step != UPGRADE_ACCEPTED)
			continue;
		l->words_first = true;
		if (!h->upgrades[i].told.proxy)
			point_at(&l->upgrade, h, h->upgrades[i].mark);
	}
}

void lessons_learn(struct lessons *l, const struct handshake *h, const struct ending *e)
{
	struct lesson *lesson;
	struct name_lesson *name;

	if (!h->hello && !h->server && !h->upgrade_count)
		return;
	lesson = lesson_for(l, &h->flow->side[SIDE_SERVER].address);
	if (!lesson)
		return;
	learn_upgrade(lesson, h);
	if (!h->hello && !h->server)
		return;
	name = name_for(lesson, h);
	if (e->outcome == OUTCOME_COMPLETED) {
		lesson->completed++;
		if (name)
			name->completed++;
	} else if (e->outcome == OUTCOME_FAILED) {
		lesson->failed++;
		if (name)
			name->failed++;
	}
	if (h->flow->side[SIDE_SERVER].syn_ttl)
		lesson->ttl = h->flow->side[SIDE_SERVER].syn_ttl;
	if (!h->server)
		return;
	learn_choice(lesson, h);
	learn_offer(lesson, h, e);
	learn_chain(lesson, name, h);
	if (e->outcome == OUTCOME_COMPLETED && is_tls13(h->version) && h->data_records[SIDE_SERVER])
		lesson->hidden_data_first++;
}
