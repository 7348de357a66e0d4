/*
 * capture/: from a file or an interface to what happened on each connection.
 *
 * packet > segment > stream bytes. This is the only room that knows there are many connections;
 * everything to its right lives inside one. We pull: capture_next() hands out one event at a time,
 * in capture order.
 *
 * Conventions: pointers borrow for the call unless said otherwise and are never NULL unless said
 * otherwise; times are nanoseconds since 1970-01-01 UTC by the capture's clock, never ours; frames
 * count from 1 in their file, as in Wireshark; `_len` counts bytes, `_count` counts things; a frame
 * of 0 means "never happened".
 */
#ifndef TLSWHY_CAPTURE_H
#define TLSWHY_CAPTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum transport { TRANSPORT_TCP, TRANSPORT_UDP };

/*
 * The two ends of a flow. The client is who sent the SYN; without one, who by port and first data
 * looks like it. The TLS client is who sends the ClientHello: where the two differ, analyze/ turns
 * the flow round.
 */
enum side { SIDE_CLIENT, SIDE_SERVER };

static inline enum side other_side(enum side side)
{
	return side == SIDE_CLIENT ? SIDE_SERVER : SIDE_CLIENT;
}

struct address {
	uint8_t ip[16];		/* network order; IPv4 in the first four */
	uint8_t ip_len;		/* 4 or 16 */
	uint16_t port;
};

/* The same host and port? */
static inline bool same_address(const struct address *one, const struct address *two)
{
	if (one->port != two->port || one->ip_len != two->ip_len)
		return false;
	return one->ip_len == 4 ? !memcmp(one->ip, two->ip, 4) : !memcmp(one->ip, two->ip, 16);
}

/* One packet, as evidence. */
struct mark {
	uint64_t frame;		/* 0: never happened */
	int64_t time;
	uint64_t turn;		/* see mark_turn; 0: as its frame */
};

/*
 * mark_turn: the packet's place in the order in which the ends sent and saw things, as far as their
 * sequence numbers tell. A capture may hold packets in another order: cards with several queues and
 * taps that merge two directions badly write them so. Comparable within one flow.
 */
static inline uint64_t mark_turn(struct mark mark)
{
	return mark.turn ? mark.turn : mark.frame;
}

/* A RST as it was seen, for the question who sent it (RFC 9293 3.5.2, RFC 5961). */
struct tcp_reset {
	struct mark mark;
	int32_t seq_off;	/* its sequence number less this side's next expected one */
	int32_t ack_off;	/* its acknowledgement less the other side's next expected one; 0 without ACK */
	uint16_t window;
	uint16_t ip_id;		/* 0 for IPv6 */
	uint8_t ttl;		/* or hop limit */
	bool has_ack, has_df, has_options;
	bool answers_packet;	/* seq equals the ack of the packet just before it from the other side */
	int64_t since_other;	/* ns since the other side's last packet; -1 if it had sent none */
	int64_t since_asked;	/* ns since the other side sent the data that only this RST acknowledges;
				 * -1 if there is none, or it was sent more than once */
};

enum { TCP_RESETS_KEPT = 4, RESET_WORDS_MAX = 95 };

/* What one side of a TCP connection did. Offsets count bytes of its stream, 0 the first after SYN. */
struct tcp_side {
	struct address address;
	struct mark syn, last_syn;	/* SYN, or SYN-ACK on the answering side */
	uint16_t syn_count;		/* with its retransmissions */
	struct mark first_packet, last_packet;
	struct mark first_data, last_data;	/* segments with payload, retransmissions included */
	struct mark first_ack;		/* first packet of this side that acknowledges data of the other */
	struct mark last_ack;		/* last that moved the acknowledgement on */
	struct mark fin;		/* first FIN */
	uint64_t fin_offset;		/* stream length that the FIN announces */
	uint64_t sent;			/* end of the highest byte seen from this side */
	bool beginning_seen;		/* its first byte was captured */
	uint64_t delivered;		/* bytes handed out in order, gaps included */
	uint64_t acked;			/* highest offset that the other side acknowledged */
	uint64_t missing;		/* acknowledged by the other side but never in the capture */
	uint64_t cut;			/* bytes lost to the snap length */
	uint32_t data_segments;		/* with payload, all of them */
	uint32_t retransmissions;	/* payload seen before, or below the acknowledgement, sent anew */
	uint32_t duplicates;		/* the same packet captured again (same IP ID, or within a mirror's delay) */
	uint32_t keepalives;
	uint32_t out_of_order;
	struct mark first_retransmission, last_retransmission;
	uint64_t retransmitted_offset;	/* offset of the last one */
	uint32_t retransmitted_len;	/* its payload */
	uint32_t largest_segment;	/* payload bytes of the largest captured */
	uint32_t dup_acks;		/* sent by this side */
	bool sacked_above_hole;		/* this side reported (SACK) bytes beyond one that it still misses */
	bool conflicting_overlap;	/* retransmitted with other bytes: the first copy was taken */
	uint16_t mss;			/* from its SYN, 0 if absent */
	bool sack_permitted, timestamps, window_scaling;
	uint16_t last_window;		/* unscaled */
	uint32_t zero_windows;
	uint32_t link;			/* last four bytes of its Ethernet address, or of its router's; 0 unknown */
	uint8_t syn_ttl;		/* TTL or hop limit of SYN or SYN-ACK, 0 if not seen */
	uint8_t ttl_min, ttl_max;	/* of packets that are no RST, nor a FIN alone */
	uint16_t last_ip_id;		/* of packets that are no RST */
	bool ip_id_always_zero;		/* none of its packets that are no RST had one */
	struct tcp_reset resets[TCP_RESETS_KEPT];
	uint32_t reset_count;		/* may exceed what is kept */
	struct mark data_after_reset;	/* new data of this side after and beyond its own RST */
	struct mark packet_after_reset;	/* any packet of this side a while after its own RST */
	uint8_t fin_ttl;		/* TTL of the first FIN, if it came alone */
	struct mark data_after_fin;	/* data of this side beyond its own FIN */
};

enum icmp_kind {
	ICMP_PORT_UNREACHABLE,		/* 3/3; v6 1/4 */
	ICMP_HOST_UNREACHABLE,		/* 3/0, 3/1, 3/2 ...; v6 1/0, 1/3 */
	ICMP_ADMIN_PROHIBITED,		/* 3/9, 3/10, 3/13; v6 1/1, 1/5, 1/6 */
	ICMP_TOO_BIG,			/* 3/4; v6 2/0: RFC 1191, RFC 8201 */
	ICMP_TIME_EXCEEDED,		/* 11; v6 3 */
	ICMP_OTHER
};

struct icmp_error {
	struct mark mark;
	enum icmp_kind kind;
	uint8_t type, code;
	struct address from;		/* who sent the ICMP; port 0 */
	enum side about;		/* whose packet it quotes */
	uint32_t mtu;			/* next-hop MTU for ICMP_TOO_BIG, else 0 */
};

enum { ICMP_ERRORS_KEPT = 4, TUNNEL_NAME_MAX = 48 };

enum flow_end {
	END_OPEN,		/* still going */
	END_CLOSED,		/* FIN both ways, or one FIN and the rest of the time-out */
	END_RESET,
	END_IDLE,		/* timed out by capture time */
	END_REUSED,		/* a new SYN with another sequence number took the ports */
	END_OF_CAPTURE,		/* the input ended */
	END_EVICTED		/* dropped for memory */
};

/* What is known of a flow at any time. */
struct flow_facts {
	enum transport transport;
	uint32_t stream;		/* tcp.stream or udp.stream of Wireshark */
	bool client_known;		/* a SYN or SYN-ACK said who is who */
	bool has_vlan;
	uint16_t vlan;			/* innermost VLAN id */
	char tunnel[TUNNEL_NAME_MAX];	/* "" or e.g. "gre", "vxlan 42", "mpls/gre" outermost first */
	struct mark first, last;	/* first and last packet of either side */
	uint64_t packets, bytes;	/* bytes: on the wire */
	struct tcp_side side[2];	/* by enum side; for UDP: address, first/last packet, TTLs */
	struct icmp_error icmp[ICMP_ERRORS_KEPT];
	uint8_t icmp_count;
	uint8_t reset_words_len;
	uint8_t reset_words[RESET_WORDS_MAX];	/* in the first RST that carries any: why (RFC 9293 3.5.3) */
	enum side reset_words_from;
	enum flow_end end;
};

enum event_kind {
	FLOW_OPENED,		/* first packet of a flow; exactly one per flow */
	FLOW_BYTES,		/* TCP payload in order, each byte once */
	FLOW_GAP,		/* `lost` bytes of this side will never come */
	FLOW_FIN,		/* this side's FIN, in order behind its bytes */
	FLOW_RST,		/* a RST from this side that the receiver would accept, or may have been */
	FLOW_DATAGRAM,		/* one UDP payload */
	FLOW_OVER,		/* exactly one per flow, also when the input ends */
	CAPTURE_SECRETS		/* a pcapng Decryption Secrets Block: `bytes` is NSS key log text */
};

struct capture_event {
	enum event_kind kind;
	uint32_t flow;		/* small number, unique among open flows, free again after FLOW_OVER */
	enum side from;
	struct mark mark;	/* the packet that carried it */
	uint64_t offset;	/* FLOW_BYTES, FLOW_GAP: stream offset of the first byte */
	const uint8_t *bytes;	/* borrowed: gone at the next capture_next or capture_close */
	size_t len;
	uint64_t lost;		/* FLOW_GAP */
	bool cut;		/* FLOW_DATAGRAM: shorter than on the wire */
};

enum capture_result {
	CAPTURE_EVENT,		/* *out was filled in */
	CAPTURE_END,		/* the input ended as it should */
	CAPTURE_DAMAGED,	/* it ended in damage; all before was analysed, capture_problem() says what */
	CAPTURE_IDLE		/* nothing to tell for now, a chance to do something else: call again */
};

/* The secret by which flows are found, so that nobody outside can aim collisions at us. */
struct capture_key {
	uint64_t word[2];
};

/* Limits that traffic cannot exceed. Zero means the default. */
struct capture_options {
	const char *filter;		/* BPF expression (pcap-filter(7)), NULL for none */
	size_t memory;			/* bytes for flows and buffered segments in all; default 512 MiB */
	size_t charge_memory;		/* bytes that callers may charge to flows in all; default 512 MiB */
	size_t flow_buffer;		/* out-of-order bytes held per direction; default 1 MiB */
	int64_t idle_timeout;		/* ns of capture time; default 300 s established, less for the rest */
	size_t keep;			/* bytes for the first packets of flows, for capture_evidence();
					 * 0: none are kept */
	uint64_t count;			/* end after so many packets; 0: read on */
	int wake;			/* a descriptor: once it can be read, waiting ends; 0: none.
					 * A pipe is then read no further, an interface is idle */
	unsigned share, shares;		/* see "shares" below; 0, 0: all flows */
	struct capture_key key;		/* all zero: a new one */
};

/* Listening on interfaces. Zero means the default. */
struct capture_live {
	const char *const *interfaces;	/* "any" is all of them; borrowed until capture_close */
	size_t interface_count;
	bool not_promiscuous;
	uint32_t snap_length;		/* bytes of each packet; default 262144 */
	size_t buffer;			/* bytes in the kernel, each interface; default 16 MiB */
	const char *time_stamps;	/* a type by pcap-tstamp(7); NULL: the host's, in nanoseconds */
};

enum { INTERFACES_LISTED = 256, INTERFACE_NAME_MAX = 64, INTERFACE_DESCRIPTION_MAX = 128 };

struct capture_interface {
	char name[INTERFACE_NAME_MAX];
	char description[INTERFACE_DESCRIPTION_MAX];	/* "" if there is none */
	bool up, loopback;
};

struct capture_stats {
	uint64_t packets, bytes;	/* read, before the filter is applied: packets; bytes on the wire */
	uint64_t flows;
	uint64_t evicted;		/* flows dropped for memory */
	uint64_t undecodable;		/* packets with no IP, or broken before their TCP or UDP header ended */
	uint64_t dropped_kernel, dropped_interface;	/* as reported by libpcap or pcapng statistics */
	uint64_t cut_packets;		/* shorter than on the wire */
	uint64_t duplicates;		/* packets captured twice */
	uint64_t missing_bytes;		/* acknowledged but never seen */
	uint64_t one_sided;		/* TCP flows with data in which one side has no packet at all */
	uint64_t clock_steps;		/* times the clock went back by more than a second */
	struct mark first, last;	/* of the input */
	size_t memory_peak;
};

struct capture;

/*
 * capture_open_file opens a pcap or pcapng file, plain or compressed by gzip or zstd, "-" being
 * standard input. NULL on failure: then `problem` (problem_len bytes) says in one line which file
 * and what is wrong. The caller owns the result and gives it to capture_close.
 */
struct capture *capture_open_file(const char *path, const struct capture_options *options,
				  char *problem, size_t problem_len);

/*
 * Whether several captures of this file may each follow their share of its flows (see `shares`): a
 * file that can be opened again and is not compressed, which would have to be undone for each.
 */
bool capture_can_be_shared(const char *path);

/* capture_open_live listens on interfaces, the filter in the kernel; otherwise like a file. */
struct capture *capture_open_live(const struct capture_live *live, const struct capture_options *options,
				  char *problem, size_t problem_len);

/* What can be listened on; returns how many. 0 and a line in `problem` if that cannot be known. */
size_t capture_interfaces(struct capture_interface *out, size_t max, char *problem, size_t problem_len);

/*
 * capture_next hands out the next thing that happened on any flow, in capture order. Each flow
 * gets one FLOW_OPENED and one FLOW_OVER, even if the input ends first. Missing sequence numbers
 * (RFC 9293 3.4) are an event, FLOW_GAP, once the other side acknowledged past them or the buffer
 * bound is reached. After CAPTURE_END or CAPTURE_DAMAGED it must not be called again.
 */
enum capture_result capture_next(struct capture *c, struct capture_event *out);

/*
 * capture_become gives up root for this user, or without one for "tlswhy" or else "nobody"; who is not root
 * gives up the capabilities that it has. Call it when the interfaces are open, before there are threads.
 * False, with one line in `problem`, when they cannot be given up.
 */
bool capture_become(const char *user, char *problem, size_t problem_len);

/*
 * capture_confine puts the process, all threads, into a sandbox that it cannot leave: no sending, no
 * socket, no other program; files are opened for reading only, but in these directories. `c` is a
 * live capture, or one of a relay, or NULL. A violation kills. False, with one line in `problem`, when the system has
 * no sandbox.
 */
bool capture_confine(const struct capture *c, const char *const *directories, size_t count,
		     char *problem, size_t problem_len);

/* capture_stop: nothing more is read; what is open gets its FLOW_OVER, then comes CAPTURE_END. */
void capture_stop(struct capture *c);

/* One line on what happened to an interface (it went down, it came back); NULL if nothing did
 * since the last call. Borrowed until the next capture_next. */
const char *capture_news(struct capture *c);

/* What is known of an open flow; borrowed, and gone at the capture_next after its FLOW_OVER. */
const struct flow_facts *capture_flow(const struct capture *c, uint32_t flow);

/*
 * capture_forget says that nobody wants this flow's bytes any more: no FLOW_BYTES, FLOW_GAP or
 * FLOW_DATAGRAM follow, buffers are freed. FIN, RST, OVER and the facts go on.
 */
void capture_forget(struct capture *c, uint32_t flow);

/*
 * capture_dismiss says that nobody wants to hear of this TCP connection again: no event of it follows,
 * not even FLOW_OVER, and its number is free. Its packets are known for its own and counted in the
 * stats as packets only, until a new connection begins between the same ends.
 */
void capture_dismiss(struct capture *c, uint32_t flow);

/*
 * capture_charge says how many bytes the caller keeps for this flow in all, until its FLOW_OVER.
 * When the sum of all flows exceeds charge_memory, flows are ended (END_EVICTED): first those that
 * are over and wait for stragglers, then the ones that were silent for longest.
 */
void capture_charge(struct capture *c, uint32_t flow, size_t bytes);

/* One line: file, packet number and byte offset of the damage. Borrowed; "" if there was none. */
const char *capture_problem(const struct capture *c);

/* Figures so far; borrowed until capture_close. Drops are those of the last idle moment. */
const struct capture_stats *capture_stats(const struct capture *c);

/* How far a file is read, 0 to 1, or -1 where that cannot be known (pipes). */
double capture_progress(const struct capture *c);

/* ---- shares: one file, several threads --------------------------------------------------------- */

/*
 * Several captures of one file, each with the same `shares` and `key` and a `share` of its own below
 * `shares`, divide its flows among them: both directions of a flow, and the ICMP errors that quote
 * it, go to one of them, whose choice depends on the key alone. The others pass over its packets after
 * a glance, but for the time that it tells. A capture shares nothing with the others: each may run in
 * a thread of its own. Together they hand out the events of one capture that follows all flows (secrets
 * come from each), but for what a limit of memory makes go: limits are each capture's own.
 *
 * What is counted of packets is of the whole file in each of them, what is counted of flows is of its
 * share: capture_stats_join tells the two apart.
 *
 * flow_facts.stream counts the flows of a share. Wireshark's number is how many began before in the
 * whole file: each capture notes at which packet its streams began, a byte or two for each, and
 * capture_stream_number counts those of all shares that lie before.
 */

/* A key that no traffic can know, for the captures that share a file. */
struct capture_key capture_key_new(void);

/* Adds what another share of the same file counted. */
void capture_stats_join(struct capture_stats *stats, const struct capture_stats *share);

struct capture_streams;

/* Where the streams of a share began: none yet. At most `memory` bytes; streams beyond keep the number of
 * the last one before. NULL only without memory. */
struct capture_streams *capture_streams_new(size_t memory);
void capture_streams_free(struct capture_streams *s);	/* NULL allowed */

/* Adds to `to` where streams of this share began since the last call. */
void capture_streams_tell(struct capture *c, struct capture_streams *to);

/* What Wireshark calls stream number `stream` of this share; `all` has one entry for each share, and
 * each was told beyond the packet at which that stream began. */
uint32_t capture_stream_number(struct capture_streams *const *all, size_t shares, size_t share,
			       enum transport transport, uint32_t stream);

/*
 * Interfaces have no second reading: a relay listens on a thread of its own and hands all packets to each
 * of `readers` captures, which then follow their shares. It is opened like a live capture, and started
 * when root is given up and the sandbox entered.
 */
struct capture_relay;

/* NULL and a line in `problem` when it cannot listen. */
struct capture_relay *capture_relay_live(const struct capture_live *live, const struct capture_options *options,
					 unsigned readers, char *problem, size_t problem_len);

/* False when no thread can be had. */
bool capture_relay_start(struct capture_relay *r);

/* Like capture_news. */
const char *capture_relay_news(struct capture_relay *r);

/* Its captures are closed by then; NULL allowed. */
void capture_relay_free(struct capture_relay *r);

/* The capture of reader number options->share. NULL and a line in `problem` without memory. */
struct capture *capture_open_relay(struct capture_relay *r, const struct capture_options *options,
				   char *problem, size_t problem_len);

/* ---- evidence: a pcap file of the flows that matter ------------------------------------------- */

struct evidence;

/* NULL and a line in `problem` when the file cannot be written. */
struct evidence *evidence_open(const char *path, char *problem, size_t problem_len);

/* A flow of a file that is wanted: evidence_close reads the file again. `path` is borrowed. */
void evidence_want(struct evidence *e, const char *path, const struct flow_facts *flow);

/* A flow of a live capture: what was kept of it is written now, from its first packet. Valid until
 * the capture_next after its FLOW_OVER. False (errno says why) when that fails. */
bool capture_evidence(const struct capture *c, uint32_t flow, struct evidence *e);

/* Writes what was wanted; false and a line in `problem` when something could not be. With true too, `problem`
 * may hold a remark, else "". NULL allowed. */
bool evidence_close(struct evidence *e, char *problem, size_t problem_len);

/* Frees everything; NULL is allowed. */
void capture_close(struct capture *c);

#endif
