/* One failure for the person who has to mend it: what, why we say so, what to do, what else. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "tell.h"

enum {
	STORY = 2,		/* columns of indent */
	REMEDIES_TOLD = 3,	/* enough to act on; `tlswhy explain` has them all */
	NAME_ROOM = 1024,
	LINE_ROOM = 2048
};

/* What stands behind the addresses: the name asked for, where a tunnel leads, whom a balancer speaks for. */
static void tell_between(const struct page *p, const struct handshake *h)
{
	const struct tls_upgrade *tunnel = asked_tunnel(h), *header = proxy_header_of(h);

	if (tunnel)
		page_say(p, 8, "through this %s proxy to %s:%u",
			 tunnel->protocol == FOREIGN_SOCKS ? "SOCKS" : "HTTP", tunnel->target,
			 tunnel->target_port);
	if (header)
		page_say(p, 8, "for %s:%u, as a PROXY protocol header says", header->target,
			 header->target_port);
}

static void name_of_server(const struct handshake *h, char *out, size_t room)
{
	*out = '\0';
	if (h->hello)
		printable(h->hello->server_name.at, h->hello->server_name.len, AS_ASCII, out, room);
}

static void tell_headline(const struct page *p, const struct verdict *v)
{
	const struct handshake *h = v->handshake;
	bool failed = v->outcome == OUTCOME_FAILED;
	char client[PEER_TEXT], server[PEER_TEXT], name[NAME_ROOM], line[LINE_ROOM];

	peer_text(&h->flow->side[SIDE_CLIENT].address, client);
	peer_text(&h->flow->side[SIDE_SERVER].address, server);
	name_of_server(h, name, sizeof(name));
	page_put(p, failed ? RED : YELLOW, failed ? "FAILED " : "UNCLEAR");
	snprintf(line, sizeof(line), "%s -> %s%s%s%s", client, server, *name ? " (" : "", name,
		 *name ? ")" : "");
	putc(' ', p->out);
	page_wrap(p, 8, 10, line);
	tell_between(p, h);
}

static void tell_verdict(const struct page *p, const struct diagnosis *d)
{
	const struct cause *cause = cause_of(d->code);
	const char *code = d->code ? d->code : "unknown";

	page_say(p, 8, "%s (%s; %s%s)", cause ? cause->title : code, code,
		 confidence_name(d->confidence),
		 d->confidence == POSSIBLE ? ", others fit as well" : "");
}

/* The file as it was named; only its last part where that is too long for a line. */
static void file_text(const char *file, char out[NAME_ROOM])
{
	enum { LONGEST = 48 };
	const char *last = file ? strrchr(file, '/') : NULL;

	*out = '\0';
	if (last && strlen(file) > LONGEST)
		snprintf(out, NAME_ROOM, "...%s", last);
	else if (file)
		snprintf(out, NAME_ROOM, "%s", file);
}

static void tell_when(const struct page *p, const struct handshake *h)
{
	char when[TIME_TEXT];
	char file[NAME_ROOM];

	if (!time_text(h->flow->first.time, when))
		snprintf(when, sizeof(when), "at an unknown time");
	file_text(h->file, file);
	page_say(p, 8, "%s, frames %" PRIu64 "-%" PRIu64 "%s%s, %s.stream %" PRIu32 "%s%s", when,
		 h->flow->first.frame, h->flow->last.frame, *file ? " of " : "", file,
		 h->flow->transport == TRANSPORT_TCP ? "tcp" : "udp", h->flow->stream,
		 *h->flow->tunnel ? ", in " : "", h->flow->tunnel);
}

static void tell_tries(const struct page *p, const struct retry *r)
{
	static const char *const ends[] = {
		[OUTCOME_COMPLETED] = "the last one worked", [OUTCOME_FAILED] = "the last one failed as well",
		[OUTCOME_INCONCLUSIVE] = "how the last one ended is not known",
	};
	char span[SPAN_TEXT];

	if (!r->attempts)
		return;
	span_text(r->span, span);
	page_say(p, 8, "Try %" PRIu32 " of %" PRIu32 " by this client within %s; %s.", r->attempt, r->attempts,
		 span[0] == '+' ? span + 1 : span, ends[r->outcome]);
}

/* "frame 12   +3.1 ms  " with both columns as wide as the widest of this story. */
static void tell_evidence(const struct page *p, const struct verdict *v)
{
	const struct diagnosis *d = &v->diagnosis;
	char spans[EVIDENCE_MAX][SPAN_TEXT];
	int digits = 1, width = 1;

	for (uint8_t i = 0; i < d->evidence_count; i++) {
		const struct mark *mark = &d->evidence[i].mark;
		int n = snprintf(NULL, 0, "%" PRIu64, mark->frame);
		digits = n > digits ? n : digits;
		span_text(mark->time - v->handshake->flow->first.time, spans[i]);
		n = mark->frame ? (int)strlen(spans[i]) : 0;
		width = n > width ? n : width;
	}
	int column = STORY + 6 + digits + 2 + width + 2;
	for (uint8_t i = 0; i < d->evidence_count; i++) {
		const struct evidence *e = &d->evidence[i];
		if (e->mark.frame && (!i || e->mark.frame != e[-1].mark.frame))
			fprintf(p->out, "%*sframe %*" PRIu64 "  %*s  ", STORY, "", digits,
				e->mark.frame, width, spans[i]);
		else
			page_pad(p, 0, column);
		page_wrap(p, column, column, e->text);
	}
}

static void tell_stacks(const struct page *p, const struct diagnosis *d)
{
	static const char *const sides[] = { "The client looks like", "The server looks like" };

	for (int side = SIDE_CLIENT; side <= SIDE_SERVER; side++)
		if (d->stack[side])
			page_say(p, STORY, "%s %s (%s).", sides[side], d->stack[side],
				 confidence_name(d->stack_confidence[side]));
}

static void tell_remedies(const struct page *p, const struct diagnosis *d,
			  const struct cause *cause, bool known)
{
	const char *const *general =
	    cause && !known && !d->remedies_suffice ? fixes_of(cause, d->fix_at) : NULL;
	int told = 0;

	putc('\n', p->out);
	page_pad(p, 0, STORY);
	if (d->aborted_by == PARTY_UNKNOWN)
		fputs("Who ended it is not visible.", p->out);
	else
		fprintf(p->out, "Ended by the %s.", party_name(d->aborted_by));
	if (d->fix_at == PARTY_UNKNOWN)
		fputs(" What to do:\n", p->out);
	else
		fprintf(p->out, " What to do, at the %s:\n", party_name(d->fix_at));
	for (uint8_t i = 0; i < d->remedy_count; i++, told++)
		page_item(p, STORY, "-", d->remedies[i]);
	for (; general && *general && told < REMEDIES_TOLD; general++, told++)
		page_item(p, STORY, "-", *general);
	if (!told)
		page_item(p, STORY, "-", "As told above for this cause.");
}

static void tell_alternatives(const struct page *p, const struct diagnosis *d)
{
	char line[TEXT_MAX + 128];

	if (!d->alternative_count)
		return;
	fprintf(p->out, "\n%*sIt could also be:\n", STORY, "");
	for (uint8_t i = 0; i < d->alternative_count; i++) {
		const struct alternative *a = &d->alternatives[i];
		const struct cause *cause = cause_of(a->code);
		const char *summary = *a->summary || !cause ? a->summary : cause->title;
		snprintf(line, sizeof(line), "%s (%s): %s", a->code, confidence_name(a->confidence),
			 summary);
		page_item(p, STORY, "-", line);
	}
}

/* Did the diagnosis say this already? A finding names the certificate first: "certificate 1: ...". */
static bool was_told(const struct diagnosis *d, const struct finding *f)
{
	const char *text = strncmp(f->summary, "certificate ", 12) ? NULL : strstr(f->summary, ": ");

	if (!d->code)
		return false;
	return !strcmp(f->code, d->code) || strstr(d->summary, text ? text + 2 : f->summary);
}

/* What else is wrong; the diagnosis itself was told. */
static void tell_findings(const struct page *p, const struct verdict *v)
{
	for (uint8_t i = 0; i < v->findings.count; i++) {
		const struct finding *f = &v->findings.at[i];
		if (f->severity < SEVERITY_WARN)
			continue;
		if (!was_told(&v->diagnosis, f))
			page_say(p, STORY, "Also: %s (%s)", f->summary, f->code);
	}
}

/* The first message of a program whose name ends so, about SOCKS if there is one and that was spoken;
 * NULL if there is none. */
static const char *seen_in(const struct cause *cause, const char *ending, bool socks)
{
	const char *other = NULL;
	size_t n = strlen(ending);

	for (size_t i = 0; cause->seen_as[i].where; i++) {
		const char *text = cause->seen_as[i].text;
		size_t len = strlen(cause->seen_as[i].where);

		if (len < n || strcmp(cause->seen_as[i].where + len - n, ending) != 0)
			continue;
		if (!strstr(text, "SOCKS") == !socks)
			return text;
		if (socks && !other)
			other = text;
	}
	return other;
}

/* So that a complaint, a script's output or a log line can be matched with this failure. */
static void tell_seen_as(const struct page *p, const struct handshake *h, const struct cause *cause)
{
	static const char *const wheres[] = { "Chrome", "curl", "Java", " log" };

	if (cause->seen_as[0].where)
		page_say(p, STORY, "Seen as:");
	for (size_t i = 0; i < sizeof(wheres) / sizeof(wheres[0]); i++) {
		const char *text = seen_in(cause, wheres[i], unopened_proxy(h) == FOREIGN_SOCKS);
		if (!text)
			continue;
		fprintf(p->out, "%*s%-8s", 2 * STORY, "", *wheres[i] == ' ' ? "log" : wheres[i]);
		page_wrap(p, 2 * STORY + 8, 2 * STORY + 8, text);
	}
}

static void tell_cause(const struct page *p, const struct handshake *h, const struct cause *cause)
{
	char command[LINE_ROOM];

	putc('\n', p->out);
	if (cause->check) {
		command_for(h, cause->check, command, sizeof(command));
		page_say(p, STORY, "Check:");
		page_command(p, 2 * STORY, command);
	}
	tell_seen_as(p, h, cause);
	page_say(p, STORY, "More: tlswhy explain %s", cause->code);
}

void tell_failure(const struct page *p, const struct verdict *v, bool known)
{
	const struct diagnosis *d = &v->diagnosis;
	const struct cause *cause = cause_of(d->code);

	tell_headline(p, v);
	tell_verdict(p, d);
	tell_when(p, v->handshake);
	tell_tries(p, &v->retry);
	putc('\n', p->out);
	if (*d->summary) {
		page_say(p, STORY, "%s", d->summary);
		putc('\n', p->out);
	}
	tell_evidence(p, v);
	tell_stacks(p, d);
	tell_findings(p, v);
	tell_remedies(p, d, cause, known);
	tell_alternatives(p, d);
	if (cause && !known)
		tell_cause(p, v->handshake, cause);
	putc('\n', p->out);
}

void tell_retry(const struct page *p, const struct verdict *v, const struct mark *first_try)
{
	const struct handshake *h = v->handshake;
	const struct cause *cause = cause_of(v->diagnosis.code);
	char span[SPAN_TEXT], line[LINE_ROOM];

	span_text(h->flow->first.time - first_try->time, span);
	if (v->outcome == OUTCOME_COMPLETED)
		snprintf(line, sizeof(line),
			 "%s after frame %" PRIu64 " the same client tried again, and it "
			 "worked: frames %" PRIu64 "-%" PRIu64 ".",
			 span, first_try->frame, h->flow->first.frame, h->flow->last.frame);
	else
		snprintf(line, sizeof(line),
			 "%s after frame %" PRIu64 " the same client tried again, and it "
			 "failed: %s (%s; %s), frames %" PRIu64 "-%" PRIu64 ".",
			 span, first_try->frame, cause ? cause->title : "why is unknown",
			 v->diagnosis.code, confidence_name(v->diagnosis.confidence),
			 h->flow->first.frame, h->flow->last.frame);
	page_put(p, v->outcome == OUTCOME_COMPLETED ? GREEN : RED, "RETRY  ");
	putc(' ', p->out);
	page_wrap(p, 8, 8, line);
	putc('\n', p->out);
}

void tell_completed(const struct page *p, const struct verdict *v)
{
	const struct handshake *h = v->handshake;
	const struct cipher_suite *suite = h->suite ? cipher_suite(h->suite) : NULL;
	const char *version = h->version ? version_name(h->version) : NULL;
	char client[PEER_TEXT], server[PEER_TEXT], name[NAME_ROOM], span[SPAN_TEXT],
	    line[LINE_ROOM];

	peer_text(&h->flow->side[SIDE_CLIENT].address, client);
	peer_text(&h->flow->side[SIDE_SERVER].address, server);
	name_of_server(h, name, sizeof(name));
	span_text(handshake_end(v).time - h->flow->first.time, span);
	int n =
	    snprintf(line, sizeof(line), "%s -> %s %s %s %s %s", client, server, *name ? name : "-",
		     version ? version : "-", suite ? suite->name : "-", span);
	for (uint8_t i = 0; i < v->findings.count && n > 0 && (size_t)n < sizeof(line); i++)
		n += snprintf(line + n, sizeof(line) - (size_t)n, "%s%s", i ? "," : " ",
			      v->findings.at[i].code);
	page_put(p, GREEN, "ok");
	putc(' ', p->out);
	page_wrap(p, 3, 5, line);
}
