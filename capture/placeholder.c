/*
 * Stands in for the flow table until it exists, so that what needs the room links. To be deleted.
 */
#include "packet.h"

#define STAND_IN __attribute__((weak))

STAND_IN struct flows *flows_new(const struct capture_options *options, struct capture_stats *stats)
{
	(void)options;
	return (struct flows *)stats;
}

STAND_IN void flows_free(struct flows *f)
{
	(void)f;
}

STAND_IN void flows_take(struct flows *f, const struct packet *packet)
{
	(void)f;
	(void)packet;
}

STAND_IN void flows_end(struct flows *f)
{
	(void)f;
}

STAND_IN bool flows_next(struct flows *f, struct capture_event *out)
{
	(void)f;
	(void)out;
	return false;
}

STAND_IN const struct flow_facts *flows_facts(const struct flows *f, uint32_t flow)
{
	(void)f;
	(void)flow;
	return NULL;
}

STAND_IN void flows_forget(struct flows *f, uint32_t flow)
{
	(void)f;
	(void)flow;
}
