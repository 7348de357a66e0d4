/* Which allocation fails: the one that FAIL_AT names, counted from 1; with FAIL_ON also all later. */
#ifndef TLSWHY_FAILING_H
#define TLSWHY_FAILING_H

#include <stdbool.h>

/* Asked once for each allocation. */
bool allocation_fails(void);

/* How many there were is written to the descriptor FAIL_COUNT when the program ends. */

#endif
