#include "past.h"

#include <stdlib.h>

static const int64_t SECOND = 1000000000;

bool past_init(struct past *p, size_t bytes)
{
	size_t buckets = 16;

	while (buckets * 2 * PAST_WAYS * sizeof(*p->at) <= bytes)
		buckets *= 2;
	p->at = calloc(buckets, PAST_WAYS * sizeof(*p->at));
	p->mask = (uint32_t)(buckets - 1);
	return p->at != NULL;
}

void past_free(struct past *p)
{
	free(p->at);
	p->at = NULL;
}

size_t past_bytes(const struct past *p)
{
	return ((size_t)p->mask + 1) * PAST_WAYS * sizeof(*p->at);
}

static struct past_flow *bucket(const struct past *p, uint64_t hash)
{
	return p->at + (size_t)((uint32_t)(hash >> 32) & p->mask) * PAST_WAYS;
}

static uint32_t seconds_of(int64_t time)
{
	return (uint32_t)(time / SECOND) & 0x7fffffff;
}

void past_note(struct past *p, uint64_t hash, uint32_t stream, bool finished, int64_t time)
{
	struct past_flow *b = bucket(p, hash), *victim = b;

	for (int i = 0; i < PAST_WAYS; i++) {
		if (b[i].hash == hash) {
			victim = &b[i];
			break;
		}
		if (b[i].when >> 1 < victim->when >> 1)
			victim = &b[i];
	}
	*victim = (struct past_flow){
		.hash = hash, .stream = stream, .when = seconds_of(time) << 1 | finished,
	};
}

const struct past_flow *past_find(const struct past *p, uint64_t hash)
{
	const struct past_flow *b = bucket(p, hash);

	for (int i = 0; i < PAST_WAYS; i++) {
		if (b[i].hash == hash && hash)
			return &b[i];
	}
	return NULL;
}

bool past_finished(const struct past_flow *flow, int64_t time, uint32_t seconds)
{
	return flow && flow->when & 1 && seconds_of(time) - (flow->when >> 1) <= seconds;
}
