/* What each reader does with an event, whether it is alone or one of several. */
#ifndef TLSWHY_READING_H
#define TLSWHY_READING_H

#include "../analyze/analyze.h"

enum {
	EVENTS_A_LOOK = 256	/* events between two looks at what comes from outside */
};

/* One event from capture/ to analyze/, and back what that wants no more. */
void reading_take(struct capture *capture, struct conversations *conversations,
		  const struct capture_event *event);

#endif
