/* The whole program but its options: a capture file in, both reports out. */
#include <unistd.h>

#include "support_capture.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* small, so that what happens when memory ends happens here too */
	static const struct capture_options options = {
		.memory = 1 << 20, .charge_memory = 1 << 20, .flow_buffer = 1 << 14
	};
	struct paper papers[2];
	char path[PATH_ROOM];
	int fd = file_of(data, size, path);

	paper_open(&papers[0], report_json_new);
	paper_open(&papers[1], report_text_new);
	read_capture(path, &options, (struct report *[]){ papers[0].report, papers[1].report }, 2);
	paper_close(&papers[0], true);
	paper_close(&papers[1], false);
	close(fd);
	return 0;
}
