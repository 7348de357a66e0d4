#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "../must.h"
#include "report.h"

enum {
	QUEUE_DEFAULT = 8 << 20,
	RECORD_FIRST = 4096,
	TOGETHER_BYTES = 64 << 10,	/* that are worth a write */
	TOGETHER_RECORDS = 64,
	TOGETHER_MS = 5,		/* that a record waits for others to be written with */
	CLOSE_SECONDS = 5	/* that a reader who stands still can delay the end */
};

struct record {
	struct record *next;
	size_t len;
	char bytes[];
};

struct output {
	struct output_options options;
	FILE *stream;
	char *draft;			/* what is not committed yet */
	size_t draft_len, draft_room;

	pthread_t thread;
	pthread_mutex_t lock;		/* of all that follows */
	pthread_cond_t changed;		/* by the thread */
	pthread_cond_t arrived;
	size_t wanted;			/* bytes that the thread waits for */
	struct record *first, *last;
	size_t waiting;			/* bytes of them */
	uint64_t dropped;
	bool reopen, closing, over;
	int error;

	/* of the thread alone */
	int fd;
	uint64_t written;
	time_t opened;
};

/* ---- the file --------------------------------------------------------------------------- */

static int open_path(const char *path)
{
	return open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
}

static bool open_file(struct output *o)
{
	o->fd = o->options.path ? open_path(o->options.path) : STDOUT_FILENO;
	if (o->fd < 0)
		return false;
	off_t end = o->options.path ? lseek(o->fd, 0, SEEK_END) : 0;
	o->written = end > 0 ? (uint64_t)end : 0;
	o->opened = time(NULL);
	return true;
}

static void close_file(struct output *o)
{
	if (o->options.path && o->fd >= 0)
		close(o->fd);
	o->fd = -1;
}

/* PATH.1 becomes PATH.2 and so on; what would exceed `keep` is overwritten. */
static void shift_files(const char *path, unsigned keep)
{
	size_t room = strlen(path) + 16;
	char *from = malloc(room), *to = malloc(room);

	for (unsigned n = keep; from && to && n; n--) {
		snprintf(to, room, "%s.%u", path, n);
		snprintf(from, room, n > 1 ? "%s.%u" : "%s", path, n - 1);
		rename(from, to);	/* most do not exist yet */
	}
	free(from);
	free(to);
}

static bool rotation_is_due(const struct output *o, size_t len)
{
	const struct output_options *p = &o->options;

	if (!p->path || !o->written)
		return false;
	return (p->rotate_size && o->written + len > p->rotate_size) ||
	       (p->rotate_time && (int64_t)(time(NULL) - o->opened) * 1000000000 >= p->rotate_time);
}

/* What is left of `count` parts after so many bytes. */
static struct iovec *behind(struct iovec *parts, size_t *count, size_t bytes)
{
	while (*count && bytes >= parts->iov_len) {
		bytes -= parts->iov_len;
		parts++;
		--*count;
	}
	if (*count) {
		parts->iov_base = (char *)parts->iov_base + bytes;
		parts->iov_len -= bytes;
	}
	return parts;
}

static bool write_whole(int fd, struct iovec *parts, size_t count)
{
	while (count) {
		ssize_t put = writev(fd, parts, (int)count);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return false;
		parts = behind(parts, &count, (size_t)put);
	}
	return true;
}

/* Files begin and end between two records. */
static bool write_records(struct output *o, const struct record *r, bool reopen)
{
	struct iovec parts[TOGETHER_RECORDS];
	size_t count = 0;

	for (; r; r = r->next) {
		bool rotate = rotation_is_due(o, r->len);

		if (o->options.path && (rotate || reopen)) {
			if (!write_whole(o->fd, parts, count))
				return false;
			count = 0;
			close_file(o);
			if (rotate)
				shift_files(o->options.path, o->options.keep);
			if (!open_file(o))
				return false;
		}
		reopen = false;
		o->written += r->len;
		parts[count++] = (struct iovec){ (void *)(uintptr_t)r->bytes, r->len };
	}
	return write_whole(o->fd, parts, count);
}

/* ---- the queue -------------------------------------------------------------------------- */

static struct record *pop(struct output *o)
{
	struct record *r = o->first;

	o->first = r->next;
	if (!o->first)
		o->last = NULL;
	o->waiting -= r->len;
	return r;
}

static void free_records(struct record *r)
{
	for (struct record *next; r; r = next) {
		next = r->next;
		free(r);
	}
}

/* The oldest records, a write's worth of them. */
static struct record *pop_some(struct output *o)
{
	struct record *all = o->first, **end = &all;
	size_t bytes = 0;

	for (int n = 0; n < TOGETHER_RECORDS && o->first && bytes < TOGETHER_BYTES; n++) {
		*end = pop(o);
		bytes += (*end)->len;
		end = &(*end)->next;
	}
	*end = NULL;
	return all;
}

/* Until there is something to write, and a little longer for more. */
static void wait_for_records(struct output *o)
{
	struct timespec until;

	o->wanted = 1;
	while (!o->first && !o->closing)
		pthread_cond_wait(&o->arrived, &o->lock);
	o->wanted = o->options.queue / 2 < TOGETHER_BYTES ? o->options.queue / 2 : TOGETHER_BYTES;
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += TOGETHER_MS * 1000000;
	until.tv_sec += until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	while (o->waiting < o->wanted && !o->closing)
		if (pthread_cond_clockwait(&o->arrived, &o->lock, CLOCK_MONOTONIC, &until))
			break;
	o->wanted = 0;
}

/* The thread: one write after the other, until the end or an error. */
static void *write_on(void *of)
{
	struct output *o = of;

	pthread_mutex_lock(&o->lock);
	for (;;) {
		wait_for_records(o);
		if (!o->first || o->error)
			break;
		struct record *some = pop_some(o);
		bool reopen = o->reopen;

		o->reopen = false;
		pthread_mutex_unlock(&o->lock);
		bool good = write_records(o, some, reopen);
		int error = good ? 0 : errno;

		free_records(some);
		pthread_mutex_lock(&o->lock);
		o->error = error;
		pthread_cond_broadcast(&o->changed);
	}
	o->over = true;
	pthread_cond_broadcast(&o->changed);
	pthread_mutex_unlock(&o->lock);
	return NULL;
}

static void push(struct output *o, struct record *r)
{
	while (o->options.patient && o->first && o->waiting + r->len > o->options.queue && !o->error)
		pthread_cond_wait(&o->changed, &o->lock);
	while (!o->options.patient && o->first && o->waiting + r->len > o->options.queue) {
		free(pop(o));
		o->dropped++;
	}
	if (o->last)
		o->last->next = r;
	else
		o->first = r;
	o->last = r;
	o->waiting += r->len;
	if (o->wanted && o->waiting >= o->wanted)
		pthread_cond_signal(&o->arrived);
}

bool output_commit(struct output *o)
{
	struct record *r;
	int error;

	if (fflush(o->stream))
		return false;
	if (!o->draft_len)
		return true;
	r = must(malloc(sizeof(*r) + o->draft_len));
	*r = (struct record){ .len = o->draft_len };
	memcpy(r->bytes, o->draft, o->draft_len);
	o->draft_len = 0;
	pthread_mutex_lock(&o->lock);
	push(o, r);
	error = o->error;
	pthread_mutex_unlock(&o->lock);
	errno = error;
	return !error;
}

static ssize_t add_to_draft(void *of, const char *bytes, size_t len)
{
	struct output *o = of;

	if (o->draft_len + len > o->draft_room) {
		size_t room = o->draft_room ? o->draft_room * 2 : RECORD_FIRST;

		while (room < o->draft_len + len)
			room *= 2;
		char *draft = realloc(o->draft, room);

		if (!draft)
			return 0;	/* the stream's error; errno says why */
		o->draft = draft;
		o->draft_room = room;
	}
	memcpy(o->draft + o->draft_len, bytes, len);
	o->draft_len += len;
	return (ssize_t)len;
}

/* ---- life ------------------------------------------------------------------------------- */

static void release(struct output *o)
{
	while (o->first)
		free(pop(o));
	if (o->stream)
		fclose(o->stream);
	close_file(o);
	pthread_cond_destroy(&o->changed);
	pthread_cond_destroy(&o->arrived);
	pthread_mutex_destroy(&o->lock);
	free(o->draft);
	free(o);
}

static bool begin(struct output *o)
{
	const cookie_io_functions_t functions = { .write = add_to_draft };

	if (!open_file(o))
		return false;
	o->stream = fopencookie(o, "w", functions);
	if (!o->stream)
		return false;
	errno = pthread_create(&o->thread, NULL, write_on, o);
	return errno == 0;
}

struct output *output_open(const struct output_options *options, char *problem, size_t problem_len)
{
	struct output *o = calloc(1, sizeof(*o));

	if (!o) {
		snprintf(problem, problem_len, "no memory");
		return NULL;
	}
	o->options = *options;
	if (!o->options.queue)
		o->options.queue = QUEUE_DEFAULT;
	pthread_mutex_init(&o->lock, NULL);
	pthread_cond_init(&o->changed, NULL);
	pthread_cond_init(&o->arrived, NULL);
	if (begin(o))
		return o;
	snprintf(problem, problem_len, "%s: %s", options->path ? options->path : "standard output",
		 strerror(errno));
	release(o);
	return NULL;
}

FILE *output_stream(struct output *o)
{
	return o->stream;
}

void output_reopen(struct output *o)
{
	pthread_mutex_lock(&o->lock);
	o->reopen = true;
	pthread_mutex_unlock(&o->lock);
}

uint64_t output_dropped(struct output *o)
{
	uint64_t dropped;

	pthread_mutex_lock(&o->lock);
	dropped = o->dropped;
	pthread_mutex_unlock(&o->lock);
	return dropped;
}

/* Whether the thread came to its end in time. */
static bool wait_for_thread(struct output *o)
{
	struct timespec until;
	int status = 0;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += CLOSE_SECONDS;
	while (!o->over && !status)
		status = o->options.patient ? pthread_cond_wait(&o->changed, &o->lock)
					    : pthread_cond_clockwait(&o->changed, &o->lock, CLOCK_MONOTONIC, &until);
	return o->over;
}

bool output_close(struct output *o)
{
	bool over;
	int error;

	if (!o)
		return true;
	fflush(o->stream);
	pthread_mutex_lock(&o->lock);
	o->closing = true;
	pthread_cond_signal(&o->arrived);
	over = wait_for_thread(o);
	error = over ? o->error : ETIMEDOUT;
	pthread_mutex_unlock(&o->lock);
	if (over) {
		pthread_join(o->thread, NULL);
		release(o);
	}	/* else the thread still uses it, until the program ends */
	errno = error;
	return !error;
}
