/*
 * What only many attempts at one server together can show: the contrast between those that failed
 * and those that did not.
 */
#ifndef TLSWHY_CONTRAST_H
#define TLSWHY_CONTRAST_H

#include "attempt.h"

/* Attempts in the order of time; fills in findings of `out`, whose counts are set. */
void contrast(const struct attempt *attempts, size_t count, struct endpoint *out);

#endif
