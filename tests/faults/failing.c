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
	const char *descriptor = getenv("FAIL_COUNT");
	char text[24];
	int len = snprintf(text, sizeof(text), "%lu\n", asked);

	if (descriptor && write(atoi(descriptor), text, (size_t)len) != len)
		_exit(99);
}

bool allocation_fails(void)
{
	asked++;
	return fail_at && (fail_on ? asked >= fail_at : asked == fail_at);
}
