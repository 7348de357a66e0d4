/*
 * What the program gives away before it reads a byte from the network: its user, and every system
 * call that the loop does not need. Calls that only somebody else's code would make end it at once;
 * others that are not known here just fail, so that another C library does no harm.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <pwd.h>
#include <sched.h>
#include <seccomp.h>
#include <stdio.h>
#include <string.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "confine.h"

static bool fail(char *problem, size_t len, const char *what, int error)
{
	snprintf(problem, len, "%s: %s", what, strerror(error));
	return false;
}

/* ---- the user --------------------------------------------------------------------------- */

/* What a service manager or the file's owner lent, to open interfaces with. Of this thread, the only one. */
static bool give_up_capabilities(char *problem, size_t problem_len)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct own[_LINUX_CAPABILITY_U32S_3] = { { 0 } }, none[_LINUX_CAPABILITY_U32S_3] = { { 0 } };

	if (!syscall(SYS_capget, &head, own) && !memcmp(own, none, sizeof(own)))
		return true;
	return !syscall(SYS_capset, &head, none) || fail(problem, problem_len, "cannot give up capabilities", errno);
}

static bool become(const char *user, char *problem, size_t problem_len)
{
	const struct passwd *who = getpwnam(user ? user : "tlswhy");

	if (!who && !user)
		who = getpwnam("nobody");
	if (!who) {
		snprintf(problem, problem_len, "there is no user '%s' to become", user ? user : "nobody");
		return false;
	}
	if (!who->pw_uid)
		return true;	/* -Z root: asked for */
	if (setgroups(0, NULL) || setresgid(who->pw_gid, who->pw_gid, who->pw_gid) ||
	    setresuid(who->pw_uid, who->pw_uid, who->pw_uid))
		return fail(problem, problem_len, "cannot give up root", errno);
	if (setuid(0) == 0) {
		snprintf(problem, problem_len, "root was given up and is still there");
		return false;
	}
	return true;
}

bool capture_become(const char *user, char *problem, size_t problem_len)
{
	return geteuid() ? give_up_capabilities(problem, problem_len) : become(user, problem, problem_len);
}

/* ---- files: Landlock -------------------------------------------------------------------- */

enum {
	WRITE_RIGHTS = LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_FILE |
		       LANDLOCK_ACCESS_FS_MAKE_REG,
	ALL_RIGHTS = WRITE_RIGHTS | LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_REMOVE_DIR |
		     LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_DIR |
		     LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO |
		     LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SYM
};

static bool allow_directory(int ruleset, const char *path)
{
	struct landlock_path_beneath_attr rule = {
		.allowed_access = WRITE_RIGHTS,
		.parent_fd = open(path, O_PATH | O_CLOEXEC),
	};
	long status;

	if (rule.parent_fd < 0)
		return false;
	status = syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
	close(rule.parent_fd);
	return status == 0;
}

/* Kernels before 5.13, or without it, go without: the filter of system calls stands alone. */
static bool guard_files(const char *const *directories, size_t count, char *problem, size_t problem_len)
{
	struct landlock_ruleset_attr attr = { .handled_access_fs = ALL_RIGHTS };
	int ruleset = (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr), 0);
	bool good = true;

	if (ruleset < 0)
		return true;
	for (size_t i = 0; good && i < count; i++) {
		good = allow_directory(ruleset, directories[i]);
		if (!good)
			fail(problem, problem_len, directories[i], errno);
	}
	if (good && syscall(SYS_landlock_restrict_self, ruleset, 0))
		good = fail(problem, problem_len, "Landlock", errno);
	close(ruleset);
	return good;
}

/* ---- system calls: seccomp -------------------------------------------------------------- */

/* Reading, memory, time, waiting, and the end. */
static const int allowed[] = {
	SCMP_SYS(read), SCMP_SYS(readv), SCMP_SYS(pread64), SCMP_SYS(preadv), SCMP_SYS(lseek),
	SCMP_SYS(close), SCMP_SYS(fstat), SCMP_SYS(stat), SCMP_SYS(lstat), SCMP_SYS(newfstatat),
	SCMP_SYS(statx), SCMP_SYS(fstatfs), SCMP_SYS(statfs), SCMP_SYS(access), SCMP_SYS(faccessat),
	SCMP_SYS(faccessat2), SCMP_SYS(readlink), SCMP_SYS(readlinkat), SCMP_SYS(getcwd),
	SCMP_SYS(getdents), SCMP_SYS(getdents64), SCMP_SYS(fadvise64), SCMP_SYS(readahead),
	SCMP_SYS(dup), SCMP_SYS(dup3), SCMP_SYS(fcntl),
	SCMP_SYS(mmap), SCMP_SYS(mmap2), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(mprotect),
	SCMP_SYS(madvise), SCMP_SYS(brk), SCMP_SYS(membarrier),
	SCMP_SYS(clock_gettime), SCMP_SYS(clock_getres), SCMP_SYS(gettimeofday), SCMP_SYS(time),
	SCMP_SYS(nanosleep), SCMP_SYS(clock_nanosleep),
	SCMP_SYS(poll), SCMP_SYS(ppoll), SCMP_SYS(select), SCMP_SYS(pselect6),
	SCMP_SYS(futex), SCMP_SYS(sched_yield), SCMP_SYS(sched_getaffinity), SCMP_SYS(getcpu),
	SCMP_SYS(rseq), SCMP_SYS(set_robust_list), SCMP_SYS(get_robust_list),
	SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn), SCMP_SYS(sigaltstack),
	SCMP_SYS(restart_syscall), SCMP_SYS(tgkill), SCMP_SYS(getpid), SCMP_SYS(gettid),
	SCMP_SYS(getuid), SCMP_SYS(geteuid), SCMP_SYS(getgid), SCMP_SYS(getegid),
	SCMP_SYS(getrandom), SCMP_SYS(sysinfo), SCMP_SYS(uname), SCMP_SYS(getrusage),
	SCMP_SYS(prlimit64), SCMP_SYS(getrlimit), SCMP_SYS(exit), SCMP_SYS(exit_group),
	/* of an open packet socket: libpcap asks it for errors and drops */
	SCMP_SYS(getsockopt), SCMP_SYS(getsockname), SCMP_SYS(recvfrom), SCMP_SYS(recvmsg),
};

/* Only when there are files to write: Landlock says where. */
static const int allowed_for_output[] = {
	SCMP_SYS(open), SCMP_SYS(openat), SCMP_SYS(rename), SCMP_SYS(renameat), SCMP_SYS(renameat2),
	SCMP_SYS(unlink), SCMP_SYS(unlinkat), SCMP_SYS(ftruncate), SCMP_SYS(fsync), SCMP_SYS(fdatasync),
};

/* Nothing in tlswhy makes these. */
static const int deadly[] = {
	SCMP_SYS(socketpair), SCMP_SYS(connect), SCMP_SYS(bind), SCMP_SYS(listen),
	SCMP_SYS(accept), SCMP_SYS(accept4), SCMP_SYS(sendto), SCMP_SYS(sendmsg), SCMP_SYS(sendmmsg),
	SCMP_SYS(sendfile), SCMP_SYS(splice), SCMP_SYS(vmsplice), SCMP_SYS(tee),
	SCMP_SYS(execve), SCMP_SYS(execveat), SCMP_SYS(fork), SCMP_SYS(vfork),
	SCMP_SYS(ptrace), SCMP_SYS(process_vm_readv), SCMP_SYS(process_vm_writev),
	SCMP_SYS(setuid), SCMP_SYS(setgid), SCMP_SYS(setreuid), SCMP_SYS(setresuid), SCMP_SYS(setns),
	SCMP_SYS(unshare), SCMP_SYS(mount), SCMP_SYS(umount2), SCMP_SYS(pivot_root), SCMP_SYS(chroot),
	SCMP_SYS(bpf), SCMP_SYS(perf_event_open), SCMP_SYS(init_module), SCMP_SYS(finit_module),
	SCMP_SYS(kexec_load), SCMP_SYS(keyctl), SCMP_SYS(add_key), SCMP_SYS(io_uring_setup),
	SCMP_SYS(userfaultfd), SCMP_SYS(kill), SCMP_SYS(tkill), SCMP_SYS(chmod), SCMP_SYS(fchmod),
	SCMP_SYS(fchmodat), SCMP_SYS(chown), SCMP_SYS(fchown), SCMP_SYS(link), SCMP_SYS(symlink),
	SCMP_SYS(mknod), SCMP_SYS(reboot),
};

/* Calls that this architecture does not have are no error. */
static int add_all(scmp_filter_ctx filter, uint32_t action, const int *calls, size_t bytes)
{
	int status = 0;

	for (size_t i = 0; !status && i < bytes / sizeof(*calls); i++)
		status = seccomp_rule_add(filter, action, calls[i], 0);
	return status;
}

static int allow_reading_files(scmp_filter_ctx filter)
{
	const scmp_datum_t writing = O_ACCMODE | O_CREAT | O_TRUNC;
	int status = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(openat), 1,
				      SCMP_A2(SCMP_CMP_MASKED_EQ, writing, O_RDONLY));

	return status ? status : seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(open), 1,
						  SCMP_A1(SCMP_CMP_MASKED_EQ, writing, O_RDONLY));
}

static bool is_tap(const struct taps *t, int fd)
{
	for (size_t i = 0; i < t->count; i++)
		if (t->fds[i] == fd)
			return true;
	return false;
}

/* To a packet socket, write() is sending: it may go to anything but those. */
static int allow_writing(scmp_filter_ctx filter, const struct taps *taps)
{
	const int calls[] = { SCMP_SYS(write), SCMP_SYS(writev) };
	int highest = STDERR_FILENO, status = 0;

	for (size_t i = 0; i < taps->count; i++)
		highest = taps->fds[i] > highest ? taps->fds[i] : highest;
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		status |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, calls[i], 1,
					   SCMP_A0(SCMP_CMP_GT, (scmp_datum_t)highest, 0));
		for (int fd = STDOUT_FILENO; fd <= highest; fd++)
			status |= seccomp_rule_add(filter,
						   is_tap(taps, fd) ? SCMP_ACT_KILL_PROCESS : SCMP_ACT_ALLOW,
						   calls[i], 1, SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)fd, 0));
	}
	return status;
}

/* Threads stay inside with the rest; processes are none of ours. What clone3 is asked for cannot be seen
 * from here, so it is not there, and the C library turns to clone. */
static int allow_threads(scmp_filter_ctx filter)
{
	int status = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1,
				      SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD));

	if (!status)
		status = seccomp_rule_add(filter, SCMP_ACT_KILL_PROCESS, SCMP_SYS(clone), 1,
					  SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, 0));
	return status ? status : seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
}

/*
 * A filter may name a port or a host, and the C library looks for a daemon to ask before it reads
 * /etc/services and /etc/hosts: it gets no socket and goes on to the files. Who wants one that can
 * reach a wire by itself has no such excuse.
 */
static int refuse_sockets(scmp_filter_ctx filter)
{
	return seccomp_rule_add(filter, SCMP_ACT_KILL_PROCESS, SCMP_SYS(socket), 1,
				SCMP_A0(SCMP_CMP_GE, AF_PACKET, 0));
}

/* A terminal is asked whether it is one and how wide, an interface whether it is up. */
static int allow_questions(scmp_filter_ctx filter)
{
	const scmp_datum_t questions[] = { TCGETS, TIOCGWINSZ, SIOCGIFFLAGS };
	int status = 0;

	for (size_t i = 0; i < sizeof(questions) / sizeof(questions[0]); i++)
		status |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1,
					   SCMP_A1(SCMP_CMP_EQ, questions[i], 0));
	return status;
}

static int fill_filter(scmp_filter_ctx filter, const struct taps *taps, bool writes)
{
	int status = seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);

	if (!status)
		status = add_all(filter, SCMP_ACT_ALLOW, allowed, sizeof(allowed));
	if (!status)
		status = add_all(filter, SCMP_ACT_KILL_PROCESS, deadly, sizeof(deadly));
	if (!status)
		status = writes ? add_all(filter, SCMP_ACT_ALLOW, allowed_for_output,
					  sizeof(allowed_for_output))
				: allow_reading_files(filter);
	if (!status)
		status = allow_threads(filter);
	if (!status)
		status = refuse_sockets(filter);
	if (!status)
		status = allow_writing(filter, taps);
	return status ? status : allow_questions(filter);
}

static bool guard_calls(const struct taps *taps, bool writes, char *problem, size_t problem_len)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	int status = filter ? fill_filter(filter, taps, writes) : -ENOMEM;

	if (!status)
		status = seccomp_load(filter);
	seccomp_release(filter);
	return !status || fail(problem, problem_len, "seccomp", -status);
}

bool confine(const struct taps *taps, const char *const *directories, size_t count, char *problem, size_t problem_len)
{
#ifdef TLSWHY_SANITIZED		/* the leak checker stops the program by ptrace */
	(void)taps, (void)directories, (void)count, (void)guard_files, (void)guard_calls;
	(void)problem, (void)problem_len;
	return true;
#else
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return fail(problem, problem_len, "no_new_privs", errno);
	return guard_files(directories, count, problem, problem_len) &&
	       guard_calls(taps, count > 0, problem, problem_len);
#endif
}
