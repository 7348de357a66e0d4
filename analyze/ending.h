/*
 * How an attempt ended: who stopped it, with what, at which point, and whether it had worked.
 */
#ifndef TLSWHY_ENDING_H
#define TLSWHY_ENDING_H

#include "handshake.h"

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
	const struct tcp_reset *reset;	/* NULL unless by RST */
	struct mark heard[2];		/* last packet with data of each side before the end */
	int64_t waited;			/* ns between the last data of either side and the end */
	enum outcome outcome;
	bool rejected_late;		/* refused after both had finished: by the client or the server */
	bool left_without_data;		/* completed, and the client went away without a byte of data */
};

/* ending_read fills in *out, and marks echoes among the alerts of `h`. */
void ending_read(struct handshake *h, struct ending *out);

/* The connection never came up: no answer to the SYN, or answers that the client never took up. */
bool tcp_never_up(const struct flow_facts *flow);

/* The last step of the contract's list that was seen. */
enum step handshake_reached(const struct handshake *h);

/* A pause after which a side counts as stalled, ns. */
#define STALL_NS INT64_C(2500000000)

#endif
