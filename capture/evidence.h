/* What evidence.c writes besides the front door. */
#ifndef TLSWHY_EVIDENCE_H
#define TLSWHY_EVIDENCE_H

#include "keep.h"

/* Writes the kept packets of a flow; `several`: those of others may have another link type. False (errno
 * says why) when that fails. */
bool evidence_write(struct evidence *e, const struct kept *packets, bool several);

#endif
