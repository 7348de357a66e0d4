/*
 * The allocator of the whole process, guest libraries included, with the failures that failing.c
 * wants. The executable's symbols come before the C library's.
 */
#include <errno.h>
#include <stddef.h>

#include "failing.h"

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);
void *malloc(size_t size);
void *calloc(size_t count, size_t size);
void *realloc(void *old, size_t size);

static void *none(void)
{
	errno = ENOMEM;
	return NULL;
}

void *malloc(size_t size)
{
	return allocation_fails() ? none() : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
	return allocation_fails() ? none() : __libc_calloc(count, size);
}

void *realloc(void *old, size_t size)
{
	return allocation_fails() ? none() : __libc_realloc(old, size);
}
