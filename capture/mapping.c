#include "mapping.h"

#include <errno.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
	WORTH_IT = 256 * 1024,
	STRETCH = 1024 * 1024	/* made ready at a time: few system calls, and little that counts as memory in use */
};

static uint64_t page_of(uint64_t offset)
{
	return offset & ~((uint64_t)sysconf(_SC_PAGESIZE) - 1);
}

/*
 * The page was there when it was made ready, and its file has been cut off since: zeros take its place.
 * Whatever else raises this signal does so again and ends the program.
 */
static void put_zeros(int number, siginfo_t *info, void *context)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	void *at = (void *)((uintptr_t)info->si_addr & ~(uintptr_t)(page - 1));

	(void)context;
	if (info->si_code != BUS_ADRERR ||
	    mmap(at, page, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED)
		signal(number, SIG_DFL);
}

static bool survive_truncation(void)
{
	struct sigaction action = { .sa_sigaction = put_zeros, .sa_flags = SA_SIGINFO };

	return !sigaction(SIGBUS, &action, NULL);
}

bool mapping_open(struct mapping *m, int fd, uint64_t len)
{
	*m = (struct mapping){ 0 };
	if (len < WORTH_IT || len > SIZE_MAX || !survive_truncation())
		return false;
	void *at = mmap(NULL, (size_t)len, PROT_READ, MAP_PRIVATE, fd, 0);
	if (at == MAP_FAILED)
		return false;
	*m = (struct mapping){ .at = at, .len = len };
	return true;
}

static void give_back(struct mapping *m, uint64_t before)
{
	if (before > m->gone)
		munmap(m->at + m->gone, (size_t)(before - m->gone));
	m->gone = before;
}

void mapping_close(struct mapping *m)
{
	if (m->at)
		give_back(m, m->len);
	*m = (struct mapping){ 0 };
}

bool mapping_move(struct mapping *m, uint64_t from, uint64_t to)
{
	uint64_t start = page_of(m->ready), end = m->ready + STRETCH > to ? m->ready + STRETCH : to;

	if (to > m->len)
		return false;
	if (end > m->len)
		end = m->len;
	/* Kernels before 5.14 do not know this; there pages come when they are looked at. */
	if (madvise(m->at + start, (size_t)(end - start), MADV_POPULATE_READ) && errno != EINVAL)
		return false;
	give_back(m, page_of(from));
	m->ready = end;
	return true;
}
