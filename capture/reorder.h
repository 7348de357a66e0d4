/*
 * An input whose frames come in the order of their times. Several queues of a network card, or the
 * two halves of a tap, leave files in which packets stand a little out of order: an answer before
 * its question. Wireshark's reordercap does the same to whole files; here a small window does.
 */
#ifndef TLSWHY_REORDER_H
#define TLSWHY_REORDER_H

#include "input.h"

/* reorder_input wraps another input and owns it from then on, unless it returns false: no memory. */
bool reorder_input(struct input *input);

#endif
