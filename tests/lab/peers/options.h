/* Options of the C peers: arguments of the form name=value, an absent one is "". */
#ifndef LAB_OPTIONS_H
#define LAB_OPTIONS_H

#include <string.h>

static inline const char *option(int argc, char **argv, const char *name)
{
	size_t length = strlen(name);

	for (int i = 1; i < argc; i++)
		if (strncmp(argv[i], name, length) == 0 && argv[i][length] == '=')
			return argv[i] + length + 1;
	return "";
}

#endif
