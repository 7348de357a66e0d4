/*
 * analyze/: from the messages of one connection to what failed and why.
 *
 * handshake.c notes events as facts; chain.c judges certificates; rules*.c are rows that each try
 * one explanation; diagnose.c ranks them and fills in the words; pattern.c sees what only many
 * connections show. Nobody here sees a captured byte but through dissect/.
 */
#ifndef TLSWHY_ANALYZE_H
#define TLSWHY_ANALYZE_H

#include "../dissect/dissect.h"

/* ---- facts of one handshake ------------------------------------------------------------------ */

enum outcome { OUTCOME_COMPLETED, OUTCOME_FAILED, OUTCOME_INCONCLUSIVE };

/* The last step seen, in the order of the contract. */
enum step {
	STEP_NONE, STEP_TCP_SYN, STEP_TCP_ESTABLISHED, STEP_CLIENT_HELLO, STEP_HELLO_RETRY_REQUEST,
	STEP_SERVER_HELLO, STEP_CERTIFICATE, STEP_SERVER_KEY_EXCHANGE, STEP_CERTIFICATE_REQUEST,
	STEP_SERVER_HELLO_DONE, STEP_CLIENT_CERTIFICATE, STEP_CLIENT_KEY_EXCHANGE,
	STEP_CLIENT_FINISHED, STEP_SERVER_FINISHED, STEP_APPLICATION_DATA, STEP_COUNT
};

enum { ALERTS_KEPT = 8, MESSAGES_KEPT = 48, RECORDS_KEPT = 24, UPGRADES_KEPT = 12 };

/* Room for as many is there from the beginning: few handshakes need more. */
enum { ALERTS_FIRST = 2, MESSAGES_FIRST = 8, RECORDS_FIRST = 10, UPGRADES_FIRST = 4 };

struct alert_fact {
	struct mark mark;
	enum side from;
	uint32_t length;	/* of the record */
	uint8_t level, code;	/* meaningless when hidden */
	bool hidden;		/* an encrypted record of type alert, or of an alert's length */
	bool inferred;		/* TLS 1.3: only its length says that it is an alert */
	bool after_peer_end;	/* sent when the peer's FIN, RST or fatal alert was already out: an echo */
};

struct message_fact {
	struct mark mark;
	enum side from;
	uint32_t length;
	uint8_t type;
	bool decrypted;
};

struct record_fact {
	struct mark mark;
	uint32_t length;	/* on the wire */
	uint16_t epoch;
	uint8_t type;		/* the inner one when decrypted */
	bool hidden;
};

struct upgrade_fact {
	struct mark mark;
	struct tls_upgrade told;
};

/*
 * Everything that was seen of one attempt, in three states: sent (frame > 0), absent (0), hidden. Lists
 * grow: those that are seldom long begin in the handshake itself, and what is seldom there at all
 * stands elsewhere.
 */
struct handshake {
	const char *file;		/* borrowed from the run */
	uint64_t serial;		/* order of first packets in the run */
	/* sides turned so that SIDE_CLIENT sent the ClientHello; owned or borrowed, see handshake.h */
	const struct flow_facts *flow;
	struct flow_facts *own_flow;

	struct client_hello *hello, *second_hello;	/* owned; second: after HelloRetryRequest */
	struct mark hello_mark, second_hello_mark;
	struct mark hello_first;	/* packet with the ClientHello's first byte */
	struct server_hello *retry, *server;	/* owned */
	struct mark retry_mark, server_mark;
	struct encrypted_extensions *encrypted_extensions;	/* owned, with keys only */
	struct certificate_list *certificates, *client_certificates;	/* owned, NULL if none seen */
	struct mark certificates_mark, client_certificates_mark;
	struct ocsp_staple *staple;	/* owned */
	struct mark staple_mark;
	struct server_key_exchange *key_exchange;	/* owned */
	struct mark key_exchange_mark;
	struct certificate_request *request;	/* owned */
	struct mark request_mark;
	struct mark hello_done, client_key_exchange, certificate_verify[2];
	struct mark new_session_ticket, hello_request;
	struct mark hello_verify_request;
	bool renegotiating;		/* a handshake record after both Finished */
	struct mark renegotiation;

	/* What each record is noted in stands together: another flow's was touched since. */
	char dissected_as;		/* 't' TLS, 'd' DTLS, 'q' QUIC */
	bool turned;			/* the ClientHello came from the side that capture/ took for the server */
	uint16_t version;		/* negotiated; 0 unknown */
	uint16_t suite;			/* negotiated; 0 unknown */
	uint16_t group;			/* 0 unknown */
	bool resumed;
	bool keys;			/* records were decrypted */

	struct message_fact *messages;	/* at most MESSAGES_KEPT */
	uint16_t message_count;
	struct record_fact *records[2];	/* the first ones of each side, CCS included, RECORDS_KEPT at most */
	uint16_t record_count[2];	/* kept */
	uint64_t record_total[2];
	uint64_t hidden_total[2];	/* of these, the encrypted ones that were not decrypted */
	struct record_fact last_record[2];
	size_t body_bytes;		/* about, of what it owns elsewhere, but for its lists */
	struct mark change_cipher[2];
	struct mark finished[2];	/* seen or, hidden, known by its place and length */
	struct alert_fact *alerts;	/* at most ALERTS_KEPT */
	uint8_t alert_count;

	/* application data by side: known by its type before TLS 1.3 and with keys, else what follows
	 * both Finished and is no alert */
	uint64_t data_records[2];
	struct mark first_data[2], last_data[2];

	/* each is all zeros until it happened */
	const struct tls_foreign *foreign[2];	/* what each side spoke that is not TLS */
	struct mark foreign_mark[2];
	const struct tls_broken *broken[2];
	struct mark broken_mark[2];
	const struct tls_quic *quic[2];	/* a side's CONNECTION_CLOSE, else its first word beside TLS */
	struct mark quic_mark[2];
	struct upgrade_fact *upgrades;	/* NULL without any, at most UPGRADES_KEPT */
	uint8_t upgrade_count;
	struct mark gap[2], last_gap[2];	/* first and last missing bytes of the capture, by side */
	uint64_t pending_have[2], pending_want[2];	/* an incomplete record or message at the end */
	struct mark ended;		/* the capture's last packet when the flow was given up */
	uint64_t capture_drops;		/* packets that the capture says it lost: while the connection
					 * spoke when live, else in all */

	struct message_fact first_messages[MESSAGES_FIRST];
	struct record_fact first_records[2][RECORDS_FIRST];
	struct alert_fact first_alerts[ALERTS_FIRST];
};

/* ---- how it ended ----------------------------------------------------------------------------- */

/* Where the handshake stood: who had to speak next. */
enum phase {
	PHASE_TCP,		/* the connection did not come up */
	PHASE_BEFORE_HELLO,	/* it did, and no ClientHello came */
	PHASE_HELLO,		/* ClientHello sent, nothing of the server's */
	PHASE_RETRY,		/* HelloRetryRequest or HelloVerifyRequest was the last word */
	PHASE_SERVER_FLIGHT,	/* ServerHello seen, the rest of the flight is not whole */
	PHASE_CLIENT_TURN,	/* the server's flight is whole, the client has not finished */
	PHASE_SERVER_TURN,	/* the client has finished, the server has not (before TLS 1.3) */
	PHASE_DONE		/* both have finished */
};

enum ending_how {
	ENDED_NOT,		/* the capture stopped first */
	ENDED_BY_ALERT,		/* fatal, readable */
	ENDED_BY_HIDDEN_ALERT,
	ENDED_BY_CLOSE_NOTIFY,	/* readable, in mid-handshake */
	ENDED_BY_FIN, ENDED_BY_RST,
	ENDED_IN_CLEAR,		/* the client left TLS behind its Finished, not the connection */
	ENDED_BY_QUIC_CLOSE,	/* readable, and about something else than TLS */
	ENDED_BY_ICMP,
	ENDED_BY_SILENCE	/* nobody ended it: it was idle for long */
};

struct ending {
	enum phase phase;
	enum ending_how how;
	enum side by;			/* meaningless for ENDED_NOT, ENDED_BY_SILENCE, ENDED_BY_ICMP */
	struct mark mark;		/* the packet that ended it */
	const struct alert_fact *alert;	/* borrowed from the handshake, NULL unless by alert */
	struct mark heard[2];		/* last packet with data of each side before the end */
	int64_t waited;			/* ns between the last data of either side and the end */
	int64_t took_to_leave;		/* ns between the Finished that the client waited for and the end, less
					 * the way to it and back; `waited` without a Finished */
	enum outcome outcome;
	bool rejected_late;		/* refused after both had finished: by the client or the server */
	bool left_without_data;		/* completed, and the client went away without a byte of data */
};

/* ---- diagnosis ------------------------------------------------------------------------------- */

enum confidence { POSSIBLE, LIKELY, CERTAIN };

enum party { PARTY_UNKNOWN, PARTY_CLIENT, PARTY_SERVER, PARTY_NETWORK };

enum { EVIDENCE_MAX = 12, ALTERNATIVES_MAX = 5, REMEDIES_MAX = 8, TEXT_MAX = 400 };

struct evidence {
	struct mark mark;	/* frame 0: of the whole flow, or of another one that the text names */
	char text[TEXT_MAX];
};

struct alternative {
	const char *code;
	enum confidence confidence;
	char summary[TEXT_MAX];
};

/* What failed, who ended it, how sure we are, and what proves it. Text is UTF-8, escaped. */
struct diagnosis {
	const char *code;	/* of the contract; static */
	enum confidence confidence;
	enum party aborted_by, fix_at;
	char summary[TEXT_MAX];
	struct evidence evidence[EVIDENCE_MAX];
	uint8_t evidence_count;
	struct alternative alternatives[ALTERNATIVES_MAX];
	uint8_t alternative_count;
	char remedies[REMEDIES_MAX][TEXT_MAX];	/* specific ones; the cause's own follow in the report */
	uint8_t remedy_count;
	bool remedies_suffice;	/* the cause's own are for others */
	const char *stack[2];	/* guessed stack of each side, NULL unknown */
	enum confidence stack_confidence[2];
};

enum severity { SEVERITY_INFO, SEVERITY_WARN, SEVERITY_BAD };

enum { FINDINGS_MAX = 16 };

struct finding {
	const char *code;	/* of the contract, section 4; static */
	enum severity severity;
	char summary[TEXT_MAX];
};

struct finding_list {
	struct finding at[FINDINGS_MAX];
	uint8_t count;
};

/* An attempt's place among one user's retries. */
struct retry {
	uint32_t attempt, attempts;	/* which of how many, from 1 */
	enum outcome outcome;		/* of the last one */
	int64_t span;			/* ns from the first packet of the first to the end of the last */
};

/* One attempt with its verdict, as the reports take it. */
struct verdict {
	const struct handshake *handshake;
	enum outcome outcome;
	enum step reached;
	struct diagnosis diagnosis;	/* meaningful unless completed */
	struct finding_list findings;
	uint32_t incident;	/* attempts of one user's retries share it; 0: alone, or live: none failed */
	struct retry retry;	/* of an incident whose end is known; attempts is 0 otherwise */
	bool probe;		/* health check, preconnect or scanner: counted apart */
};

/* ---- one cause's words, from analyze/causes.txt ----------------------------------------------- */

enum { CAUSE_LINES = 10 };

struct cause {
	const char *code;
	const char *section;	/* of the contract's table */
	const char *title;	/* "The server's certificate has expired" */
	const char *meaning;
	const char *lookalikes;
	const char *fix_client[CAUSE_LINES], *fix_server[CAUSE_LINES], *fix_network[CAUSE_LINES];	/* NULL-ended */
	const char *check;	/* cheapest command that confirms it */
	struct { const char *where, *text; } seen_as[CAUSE_LINES * 2];	/* where NULL: end */
	const char *references[CAUSE_LINES];	/* "RFC 8446 6.2"; NULL-ended */
};

/* All causes in the contract's order; *count is set. */
const struct cause *causes(size_t *count);
const struct cause *cause_of(const char *code);	/* NULL if there is none */

/* Causes whose seen_as, title or code match a pasted message, best first; returns how many. */
size_t causes_matching(const char *message, const struct cause **out, size_t max);

/* ---- the run --------------------------------------------------------------------------------- */

struct analyze_options {
	const char *ca_file, *ca_path;	/* the client's own trust; NULL: the system's bundle */
	bool no_trust;			/* judge without any store */
	const char *crl_file;
	const uint16_t *tls_ports;	/* --tls-port */
	size_t tls_port_count;
	bool keep_completed;		/* the report wants handshakes that worked too */
	bool live;			/* conclude as they end; no lesson reaches back */
	size_t memory;			/* bytes for cases that wait, endpoints and caches; 0: 128 MiB */
};

struct analysis;

/* analysis_new: NULL and a line in `problem` when a trust or CRL file cannot be read. */
struct analysis *analysis_new(const struct analyze_options *options, char *problem, size_t problem_len);
void analysis_free(struct analysis *a);

/* Where the run's secrets go, before anything is read; owned by the analysis. */
struct keylog *analysis_keylog(struct analysis *a);

/* ---- reading: the flows of one input while they last */

/*
 * A run has one `conversations` for each thread that reads. They share nothing but what locks itself;
 * what becomes of a flow is handed to the one `analysis` by whoever runs both.
 */
struct conversations;

/* `a` must outlive it. Never NULL. */
struct conversations *conversations_new(struct analysis *a);
void conversations_free(struct conversations *c);	/* NULL allowed */

/* conversations_input tells that events of the input with this number, from 1, follow; `file` is
 * borrowed until analysis_free. Secrets that an input brings (CAPTURE_SECRETS) open it alone. */
void conversations_input(struct conversations *c, uint64_t input, const char *file);

/* What is still wanted of a flow. */
enum interest {
	INTEREST_BYTES,		/* everything */
	INTEREST_END,		/* its end, but no bytes: the caller may capture_forget() it */
	INTEREST_NONE		/* not even its end: the caller must capture_dismiss() it */
};

/*
 * conversations_take notes one event of the current input. `flow` are the facts of event->flow; it may
 * be NULL for FLOW_OPENED and CAPTURE_SECRETS.
 */
enum interest conversations_take(struct conversations *c, const struct capture_event *event,
				 const struct flow_facts *flow, const struct capture_stats *stats);

/* What is kept for this flow, about, in bytes, for capture_charge(). */
size_t conversations_bytes(const struct conversations *c, uint32_t flow);

enum { GIST_NAME = 48 };

/* What a hello offers, beside what struct gist has a member for. */
enum {
	OFFERS_ECDHE = 1, OFFERS_AEAD = 2,	/* before TLS 1.3 */
	OFFERS_ECDSA = 4, OFFERS_PSS = 8, OFFERS_RESUMPTION = 16, OFFERS_H2 = 32,
	OFFERS_EMS = 64, OFFERS_FALLBACK = 128
};

/*
 * What the run keeps of every attempt, however it ended, to learn from: what this server does, which
 * attempts are one user's, what all that one server met have in common. Some 400 bytes.
 */
struct gist {
	uint64_t serial;		/* of the handshake; 0: no attempt */
	const char *file;
	uint32_t stream;
	enum transport transport;
	struct address client, server;
	struct mark first, last;	/* packets of the flow */
	int64_t settled;		/* when both sides had finished, or one of them had given up */
	enum outcome outcome;
	bool left_without_data;
	bool data[2];			/* sides that sent application data */
	uint32_t client_link;		/* see tcp_side */
	uint8_t syn_ttl;		/* of the server's SYN-ACK */
	bool unopened;			/* TCP did not come up */
	bool has_hello, has_server_hello;
	bool in_clear;			/* a dialogue before TLS */
	bool words_first;		/* which offered TLS, or agreed to it */
	uint64_t tunnel;		/* of host and port that a proxy opened a way to; 0: none */

	/* what the hello offers */
	struct mark hello_first, hello_mark;
	char short_name[GIST_NAME], *long_name;	/* see gist_name */
	uint64_t name_hash;		/* of the name, letters' case left out; 0: none was sent */
	uint64_t fingerprint;		/* of its lists, see attempt.h */
	const struct hello_kind *kind;	/* lives as long as the analysis; NULL: unknown */
	uint32_t hello_len;		/* message bytes; without a hello as many as it promised */
	uint16_t highest_version;
	uint16_t offers;		/* OFFERS_... */
	bool tls12, tls13, name, alpn, hybrid, ech;
	uint8_t ech_config_id;

	/* what the server chose */
	uint16_t version, suite, group, signature;
	bool retry, resumed;		/* HelloRetryRequest; a session */
	uint32_t flight_len;		/* of what is hidden up to its Finished; 0 unknown */
	bool has_chosen_alpn;
	char chosen_alpn[32];		/* printable, cut */
	uint32_t chosen_alpn_hash;	/* of all of it; 0: none */
	struct certificate_list *certificates;	/* NULL: none visible */
	bool own_certificates;		/* else the handshake's */
	struct mark certificates_mark;
	struct mark upgrade;		/* first of these that was no proxy's */
};

/* An attempt that is over: facts without a verdict. */
struct concluded {
	struct gist gist;		/* serial 0: lone SYNs, only counted */
	struct handshake *handshake;	/* owned by whoever holds this; NULL: nobody wants to see it */
	struct ending ending;		/* points into the handshake */
	uint64_t at;			/* packets read when it was known */
	uint64_t lone_syns;		/* so many SYNs sent once and never answered, the handshake's among them */
	bool unexpected;		/* silent, and nothing said so far that TLS was meant */
};

/* concluded_free: for one that nobody takes. */
void concluded_free(struct concluded *c);

/* The next one, in the order of `at`; false when there is none. */
bool conversations_next(struct conversations *c, struct concluded *out);

/* conversations_flush: what is only counted comes out too. */
void conversations_flush(struct conversations *c);

/* conversations_reuse takes a handshake that nobody needs, of whichever reader; handshake_free frees
 * one, NULL allowed. */
void conversations_reuse(struct conversations *c, struct handshake *h);
void handshake_free(struct handshake *h);

/* ---- judging: all attempts together */

/* analysis_input: how many inputs the run has. */
void analysis_inputs(struct analysis *a, uint64_t count);

/* analysis_add takes over an attempt of a reader. */
void analysis_add(struct analysis *a, const struct concluded *concluded);

/* A handshake that the analysis is done with, for conversations_reuse; NULL if there is none. */
struct handshake *analysis_spare(struct analysis *a);

/* analysis_finish: no event follows; what waited is concluded with all that the run taught. */
void analysis_finish(struct analysis *a);

/* analysis_next hands out the next verdict, in order of first packets as far as memory allows;
 * false when none is ready. Borrowed until the next call on `a`. */
bool analysis_next(struct analysis *a, struct verdict *out);

/* ---- endpoints ------------------------------------------------------------------------------- */

enum { ENDPOINT_CODES_KEPT = 12, ENDPOINT_FINDINGS_KEPT = 10, ENDPOINT_CHOICES_KEPT = 8,
       ENDPOINT_LEAVES_KEPT = 4 };

/* A server's own certificate, and how many of its answers carried it. */
struct endpoint_leaf {
	uint8_t sha256[32];
	int64_t not_after;		/* seconds */
	uint64_t count;
};

/* A version or suite that a server chose, and how often among the attempts that are compared. */
struct endpoint_choice {
	uint16_t number;
	uint32_t count;
};

/* One server: address, port and name. */
struct endpoint {
	enum transport transport;
	struct address server;
	char sni[256];			/* "" if none */
	uint64_t completed, failed, inconclusive;
	uint64_t probes;		/* health checks, preconnects, scanners among them */
	uint32_t clients, clients_affected;	/* distinct addresses; failed for how many */
	struct { const char *code; uint64_t count; } codes[ENDPOINT_CODES_KEPT];
	uint8_t code_count;
	struct endpoint_choice versions[ENDPOINT_CHOICES_KEPT], suites[ENDPOINT_CHOICES_KEPT];
	uint8_t version_count, suite_count;
	struct endpoint_leaf leaves[ENDPOINT_LEAVES_KEPT];	/* the first ones */
	uint8_t leaf_count;
	struct mark first, last;
	struct finding findings[ENDPOINT_FINDINGS_KEPT];
	uint8_t finding_count;
};

/* After analysis_finish, or at any time when live: each server with more than one handshake of
 * which any is new since it was handed out. False ends one round; the next call begins another. */
bool analysis_next_endpoint(struct analysis *a, struct endpoint *out);

/* ---- summary --------------------------------------------------------------------------------- */

struct summary {
	uint64_t files, packets, bytes, flows;
	uint64_t completed, failed, inconclusive, probes;
	struct { const char *code; uint64_t count; } codes[80];
	uint8_t code_count;
	uint64_t dropped_kernel, dropped_interface, dropped_self, evicted;
	uint64_t missing_bytes, one_sided, cut_packets, duplicates, clock_steps, undecodable;
	uint64_t evicted_servers;	/* whose counts had to be forgotten */
	struct mark first, last;
	double seconds;			/* ours, of wall time */
};

/* Counts so far; what capture/ knows is added by the caller. */
void analysis_summary(const struct analysis *a, struct summary *out);

/* What s_client -starttls calls the protocol that was upgraded here, or is spoken before TLS on this
 * server's port; NULL where TLS comes first. */
const char *starttls_name(const struct handshake *h);

/* The tunnel that a proxy opened; that one was asked for, opened or not; NULL if none. The target is
 * not empty. */
const struct tls_upgrade *opened_tunnel(const struct handshake *h);
const struct tls_upgrade *asked_tunnel(const struct handshake *h);

/* The last header in which a balancer said for whom it speaks; NULL if none. */
const struct tls_upgrade *proxy_header_of(const struct handshake *h);

const char *outcome_name(enum outcome o);
const char *step_name(enum step s);
const char *confidence_name(enum confidence c);
const char *party_name(enum party p);
const char *severity_name(enum severity s);

#endif
