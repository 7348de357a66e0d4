#include "diagnose.h"
#include "afterwards.h"
#include "hostname.h"

#include <stdio.h>

enum { GUESSES_KEPT = 6 };

static enum chain_key_use key_use_of(const struct handshake *h)
{
	const struct cipher_suite *s = cipher_suite(h->suite);

	if (!s)
		return KEY_USE_UNKNOWN;
	return !strcmp(s->kx, "RSA") ? KEY_USE_ENCIPHER : KEY_USE_SIGN;
}

static void judge_server(const struct knowledge *k, struct view *v, struct chain_judgement *out)
{
	const struct handshake *h = v->h;
	struct chain_question question = { .certificates = h->certificates, .staple = h->staple,
		.name = v->name[0] ? v->name : NULL, .server = &v->peer,
		.time = h->certificates_mark.time / INT64_C(1000000000), .purpose = CHAIN_SERVER,
		.key_use = key_use_of(h) };

	if (!h->certificates && v->lesson && is_tls13(h->version) && h->server) {
		v->chain_lesson = lesson_name(v->lesson, v->name);
		if (!v->chain_lesson || !v->chain_lesson->chain)
			return;
		question.certificates = v->chain_lesson->chain;
		question.staple = NULL;
		question.time = h->server_mark.time / INT64_C(1000000000);
		v->chain_is_borrowed = true;
	}
	if (!question.certificates || !question.certificates->count)
		return;
	chain_judge(k->trust, &question, out);
	v->chain = out;
}

static void judge_client(const struct knowledge *k, struct view *v, struct chain_judgement *out)
{
	const struct handshake *h = v->h;
	struct chain_question question = { .certificates = h->client_certificates,
		.time = h->client_certificates_mark.time / INT64_C(1000000000),
		.purpose = CHAIN_CLIENT, .key_use = KEY_USE_SIGN };

	if (!h->client_certificates || !h->client_certificates->count)
		return;
	chain_judge(k->trust, &question, out);
	v->client_chain = out;
}

/* Behind a proxy the server is whom it was asked for. */
static void look_through(const struct tls_upgrade *tunnel, struct view *v)
{
	bool v6 = strchr(tunnel->target, ':') != NULL;

	snprintf(v->server, sizeof(v->server), v6 ? "[%s]:%u" : "%s:%u", tunnel->target,
		 tunnel->target_port);
	if (hostname_is_address(tunnel->target))
		hostname_address(tunnel->target, tunnel->target_port, &v->peer);
	else
		snprintf(v->name, sizeof(v->name), "%s", tunnel->target);
	v->peer.port = tunnel->target_port;
}

static void build_view(const struct knowledge *k, const struct handshake *h,
		       const struct ending *end, struct view *v, struct chain_judgement chains[2])
{
	*v = (struct view){ .h = h, .end = end, .tls_expected = k->tls_expected,
			    .next_try = k->next_try };
	const struct tls_upgrade *tunnel = opened_tunnel(h);

	v->peer = h->flow->side[SIDE_SERVER].address;
	address_text(v->server, &v->peer);
	if (tunnel)
		look_through(tunnel, v);
	if (h->hello && h->hello->has_server_name)
		escape_text(v->name, sizeof(v->name), h->hello->server_name.at,
			    h->hello->server_name.len);
	host_text(v->client, &h->flow->side[SIDE_CLIENT].address);
	v->lesson = k->lessons ? lessons_of(k->lessons, &h->flow->side[SIDE_SERVER].address,
					    tunnel_hash(tunnel)) : NULL;
	v->tls_at_once = k->tls_expected && !(v->lesson && v->lesson->words_first);
	v->stack[SIDE_CLIENT] = stack_of_client(h);
	v->stack[SIDE_SERVER] = stack_of_server(h);
	if (k->trust) {
		judge_server(k, v, &chains[0]);
		judge_client(k, v, &chains[1]);
	}
}

/* ---- ranking ---- */

static int rank(const struct guess *g)
{
	return (int)g->confidence * 100 + g->weight;
}

/* Keeps the best guess of each code, best first. */
static void keep_guess(struct guess *kept, size_t *count, const struct guess *g)
{
	size_t at = 0;

	for (size_t i = 0; i < *count; i++) {
		if (strcmp(kept[i].code, g->code) != 0)
			continue;
		if (rank(g) <= rank(&kept[i]))
			return;
		memmove(&kept[i], &kept[i + 1], (*count - i - 1) * sizeof(*kept));
		(*count)--;
		break;
	}
	while (at < *count && rank(&kept[at]) >= rank(g))
		at++;
	if (at == GUESSES_KEPT)
		return;
	if (*count < GUESSES_KEPT)
		(*count)++;
	memmove(&kept[at + 1], &kept[at], (*count - at - 1) * sizeof(*kept));
	kept[at] = *g;
}

/* A guess has room for pages and most rules say nothing: only what is read without a count is set. */
static void begin_guess(struct guess *g, const char *code)
{
	g->code = code;
	g->confidence = POSSIBLE;
	g->weight = 50;
	g->aborted_by = g->fix_at = PARTY_UNKNOWN;
	g->summary[0] = '\0';
	g->evidence_count = g->remedy_count = 0;
	g->remedies_suffice = false;
}

static void try_rules(const struct view *v, struct rule_set set, struct guess *kept, size_t *count)
{
	struct guess g;

	for (size_t i = 0; i < set.count; i++) {
		begin_guess(&g, set.rules[i].code);
		if (set.rules[i].fits(v, &g))
			keep_guess(kept, count, &g);
	}
}

static size_t guess_causes(const struct view *v, struct guess kept[GUESSES_KEPT])
{
	size_t count = 0;

	try_rules(v, version_rules(), kept, &count);
	try_rules(v, offer_rules(), kept, &count);
	try_rules(v, answer_rules(), kept, &count);
	try_rules(v, extension_rules(), kept, &count);
	try_rules(v, certificate_rules(), kept, &count);
	try_rules(v, client_certificate_rules(), kept, &count);
	try_rules(v, name_rules(), kept, &count);
	try_rules(v, protocol_rules(), kept, &count);
	try_rules(v, upgrade_rules(), kept, &count);
	try_rules(v, network_rules(), kept, &count);
	try_rules(v, loss_rules(), kept, &count);
	try_rules(v, quic_rules(), kept, &count);
	try_rules(v, alert_rules(), kept, &count);
	return count;
}

/* ---- words ---- */

/* What else it could be where no rule had a reason of its own, and what would decide. */
static const struct rival {
	const char *code, *rival, *summary;
} rivals[] = {
	{ "cert_rejected", "cert_unknown_ca", "The client may not trust the issuer; its own message, or a capture with a key log, decides." },
	{ "cert_rejected", "cert_name_mismatch", "The certificate may not list the name; openssl s_client -servername NAME shows its names." },
	{ "cert_rejected", "cert_expired", "The certificate may be outside its validity, or the client's clock wrong; openssl x509 -dates shows." },
	{ "cert_rejected", "cert_intercepted", "A TLS-inspection proxy may have replaced the certificate; compare the issuer from another network." },
	{ "cert_unknown_ca", "cert_chain_incomplete", "The server may have left out an intermediate; if the issuer has a public root above it, that is the case." },
	{ "cert_unknown_ca", "cert_intercepted", "An inspection proxy may have issued it; compare the issuer from another network." },
	{ "cert_chain_incomplete", "cert_unknown_ca", "The issuer may be a private CA that the client lacks altogether." },
	{ "cert_self_signed", "cert_unknown_ca", "It may be a private root used as a server certificate, to be installed on the client." },
	{ "client_cert_rejected", "client_cert_unknown_ca", "The server may not trust the client's CA; the server's log names the reason." },
	{ "client_cert_rejected", "client_cert_expired", "The client's certificate may be outside its validity; openssl x509 -dates shows." },
	{ "client_cert_missing", "client_cert_unknown_ca", "The client may have a certificate, but none from a CA that the server asks for." },
	{ "negotiation_failed", "cipher_mismatch", "Most often no common cipher suite; the server's log says \"no shared cipher\"." },
	{ "negotiation_failed", "sni_unrecognized", "Some front ends refuse unknown names so; try a name that works." },
	{ "negotiation_failed", "group_mismatch", "No common key-exchange group; the server's log says \"no suitable key share\"." },
	{ "reset_after_client_hello", "reset_injected", "A filter on the way may have forged it; compare the TTL at the server, or try another name." },
	{ "reset_after_client_hello", "version_mismatch", "Schannel resets hellos whose versions or suites it cannot serve; see its System log (36874, 36888)." },
	{ "reset_after_client_hello", "sni_unrecognized", "No binding or back end for the name; try a name that works." },
	{ "closed_after_client_hello", "sni_unrecognized", "No virtual host, filter chain or back end for the name; try a name that works." },
	{ "closed_after_client_hello", "version_mismatch", "Some servers close without an alert on a hello that they cannot serve." },
	{ "server_silent", "large_client_hello_lost", "Part of the ClientHello may have been dropped behind the capture point." },
	{ "server_silent", "client_hello_lost", "A SYN proxy or load balancer may have acknowledged in the server's place." },
	{ "server_flight_lost", "handshake_timeout", "The server may simply have stalled; a capture beside the server decides." },
	{ "handshake_timeout", "server_flight_lost", "Packets may be lost behind the capture point; a capture at the other end decides." },
	{ "client_abandoned", "cert_rejected", "Clients such as Node.js leave without an alert when they reject a certificate; read the client's message." },
	{ "server_abandoned", "internal_error", "The server's process may have crashed or been restarted; see its log at that second." },
	{ "crypto_failure", "record_corrupted", "Bytes may have been changed on the way; compare captures at both ends." },
	{ "record_corrupted", "crypto_failure", "The two sides may have derived different keys because a hello was rewritten on the way." },
	{ "internal_error", "sni_unrecognized", "Go servers answer a name that they have no certificate for so." },
};

static bool has_alternative(const struct diagnosis *d, const char *code)
{
	for (uint8_t i = 0; i < d->alternative_count; i++)
		if (!strcmp(d->alternatives[i].code, code))
			return true;
	return !strcmp(d->code, code);
}

static void add_alternative(struct diagnosis *d, const char *code, enum confidence confidence,
			    const char *summary)
{
	struct alternative *a;

	if (d->alternative_count == ALTERNATIVES_MAX || has_alternative(d, code))
		return;
	a = &d->alternatives[d->alternative_count++];
	a->code = code;
	a->confidence = confidence;
	snprintf(a->summary, sizeof(a->summary), "%s", summary);
}

/* Words for "it ended": beside a cause they explain nothing. */
static bool explains_nothing(const char *alternative, const char *code)
{
	static const char *const network[] = { "server_silent", "server_flight_lost",
					       "handshake_timeout", "client_hello_lost",
					       "large_client_hello_lost" };

	if (!strcmp(alternative, "negotiation_failed"))
		return true;
	if (strcmp(alternative, "client_abandoned") != 0 &&
	    strcmp(alternative, "server_abandoned") != 0 &&
	    strcmp(alternative, "handshake_timeout") != 0)
		return false;
	for (size_t i = 0; i < sizeof(network) / sizeof(network[0]); i++)
		if (!strcmp(code, network[i]))
			return true;
	return false;
}

/* Nothing rivals what is certain; what is likely leaves at most "possible" to the others. */
static void fill_alternatives(struct diagnosis *d, const struct guess *kept, size_t count,
			      const struct view *v)
{
	bool acknowledged = v->h->flow->transport == TRANSPORT_TCP; /* what datagrams never are */

	if (d->confidence == CERTAIN)
		return;
	for (size_t i = 1; i < count; i++)
		if (!explains_nothing(kept[i].code, d->code))
			add_alternative(d, kept[i].code, POSSIBLE, kept[i].summary);
	for (size_t i = 0; i < sizeof(rivals) / sizeof(rivals[0]); i++)
		if (!strcmp(rivals[i].code, d->code) &&
		    (acknowledged || strcmp(d->code, "server_silent") != 0))
			add_alternative(d, rivals[i].rival, POSSIBLE, rivals[i].summary);
}

/* In the order of packets; what is of the whole flow, or of another, comes last. */
static void sort_evidence(struct diagnosis *d)
{
	for (uint8_t i = 1; i < d->evidence_count; i++)
		for (uint8_t j = i; j && mark_before(d->evidence[j].mark, d->evidence[j - 1].mark);
		     j--) {
			struct evidence kept = d->evidence[j];

			d->evidence[j] = d->evidence[j - 1];
			d->evidence[j - 1] = kept;
		}
}

static void fill_diagnosis(struct diagnosis *d, const struct guess *kept, size_t count,
			   const struct view *v)
{
	const struct guess *g = &kept[0];

	d->code = g->code;
	d->confidence = g->confidence;
	d->aborted_by = g->aborted_by;
	d->fix_at = g->fix_at;
	memcpy(d->summary, g->summary, sizeof(d->summary));
	memcpy(d->evidence, g->evidence, g->evidence_count * sizeof(g->evidence[0]));
	d->evidence_count = g->evidence_count;
	sort_evidence(d);
	memcpy(d->remedies, g->remedies, g->remedy_count * sizeof(g->remedies[0]));
	d->remedy_count = g->remedy_count;
	d->remedies_suffice = g->remedies_suffice;
	fill_alternatives(d, kept, count, v);
	for (int side = 0; side < 2; side++) {
		d->stack[side] = stack_name(v->stack[side].kind);
		d->stack_confidence[side] = v->stack[side].confidence;
	}
}

/* ---- outcome ---- */

/* A check, or a spare connection: some servers answer its FIN with an alert. */
static bool client_never_spoke(const struct handshake *h)
{
	const struct tcp_side *client = &h->flow->side[SIDE_CLIENT];

	return h->flow->transport == TRANSPORT_TCP && happened(client->syn) &&
	       !client->data_segments && !client->missing;
}

/* TLS was spoken, or begun. */
static bool is_attempt(const struct handshake *h)
{
	if (client_never_spoke(h))
		return false;
	return h->hello || h->server || h->message_count || h->alert_count ||
	       h->pending_want[SIDE_CLIENT];
}

/* A snap length so short that TLS cannot even be seen, on a port where it is spoken. */
static bool was_cut_to_nothing(const struct knowledge *k, const struct handshake *h)
{
	return k->tls_expected && h->flow->side[SIDE_CLIENT].cut &&
	       !happened(h->foreign_mark[SIDE_CLIENT]) && !h->upgrade_count;
}

/* What is missing may be the Finished of who sent the hidden alert. Before TLS 1.3 it must be: nothing is
 * encrypted before that. */
static bool may_have_finished(const struct view *v)
{
	const struct handshake *h = v->h;

	if (!is_tls13(h->version))
		return true;
	return v->end->by == SIDE_CLIENT && happened(h->last_gap[SIDE_CLIENT]) &&
	       mark_before(h->server_mark, h->last_gap[SIDE_CLIENT]) &&
	       mark_before(h->last_gap[SIDE_CLIENT], v->end->mark);
}

/* Defects of the capture that leave nothing to say, unless an alert says it all the same. */
static bool capture_forbids(const struct view *v, const struct guess *best,
			    const struct guess *defect, bool blind)
{
	bool told = v->end->how == ENDED_BY_ALERT && best && best->confidence >= LIKELY;

	if (!blind)
		return false;
	if (!strcmp(defect->code, "capture_truncated") && v->end->how == ENDED_BY_HIDDEN_ALERT &&
	    best && best->confidence >= LIKELY && !may_have_finished(v))
		return false;
	return !told;
}

/* What went before the first packet may have been a hello, or another protocol's words. */
static bool begins_unseen(const struct handshake *h)
{
	return h->flow->transport == TRANSPORT_TCP && !beginning_was_seen(h->flow) &&
	       (!h->hello || happened(h->foreign_mark[SIDE_SERVER]));
}

/* Where other packets stand before either SYN, what stands behind what tells nothing. */
static bool begins_in_disorder(const struct flow_facts *flow)
{
	struct mark syn = mark_earlier(flow->side[SIDE_CLIENT].syn, flow->side[SIDE_SERVER].syn);

	return flow->transport == TRANSPORT_TCP && happened(syn) && flow->first.frame < syn.frame;
}

/* Where the capture lacks part of this very handshake, what seems certain may hang on it. */
static bool is_touched(const struct handshake *h, const struct ending *end)
{
	bool tcp = h->flow->transport == TRANSPORT_TCP;

	if (begins_unseen(h) || begins_in_disorder(h->flow))
		return true;
	for (int side = 0; side < 2; side++) {
		const struct tcp_side *s = &h->flow->side[side];

		if (mark_before(h->gap[side], end->mark) ||
		    (tcp && !happened(s->first_packet)) ||
		    (s->missing && !happened(h->finished[side])))
			return true;
	}
	return false;
}

static void doubt(const struct view *v, struct guess *kept, size_t count)
{
	if (!count || !is_touched(v->h, v->end))
		return;
	for (size_t i = 0; i < count; i++)
		if (kept[i].confidence == CERTAIN)
			kept[i].confidence = LIKELY;
	if (begins_unseen(v->h))
		show(&kept[0], v->h->flow->first, "the capture lacks the beginning of this connection: what is missing may say otherwise");
	else if (begins_in_disorder(v->h->flow))
		show(&kept[0], v->h->flow->first, "packets of this connection stand in another order than they were sent, even before its SYN");
	else
		show(&kept[0], mark_earlier(v->h->gap[0], v->h->gap[1]), "the capture lacks part of this handshake: what is missing may say otherwise");
}

static void conclude_outcome(const struct view *v, struct guess *kept, size_t count,
			     struct verdict *out)
{
	struct guess blind[GUESSES_KEPT];
	size_t blind_count = 0;
	const struct guess *best = count ? &kept[0] : NULL;

	try_rules(v, capture_rules(), blind, &blind_count);
	doubt(v, kept, count);
	if (v->end->how == ENDED_NOT && best && best->confidence >= LIKELY &&
	    !(blind_count && blind[0].weight > 50))
		out->outcome = OUTCOME_FAILED;
	else if (v->end->how == ENDED_NOT || !best)
		out->outcome =
		    blind_count || v->end->how == ENDED_NOT ? OUTCOME_INCONCLUSIVE : OUTCOME_FAILED;
	else
		out->outcome = capture_forbids(v, best, &blind[0], blind_count > 0)
				   ? OUTCOME_INCONCLUSIVE
				   : OUTCOME_FAILED;
	if (out->outcome == OUTCOME_INCONCLUSIVE && blind_count) {
		for (size_t i = 0; i < count && blind_count < GUESSES_KEPT; i++) {
			kept[i].confidence = POSSIBLE;
			blind[blind_count++] = kept[i];
		}
		fill_diagnosis(&out->diagnosis, blind, blind_count, v);
	} else if (best) {
		fill_diagnosis(&out->diagnosis, kept, count, v);
	}
}

/* No rule knew it: say what is known and no more. */
static void shrug(const struct view *v, struct guess *g)
{
	bool client = v->end->by == SIDE_CLIENT;

	*g = (struct guess){ .code = client ? "client_abandoned" : "server_abandoned", .confidence = POSSIBLE,
		.aborted_by = party_of(v->end->by), .fix_at = party_of(v->end->by) };
	say(g, "The handshake ended half-way; what is visible does not say why");
	show_hello(g, v);
	show_end(g, v);
}

/* A verdict has room for pages, too: all is cleared but what is read by a count. */
static void begin_verdict(struct verdict *v, const struct handshake *h, const struct ending *end)
{
	struct diagnosis *d = &v->diagnosis;

	v->handshake = h;
	v->outcome = end->outcome;
	v->reached = handshake_reached(h);
	d->code = NULL;
	d->confidence = POSSIBLE;
	d->aborted_by = d->fix_at = PARTY_UNKNOWN;
	d->summary[0] = '\0';
	d->evidence_count = d->alternative_count = d->remedy_count = 0;
	d->remedies_suffice = false;
	for (int side = 0; side < 2; side++) {
		d->stack[side] = NULL;
		d->stack_confidence[side] = POSSIBLE;
	}
	v->findings.count = 0;
	v->incident = 0;
	v->retry = (struct retry){ 0 };
	v->probe = false;
}

bool diagnose(const struct knowledge *k, const struct handshake *h, struct ending *end,
	      struct verdict *out)
{
	struct chain_judgement chains[2];
	struct guess kept[GUESSES_KEPT];
	struct view v;
	size_t count;

	begin_verdict(out, h, end);
	if (went_on_in_sslv2(h))
		return false;
	build_view(k, h, end, &v, chains);
	if (end->outcome == OUTCOME_COMPLETED && refused_after_finishing(&v)) {
		end->outcome = OUTCOME_FAILED;
		end->rejected_late = true;
	}
	find(&v, &out->findings);
	if (end->outcome == OUTCOME_COMPLETED) {
		out->outcome = OUTCOME_COMPLETED;
		return true;
	}
	count = guess_causes(&v, kept);
	if (!count && !is_attempt(h) && !was_cut_to_nothing(k, h))
		return false;
	if (!count && end->how != ENDED_NOT) {
		shrug(&v, &kept[0]);
		count = 1;
	}
	conclude_outcome(&v, kept, count, out);
	return out->diagnosis.code != NULL;
}
