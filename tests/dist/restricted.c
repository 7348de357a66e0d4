/*
 * restricted CALLS FAMILIES PROGRAM [ARGUMENT ...]: runs a program under the filters that systemd would
 * set for a unit. CALLS is a file with the names of the system calls that it may make, FAMILIES the
 * numbers of the address families, by commas; memory is never to be written and executed. What is not
 * allowed fails with EPERM. Wants no_new_privs to be set.
 */
#include <errno.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { NAME_LEN = 64, FAMILIES_MAX = 64 };

static void die(const char *what)
{
	fprintf(stderr, "restricted: %s: %s\n", what, strerror(errno));
	exit(2);
}

static void must(int status)
{
	if (!status)
		return;
	errno = -status;
	die("seccomp");
}

/* Names that this library or architecture does not know are no calls that could be made. */
static void allow_calls(scmp_filter_ctx filter, const char *path)
{
	char name[NAME_LEN];
	FILE *f = fopen(path, "r");

	if (!f)
		die(path);
	while (fscanf(f, "%63s", name) == 1) {
		int call = seccomp_syscall_resolve_name(name);

		if (call != __NR_SCMP_ERROR && call != SCMP_SYS(socket) && call != SCMP_SYS(mmap) &&
		    call != SCMP_SYS(mprotect))
			must(seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 0));
	}
	fclose(f);
}

static void allow_families(scmp_filter_ctx filter, char *families)
{
	for (char *one = strtok(families, ","); one; one = strtok(NULL, ","))
		must(seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(socket), 1,
				      SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)atoi(one), 0)));
}

static void deny_write_and_execute(scmp_filter_ctx filter)
{
	const scmp_datum_t both = PROT_WRITE | PROT_EXEC;

	for (scmp_datum_t allowed = 0; allowed < both; allowed += PROT_WRITE)
		must(seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1,
				      SCMP_A2(SCMP_CMP_MASKED_EQ, both, allowed)));
	must(seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1,
			      SCMP_A2(SCMP_CMP_MASKED_EQ, both, PROT_EXEC)));
	must(seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1,
			      SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)));
}

int main(int argc, char **argv)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));

	if (argc < 4 || !filter) {
		fputs("usage: restricted CALLS FAMILIES PROGRAM [ARGUMENT ...]\n", stderr);
		return 2;
	}
	allow_calls(filter, argv[1]);
	allow_families(filter, argv[2]);
	deny_write_and_execute(filter);
	must(seccomp_load(filter));
	seccomp_release(filter);
	execv(argv[3], argv + 3);
	die(argv[3]);
}
