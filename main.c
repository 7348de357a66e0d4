/* tlswhy: what the first words of the command line choose between. */
#include <signal.h>
#include <string.h>

#include "run/run.h"

static int explain(int argc, char **argv)
{
	struct report_options r = run_report_options(&(struct options){ 0 });

	if (argc > 2 && !strcmp(argv[2], "--mdoc"))
		return report_manual(stdout) ? EXIT_OK : EXIT_TROUBLE;
	if (argc > 3) {
		complain("explain takes one code, or one message in quotes");
		return EXIT_TROUBLE;
	}
	if (report_explain(stdout, argc > 2 ? argv[2] : NULL, &r))
		return EXIT_OK;
	complain("nothing known fits '%s'; 'tlswhy explain' lists all causes", argv[2]);
	return EXIT_TROUBLE;
}

static int list_interfaces(void)
{
	static struct capture_interface found[INTERFACES_LISTED];
	char problem[PROBLEM_MAX];
	size_t count = capture_interfaces(found, INTERFACES_LISTED, problem, sizeof(problem));

	if (problem[0]) {
		complain("%s", problem);
		return EXIT_TROUBLE;
	}
	for (size_t i = 0; i < count; i++)
		printf("%zu.%s%s%s%s [%s%s]\n", i + 1, found[i].name, found[i].description[0] ? " (" : "",
		       found[i].description, found[i].description[0] ? ")" : "",
		       found[i].up ? "up" : "down", found[i].loopback ? ", loopback" : "");
	return EXIT_OK;
}

int main(int argc, char **argv)
{
	struct options o = { 0 };
	int status = EXIT_TROUBLE;

	signal(SIGPIPE, SIG_IGN);	/* a write fails instead, and is told */
	if (argc > 1 && !strcmp(argv[1], "explain"))
		status = explain(argc, argv);
	else if (options_read(&o, argc, argv))
		status = o.list_interfaces ? list_interfaces() : run_analyze(&o);
	options_free(&o);
	if (status != EXIT_TROUBLE && !output_arrived())
		status = EXIT_TROUBLE;
	return status;
}
