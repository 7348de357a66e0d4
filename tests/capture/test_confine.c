/* The sandbox: what is denied ends the process, what the loop needs goes on. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../capture/confine.h"

enum { UNTOUCHED = 0, REFUSED = 1, NO_SANDBOX = 77 };

/* Runs the deed in a sandbox in a process of its own; returns its status as waitpid gives it. */
static int in_sandbox(int (*deed)(int fd), int tap, const char *directory)
{
	int status = -1;
	pid_t child = fork();

	if (!child) {
		char problem[256];

		struct taps taps = { .fds = { tap }, .count = tap >= 0 };

		if (!confine(&taps, &directory, directory ? 1 : 0, problem, sizeof(problem)))
			_exit(NO_SANDBOX);
		_exit(deed(tap));
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	return status;
}

static void needs_sandbox(void)
{
#ifdef TLSWHY_SANITIZED
	print_message("skipped: the leak checker of a sanitized build needs ptrace\n");
	skip();
#endif
}

static void assert_dies(int status)
{
	if (WIFEXITED(status) && WEXITSTATUS(status) == NO_SANDBOX) {
		print_message("skipped: this system has no sandbox\n");
		skip();
	}
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGSYS);
}

static int opens_a_socket(int fd)
{
	(void)fd;
	return socket(AF_INET, SOCK_DGRAM, 0) < 0 ? REFUSED : UNTOUCHED;
}

static int opens_a_packet_socket(int fd)
{
	(void)fd;
	return socket(AF_PACKET, SOCK_RAW, 0) < 0 ? REFUSED : UNTOUCHED;
}

static int connects(int fd)
{
	struct sockaddr nowhere = { .sa_family = AF_UNIX };

	return connect(fd, &nowhere, sizeof(nowhere)) < 0 ? REFUSED : UNTOUCHED;
}

static int sends(int fd)
{
	return send(fd, "x", 1, 0) < 0 ? REFUSED : UNTOUCHED;
}

static int writes(int fd)
{
	return write(fd, "x", 1) < 0 ? REFUSED : UNTOUCHED;
}

static int runs_a_program(int fd)
{
	char *const words[] = { NULL };

	(void)fd;
	return execve("/bin/true", words, words) < 0 ? REFUSED : UNTOUCHED;
}

static int traces(int fd)
{
	(void)fd;
	return ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0 ? REFUSED : UNTOUCHED;
}

static void what_only_an_intruder_does_ends_the_process(void **state)
{
	int (*const deeds[])(int fd) = { opens_a_packet_socket, connects, sends,
					 runs_a_program, traces };

	(void)state;
	needs_sandbox();
	for (size_t i = 0; i < sizeof(deeds) / sizeof(deeds[0]); i++)
		assert_dies(in_sandbox(deeds[i], -1, NULL));
}

static void asking_a_name_server_is_refused(void **state)
{
	int status;

	(void)state;
	needs_sandbox();
	status = in_sandbox(opens_a_socket, -1, NULL);
	if (WIFEXITED(status) && WEXITSTATUS(status) == NO_SANDBOX)
		skip();
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), REFUSED);
}

static void writing_to_a_socket_that_listens_ends_the_process(void **state)
{
	int ends[2];

	(void)state;
	needs_sandbox();
	assert_int_equal(pipe(ends), 0);
	assert_dies(in_sandbox(writes, ends[1], NULL));
	close(ends[0]);
	close(ends[1]);
}

static int reads_a_file(int fd)
{
	char byte;

	(void)fd;
	fd = open("/proc/self/statm", O_RDONLY);
	return fd >= 0 && read(fd, &byte, 1) == 1 && close(fd) == 0 ? UNTOUCHED : REFUSED;
}

static int reserves_memory(int fd)
{
	enum { LARGE = 64 << 20 };
	char *memory = malloc(LARGE);

	(void)fd;
	if (!memory)
		return REFUSED;
	memset(memory, 1, LARGE);
	free(memory);
	return UNTOUCHED;
}

static void reading_files_and_memory_go_on(void **state)
{
	(void)state;
	needs_sandbox();
	assert_int_equal(in_sandbox(reads_a_file, -1, NULL), UNTOUCHED);
	assert_int_equal(in_sandbox(reserves_memory, -1, NULL), UNTOUCHED);
}

static char room[] = "/tmp/tlswhy-confine-XXXXXX";

static int writes_inside(int fd)
{
	char path[sizeof(room) + 8];

	(void)fd;
	strcpy(path, room);
	strcat(path, "/file");
	fd = open(path, O_WRONLY | O_CREAT, 0600);
	return fd >= 0 && unlink(path) == 0 ? UNTOUCHED : REFUSED;
}

static int writes_outside(int fd)
{
	(void)fd;
	fd = open("/tmp/tlswhy-must-not-be", O_WRONLY | O_CREAT, 0600);
	if (fd >= 0)
		unlink("/tmp/tlswhy-must-not-be");
	return fd < 0 ? UNTOUCHED : REFUSED;
}

static void files_are_made_only_where_output_goes(void **state)
{
	int status;

	(void)state;
	needs_sandbox();
	assert_non_null(mkdtemp(room));
	assert_int_equal(in_sandbox(writes_inside, -1, room), UNTOUCHED);
	assert_int_equal(in_sandbox(writes_outside, -1, NULL), UNTOUCHED);
	status = in_sandbox(writes_outside, -1, room);
	rmdir(room);
	if (access("/sys/kernel/security/landlock", F_OK) != 0 && status)
		print_message("not checked: no Landlock to be seen\n");
	else
		assert_int_equal(status, UNTOUCHED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_only_an_intruder_does_ends_the_process),
		cmocka_unit_test(asking_a_name_server_is_refused),
		cmocka_unit_test(writing_to_a_socket_that_listens_ends_the_process),
		cmocka_unit_test(reading_files_and_memory_go_on),
		cmocka_unit_test(files_are_made_only_where_output_goes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
