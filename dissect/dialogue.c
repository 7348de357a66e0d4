/*
 * What all dialogues before TLS share: the steps that they tell, and which of them stands when the
 * client leaves.
 */
#include "dialogue.h"

#include <arpa/inet.h>
#include <stdlib.h>

#include "foreign.h"
#include "parse.h"

/* A flow that has told this much is not on its way to TLS, and traffic must not fill our memory. */
enum { EVENTS_PER_FLOW = 64 };

static const struct {
	enum foreign_protocol protocol;
	enum side begins;	/* who speaks first; the text family lets either */
	const struct dialogue_kind *kind;
} kinds[] = {
	{ FOREIGN_HTTP, SIDE_CLIENT, &http_dialogue },
	{ FOREIGN_SOCKS, SIDE_CLIENT, &socks_dialogue },
	{ FOREIGN_PROXY, SIDE_CLIENT, &proxy_header_dialogue },
	{ FOREIGN_XMPP, SIDE_CLIENT, &xmpp_dialogue },
	{ FOREIGN_LDAP, SIDE_CLIENT, &ldap_dialogue },
	{ FOREIGN_POSTGRESQL, SIDE_CLIENT, &postgres_dialogue },
	{ FOREIGN_MYSQL, SIDE_SERVER, &mysql_dialogue },
	{ FOREIGN_TDS, SIDE_CLIENT, &tds_dialogue },
	{ FOREIGN_RDP, SIDE_CLIENT, &rdp_dialogue },
	{ FOREIGN_AMQP, SIDE_CLIENT, &amqp_dialogue },
	{ FOREIGN_NATS, SIDE_SERVER, &nats_dialogue },
};

const struct dialogue_kind *dialogue_kind_of(enum foreign_protocol protocol, enum side from)
{
	switch (protocol) {
	case FOREIGN_SMTP:
	case FOREIGN_FTP:
	case FOREIGN_IMAP:
	case FOREIGN_POP3:
	case FOREIGN_NNTP:
	case FOREIGN_IRC:
	case FOREIGN_SIEVE:
		return &text_dialogue;
	default:
		break;
	}
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (kinds[i].protocol == protocol && kinds[i].begins == from)
			return kinds[i].kind;
	return NULL;
}

void dialogue_begin(struct dialogue *d, const struct dialogue_kind *kind,
		    enum foreign_protocol protocol)
{
	d->kind = kind;
	d->protocol = protocol;
	d->seen = d->asked = d->offered = d->not_offered = d->required = d->may_abandon = false;
	d->proxy = d->unasked = false;
	d->excerpt_len = 0;
	memset(&d->of, 0, sizeof d->of);
	if (kind == &text_dialogue)
		text_begin(d);
}

struct reader words_of(const char *text)
{
	return reader_of(text, strlen(text));
}

static void push(struct dialogue *d, const struct tls_event *event)
{
	if (d->told == EVENTS_PER_FLOW)
		return;
	if (d->event_count == d->event_room) {
		d->event_room = (uint8_t)(d->event_room ? d->event_room * 2 : 4);
		d->events = must(realloc(d->events, d->event_room * sizeof *d->events));
	}
	d->events[d->event_count++] = *event;
	d->told++;
}

bool dialogue_next(struct dialogue *d, struct tls_event *out)
{
	if (d->event_next < d->event_count) {
		*out = d->events[d->event_next++];
		return true;
	}
	free(d->events);
	d->events = NULL;
	d->event_count = d->event_next = d->event_room = 0;
	return false;
}

void dialogue_clear(struct dialogue *d)
{
	free(d->events);
	free(d->refusal);
	d->events = d->refusal = NULL;
}

static struct tls_event step_event(const struct dialogue *d, enum side from,
				   enum upgrade_step step, uint32_t status, struct reader words)
{
	struct tls_event event = { .kind = TLS_UPGRADE, .from = from, .mark = d->mark };
	struct tls_upgrade *upgrade = &event.upgrade;
	size_t len = left(&words) < sizeof upgrade->words ? left(&words) : sizeof upgrade->words;

	upgrade->protocol = d->protocol;
	upgrade->proxy = d->proxy;
	upgrade->step = step;
	upgrade->status = status;
	if (len)
		memcpy(upgrade->words, take(&words, len), len);
	upgrade->words_len = (uint16_t)len;
	memcpy(upgrade->target, d->target, sizeof upgrade->target);
	upgrade->target_port = d->target_port;
	return event;
}

/* OFFERED, NOT_OFFERED and REQUIRED are worth one event each. */
static bool told_before(struct dialogue *d, enum upgrade_step step)
{
	bool *flag = step == UPGRADE_SEEN	 ? &d->seen
		     : step == UPGRADE_OFFERED	 ? &d->offered
		     : step == UPGRADE_NOT_OFFERED ? &d->not_offered
		     : step == UPGRADE_REQUIRED	 ? &d->required
						 : NULL;

	if (!flag)
		return false;
	bool before = *flag;

	*flag = true;
	return before;
}

void dialogue_tell(struct dialogue *d, enum side from, enum upgrade_step step, uint32_t status,
		   struct reader words)
{
	struct tls_event event = step_event(d, from, step, status, words);

	if (step != UPGRADE_SEEN)
		dialogue_tell(d, from, UPGRADE_SEEN, 0, words_of(""));
	if (step == UPGRADE_NOT_OFFERED || step == UPGRADE_REFUSED)
		d->may_abandon = true;
	if (step == UPGRADE_OFFERED || step == UPGRADE_ACCEPTED || step >= UPGRADE_ABANDONED)
		d->may_abandon = false;
	if (step == UPGRADE_REFUSED || step == UPGRADE_ACCEPTED)
		d->asked = false;
	if (step == UPGRADE_ACCEPTED) {
		free(d->refusal);
		d->refusal = NULL;
	}
	if (!told_before(d, step))
		push(d, &event);
}

void dialogue_settle(struct dialogue *d)
{
	if (!d->refusal)
		return;
	push(d, d->refusal);
	free(d->refusal);
	d->refusal = NULL;
}

void dialogue_refuse_for_now(struct dialogue *d, uint32_t status, struct reader words)
{
	if (!d->refusal)
		d->refusal = must(malloc(sizeof *d->refusal));
	/* The last one is the one that the client gives up on. */
	*d->refusal = step_event(d, SIDE_SERVER, UPGRADE_REFUSED, status, words);
	d->asked = false;
	d->may_abandon = true;
}

void dialogue_ask(struct dialogue *d, struct reader words)
{
	dialogue_tell(d, SIDE_CLIENT, UPGRADE_ASKED, 0, words);
	d->asked = true;
	d->may_abandon = false;
}

void dialogue_went_on(struct dialogue *d)
{
	dialogue_settle(d);
	if (d->may_abandon)
		dialogue_tell(d, SIDE_CLIENT, UPGRADE_IN_CLEAR, 0, words_of(""));
}

void dialogue_left(struct dialogue *d)
{
	dialogue_settle(d);
	if (d->may_abandon)
		dialogue_tell(d, SIDE_CLIENT, UPGRADE_ABANDONED, 0, words_of(""));
}

void dialogue_tell_foreign(struct dialogue *d, enum side from, struct mark mark,
			   const struct tls_foreign *foreign)
{
	struct tls_event event = { .kind = TLS_FOREIGN, .from = from, .mark = mark };

	event.foreign = *foreign;
	push(d, &event);
}

void dialogue_target(struct dialogue *d, struct reader name, uint16_t port)
{
	size_t len = 0;

	while (more(&name) && len < sizeof d->target - 1) {
		uint8_t byte = take_u8(&name);

		d->target[len++] = (char)(byte > 0x20 && byte < 0x7f ? byte : '?');
	}
	memset(d->target + len, 0, sizeof d->target - len);
	d->target_port = port;
}

void dialogue_target_ip(struct dialogue *d, struct reader ip, uint16_t port)
{
	char text[INET6_ADDRSTRLEN] = "";
	bool v6 = left(&ip) == 16;
	const uint8_t *bytes = take(&ip, v6 ? 16 : 4);

	if (bytes)
		inet_ntop(v6 ? AF_INET6 : AF_INET, bytes, text, sizeof text);
	dialogue_target(d, words_of(text), port);
}
