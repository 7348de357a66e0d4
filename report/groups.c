#include <stdlib.h>

#include "groups.h"

enum { SLOTS = 4 * GROUPS_MAX };	/* never more than a quarter full: probes stay short */

struct groups {
	struct group at[GROUPS_MAX];
	size_t count;
	uint64_t left_out;
	uint16_t slot[SLOTS];	/* index plus one, 0 free */
};

struct groups *groups_new(void)
{
	return calloc(1, sizeof(struct groups));
}

void groups_free(struct groups *g)
{
	free(g);
}

static uint32_t hashed(uint32_t hash, const void *bytes, size_t len)
{
	const uint8_t *b = bytes;

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ b[i]) * 16777619u;	/* FNV-1a */
	return hash;
}

static bool same_host(const struct address *a, const struct address *b)
{
	return a->ip_len == b->ip_len && !memcmp(a->ip, b->ip, a->ip_len);
}

static bool same_group(const struct group *a, const struct group *b)
{
	if (strcmp(a->code, b->code) || a->outcome != b->outcome)
		return false;
	return same_host(&a->server, &b->server) && a->server.port == b->server.port &&
	       !strcmp(a->name, b->name);
}

/* What makes failures equal. Inconclusive ones are about the capture, not about a server. */
static struct group key_of(const struct verdict *v)
{
	const struct handshake *h = v->handshake;
	const char *code = v->diagnosis.code;
	struct group key = { .code = code ? code : "", .outcome = v->outcome };

	if (v->outcome == OUTCOME_INCONCLUSIVE)
		return key;
	key.server = h->flow->side[SIDE_SERVER].address;
	if (h->hello)
		printable(h->hello->server_name.at, h->hello->server_name.len, AS_ASCII, key.name,
			  sizeof(key.name));
	return key;
}

static void note_client(struct group *g, const struct address *client)
{
	for (uint8_t i = 0; i < g->client_count; i++)
		if (same_host(&g->clients[i], client))
			return;
	if (g->client_count < GROUP_CLIENTS)
		g->clients[g->client_count++] = *client;
	else
		g->more_clients = true;
}

static struct group *find_or_open(struct groups *g, const struct group *key)
{
	uint32_t hash = hashed(2166136261u, key->code, strlen(key->code));

	hash = hashed(hash, key->server.ip, key->server.ip_len);
	hash = hashed(hash, &key->server.port, sizeof(key->server.port));
	hash = hashed(hash, key->name, strlen(key->name));
	uint32_t slot = hash % SLOTS;
	for (; g->slot[slot]; slot = (slot + 1) % SLOTS)
		if (same_group(&g->at[g->slot[slot] - 1], key))
			return &g->at[g->slot[slot] - 1];
	if (g->count == GROUPS_MAX)
		return NULL;
	g->at[g->count] = *key;
	g->slot[slot] = (uint16_t)++g->count;
	return &g->at[g->count - 1];
}

struct group *groups_note(struct groups *g, const struct verdict *v)
{
	const struct flow_facts *flow = v->handshake->flow;
	struct group key = key_of(v);
	struct group *group = find_or_open(g, &key);

	if (!group) {
		g->left_out++;
		return NULL;
	}
	if (!group->count++) {
		group->first = flow->first;
		group->first_file = v->handshake->file;
	}
	group->last = flow->first;
	group->last_file = v->handshake->file;
	note_client(group, &flow->side[SIDE_CLIENT].address);
	return group;
}

const struct group *groups_all(const struct groups *g, size_t *count)
{
	*count = g->count;
	return g->at;
}

uint64_t groups_left_out(const struct groups *g)
{
	return g->left_out;
}

void groups_clear(struct groups *g)
{
	memset(g, 0, sizeof(*g));
}
