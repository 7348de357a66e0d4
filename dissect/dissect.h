/*
 * dissect/: from stream bytes to TLS messages.
 *
 * bytes > record > message. A `struct tls` follows one connection: feed it what capture/ hands out
 * and pull events. It recognises TLS by its bytes on any port, behind STARTTLS and its kin, HTTP
 * CONNECT, SOCKS and PROXY headers, in DTLS and in QUIC Initial packets. It never formats: what
 * it cannot read is a fact too, with the offset at which it broke.
 *
 * Three states: a message that was sent arrives as an event; one that is encrypted arrives as a
 * hidden record with direction, type and length; nothing at all means absent so far.
 */
#ifndef TLSWHY_DISSECT_H
#define TLSWHY_DISSECT_H

#include "../bytes.h"
#include "../capture/capture.h"
#include "certificate.h"
#include "names.h"

/* ---- hellos -------------------------------------------------------------------------------- */

/* A list of code points in wire order, GREASE included (names.h: is_grease). */
struct code_list {
	const uint16_t *at;
	uint16_t count;
};

bool code_list_has(const struct code_list *list, uint16_t code);

/* Bytes of the peer, not NUL-terminated, never to be printed unescaped. */
struct text {
	const char *at;
	uint16_t len;
};

struct text_list {
	const struct text *at;
	uint16_t count;
};

enum ech_kind { ECH_NONE, ECH_OUTER, ECH_INNER };

/*
 * ClientHello (RFC 8446 4.1.2, RFC 5246 7.4.1.2), or the SSLv2-compatible one (RFC 5246 E.2). One
 * block of memory: release with free().
 */
struct client_hello {
	uint16_t legacy_version;
	uint16_t record_version;	/* of the first record; 0 for QUIC */
	bool sslv2;
	uint8_t random[32];		/* SSLv2: the challenge, left-padded with zeros */
	uint8_t session_id_len;
	uint8_t session_id[32];
	uint32_t length;		/* handshake message body */
	uint32_t record_count;		/* records that it was spread over */
	struct code_list suites;
	struct code_list extensions;	/* types in wire order */
	struct code_list versions;	/* supported_versions; empty when the extension is absent */
	struct code_list groups;
	struct code_list key_shares;	/* groups with a share */
	struct code_list signatures;	/* signature_algorithms */
	struct code_list certificate_signatures;	/* signature_algorithms_cert */
	struct code_list certificate_compression;
	struct code_list point_formats;
	struct code_list compression;	/* legacy compression methods */
	struct text_list alpn;
	struct text server_name;	/* host_name of server_name, as sent */
	bool has_extensions;		/* false: the field itself is missing (SSL 3.0 style) */
	bool has_server_name, has_versions, has_groups, has_key_shares, has_signatures, has_alpn;
	bool secure_renegotiation;	/* renegotiation_info or TLS_EMPTY_RENEGOTIATION_INFO_SCSV */
	uint8_t renegotiation_info_len;	/* > 0: this hello renegotiates (RFC 5746 3.5) */
	bool fallback_scsv;		/* RFC 7507 */
	bool extended_master_secret, encrypt_then_mac, session_ticket, status_request, sct;
	bool early_data, cookie, post_handshake_auth, heartbeat, certificate_authorities;
	uint32_t session_ticket_len;
	uint16_t psk_identities;	/* offered in pre_shared_key */
	bool psk_ke, psk_dhe_ke;	/* psk_key_exchange_modes */
	uint16_t record_size_limit;	/* 0: absent */
	uint16_t padding_len;
	enum ech_kind ech;
	uint8_t ech_config_id;
};

/* ServerHello or HelloRetryRequest (RFC 8446 4.1.3, 4.1.4). Release with free(). */
struct server_hello {
	uint16_t legacy_version;
	uint16_t version;		/* selected: supported_versions if present, else legacy */
	uint16_t record_version;
	uint8_t random[32];
	uint8_t session_id_len;
	uint8_t session_id[32];
	uint16_t suite;
	uint8_t compression;
	bool is_retry;			/* HelloRetryRequest */
	uint8_t sentinel;		/* last byte of "DOWNGRD" 01 or 00 plus one: 2, 1; 0 none (RFC 8446 4.1.3) */
	struct code_list extensions;
	uint16_t group;			/* of key_share, or the one that a retry asks for; 0 if none */
	struct text alpn;
	bool has_server_name, has_alpn, secure_renegotiation, extended_master_secret;
	bool encrypt_then_mac, session_ticket, status_request, heartbeat, has_psk, cookie;
	bool early_data;
	uint32_t length;
};

/* The extensions of EncryptedExtensions (RFC 8446 4.3.1), seen only with keys. */
struct encrypted_extensions {
	struct code_list extensions;
	struct text alpn;
	bool has_server_name, early_data, ech_retry_configs;
};

/* ServerKeyExchange (RFC 5246 7.4.3, RFC 8422 5.4, RFC 4279). */
struct server_key_exchange {
	uint16_t group;			/* named curve; 0 if none */
	uint32_t dh_prime_bits;		/* 0 unless DHE */
	uint16_t signature;		/* scheme; 0 before TLS 1.2 or unsigned */
	uint32_t rsa_bits;		/* RSA_EXPORT temporary key */
	bool psk_hint;
};

/* CertificateRequest in both formats (RFC 5246 7.4.4, RFC 8446 4.3.2). */
struct certificate_request {
	struct code_list signatures;
	struct code_list types;		/* ClientCertificateType, before TLS 1.3 */
	struct text_list authorities;	/* DER Names */
};

/* Certificate in both formats: references to parsed, shared certificates. */
struct certificate_list {
	struct certificate *at[16];	/* each a reference that the list owns */
	uint16_t count;			/* kept, <= 16 */
	uint16_t total;			/* sent */
	uint32_t bytes;			/* DER bytes in all */
	bool has_status;		/* TLS 1.3: the leaf's entry carries a status_request */
	bool compressed;		/* RFC 8879 */
};

/* ---- events -------------------------------------------------------------------------------- */

enum tls_event_kind {
	TLS_RECORD,		/* one record or QUIC packet, before what is in it */
	TLS_MESSAGE,		/* one whole handshake message in clear, or decrypted */
	TLS_ALERT,		/* in clear, or decrypted; hidden ones are only TLS_RECORD */
	TLS_FOREIGN,		/* this side's first bytes are not TLS */
	TLS_BROKEN,		/* this side violated the format */
	TLS_UPGRADE,		/* a step of the dialogue before TLS: STARTTLS, CONNECT, SOCKS, PROXY */
	TLS_GAP,		/* bytes are missing from the capture in this direction */
	TLS_QUIC		/* what QUIC says beside TLS: Retry, other versions, the end */
};

enum tls_content {
	CONTENT_CHANGE_CIPHER_SPEC = 20, CONTENT_ALERT = 21, CONTENT_HANDSHAKE = 22,
	CONTENT_APPLICATION_DATA = 23, CONTENT_HEARTBEAT = 24, CONTENT_CID = 25, CONTENT_ACK = 26
};

struct tls_record {
	uint8_t type;		/* enum tls_content, as on the wire */
	uint8_t inner_type;	/* when decrypted, the type inside; else 0 */
	uint16_t version;
	uint32_t length;	/* of the fragment on the wire */
	bool hidden;		/* encrypted and not decrypted */
	bool decrypted;
	uint64_t offset;	/* stream offset of its header */
	uint16_t epoch;		/* DTLS; QUIC: 0 Initial, 1 0-RTT, 2 Handshake, 3 1-RTT */
	bool handshake_keys;	/* decrypted with handshake (not application) traffic keys, TLS 1.3 */
	bool repeated;		/* DTLS, QUIC: nothing but handshake messages seen whole before */
};

enum handshake_type {
	HS_HELLO_REQUEST = 0, HS_CLIENT_HELLO = 1, HS_SERVER_HELLO = 2, HS_HELLO_VERIFY_REQUEST = 3,
	HS_NEW_SESSION_TICKET = 4, HS_END_OF_EARLY_DATA = 5, HS_ENCRYPTED_EXTENSIONS = 8,
	HS_CERTIFICATE = 11, HS_SERVER_KEY_EXCHANGE = 12, HS_CERTIFICATE_REQUEST = 13,
	HS_SERVER_HELLO_DONE = 14, HS_CERTIFICATE_VERIFY = 15, HS_CLIENT_KEY_EXCHANGE = 16,
	HS_FINISHED = 20, HS_CERTIFICATE_URL = 21, HS_CERTIFICATE_STATUS = 22, HS_KEY_UPDATE = 24,
	HS_COMPRESSED_CERTIFICATE = 25
};

/* A whole message. What `body` points to is the event's, unless it is taken. */
struct tls_message {
	uint8_t type;
	bool decrypted;
	bool malformed;		/* its body broke at broke_at; what could be read is still there */
	uint32_t broke_at;	/* offset in the body */
	uint32_t length;	/* body */
	struct mark first;	/* packet with its first byte; the event's mark has its last */
	uint32_t record_count;
	union {
		struct client_hello *client_hello;
		struct server_hello *server_hello;
		struct encrypted_extensions *encrypted_extensions;
		struct certificate_list *certificates;
		struct certificate_request *certificate_request;
		struct server_key_exchange *server_key_exchange;
		struct ocsp_staple *staple;	/* CertificateStatus; also see certificate_list */
		uint16_t verify_scheme;		/* CertificateVerify; 0 before TLS 1.2 */
	} body;
	struct ocsp_staple *leaf_staple;	/* HS_CERTIFICATE of TLS 1.3; NULL if none */
};

struct tls_alert {
	uint8_t level, code;
	bool decrypted;
};

/* What non-TLS bytes look like (RFCs of each; FOREIGN_UNKNOWN with the bytes themselves). */
enum foreign_protocol {
	FOREIGN_UNKNOWN, FOREIGN_HTTP, FOREIGN_HTTP2, FOREIGN_SSH, FOREIGN_SMTP, FOREIGN_FTP,
	FOREIGN_IMAP, FOREIGN_POP3, FOREIGN_NNTP, FOREIGN_IRC, FOREIGN_XMPP, FOREIGN_LDAP,
	FOREIGN_POSTGRESQL, FOREIGN_MYSQL, FOREIGN_TDS, FOREIGN_RDP, FOREIGN_SMB, FOREIGN_MQTT,
	FOREIGN_AMQP, FOREIGN_REDIS, FOREIGN_SIP, FOREIGN_SIEVE, FOREIGN_SOCKS, FOREIGN_PROXY,
	FOREIGN_VNC, FOREIGN_TELNET, FOREIGN_NATS, FOREIGN_RTSP, FOREIGN_RSYNC, FOREIGN_SVN,
	FOREIGN_GIT, FOREIGN_MEMCACHED, FOREIGN_SYSLOG, FOREIGN_MONGODB, FOREIGN_KAFKA, FOREIGN_DNS,
	FOREIGN_X11, FOREIGN_OPENVPN, FOREIGN_ECHO, FOREIGN_BINARY,
	FOREIGN_COUNT
};

/* A short name for people: "HTTP", "SSH", "SQL Server", "unknown text". Static, never NULL. */
const char *foreign_name(enum foreign_protocol protocol);

enum { FOREIGN_SAMPLE_MAX = 96 };

struct tls_foreign {
	enum foreign_protocol protocol;
	uint8_t sample[FOREIGN_SAMPLE_MAX];	/* the first bytes */
	uint16_t sample_len;
	bool instead_of_answer;	/* a server's reply to a ClientHello */
};

enum broken_kind {
	BROKEN_RECORD_HEADER,		/* no such content type or version in mid-stream */
	BROKEN_RECORD_OVERFLOW,		/* length beyond what RFC 8446 5.1, 5.2 allow */
	BROKEN_RECORD_EMPTY,		/* zero-length handshake or alert fragment */
	BROKEN_MESSAGE,			/* see the message's broke_at */
	BROKEN_MESSAGE_LENGTH,		/* promises more than any handshake needs */
	BROKEN_ALERT,			/* no two-byte alert where one should be */
	BROKEN_FRAME			/* QUIC frame or DTLS fragment */
};

struct tls_broken {
	enum broken_kind kind;
	uint8_t message_type;	/* BROKEN_MESSAGE... */
	uint64_t offset;	/* stream offset; in the message for BROKEN_MESSAGE */
	uint8_t sample[16];
	uint8_t sample_len;
};

enum upgrade_step {
	UPGRADE_SEEN,		/* the protocol was recognised */
	UPGRADE_OFFERED,	/* the server says that it can */
	UPGRADE_NOT_OFFERED,	/* its capabilities came without it */
	UPGRADE_ASKED,		/* the client asked */
	UPGRADE_ACCEPTED,	/* the server agreed: TLS follows */
	UPGRADE_REFUSED,	/* the server said no, or the proxy did */
	UPGRADE_REQUIRED,	/* the server insists on TLS and the client had not asked */
	UPGRADE_ABANDONED,	/* the client left (QUIT, close) after a refusal or a missing offer */
	UPGRADE_IN_CLEAR	/* the client went on in clear after either: it can do without TLS */
};

/* The dialogue before TLS. `words` quotes the reply that mattered. */
struct tls_upgrade {
	enum foreign_protocol protocol;	/* FOREIGN_HTTP with proxy set: CONNECT */
	bool proxy;			/* CONNECT, SOCKS: a tunnel, not an upgrade */
	enum upgrade_step step;
	uint32_t status;		/* reply code where the protocol has one */
	uint8_t words[FOREIGN_SAMPLE_MAX];
	uint16_t words_len;
	char target[256];		/* CONNECT, SOCKS: the name or address asked for, NUL-terminated, printable */
	uint16_t target_port;
};

enum quic_kind {
	QUIC_RETRY,			/* the server wants the client's address proved (RFC 9000 8.1.2) */
	QUIC_VERSION_NEGOTIATION,	/* the server offers other versions (RFC 9000 17.2.1) */
	QUIC_CLOSE			/* CONNECTION_CLOSE; a crypto error (0x100 + alert) is a TLS_ALERT instead */
};

enum { QUIC_VERSIONS_MAX = 16, QUIC_REASON_MAX = 96 };

struct tls_quic {
	enum quic_kind kind;
	uint32_t version;			/* of the client's first packet */
	uint32_t versions[QUIC_VERSIONS_MAX];	/* QUIC_VERSION_NEGOTIATION: the server's */
	uint8_t version_count;
	bool application;			/* QUIC_CLOSE by the application (frame 0x1d) */
	bool decrypted;				/* read with a key log's secrets */
	uint64_t error;				/* RFC 9000 20.1, or the application's own */
	uint64_t frame_type;			/* that caused it; 0 unknown */
	uint8_t reason[QUIC_REASON_MAX];	/* of the peer, never to be printed unescaped */
	uint16_t reason_len;
};

/* Only the member of the union that the kind names is there. */
struct tls_event {
	enum tls_event_kind kind;
	enum side from;
	struct mark mark;
	bool taken;		/* by tls_take */
	union {
		struct tls_record record;
		struct tls_message message;
		struct tls_alert alert;
		struct tls_foreign foreign;
		struct tls_broken broken;
		struct tls_upgrade upgrade;
		struct tls_quic quic;
	};
};

/* ---- the stream ---------------------------------------------------------------------------- */

struct keylog;		/* secrets by client random (keylog.c) */

/* keylog_new: empty. keylog_free: NULL allowed. */
struct keylog *keylog_new(void);
void keylog_free(struct keylog *k);

/* keylog_new_over: empty too, but what `base` has is found as well; base must outlive it. */
struct keylog *keylog_new_over(const struct keylog *base);

/* keylog_add_text takes NSS key log lines (RFC 9850); unknown lines are skipped. Returns how many
 * secrets were taken. */
size_t keylog_add_text(struct keylog *k, const char *text, size_t len);

/* keylog_add_file reads a whole file of them; false and a line in `problem` when it cannot. */
bool keylog_add_file(struct keylog *k, const char *path, char *problem, size_t problem_len);

/*
 * What the flows that one thread reads have in common: the keys and certificates, which other threads
 * may share, and memory that each of them uses for a moment, the events' own among it.
 *
 * dissector_new: `keylog` and `cache` may be NULL and must outlive it. dissector_free: after the last
 * of its flows; NULL allowed.
 */
struct dissector;
struct dissector *dissector_new(const struct keylog *keylog, struct certificate_cache *cache);
void dissector_free(struct dissector *d);

/* dissector_reuse takes the body of a message, of whichever dissector, that nobody needs any more, to use
 * its memory again; either may be NULL. free() does as well. */
void dissector_reuse(struct dissector *d, void *body);

struct tls;

/* tls_new: what follows one flow. tls_free: NULL allowed. */
struct tls *tls_new(struct dissector *d, enum transport transport);
void tls_free(struct tls *t);

/* tls_feed takes FLOW_BYTES, FLOW_GAP, FLOW_DATAGRAM, FLOW_FIN or FLOW_RST; others are ignored.
 * The events it caused wait in tls_next; pull them all before any flow of the dissector is fed. */
void tls_feed(struct tls *t, const struct capture_event *event);

/* tls_next hands out the next event, to be read and changed until the next call; NULL when there is
 * none. */
struct tls_event *tls_next(struct tls *t);

/* tls_take: the caller keeps the body of a TLS_MESSAGE event and releases it with message_free. */
void tls_take(struct tls_event *event);
void message_free(struct tls_message *message);

/* Bytes that it keeps, about. */
size_t tls_bytes(const struct tls *t);

/* True once this flow cannot be TLS, or nothing that a diagnosis needs can come any more: the
 * caller may capture_forget() its bytes. */
bool tls_is_done(const struct tls *t);

/* What this flow turned out to speak: 't' TLS over TCP (or nothing yet), 'd' DTLS, 'q' QUIC. */
char tls_kind(const struct tls *t);

/* Whether bytes wait in an incomplete record or message of this side: how many are there, how many
 * the record or message promised (0, 0 for none). */
void tls_pending(const struct tls *t, enum side side, uint64_t *have, uint64_t *want);

/* ---- fingerprints -------------------------------------------------------------------------- */

enum { JA3_LEN = 32, JA4_LEN = 36 };

/* JA3: MD5 as 32 hex digits. JA4: a_b_c; `transport_letter` 't', 'q' or 'd'. Both NUL-terminated. */
void client_hello_ja3(const struct client_hello *hello, char out[JA3_LEN + 1]);
void server_hello_ja3s(const struct server_hello *hello, char out[JA3_LEN + 1]);
void client_hello_ja4(const struct client_hello *hello, char transport_letter, char out[JA4_LEN + 1]);

/* Community ID v1 (corelight/community-id-spec), seed 0; NUL-terminated. */
enum { COMMUNITY_ID_MAX = 32 };
void flow_community_id(const struct flow_facts *flow, char out[COMMUNITY_ID_MAX]);

#endif
