#include <stdio.h>
#include <stdlib.h>

#include <pcap/dlt.h>

#include "format.h"

int link_type_of(uint32_t linktype)
{
	enum { LINKTYPE_ATM_RFC1483 = 100, LINKTYPE_RAW = 101, OPENBSD_RAW = 14 };

	/* The numbers agree but for those that systems disagreed on; few of these carry IP. */
	if (linktype == LINKTYPE_ATM_RFC1483)
		return DLT_ATM_RFC1483;
	if (linktype == LINKTYPE_RAW || linktype == OPENBSD_RAW)
		return DLT_RAW;
	return linktype <= INT16_MAX ? (int)linktype : -1;
}

enum input_result file_broke(struct file *f, uint64_t offset, const char *why)
{
	const char *deeper = source_damage(&f->source);

	snprintf(f->problem, sizeof(f->problem), "%s: packet %llu at byte offset %llu: %s", f->path,
		 (unsigned long long)(f->frames + 1), (unsigned long long)offset,
		 deeper ? deeper : why);
	return INPUT_DAMAGED;
}

static bool looks_like_text(struct reader start)
{
	if (!more(&start))
		return false;
	while (more(&start)) {
		uint8_t c = take_u8(&start);
		if (c != '\t' && c != '\n' && c != '\r' && (c < ' ' || c > '~'))
			return false;
	}
	return true;
}

/* Why something that is neither pcap nor pcapng is not, in words that help. */
static const char *what_else(struct reader start)
{
	static const struct {
		const char *magic, *words;
	} known[] = {
		{ "\xfd" "7zXZ", "compressed by xz: decompress it first" },
		{ "BZh", "compressed by bzip2: decompress it first" },
		{ "\x04\x22\x4d\x18", "compressed by lz4: decompress it first" },
		{ "PK\x03\x04", "a zip archive: unpack it first" },
		{ "7z\xbc\xaf", "a 7z archive: unpack it first" },
		{ "snoop", "a snoop file: convert it by editcap first" },
		{ "\x7f" "ELF", "a program, not a capture file" },
	};
	size_t len = left(&start);

	if (!len)
		return "an empty file, not a capture";
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		size_t magic_len = strlen(known[i].magic);
		if (len >= magic_len && memcmp(start.at, known[i].magic, magic_len) == 0)
			return known[i].words;
	}
	if (looks_like_text(start))
		return "a text file, not a capture (pcap or pcapng)";
	return "not a capture file (pcap or pcapng)";
}

/* Which format it is, by the first four bytes; NULL or why it is none. */
static const char *open_format(struct file *f)
{
	enum { MAGIC = 4, SAMPLE = 64 };
	const char *why = NULL;

	source_peek(&f->source, SAMPLE);
	if (source_damage(&f->source) && left(&f->source.window) < MAGIC)
		return source_damage(&f->source);
	size_t len = left(&f->source.window) < SAMPLE ? left(&f->source.window) : SAMPLE;
	struct reader start = reader_of(f->source.window.at, len);
	struct reader r = start;
	uint32_t magic = take_u32(&r);
	if (!read_ok(&r))
		return what_else(start);
	if (magic == PCAPNG_MAGIC)
		return pcapng_open(f, &why) ? NULL : why;
	if (classic_magic(magic))
		return classic_open(f, magic, &why) ? NULL : why;
	return what_else(start);
}

struct file *file_open(const char *path, char *problem, size_t problem_len)
{
	struct file *f = calloc(1, sizeof(*f));

	if (!f || !(f->path = strdup(strcmp(path, "-") == 0 ? "standard input" : path))) {
		snprintf(problem, problem_len, "%s: no memory", path);
		free(f);
		return NULL;
	}
	if (!source_open(&f->source, path, problem, problem_len)) {
		file_close(f);
		return NULL;
	}
	const char *why = open_format(f);
	if (!why)
		return f;
	snprintf(problem, problem_len, "%s: %s", f->path, why);
	file_close(f);
	return NULL;
}

void file_wake(struct file *f, int wake)
{
	source_wake(&f->source, wake);
}

enum input_result file_next(struct file *f, struct frame *out)
{
	return f->next(f, out);
}

size_t file_more(struct file *f, struct frame *out, size_t max)
{
	size_t count = 0;

	while (count < max && f->at_hand(f, &out[count]))
		count++;
	return count;
}

int file_link_type(const struct file *f)
{
	return f->link_type;
}

const char *file_problem(const struct file *f)
{
	return f->problem;
}

uint64_t file_dropped_kernel(const struct file *f)
{
	return f->dropped_kernel;
}

uint64_t file_dropped_interface(const struct file *f)
{
	return f->dropped_interface;
}

double file_progress(const struct file *f)
{
	return source_progress(&f->source);
}

void file_close(struct file *f)
{
	if (!f)
		return;
	source_close(&f->source);
	free(f->interfaces);
	free(f->path);
	free(f);
}

/* ---- as an input ------------------------------------------------------------------------ */

static enum input_result next_of(void *of, struct frame *out)
{
	return file_next(of, out);
}

static size_t more_of(void *of, struct frame *out, size_t max)
{
	return file_more(of, out, max);
}

static int link_type_of_file(const void *of)
{
	return file_link_type(of);
}

static void drops_of(void *of, uint64_t *kernel, uint64_t *interface)
{
	*kernel = file_dropped_kernel(of);
	*interface = file_dropped_interface(of);
}

static const char *problem_of(const void *of)
{
	return file_problem(of);
}

static double progress_of(const void *of)
{
	return file_progress(of);
}

static void close_of(void *of)
{
	file_close(of);
}

struct input file_input(struct file *f)
{
	return (struct input){
		.of = f, .next = next_of, .more = more_of, .link_type = link_type_of_file,
		.drops = drops_of, .problem = problem_of, .progress = progress_of, .close = close_of,
	};
}
