#include "gist.h"
#include "hostname.h"
#include "../must.h"
#include "rules.h"

#include <stdlib.h>

/* FNV-1a: for grouping what one peer sent itself, not for a table that strangers fill. */
static uint64_t mix(uint64_t hash, uint64_t value)
{
	return (hash ^ value) * UINT64_C(0x100000001b3);
}

static uint64_t mix_list(uint64_t hash, const struct code_list *list, bool ordered)
{
	uint64_t sum = 0;

	for (uint16_t i = 0; i < list->count; i++) {
		if (is_grease(list->at[i]))
			continue;
		if (ordered)
			hash = mix(hash, list->at[i]);
		else
			sum += mix(UINT64_C(0xcbf29ce484222325), list->at[i]);
	}
	return mix(hash, ordered ? list->count : sum);
}

/* A server rightly chooses another protocol for who offers others. */
static uint64_t mix_alpn(uint64_t hash, const struct text_list *alpn)
{
	for (uint16_t i = 0; i < alpn->count; i++) {
		hash = mix(hash, alpn->at[i].len);
		for (uint16_t j = 0; j < alpn->at[i].len; j++)
			hash = mix(hash, (uint8_t)alpn->at[i].at[j]);
	}
	return hash;
}

/* Chromium shuffles its extensions, so their order does not count. */
uint64_t hello_fingerprint(const struct client_hello *c)
{
	uint64_t hash = mix(UINT64_C(0xcbf29ce484222325), c->legacy_version);

	hash = mix_list(hash, &c->versions, true);
	hash = mix_list(hash, &c->suites, true);
	hash = mix_list(hash, &c->groups, true);
	hash = mix_list(hash, &c->signatures, true);
	hash = mix_alpn(hash, &c->alpn);
	return mix_list(hash, &c->extensions, false);
}

static bool offers_hybrid(const struct client_hello *c)
{
	for (uint16_t i = 0; i < c->key_shares.count; i++) {
		const struct named_group *g = named_group(c->key_shares.at[i]);

		if (g && g->client_share_len > 700)
			return true;
	}
	return false;
}

/* Letters' case left out; 0 where none was sent. */
static uint64_t hash_name(const char *name, size_t len)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < len; i++)
		hash = mix(hash, (uint8_t)name[i] | 0x20u);
	return hash ? hash : 1;
}

const char *gist_name(const struct gist *g)
{
	return g->long_name ? g->long_name : g->short_name;
}

uint64_t tunnel_hash(const struct tls_upgrade *tunnel)
{
	return tunnel ? mix(hash_name(tunnel->target, strlen(tunnel->target)), tunnel->target_port) : 0;
}

/* Each byte takes four characters at most. */
static void keep_name(const char *at, size_t len, struct gist *out)
{
	char name[256];

	if (len)
		out->name_hash = hash_name(at, len);
	if (len < GIST_NAME / 4) {
		escape_text(out->short_name, GIST_NAME, (const uint8_t *)at, len);
		return;
	}
	escape_text(name, sizeof(name), (const uint8_t *)at, len);
	if (strlen(name) < GIST_NAME)
		memcpy(out->short_name, name, strlen(name) + 1);
	else
		out->long_name = must(strdup(name));
}

static uint16_t offers_in_suites(const struct client_hello *c)
{
	uint16_t offers = 0;

	uint8_t traits = 0;

	for (uint16_t i = 0; i < c->suites.count; i++) {
		uint8_t of_one = cipher_suite_traits(c->suites.at[i]);

		traits |= of_one & SUITE_TLS13 ? 0 : of_one;
	}
	offers |= traits & SUITE_ECDHE ? OFFERS_ECDHE : 0;
	offers |= traits & SUITE_ECDSA ? OFFERS_ECDSA : 0;
	offers |= traits & SUITE_AEAD ? OFFERS_AEAD : 0;
	return offers;
}

/* RFC 8446 4.2.3. Before TLS 1.3 the suites say whether ECDSA is taken. */
static uint16_t offers_in_signatures(const struct client_hello *c)
{
	bool tls13 = is_tls13(highest_version(c));
	uint16_t offers = 0;

	for (uint16_t i = 0; i < c->signatures.count; i++) {
		uint16_t code = c->signatures.at[i];

		offers |= code >= 0x0804 && code <= 0x080b ? OFFERS_PSS : 0;
		offers |= tls13 && (code == 0x0403 || code == 0x0503 || code == 0x0603) ? OFFERS_ECDSA : 0;
	}
	return offers;
}

static bool offers_h2(const struct client_hello *c)
{
	for (uint16_t i = 0; i < c->alpn.count; i++)
		if (c->alpn.at[i].len == 2 && !memcmp(c->alpn.at[i].at, "h2", 2))
			return true;
	return false;
}

static uint16_t read_offers(const struct client_hello *c)
{
	unsigned offers = offers_in_suites(c) | offers_in_signatures(c);

	offers |= c->psk_identities || c->session_ticket_len ? OFFERS_RESUMPTION : 0;
	offers |= offers_h2(c) ? OFFERS_H2 : 0;
	offers |= c->extended_master_secret ? OFFERS_EMS : 0;
	offers |= c->fallback_scsv ? OFFERS_FALLBACK : 0;
	return (uint16_t)offers;
}

/* Where the hello names nobody, the proxy was told whom it is meant for. */
static void read_name(const struct handshake *h, struct gist *out)
{
	const struct text *name = &h->hello->server_name;
	const struct tls_upgrade *tunnel = opened_tunnel(h);

	out->name = h->hello->has_server_name;
	if (out->name)
		keep_name((const char *)name->at, name->len, out);
	else if (tunnel && !hostname_is_address(tunnel->target))
		keep_name(tunnel->target, strlen(tunnel->target), out);
}

static void read_hello(const struct handshake *h, struct gist *out)
{
	const struct client_hello *c = h->hello;

	out->has_hello = true;
	out->offers = read_offers(c);
	read_name(h, out);
	out->fingerprint = hello_fingerprint(c);
	out->hello_len = c->length;
	out->highest_version = highest_version(c);
	out->tls12 = offers_version(c, 0x0303);
	out->tls13 = is_tls13(out->highest_version);
	out->alpn = c->has_alpn;
	out->hybrid = offers_hybrid(c);
	out->ech = c->ech == ECH_OUTER;
	out->ech_config_id = c->ech_config_id;
}

static void read_choice(const struct handshake *h, struct gist *out)
{
	const struct text *alpn = &h->server->alpn;

	out->has_server_hello = true;
	out->version = h->version;
	out->suite = h->suite;
	out->group = h->group;
	out->retry = h->retry != NULL;
	out->resumed = h->resumed;
	out->flight_len = infer_flight_to_finished(h);
	out->signature = h->key_exchange ? h->key_exchange->signature : 0;
	if (!h->server->has_alpn)
		return;
	out->has_chosen_alpn = true;
	escape_text(out->chosen_alpn, sizeof(out->chosen_alpn), alpn->at, alpn->len);
	for (uint16_t i = 0; i < alpn->len; i++)
		out->chosen_alpn_hash = (out->chosen_alpn_hash ^ (uint8_t)alpn->at[i]) * 16777619u + 1;
}

/* What one dialogue offers, another that lacks it may have been robbed of. */
static void read_upgrades(const struct handshake *h, struct gist *out)
{
	out->in_clear = h->upgrade_count > 0;
	out->tunnel = tunnel_hash(opened_tunnel(h));
	for (uint8_t i = 0; i < h->upgrade_count; i++) {
		const struct tls_upgrade *told = &h->upgrades[i].told;

		if (told->step != UPGRADE_OFFERED && told->step != UPGRADE_ACCEPTED)
			continue;
		out->words_first = true;
		if (!told->proxy && !happened(out->upgrade))
			out->upgrade = h->upgrades[i].mark;
	}
}

/* When both sides had finished, or one of them had given up. */
static int64_t settled_at(const struct handshake *h, const struct ending *e)
{
	struct mark done = mark_later(h->finished[SIDE_CLIENT], h->finished[SIDE_SERVER]);

	if (e->outcome == OUTCOME_COMPLETED && happened(done))
		return done.time;
	return happened(e->mark) ? e->mark.time : h->flow->last.time;
}

void gist_read(const struct handshake *h, const struct ending *e, struct gist *out)
{
	const struct flow_facts *flow = h->flow;

	*out = (struct gist){
		.serial = h->serial, .file = h->file, .stream = flow->stream,
		.transport = flow->transport, .client = flow->side[SIDE_CLIENT].address,
		.server = flow->side[SIDE_SERVER].address, .first = flow->first, .last = flow->last,
		.settled = settled_at(h, e), .outcome = e->outcome,
		.left_without_data = e->left_without_data,
		.data = { h->data_records[SIDE_CLIENT] > 0, h->data_records[SIDE_SERVER] > 0 },
		.client_link = flow->side[SIDE_CLIENT].link,
		.syn_ttl = flow->side[SIDE_SERVER].syn_ttl,
		.unopened = flow->transport == TRANSPORT_TCP && happened(flow->side[SIDE_CLIENT].syn) &&
			    !happened(flow->side[SIDE_SERVER].syn),
		.hello_first = h->hello_first, .hello_mark = h->hello_mark,
		.certificates = h->certificates, .certificates_mark = h->certificates_mark,
	};
	read_upgrades(h, out);
	if (h->hello)
		read_hello(h, out);
	else
		out->hello_len = (uint32_t)h->pending_want[SIDE_CLIENT];
	if (h->server)
		read_choice(h, out);
}

void gist_take_certificates(struct gist *g, struct handshake *h)
{
	g->own_certificates = true;
	h->certificates = NULL;
}

void certificates_free(struct certificate_list *list)
{
	if (!list)
		return;
	for (uint16_t i = 0; i < list->count; i++)
		certificate_release(list->at[i]);
	free(list);
}

void gist_release(struct gist *g)
{
	free(g->long_name);
	if (g->own_certificates)
		certificates_free(g->certificates);
}

void concluded_free(struct concluded *c)
{
	gist_release(&c->gist);
	handshake_free(c->handshake);
}
