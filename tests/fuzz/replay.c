/* Runs a fuzz target over files, for compilers without a fuzzer: what once broke stays mended. */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "support.h"

static bool run_file(const char *path)
{
	FILE *in = fopen(path, "rb");
	struct stat st;
	uint8_t *bytes;
	size_t len;

	if (!in || fstat(fileno(in), &st)) {
		perror(path);
		return false;
	}
	bytes = malloc((size_t)st.st_size + 1);
	claim(bytes, "there is memory");
	len = fread(bytes, 1, (size_t)st.st_size, in);
	fclose(in);
	uint8_t *exact = exact_copy(bytes, len);
	free(bytes);
	LLVMFuzzerTestOneInput(exact, len);
	free(exact);
	return true;
}

int main(int argc, char **argv)
{
	int status = EXIT_SUCCESS;

	for (int i = 1; i < argc; i++)
		if (!run_file(argv[i]))
			status = EXIT_FAILURE;
	printf("%d replayed\n", argc - 1);
	return status;
}
