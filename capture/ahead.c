#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "ahead.h"

enum { BLOCKS = 4, BLOCK_LEN = 256 * 1024 };

struct block {
	size_t len, taken;
	uint8_t bytes[BLOCK_LEN];
};

struct ahead {
	size_t (*produce)(void *of, uint8_t *to, size_t room);
	void *of;
	pthread_t thread;
	pthread_mutex_t lock;		/* over the counts; who has a block has its bytes */
	pthread_cond_t changed;
	size_t made, emptied;		/* blocks, ever */
	bool stopping;
	struct block blocks[BLOCKS];
};

/* The next block to fill; NULL when nobody wants it. */
static struct block *wait_for_room(struct ahead *a)
{
	struct block *b;

	pthread_mutex_lock(&a->lock);
	while (a->made - a->emptied == BLOCKS && !a->stopping)
		pthread_cond_wait(&a->changed, &a->lock);
	b = a->stopping ? NULL : &a->blocks[a->made % BLOCKS];
	pthread_mutex_unlock(&a->lock);
	return b;
}

static void count(struct ahead *a, size_t *counter)
{
	pthread_mutex_lock(&a->lock);
	++*counter;
	pthread_cond_signal(&a->changed);
	pthread_mutex_unlock(&a->lock);
}

static void *fill_blocks(void *of)
{
	struct ahead *a = of;
	struct block *b;

	while ((b = wait_for_room(a))) {
		b->taken = 0;
		b->len = a->produce(a->of, b->bytes, BLOCK_LEN);
		count(a, &a->made);
		if (!b->len)
			break;
	}
	return NULL;
}

struct ahead *ahead_new(size_t (*produce)(void *of, uint8_t *to, size_t room), void *of)
{
	struct ahead *a = malloc(sizeof(*a));

	if (!a)
		return NULL;
	a->produce = produce;
	a->of = of;
	a->made = a->emptied = 0;
	a->stopping = false;
	pthread_mutex_init(&a->lock, NULL);
	pthread_cond_init(&a->changed, NULL);
	if (!pthread_create(&a->thread, NULL, fill_blocks, a))
		return a;
	pthread_cond_destroy(&a->changed);
	pthread_mutex_destroy(&a->lock);
	free(a);
	return NULL;
}

static struct block *wait_for_bytes(struct ahead *a)
{
	pthread_mutex_lock(&a->lock);
	while (a->made == a->emptied)
		pthread_cond_wait(&a->changed, &a->lock);
	pthread_mutex_unlock(&a->lock);
	return &a->blocks[a->emptied % BLOCKS];
}

size_t ahead_take(struct ahead *a, uint8_t *to, size_t room)
{
	struct block *b = wait_for_bytes(a);
	size_t n = b->len - b->taken < room ? b->len - b->taken : room;

	memcpy(to, b->bytes + b->taken, n);
	b->taken += n;
	if (b->len && b->taken == b->len)	/* the empty one stays: the end is the end */
		count(a, &a->emptied);
	return n;
}

void ahead_free(struct ahead *a)
{
	if (!a)
		return;
	pthread_mutex_lock(&a->lock);
	a->stopping = true;
	pthread_cond_signal(&a->changed);
	pthread_mutex_unlock(&a->lock);
	pthread_join(a->thread, NULL);
	pthread_cond_destroy(&a->changed);
	pthread_mutex_destroy(&a->lock);
	free(a);
}
