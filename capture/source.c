#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ahead.h"
#include "capture.h"
#include "decompress.h"
#include "mapping.h"
#include "source.h"

enum {
	WINDOW_START = 512 * 1024,	/* holds the largest frame, stays in a core's cache */
	RAW_BLOCK = 128 * 1024,		/* compressed bytes read at a time */
	AHEAD_FROM = 256 * 1024,	/* compressed bytes: less is not worth a thread */
	MAGIC_LEN = 4,			/* tells gzip from zstd from anything else */
	DAMAGE_MAX = 160
};

struct stream {
	int fd;
	int wake;		/* 0: none */
	struct mapping mapping;	/* the window lies in here as long as there is one */
	uint8_t *buffer;	/* the window lies in here */
	size_t size;
	struct decompressor *decompressor;	/* NULL: plain */
	struct ahead *ahead;	/* who decompresses, with all that is below until it is done; NULL: we do */
	uint8_t *raw;		/* read and not yet decoded; for plain input its first bytes */
	struct reader raw_left;
	_Atomic uint64_t raw_read;	/* bytes that came from fd */
	uint64_t total;		/* length of the file, 0 if unknown */
	bool worth_a_thread;	/* that decompresses, and is not there yet */
	bool ended;
	char damage[DAMAGE_MAX];
};

/* False when the caller is wanted while nothing is there to be read. */
static bool wait_for_bytes(const struct stream *t)
{
	struct pollfd ends[] = { { .events = POLLIN }, { .events = POLLIN } };

	if (t->total || t->wake <= 0)	/* files never wait, and may be read by another thread */
		return true;
	ends[0].fd = t->fd;
	ends[1].fd = t->wake;
	while (poll(ends, 2, -1) < 0 && errno == EINTR)
		;
	return ends[0].revents || !ends[1].revents;
}

static size_t read_some(struct stream *t, uint8_t *to, size_t room)
{
	ssize_t got;

	if (!wait_for_bytes(t))
		return 0;
	do {
		got = read(t->fd, to, room);
	} while (got < 0 && errno == EINTR);
	if (got < 0)
		snprintf(t->damage, sizeof(t->damage), "cannot read on: %s", strerror(errno));
	if (got <= 0)
		return 0;
	t->raw_read += (uint64_t)got;
	return (size_t)got;
}

static bool refill_raw(struct stream *t)
{
	size_t got = read_some(t, t->raw, RAW_BLOCK);

	t->raw_left = reader_of(t->raw, got);
	return got > 0;
}

static size_t produce_plain(struct stream *t, uint8_t *to, size_t room)
{
	size_t sniffed = left(&t->raw_left) < room ? left(&t->raw_left) : room;

	if (!sniffed)
		return read_some(t, to, room);
	memcpy(to, take(&t->raw_left, sniffed), sniffed);
	return sniffed;
}

static size_t decode_some(struct stream *t, uint8_t *to, size_t room)
{
	for (;;) {
		size_t made;
		const char *wrong = decompress(t->decompressor, &t->raw_left, to, room, &made);
		if (wrong)
			snprintf(t->damage, sizeof(t->damage),
				 "the compressed data is damaged near its byte %llu: %s",
				 (unsigned long long)(t->raw_read - left(&t->raw_left)), wrong);
		if (wrong || made)
			return made;
		if (more(&t->raw_left) || refill_raw(t))
			continue;
		if (!decompressor_may_end(t->decompressor) && !t->damage[0])
			snprintf(t->damage, sizeof(t->damage),
				 "the compressed data is cut off at its byte %llu",
				 (unsigned long long)t->raw_read);
		return 0;
	}
}

static size_t decode_ahead(void *of, uint8_t *to, size_t room)
{
	struct stream *t = of;

	return t->damage[0] ? 0 : decode_some(t, to, room);
}

/* More of what the capture is; 0 at its end. */
static size_t produce(struct stream *t, uint8_t *to, size_t room)
{
	if (t->worth_a_thread)
		t->ahead = ahead_new(decode_ahead, t);
	t->worth_a_thread = false;
	if (t->ahead)
		return ahead_take(t->ahead, to, room);
	if (t->damage[0])
		return 0;
	return t->decompressor ? decode_some(t, to, room) : produce_plain(t, to, room);
}

/* A buffer of n bytes at least; what is in it stays. False without memory: then nothing more comes. */
static bool make_room(struct stream *t, size_t n)
{
	if (n <= t->size)
		return true;
	uint8_t *larger = realloc(t->buffer, n);
	if (!larger) {
		ahead_free(t->ahead);	/* which may be at the rest of this, too */
		t->ahead = NULL;
		snprintf(t->damage, sizeof(t->damage), "no memory for a block of %zu bytes", n);
		t->ended = true;
		return false;
	}
	t->buffer = larger;
	t->size = n;
	return true;
}

void source_wake(struct source *s, int wake)
{
	s->stream->wake = wake;
}

static bool fill_from_mapping(struct source *s, size_t n)
{
	struct stream *t = s->stream;
	uint64_t from = source_offset(s);

	if (!mapping_move(&t->mapping, from, from + n))
		return false;
	s->window = reader_of(t->mapping.at + from, (size_t)(t->mapping.ready - from));
	s->window_end = t->mapping.ready;
	t->raw_read = t->mapping.ready;
	return true;
}

/* What comes behind the mapping, in a file that grows, or what cannot be mapped, is read. */
static void leave_mapping(struct source *s)
{
	struct stream *t = s->stream;
	size_t have = left(&s->window);

	if (!make_room(t, have))
		have = 0;
	if (lseek(t->fd, (off_t)s->window_end, SEEK_SET) < 0)
		t->ended = true;
	memcpy(t->buffer, s->window.at, have);
	s->window = reader_of(t->buffer, have);
	mapping_close(&t->mapping);
}

bool source_fill(struct source *s, size_t n)
{
	struct stream *t = s->stream;

	if (n > SOURCE_PEEK_MAX)
		return false;
	if (t->mapping.at) {
		if (fill_from_mapping(s, n))
			return true;
		leave_mapping(s);
	}
	size_t have = left(&s->window);
	if (t->ended && have < n)
		return false;
	if (have)
		memmove(t->buffer, s->window.at, have);
	s->window = reader_of(t->buffer, have);
	make_room(t, n);
	while (have < n && !t->ended) {
		uint8_t *to = t->buffer + have;
		size_t got = produce(t, to, t->size - have);
		have += got;
		s->window_end += got;
		t->ended = got == 0;
	}
	s->window = reader_of(t->buffer, have);
	return have >= n;
}

bool source_skip_far(struct source *s, uint64_t n)
{
	while (n > left(&s->window)) {
		n -= left(&s->window);
		take(&s->window, left(&s->window));
		if (!source_fill(s, 1))
			return false;
	}
	take(&s->window, (size_t)n);
	return true;
}

const char *source_damage(const struct source *s)
{
	return s->stream->damage[0] ? s->stream->damage : NULL;
}

double source_progress(const struct source *s)
{
	const struct stream *t = s->stream;

	if (!t->total)
		return -1;
	uint64_t waiting = t->decompressor ? 0 : left(&t->raw_left) + left(&s->window);
	double done = (double)(t->raw_read - waiting) / (double)t->total;
	return done > 1 ? 1 : done;
}

static bool fail(char *problem, size_t len, const char *path, const char *why)
{
	snprintf(problem, len, "%s: %s", path, why);
	return false;
}

static bool open_descriptor(struct stream *t, const char *path, char *problem, size_t len)
{
	struct stat st;

	if (strcmp(path, "-") == 0)
		t->fd = dup(STDIN_FILENO);
	else
		t->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (t->fd < 0)
		return fail(problem, len, path, strerror(errno));
	if (fstat(t->fd, &st) < 0)
		return fail(problem, len, path, strerror(errno));
	if (S_ISDIR(st.st_mode))
		return fail(problem, len, path, "is a directory");
	if (S_ISREG(st.st_mode) && st.st_size > 0)
		t->total = (uint64_t)st.st_size;
	(void)posix_fadvise(t->fd, 0, 0, POSIX_FADV_SEQUENTIAL);	/* pipes refuse it */
	return true;
}

/* Reads the first bytes and lets them say how the rest is to be decoded. */
static bool detect_compression(struct stream *t, const char *path, char *problem, size_t len)
{
	size_t have = 0;

	for (size_t got = 1; have < MAGIC_LEN && got; have += got)
		got = read_some(t, t->raw + have, RAW_BLOCK - have);
	if (t->damage[0])
		return fail(problem, len, path, t->damage);
	t->raw_left = reader_of(t->raw, have);
	enum compression kind = compression_of(t->raw_left);
	if (kind == COMPRESSION_NONE)
		return true;
	t->decompressor = decompressor_new(kind);
	t->worth_a_thread = t->total >= AHEAD_FROM;
	return t->decompressor || fail(problem, len, path, "no memory");
}

/* Instead of reading it, where that can be. */
static void map(struct stream *t)
{
	if (!mapping_open(&t->mapping, t->fd, t->total))
		return;
	t->raw_left = reader_of(t->raw, 0);
	t->raw_read = 0;
}

bool source_open(struct source *s, const char *path, char *problem, size_t problem_len)
{
	struct stream *t = calloc(1, sizeof(*t));

	*s = (struct source){ .stream = t };
	if (!t)
		return fail(problem, problem_len, path, "no memory");
	t->fd = -1;
	t->size = WINDOW_START;
	t->buffer = malloc(WINDOW_START);
	t->raw = malloc(RAW_BLOCK);
	if (!t->buffer || !t->raw)
		fail(problem, problem_len, path, "no memory");
	else if (open_descriptor(t, path, problem, problem_len) &&
		 detect_compression(t, path, problem, problem_len)) {
		if (!t->decompressor && strcmp(path, "-") != 0)
			map(t);
		return true;
	}
	source_close(s);
	return false;
}

void source_close(struct source *s)
{
	struct stream *t = s->stream;

	if (!t)
		return;
	ahead_free(t->ahead);
	mapping_close(&t->mapping);
	if (t->fd >= 0)
		close(t->fd);
	decompressor_free(t->decompressor);
	free(t->raw);
	free(t->buffer);
	free(t);
	s->stream = NULL;
}

bool capture_can_be_shared(const char *path)
{
	char problem[DAMAGE_MAX];
	struct source s;
	bool can;

	if (!source_open(&s, path, problem, sizeof(problem)))
		return false;
	can = s.stream->total && !s.stream->decompressor;
	source_close(&s);
	return can;
}
