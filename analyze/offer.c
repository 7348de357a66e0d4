#include "offer.h"

bool refused_hello(const struct view *v)
{
	return before_server_hello(v) && ended_by_any_alert(v, SIDE_SERVER);
}

uint8_t end_alert(const struct view *v)
{
	return v->end->how == ENDED_BY_ALERT ? v->end->alert->code : 0;
}

uint16_t real_count(const struct code_list *list, bool suites)
{
	uint16_t n = 0;

	for (uint16_t i = 0; i < list->count; i++)
		if (!is_grease(list->at[i]) &&
		    !(suites && (list->at[i] == 0x00ff || list->at[i] == 0x5600)))
			n++;
	return n;
}

/* Suites that can serve the highest version offered. */
uint16_t usable_suites(const struct client_hello *c)
{
	bool only13 = is_tls13(lowest_version(c)) && c->versions.count;
	uint16_t n = 0;

	for (uint16_t i = 0; i < c->suites.count; i++) {
		const struct cipher_suite *s = cipher_suite(c->suites.at[i]);

		if (s && (!only13 || s->tls13) && c->suites.at[i] != 0x00ff &&
		    c->suites.at[i] != 0x5600)
			n++;
	}
	return n;
}
