/* From what the command line names to the files that are read. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "../must.h"
#include "options.h"

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void add_input(struct names *files, bool *good, const char *path, bool given);

static void add_directory(struct names *files, bool *good, const char *path)
{
	DIR *d = opendir(path);
	struct names entries = { 0 };
	struct dirent *e;

	if (!d) {
		complain("%s: %s", path, strerror(errno));
		*good = false;
		return;
	}
	while ((e = readdir(d))) {
		char *full;

		if (e->d_name[0] == '.')
			continue;
		if (asprintf(&full, "%s/%s", path, e->d_name) < 0)
			must(NULL);
		names_add(&entries, full);
		free(full);
	}
	closedir(d);
	if (entries.count)
		qsort(entries.at, entries.count, sizeof(*entries.at), by_name);
	for (size_t i = 0; i < entries.count; i++)
		add_input(files, good, entries.at[i], false);
	names_free(&entries);
}

/* In a directory only what is named like a capture is read; what is given by name is always tried. */
static bool named_like_capture(const char *path)
{
	static const char *const endings[] = { ".pcap", ".pcapng", ".cap", ".dmp", ".ntar" };
	size_t len = strlen(path);

	if (len > 3 && !strcmp(path + len - 3, ".gz"))
		len -= 3;
	else if (len > 4 && !strcmp(path + len - 4, ".zst"))
		len -= 4;
	for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
		size_t n = strlen(endings[i]);

		if (len > n && !strncmp(path + len - n, endings[i], n))
			return true;
	}
	return strstr(path, ".pcap") != NULL;	/* tcpdump -C: name.pcap1 */
}

static void add_input(struct names *files, bool *good, const char *path, bool given)
{
	struct stat st;

	if (strcmp(path, "-") != 0 && !stat(path, &st) && S_ISDIR(st.st_mode))
		add_directory(files, good, path);
	else if (given || named_like_capture(path))
		names_add(files, path);
}

bool inputs_include(const struct names *given, const char *path)
{
	struct stat file, input;

	if (stat(path, &file))
		return false;
	for (size_t i = 0; i < given->count; i++)
		if (!stat(given->at[i], &input) && S_ISREG(input.st_mode) && input.st_dev == file.st_dev &&
		    input.st_ino == file.st_ino)
			return true;
	return false;
}

bool inputs_list(const struct names *given, struct names *files)
{
	bool good = true;

	for (size_t i = 0; i < given->count; i++)
		add_input(files, &good, given->at[i], true);
	return good;
}
