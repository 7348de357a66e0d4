#include "reading.h"

void reading_take(struct capture *capture, struct conversations *conversations,
		  const struct capture_event *event)
{
	bool bare = event->kind == CAPTURE_SECRETS || event->kind == FLOW_OPENED;
	const struct flow_facts *flow = bare ? NULL : capture_flow(capture, event->flow);

	switch (conversations_take(conversations, event, flow, capture_stats(capture))) {
	case INTEREST_NONE:
		capture_dismiss(capture, event->flow);
		return;
	case INTEREST_END:
		capture_forget(capture, event->flow);
		break;
	case INTEREST_BYTES:
		break;
	}
	if (flow && event->kind != FLOW_OVER)
		capture_charge(capture, event->flow, conversations_bytes(conversations, event->flow));
}
