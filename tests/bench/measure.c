/*
 * measure: runs a command without its output and prints wall seconds, CPU seconds, peak of resident
 * memory in KiB and exit status. A small process of its own, because what a child's peak begins with is
 * the size of who started it.
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double seconds(struct timeval t)
{
	return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

static void become(char **argv)
{
	int nowhere = open("/dev/null", O_WRONLY);

	dup2(nowhere, STDOUT_FILENO);
	dup2(nowhere, STDERR_FILENO);
	execvp(argv[0], argv);
	_exit(127);
}

int main(int argc, char **argv)
{
	struct rusage used;
	double began = now();
	int status;
	pid_t child = argc > 1 ? fork() : -1;

	if (child < 0) {
		fputs("usage: measure COMMAND [ARGUMENT ...]\n", stderr);
		return 2;
	}
	if (!child)
		become(argv + 1);
	if (wait4(child, &status, 0, &used) < 0)
		return 2;
	printf("%.6f %.6f %ld %d\n", now() - began, seconds(used.ru_utime) + seconds(used.ru_stime), used.ru_maxrss,
	       WIFEXITED(status) ? WEXITSTATUS(status) : 128);
	return 0;
}
