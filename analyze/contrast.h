/* What many attempts at one server show together. */
#ifndef TLSWHY_CONTRAST_H
#define TLSWHY_CONTRAST_H

#include "attempt.h"

/* contrast adds findings to *out from its attempts, which stand by time. out->clients is read. */
void contrast(const struct attempt *attempts, size_t count, struct endpoint *out);

#endif
