#include "dtls_messages.h"

bool dtls_fragment_take(struct dtls_fragment *out, struct reader *content)
{
	out->type = take_u8(content);
	out->length = take_u24(content);
	out->sequence = take_u16(content);
	out->offset = take_u24(content);
	out->body = take_vector24(content);
	return read_ok(content) && out->offset <= out->length &&
	       left(&out->body) <= out->length - out->offset;
}

/* Beyond the 64 that bits can hold, order alone tells. */
bool dtls_messages_is_done(const struct dtls_messages *m, const struct dtls_fragment *fragment)
{
	if (fragment->sequence >= 64)
		return fragment->sequence < m->next;
	return m->done >> fragment->sequence & 1;
}

static struct dtls_pending *pending_of(struct dtls_messages *m,
				       const struct dtls_fragment *fragment, struct mark mark)
{
	struct dtls_pending *unused = NULL;

	for (size_t i = 0; i < DTLS_PENDING_MAX; i++) {
		struct dtls_pending *p = &m->pending[i];
		if (p->in_use && p->sequence == fragment->sequence)
			return p;
		if (!p->in_use && !unused)
			unused = p;
	}
	if (unused) {
		*unused = (struct dtls_pending){
			.in_use = true, .type = fragment->type, .sequence = fragment->sequence,
			.length = fragment->length, .first = mark,
		};
	}
	return unused;
}

bool dtls_messages_add(struct dtls_messages *m, const struct dtls_fragment *fragment,
		       struct mark mark, bool decrypted)
{
	if (fragment->length > MESSAGE_MAX)
		return false;
	struct dtls_pending *p = pending_of(m, fragment, mark);
	if (!p || p->type != fragment->type || p->length != fragment->length)
		return false;
	size_t before = p->fragments.held;
	size_t room = MESSAGE_MAX - m->held;
	bool kept = fragments_add(&p->fragments, fragment->offset, fragment->body.at,
				  left(&fragment->body), before + room);
	m->held += p->fragments.held - before;
	if (p->fragments.held > before || fragment->length == 0) {
		p->last = mark;
		p->record_count++;
		p->decrypted = decrypted;
	}
	return kept;
}

/* Hellos begin a flight, so nothing is to be waited for before them: captures start late. */
static bool is_due(const struct dtls_messages *m, const struct dtls_pending *p)
{
	return p->sequence <= m->next || p->type == HS_CLIENT_HELLO || p->type == HS_SERVER_HELLO ||
	       p->type == HS_HELLO_VERIFY_REQUEST;
}

struct dtls_pending *dtls_messages_next(struct dtls_messages *m, bool any_order)
{
	struct dtls_pending *found = NULL;

	for (size_t i = 0; i < DTLS_PENDING_MAX; i++) {
		struct dtls_pending *p = &m->pending[i];
		if (!p->in_use || p->fragments.held != p->length)
			continue;
		if (!any_order && !is_due(m, p))
			continue;
		if (!found || p->sequence < found->sequence)
			found = p;
	}
	return found;
}

void dtls_messages_release(struct dtls_messages *m, struct dtls_pending *message)
{
	if (message->sequence < 64)
		m->done |= UINT64_C(1) << message->sequence;
	if (message->sequence >= m->next)
		m->next = (uint16_t)(message->sequence + 1);
	m->held -= message->fragments.held;
	fragments_clear(&message->fragments);
	message->in_use = false;
}

void dtls_messages_clear(struct dtls_messages *m)
{
	for (size_t i = 0; i < DTLS_PENDING_MAX; i++)
		fragments_clear(&m->pending[i].fragments);
	*m = (struct dtls_messages){ 0 };
}
