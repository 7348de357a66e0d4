/* A run of the program: what the command line asks for, from the first packet to the exit status. */
#ifndef TLSWHY_RUN_H
#define TLSWHY_RUN_H

#include "options.h"

/* Reads all that `o` names, says what it finds, and gives back the exit status (EXIT_*).
 * What went wrong was said on standard error. */
int run_analyze(const struct options *o);

/* How reports look: as wide and as colourful as the terminal on standard output allows. */
struct report_options run_report_options(const struct options *o);

#endif
