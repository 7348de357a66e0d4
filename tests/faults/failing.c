#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "failing.h"

static unsigned long asked, fail_at;
static bool fail_on;

/* A constructor, because the environment must not be asked from inside an allocation. */
__attribute__((constructor)) static void read_wish(void)
{
	const char *at = getenv("FAIL_AT");

	fail_at = at ? asked + strtoul(at, NULL, 10) : 0;
	fail_on = getenv("FAIL_ON") != NULL;
	asked = at ? asked : 0;
}

__attribute__((destructor)) static void tell_count(void)
{
	const char *path = getenv("FAIL_COUNT");
	char text[24];
	int fd = path ? open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600) : -1;

	if (fd < 0)
		return;
	int len = snprintf(text, sizeof(text), "%lu\n", asked);
	if (write(fd, text, (size_t)len) != len)
		_exit(99);
	close(fd);
}

bool allocation_fails(void)
{
	asked++;
	return fail_at && (fail_on ? asked >= fail_at : asked == fail_at);
}
