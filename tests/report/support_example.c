#include <stdlib.h>

#include "support.h"

static const uint16_t suites[] = { 0x1301, 0x2a2a, 0xc02f };
static const uint16_t versions[] = { 0x0304, 0x0303 };

int64_t example_time(int64_t microseconds)
{
	return (1709373600LL * 1000000 + microseconds) * 1000;
}

static void fill_certificate(struct example *e)
{
	e->names[0] = (struct san){ SAN_DNS, "shop.example.com" };
	e->names[1] = (struct san){ SAN_DNS, "www.example.com" };
	e->leaf = (struct certificate){
		.subject = "CN=shop.example.com", .issuer = "CN=Example CA, O=Example",
		.subject_cn = "shop.example.com", .issuer_cn = "Example CA", .issuer_o = "Example",
		.serial = "0A1B", .not_before = 1700000000, .not_after = 1709251200,
		.validity_read = true, .key = KEY_RSA, .key_bits = 2048,
		.signature = "sha256WithRSAEncryption", .ca = NO, .san = e->names, .san_count = 2,
		.san_total = 2, .references = 1,
	};
	e->chain = (struct certificate_list){ .at = { &e->leaf }, .count = 1, .total = 1 };
}

static void fill_flow(struct flow_facts *f)
{
	f->transport = TRANSPORT_TCP;
	f->stream = 3;
	f->first = (struct mark){ .frame = 11, .time = example_time(0) };
	f->last = (struct mark){ .frame = 20, .time = example_time(31000) };
	f->side[SIDE_CLIENT].address = (struct address){ { 192, 0, 2, 10 }, 4, 51666 };
	f->side[SIDE_SERVER].address = (struct address){ { 198, 51, 100, 7 }, 4, 443 };
}

static void fill_handshake(struct example *e)
{
	struct handshake *h = &e->handshake;

	h->file = "shop.pcap";
	h->dissected_as = 't';
	fill_flow(&e->flow);
	h->flow = &e->flow;
	h->hello = &e->hello;
	h->hello_mark = (struct mark){ .frame = 14, .time = example_time(10200) };
	h->certificates = &e->chain;
	h->version = 0x0303;
	h->suite = 0xc02f;
	h->messages = h->first_messages;
	h->messages[0] = (struct message_fact){ .from = SIDE_CLIENT, .type = HS_CLIENT_HELLO,
		.mark = h->hello_mark, .length = 508 };
	h->alerts = h->first_alerts;
	h->message_count = 1;
	h->alerts[0] = (struct alert_fact){ .from = SIDE_CLIENT, .level = 2, .code = 45,
		.mark = { .frame = 18, .time = example_time(30100) }, .length = 2 };
	h->alerts[1] = (struct alert_fact){ .from = SIDE_SERVER, .hidden = true,
		.mark = { .frame = 19, .time = example_time(30200) }, .length = 19 };
	h->alert_count = 2;
}

static void fill_verdict(struct example *e)
{
	struct verdict *v = &e->verdict;
	struct diagnosis *d = &v->diagnosis;

	v->handshake = &e->handshake;
	v->outcome = OUTCOME_FAILED;
	v->reached = STEP_CERTIFICATE;
	*d = (struct diagnosis){
	    .code = "cert_expired",
	    .confidence = CERTAIN,
	    .aborted_by = PARTY_CLIENT,
	    .fix_at = PARTY_SERVER,
	    .summary = "The client refused the server's certificate: it had expired 1 day before, "
		       "on 2024-03-01.",
	    .evidence =
		{
		    { { .frame = 16, .time = example_time(20100) },
		     "Certificate of shop.example.com, valid until "
		     "2024-03-01T00:00:00Z, issued by Example CA." },
		    { { .frame = 18, .time = example_time(30100) }, "Fatal alert certificate_expired from the client." },
		},
	    .evidence_count = 2,
	    .alternatives = { { "cert_revoked", POSSIBLE, "A client that puts revocation so." } },
	    .alternative_count = 1,
	    .remedies = { "Renew the certificate on 198.51.100.7." },
	    .remedy_count = 1,
	    .stack = { "OpenSSL", NULL },
	    .stack_confidence = { LIKELY, POSSIBLE },
	};
	v->findings.at[0] = (struct finding){ "weak_key", SEVERITY_WARN, "A key of 1024 bits" };
	v->findings.count = 1;
}

struct example *example_new(void)
{
	struct example *e = calloc(1, sizeof(*e));

	if (!e)
		abort();
	e->hello.legacy_version = 0x0303;
	e->hello.has_extensions = e->hello.has_versions = e->hello.has_server_name = true;
	e->hello.versions = (struct code_list){ versions, 2 };
	e->hello.suites = (struct code_list){ suites, 3 };
	e->hello.server_name = (struct text){ "shop.example.com", 16 };
	fill_certificate(e);
	fill_handshake(e);
	fill_verdict(e);
	return e;
}

void example_free(struct example *e)
{
	free(e);
}

void catch_report(struct caught *c, report_maker maker, const struct report_options *options)
{
	struct report_options mine = *options;

	*c = (struct caught){ 0 };
	c->out = open_memstream(&c->text, &c->len);
	assert_non_null(c->out);
	mine.out = c->out;
	c->report = maker(&mine);
	assert_non_null(c->report);
}

void catch_end(struct caught *c)
{
	c->report->close(c->report);
	fclose(c->out);
}

size_t longest_line(const char *text)
{
	size_t longest = 0;

	while (*text) {
		size_t len = strcspn(text, "\n");
		longest = len > longest ? len : longest;
		text += len + (text[len] != '\0');
	}
	return longest;
}

bool is_plain_ascii(const char *text)
{
	for (; *text; text++)
		if (*text != '\n' && (*text < 0x20 || *text > 0x7e))
			return false;
	return true;
}

size_t count_of(const char *needle, const char *text)
{
	size_t count = 0;

	for (const char *at = text; (at = strstr(at, needle)); at += strlen(needle))
		count++;
	return count;
}
