/* What the command line asks for. */
#ifndef TLSWHY_OPTIONS_H
#define TLSWHY_OPTIONS_H

#include "../analyze/analyze.h"
#include "../capture/capture.h"
#include "../report/report.h"

enum {
	EXIT_OK = 0, EXIT_FOUND = 1, EXIT_TROUBLE = 2,
	TLS_PORTS_MAX = 64,
	PROBLEM_MAX = 512,		/* bytes of a line on what went wrong */
	NS_A_SECOND = 1000000000
};

struct names {
	char **at;		/* owned, as the texts are */
	size_t count, room;
};

struct options {
	struct names inputs;		/* as given: files, directories, "-" */
	struct names interfaces;
	char *filter;			/* owned */
	const char *keylog;
	bool json, all, failed_only, fail;
	bool list_interfaces, no_sandbox;
	const char *user;		/* to become when live; NULL: the default */
	const char *evidence;		/* capture file to be written; NULL: none */
	const char *metrics;		/* file; NULL: none */
	struct output_options output;
	size_t memory;			/* bytes in all */
	size_t workers;			/* threads that read; 0: as many as pay */
	int64_t duration;		/* ns of listening; 0: no end */
	int64_t interval;		/* ns between reports of the state when live; 0: none */
	uint16_t tls_ports[TLS_PORTS_MAX];
	struct analyze_options analyze;
	struct capture_options capture;
	struct capture_live live;
};

/* False: the usage was wrong, and standard error says how. Ends the program after --help and
 * --version. */
bool options_read(struct options *o, int argc, char **argv);
void options_free(struct options *o);

/* inputs.c: the files that these names stand for, directories read recursively and in order. False
 * when one cannot be read, and standard error says which. */
bool inputs_list(const struct names *given, struct names *files);

/* Whether writing to this path would destroy one of the captures that are to be read. */
bool inputs_include(const struct names *given, const char *path);

void names_add(struct names *n, const char *name);
void names_free(struct names *n);

/* One line on standard error. */
__attribute__((format(printf, 1, 2)))
void complain(const char *format, ...);

/* Did all that was printed reach standard output? Complains if it did not. */
bool output_arrived(void);

#endif
