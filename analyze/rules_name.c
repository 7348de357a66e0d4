/*
 * Server names (RFC 6066 3): the name is not served here, or none was sent where one is needed.
 */
#include "rules.h"
#include "alerts.h"

static bool has_name(const struct view *v)
{
	return v->h->hello && v->h->hello->has_server_name && v->name[0];
}

static bool is_nameless(const struct view *v)
{
	return v->h->hello && !has_name(v);
}

/* Others got through to this server with another name, or with a name at all. */
static bool other_names_pass(const struct view *v)
{
	if (!v->lesson)
		return false;
	for (uint8_t i = 0; i < v->lesson->name_count; i++) {
		const struct name_lesson *n = v->lesson->names[i];

		if (n->completed && n->name[0] && strcmp(n->name, v->name) != 0)
			return true;
	}
	return false;
}

static bool this_name_passes(const struct view *v)
{
	const struct name_lesson *n = v->lesson ? lesson_name(v->lesson, v->name) : NULL;

	return n && n->completed;
}

static bool refused_or_gone(const struct view *v)
{
	const struct ending *e = v->end;
	uint8_t a;

	if (!before_server_hello(v) || e->by != SIDE_SERVER)
		return false;
	if (e->how == ENDED_BY_FIN || e->how == ENDED_BY_RST)
		return true;
	a = e->how == ENDED_BY_ALERT ? e->alert->code : 0;
	return a == ALERT_HANDSHAKE_FAILURE || a == ALERT_INTERNAL_ERROR ||
	       a == ALERT_ACCESS_DENIED;
}

static bool unrecognized(const struct view *v, struct guess *g)
{
	if (!ended_by_alert(v, SIDE_SERVER, ALERT_UNRECOGNIZED_NAME) || !has_name(v))
		return false;
	blame(g, CERTAIN, PARTY_SERVER, PARTY_SERVER);
	g->weight = 60;
	say(g, "The server at %s does not serve the name %s (unrecognized_name)", v->server, v->name);
	show_exchange(g, v);
	advise(g, "If %s is a slip or an old DNS entry, correct that instead.", v->name);
	return true;
}

/* The hello was not captured: it had another name, or none. */
static bool unrecognized_unheard(const struct view *v, struct guess *g)
{
	if (!ended_by_alert(v, SIDE_SERVER, ALERT_UNRECOGNIZED_NAME) || v->h->hello)
		return false;
	blame(g, LIKELY, PARTY_SERVER, PARTY_SERVER);
	g->weight = 60;
	say(g, "The server at %s does not serve the name that the client asked for, or wants one (unrecognized_name); the ClientHello was not captured", v->server);
	show_exchange(g, v);
	return true;
}

/* Java 7 and a few others abort on the warning that Apache sends and means nothing by. */
static bool unrecognized_warning(const struct view *v, struct guess *g)
{
	for (uint8_t i = 0; i < v->h->alert_count; i++) {
		const struct alert_fact *a = &v->h->alerts[i];

		if (a->hidden || a->code != ALERT_UNRECOGNIZED_NAME || a->from != SIDE_SERVER ||
		    a->level != 1 || v->end->by != SIDE_CLIENT ||
		    happened(v->h->client_key_exchange))
			continue;
		/* Who answers it with the same alert did not like it (Java 7). */
		blame(g,
		      ended_by_alert(v, SIDE_CLIENT, ALERT_UNRECOGNIZED_NAME) ? LIKELY : POSSIBLE,
		      PARTY_CLIENT, PARTY_SERVER);
		g->weight = 40;
		say(g, "The server warned that it does not know the name %s, and the client took that as final", v->name);
		show(g, a->mark, "server: warning alert unrecognized_name (112)");
		show_end(g, v);
		return true;
	}
	return false;
}

static bool unrecognized_by_lesson(const struct view *v, struct guess *g)
{
	if (!has_name(v) || !refused_or_gone(v) || !other_names_pass(v) || this_name_passes(v))
		return false;
	blame(g,
	      v->end->how == ENDED_BY_ALERT && v->end->alert->code != ALERT_HANDSHAKE_FAILURE
		  ? LIKELY
		  : POSSIBLE,
	      PARTY_SERVER, PARTY_SERVER);
	g->weight = 55;
	say(g, "The server at %s probably does not serve %s: it turned this name away while other names got through", v->server, v->name);
	show_exchange(g, v);
	return true;
}

/* Go servers (Caddy, Traefik) answer a name without certificate with internal_error, rustls with
 * access_denied. */
static bool unrecognized_by_habit(const struct view *v, struct guess *g)
{
	uint8_t a = v->end->how == ENDED_BY_ALERT ? v->end->alert->code : 0;

	if (!has_name(v) || !before_server_hello(v) || !ended_by_any_alert(v, SIDE_SERVER) ||
	    (a != ALERT_INTERNAL_ERROR && a != ALERT_ACCESS_DENIED && a != ALERT_HANDSHAKE_FAILURE))
		return false;
	blame(g, POSSIBLE, PARTY_SERVER, PARTY_SERVER);
	g->weight = 35;
	say(g, "The server may have no certificate for %s: Go servers answer that with internal_error, rustls with access_denied, some CDNs with handshake_failure", v->name);
	show_exchange(g, v);
	return true;
}

static bool missing(const struct view *v, struct guess *g)
{
	if (!ended_by_alert(v, SIDE_SERVER, ALERT_UNRECOGNIZED_NAME) || !is_nameless(v))
		return false;
	blame(g, CERTAIN, PARTY_SERVER, PARTY_CLIENT);
	g->weight = 60;
	say(g, "The client sent no server name (SNI) and the server at %s needs one (unrecognized_name)", v->server);
	show_exchange(g, v);
	return true;
}

static bool missing_by_lesson(const struct view *v, struct guess *g)
{
	const struct name_lesson *bare = v->lesson ? lesson_name(v->lesson, "") : NULL;

	if (!is_nameless(v) || !refused_or_gone(v) || !other_names_pass(v) || (bare && bare->completed))
		return false;
	blame(g, LIKELY, PARTY_SERVER, PARTY_CLIENT);
	/* Clients as old as that lack much else besides. */
	g->weight = is_outdated(highest_version(v->h->hello)) ? 55 : 75;
	say(g, "The client sent no server name (SNI); clients that send one get through to this server");
	show_exchange(g, v);
	return true;
}

static bool missing_by_habit(const struct view *v, struct guess *g)
{
	if (!is_nameless(v) || !refused_or_gone(v) || v->end->how == ENDED_BY_RST)
		return false;
	blame(g, POSSIBLE, PARTY_SERVER, PARTY_CLIENT);
	g->weight = 45;
	say(g, "The client sent no server name (SNI), which servers with several virtual hosts may require");
	show_exchange(g, v);
	return true;
}

/* A placeholder certificate is what a front end shows when it knows of no better one for the name. */
static bool placeholder_shown(const struct view *v, struct guess *g)
{
	const struct chain_defect *d = v->chain && !v->chain_is_borrowed ?
				       chain_defect(v->chain, DEFECT_DEFAULT_CERTIFICATE) : NULL;

	if (!d || !v->h->hello || v->end->by != SIDE_CLIENT || v->end->outcome != OUTCOME_FAILED ||
	    v->end->how == ENDED_NOT ||
	    strcmp(g->code, has_name(v) ? "sni_unrecognized" : "sni_missing") != 0)
		return false;
	blame(g, !has_name(v) && other_names_pass(v) ? LIKELY : POSSIBLE, PARTY_CLIENT,
	      has_name(v) ? PARTY_SERVER : PARTY_CLIENT);
	g->weight = 72;
	if (has_name(v))
		say(g, "The server may not know the name %s: it showed a placeholder certificate (%s)", v->name, d->text);
	else
		say(g, "The client sent no server name (SNI) and got a placeholder certificate (%s)", d->text);
	show_hello(g, v);
	show_certificate(g, v);
	show_end(g, v);
	return true;
}

struct rule_set name_rules(void)
{
	static const struct rule rules[] = {
		{ "sni_unrecognized", unrecognized },
		{ "sni_unrecognized", unrecognized_unheard },
		{ "sni_unrecognized", unrecognized_warning },
		{ "sni_unrecognized", unrecognized_by_lesson },
		{ "sni_unrecognized", unrecognized_by_habit },
		{ "sni_missing", missing },
		{ "sni_missing", missing_by_lesson },
		{ "sni_missing", missing_by_habit },
		{ "sni_unrecognized", placeholder_shown }, { "sni_missing", placeholder_shown },
	};

	return (struct rule_set){ rules, sizeof(rules) / sizeof(rules[0]) };
}
