/* The whole program but its options: a capture file through all rooms. */
#ifndef TLSWHY_FUZZ_SUPPORT_CAPTURE_H
#define TLSWHY_FUZZ_SUPPORT_CAPTURE_H

#include "support.h"

enum { PROBLEM_ROOM = 512 };

/* What reading one file came to. */
struct reading {
	bool opened;
	bool damaged;			/* read up to some damage */
	char problem[PROBLEM_ROOM];	/* why it was not opened, or what is damaged */
};

/* Reads the file and has all reports told; they stay open. Claims what holds for every input. */
struct reading read_capture(const char *path, const struct capture_options *options, struct report *const *reports,
			    size_t report_count);

#endif
