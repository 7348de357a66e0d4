/*
 * mutants [-s SEED] [-c CUTS] [-n OTHERS] [-k FILE] CAPTURE...: captures damaged in many ways, one process
 * for all mutants of one capture, and what must hold of each answer. CUTS is how many of the first bytes
 * each capture is cut at one by one, OTHERS how many mutants of each other kind are made of it. With -k
 * each mutant is kept in FILE until the next one: after a crash, what caused it.
 *
 * For every answer fuzz/support_capture.h claims what holds for all: well-formed records, words for
 * damage, no control characters. Beyond that:
 *   cut amid a packet     the same records as cut in front of it, and damage is told with an offset
 *   cut behind a flow     what had failed and was over is still reported as failed
 *   damage behind it all  the same records as without
 *   every packet twice    the same verdicts; neighbours swapped likewise, unless one is a reset or a
 *                         reset was forged
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "answer.h"
#include "packets.h"

struct wish {
	uint64_t seed;
	size_t cuts, others;
	const char *keep;
};

struct subject {
	const char *path, *keep;
	struct bytes file;
	struct packets packets;
	struct answer whole;
	uint64_t random;
	size_t tried, wrong;
};

static void judge(struct subject *s, bool good, const char *what, size_t number)
{
	s->tried++;
	if (good)
		return;
	s->wrong++;
	printf("%s: does not hold: %s (%zu)\n", s->path, what, number);
}

/* xorshift64: the same mutants for the same seed everywhere. */
static uint64_t draw(struct subject *s, uint64_t below)
{
	s->random ^= s->random << 13;
	s->random ^= s->random >> 7;
	s->random ^= s->random << 17;
	return below ? s->random % below : 0;
}

static struct answer ask(const struct subject *s, const struct bytes *b, size_t len, bool told)
{
	FILE *out = s->keep ? fopen(s->keep, "wb") : NULL;

	if (out) {
		fwrite(b->at, 1, len, out);
		fclose(out);
	}
	return answer_of(b->at, len, told);
}

/* ---- cut -------------------------------------------------------------------------------------- */

static bool is_over(const struct subject *s, const struct verdict_line *v)
{
	for (uint64_t frame = v->first_frame; frame <= v->last_frame && frame <= s->packets.count; frame++)
		if (packet_closes(&s->packets, (size_t)frame - 1, v->client_port, v->server_port))
			return true;
	return false;
}

/* Later flows may teach which cause it was, and what did not end may look unfinished; but what is over
 * and failed has failed. */
static bool reports_failures(const struct subject *s, struct answer *front, size_t packets)
{
	answer_parse(front);
	for (size_t i = 0; i < s->whole.count; i++) {
		const struct verdict_line *v = &s->whole.verdicts[i], *now;

		if (v->last_frame > packets || strcmp(v->outcome, "failed") != 0 || !is_over(s, v))
			continue;
		now = verdict_of(front, v->first_frame);
		if (!now || strcmp(now->outcome, "failed") != 0)
			return false;
		if (s->whole.count == 1 && strcmp(now->code, v->code) != 0)
			return false;
	}
	return true;
}

static bool tells_offset(const struct answer *a)
{
	return a->reading.damaged && strstr(a->reading.problem, "byte offset");
}

/* `front` is the answer to the last cut between two packets. */
static void judge_cut(struct subject *s, size_t len, struct answer *front, size_t *front_packets)
{
	bool exactly;
	size_t packets = packets_within(&s->packets, len, &exactly);
	struct answer a = ask(s, &s->file, len, false);

	if (!s->packets.count || len < FILE_HEADER) {
		judge(s, a.reading.opened || a.reading.problem[0], "what is cut is read or refused with words", len);
	} else if (exactly) {
		judge(s, a.reading.opened && !a.reading.damaged, "cut between packets, nothing is damaged", len);
		judge(s, reports_failures(s, &a, packets), "a complete failure in front of a cut is reported", len);
		answer_free(front);
		*front = a;
		*front_packets = packets;
		return;
	} else {
		judge(s, tells_offset(&a), "cut amid a packet, damage is told with its offset", len);
		judge(s, packets == *front_packets && same_records(&a, front),
		      "cut amid a packet, the records are those of the packets before", len);
	}
	answer_free(&a);
}

static void cut_everywhere(struct subject *s, size_t up_to)
{
	struct answer front = { 0 };
	size_t packets = SIZE_MAX;

	for (size_t len = 1; len < s->file.len && len <= up_to; len++)
		judge_cut(s, len, &front, &packets);
	answer_free(&front);
}

/* Later ones, at random: in front of a packet and in it. */
static void cut_later(struct subject *s, size_t count)
{
	for (size_t i = 0; i < count && s->packets.count; i++) {
		const struct piece *piece = &s->packets.at[draw(s, s->packets.count)];
		struct answer front = { 0 };
		size_t packets = SIZE_MAX;

		judge_cut(s, piece->offset, &front, &packets);
		judge_cut(s, piece->offset + 1 + draw(s, piece->len - 1), &front, &packets);
		answer_free(&front);
	}
}

/* ---- other damage ------------------------------------------------------------------------------ */

static struct bytes copy_of(const struct bytes *b)
{
	struct bytes copy = { 0 };

	bytes_add(&copy, b->at, b->len);
	return copy;
}

/* In the file's own fields and everywhere else; nothing is to hold but what holds for all. */
static void flip(struct subject *s, size_t number)
{
	static const uint8_t telling[] = { 0, 1, 0x7f, 0x80, 0xff };
	static const uint8_t times[] = { 1, 1, 3, 30 };
	struct bytes b = copy_of(&s->file);
	struct answer a;

	for (uint8_t i = times[draw(s, sizeof(times))]; i; i--)
		b.at[draw(s, b.len)] = draw(s, 2) ? telling[draw(s, sizeof(telling))] : (uint8_t)draw(s, 256);
	a = ask(s, &b, b.len, number % 8 == 0);
	judge(s, a.reading.opened || a.reading.problem[0], "flipped, it is read or refused with words", number);
	answer_free(&a);
	bytes_free(&b);
}

/* In what the network carried: the file is as good as before. */
static void flip_in_packets(struct subject *s, size_t number)
{
	struct bytes b = copy_of(&s->file);
	struct answer a;

	for (uint64_t i = 1 + draw(s, 10); i; i--) {
		const struct piece *piece = &s->packets.at[draw(s, s->packets.count)];

		if (piece->len > PACKET_HEADER)
			b.at[piece->offset + PACKET_HEADER + draw(s, piece->len - PACKET_HEADER)] ^= (uint8_t)(1 << draw(s, 8));
	}
	a = ask(s, &b, b.len, number % 8 == 0);
	judge(s, a.reading.opened && !a.reading.damaged, "flipped in packets, the file is whole", number);
	answer_free(&a);
	bytes_free(&b);
}

static void judge_whole_file(struct subject *s, struct bytes *b, const char *what, size_t number)
{
	struct answer a = ask(s, b, b->len, number % 8 == 0);

	judge(s, a.reading.opened && !a.reading.damaged, what, number);
	answer_free(&a);
	bytes_free(b);
}

static struct bytes header_of(const struct subject *s)
{
	struct bytes b = { 0 };

	bytes_add(&b, s->file.at, FILE_HEADER);
	return b;
}

static void drop(struct subject *s, size_t number)
{
	struct bytes b = header_of(s);

	for (size_t n = 0; n < s->packets.count; n++)
		if (draw(s, 5))
			packet_add(&b, &s->packets, n, 0, SIZE_MAX);
	judge_whole_file(s, &b, "with packets dropped, the file is whole", number);
}

static void repeat(struct subject *s, size_t number)
{
	struct bytes b = header_of(s);

	for (size_t n = 0; n < s->packets.count; n++)
		for (uint64_t i = draw(s, 3) ? 1 : 1 + draw(s, 5); i; i--)
			packet_add(&b, &s->packets, n, 0, SIZE_MAX);
	judge_whole_file(s, &b, "with packets doubled, the file is whole", number);
}

static void shuffle(struct subject *s, size_t number)
{
	struct bytes b = header_of(s);
	size_t count = s->packets.count, *order = calloc(count, sizeof(*order));

	claim(order, "there is memory");
	for (size_t n = 0; n < count; n++) {
		size_t other = draw(s, n + 1);

		order[n] = order[other];
		order[other] = n;
	}
	for (size_t n = 0; n < count; n++)
		packet_add(&b, &s->packets, order[n], 0, SIZE_MAX);
	free(order);
	judge_whole_file(s, &b, "with packets shuffled, the file is whole", number);
}

static void snap(struct subject *s, size_t number)
{
	struct bytes b = header_of(s);

	for (size_t n = 0; n < s->packets.count; n++)
		packet_add(&b, &s->packets, n, 0, draw(s, 200));
	judge_whole_file(s, &b, "with packets cut short, the file is whole", number);
}

/* ---- what changes no verdict --------------------------------------------------------------------- */

static void judge_verdicts(struct subject *s, struct bytes *b, const char *what, size_t number)
{
	struct answer a = ask(s, b, b->len, false), whole = ask(s, &s->file, s->file.len, false);

	answer_parse(&a);
	answer_parse(&whole);
	judge(s, a.reading.opened && !a.reading.damaged && same_verdicts(&a, &whole), what, number);
	answer_free(&a);
	answer_free(&whole);
	bytes_free(b);
}

static void every_packet_twice(struct subject *s)
{
	struct bytes b = header_of(s);

	for (size_t n = 0; n < s->packets.count; n++) {
		packet_add(&b, &s->packets, n, 0, SIZE_MAX);
		packet_add(&b, &s->packets, n, 2, SIZE_MAX);
	}
	judge_verdicts(s, &b, "every packet twice changes no verdict", 0);
}

/* Whose reset it is hangs on the order of all that stands around it: where that is not the order in which
 * it was sent, nobody can be as sure. */
static bool tells_of_forged_reset(const struct subject *s)
{
	for (size_t i = 0; i < s->whole.count; i++)
		if (!strcmp(s->whole.verdicts[i].code, "reset_injected"))
			return true;
	return false;
}

/* But for resets: who forged one is told by what the endpoint still sent behind it. */
static void neighbours_swapped(struct subject *s, size_t number)
{
	if (tells_of_forged_reset(s))
		return;
	struct bytes b = header_of(s);

	for (size_t n = 0; n < s->packets.count; n++) {
		bool swap = n + 1 < s->packets.count && draw(s, 10) < 3 &&
			    !packet_resets(&s->packets, n) && !packet_resets(&s->packets, n + 1);

		if (swap)
			packet_add(&b, &s->packets, n + 1, 0, SIZE_MAX);
		packet_add(&b, &s->packets, n, 0, SIZE_MAX);
		n += swap;
	}
	judge_verdicts(s, &b, "neighbours swapped change no verdict", number);
}

static void damage_behind(struct subject *s)
{
	static const uint8_t huge[] = { 1, 0, 0, 0, 1, 0, 0, 0, 0xff, 0xff, 0xff, 0x7f, 0xff, 0xff, 0xff, 0x7f };
	static const struct { const uint8_t *at; size_t len; const char *what; } tails[] = {
		{ huge, sizeof(huge), "a huge packet behind it changes no record" },
		{ huge, 9, "half a header behind it changes no record" },
	};

	for (size_t i = 0; i < sizeof(tails) / sizeof(tails[0]); i++) {
		struct bytes b = copy_of(&s->file);
		struct answer a;

		bytes_add(&b, tails[i].at, tails[i].len);
		a = ask(s, &b, b.len, false);
		judge(s, tells_offset(&a) && same_records(&a, &s->whole), tails[i].what, i);
		answer_free(&a);
		bytes_free(&b);
	}
}

/* ---- all of it ----------------------------------------------------------------------------------- */

static void damage(struct subject *s, size_t cuts, size_t others)
{
	cut_everywhere(s, cuts);
	for (size_t i = 0; i < others; i++)
		flip(s, i);
	if (!s->packets.count)
		return;
	cut_later(s, others);
	for (size_t i = 0; i < others; i++) {
		flip_in_packets(s, i);
		drop(s, i);
		repeat(s, i);
		shuffle(s, i);
		snap(s, i);
		neighbours_swapped(s, i);
	}
	every_packet_twice(s);
	damage_behind(s);
}

static struct subject try_capture(const char *path, const struct wish *w)
{
	struct subject s = { .path = path, .keep = w->keep, .file = bytes_of_file(path),
		.random = w->seed * UINT64_C(0x9e3779b97f4a7c15) | 1 };

	s.packets = packets_of(&s.file);
	s.whole = ask(&s, &s.file, s.file.len, true);
	answer_parse(&s.whole);
	damage(&s, w->cuts, w->others);
	answer_free(&s.whole);
	packets_free(&s.packets);
	bytes_free(&s.file);
	return s;
}

struct count {
	size_t tried, wrong;
};

/* In a process of its own: a crash or a leak is its capture's. */
static void begin(const char *path, const struct wish *w, int result)
{
	pid_t child = fork();

	claim(child >= 0, "a process can begin");
	if (child)
		return;
	struct subject s = try_capture(path, w);
	struct count count = { s.tried, s.wrong };
	claim(write(result, &count, sizeof(count)) == sizeof(count), "the parent listens");
	exit(EXIT_SUCCESS);	/* where leaks are looked for */
}

static struct count try_apart(const char *path, const struct wish *w)
{
	struct count count = { 0 };
	int ends[2], status;

	claim(!pipe(ends), "a pipe can be had");
	begin(path, w, ends[1]);
	close(ends[1]);
	bool counted = read(ends[0], &count, sizeof(count)) == sizeof(count);
	close(ends[0]);
	wait(&status);
	if (counted && WIFEXITED(status) && !WEXITSTATUS(status))
		return count;
	printf("%s: ended with status %#x; -k FILE keeps the mutant that did it\n", path, (unsigned)status);
	count.wrong++;
	count.tried += !counted;
	return count;
}

static bool read_options(int argc, char **argv, struct wish *w)
{
	for (int option; (option = getopt(argc, argv, "s:c:n:k:")) != -1; ) {
		size_t value = strtoul(optarg ? optarg : "", NULL, 10);

		switch (option) {
		case 's': w->seed = value; break;
		case 'c': w->cuts = value; break;
		case 'n': w->others = value; break;
		case 'k': w->keep = optarg; break;
		default: return false;
		}
	}
	return true;
}

int main(int argc, char **argv)
{
	struct wish w = { .seed = 1, .cuts = 2000, .others = 10 };
	struct count sum = { 0 };

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (!read_options(argc, argv, &w))
		return EXIT_FAILURE;
	for (int i = optind; i < argc; i++) {
		struct count count = try_apart(argv[i], &w);

		sum.tried += count.tried;
		sum.wrong += count.wrong;
	}
	printf("%zu passed, %zu failed\n", sum.tried - sum.wrong, sum.wrong);
	return sum.wrong ? EXIT_FAILURE : EXIT_SUCCESS;
}
