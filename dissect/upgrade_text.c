/*
 * The line protocols: SMTP and LMTP (RFC 3207), IMAP (RFC 9051 6.2.1), POP3 (RFC 2595 4), FTP
 * (RFC 4217), NNTP (RFC 4642), ManageSieve (RFC 5804 2.2) and IRC. One row each: how the client
 * asks, how the server lists what it can, how its replies read.
 */
#include "dialogue.h"
#include "foreign.h"

#include <ctype.h>

/* What a client's line is to us. */
enum text_command {
	COMMAND_OTHER,		/* goes on in clear */
	COMMAND_NEUTRAL,	/* neither goes on nor leaves */
	COMMAND_LIST,		/* asks what the server can do */
	COMMAND_ASK,		/* asks for TLS */
	COMMAND_LOGIN,		/* once granted, nobody asks for TLS any more */
	COMMAND_DATA,		/* what follows is no dialogue */
	COMMAND_LEAVE
};

struct text_word {
	const char *word;
	enum text_command command;
};

enum reply_kind {
	REPLY_PART,		/* more lines follow */
	REPLY_GOOD,
	REPLY_BAD,
	REPLY_ASIDE		/* belongs to no command */
};

struct text_reply {
	enum reply_kind kind;
	uint32_t status;
	struct reader text;	/* behind status or tag */
};

struct text_protocol {
	enum foreign_protocol protocol;
	struct text_word words[16];	/* first fit; what is not here is COMMAND_OTHER */
	bool tagged;			/* commands carry a tag (RFC 9051 2.2.1) */
	bool greets_with_list;		/* its greeting lists what it can do */
	bool list_in_a_line;		/* a list is one line that says CAPABILITY or CAP */
	bool dot_ends_list;		/* a good reply to COMMAND_LIST goes on to a line "." */
	bool asks_again;		/* a client tries several ways to ask */
	uint32_t go_ahead;		/* the status that means TLS follows; 0: any good reply */
	const char *offer[2];		/* what such a list says, either of them */
	struct text_reply (*read)(struct reader line);
};

/* ---- replies ------------------------------------------------------------------------------- */

/* "250-PIPELINING", "220 ready" (RFC 5321 4.2, RFC 959 4.2, RFC 3977 3.1). */
static struct text_reply read_number(struct reader line)
{
	struct text_reply reply = { .kind = REPLY_PART, .text = line };
	struct reader r = line;
	uint32_t status = 0;

	for (int i = 0; i < 3; i++) {
		uint8_t digit = take_u8(&r);

		if (!isdigit(digit))
			return reply;
		status = status * 10 + digit - '0';
	}
	uint8_t separator = take_u8(&r);

	reply.status = status;
	reply.text = r;
	if (separator != '-')
		reply.kind = status < 400 ? REPLY_GOOD : REPLY_BAD;
	return reply;
}

static bool word_is(struct reader line, const char *word)
{
	return starts_with(&line, word);
}

/* "+OK", "-ERR", and "+ " which asks for another line (RFC 1939 3, RFC 5034 4). */
static struct text_reply read_pop3(struct reader line)
{
	struct text_reply reply = { .kind = REPLY_PART, .text = line };

	if (word_is(line, "+"))
		reply.kind = REPLY_GOOD;
	else if (word_is(line, "-"))
		reply.kind = REPLY_BAD;
	return reply;
}

/* OK, NO and BYE (RFC 5804 1.2); the rest lists capabilities. */
static struct text_reply read_sieve(struct reader line)
{
	struct text_reply reply = { .kind = REPLY_PART, .text = line };

	if (word_is(line, "OK"))
		reply.kind = REPLY_GOOD;
	else if (word_is(line, "NO") || word_is(line, "BYE"))
		reply.kind = REPLY_BAD;
	return reply;
}

/* "* " is untagged, "+ " asks for another line, else tag SP OK, NO or BAD (RFC 9051 7). */
static struct text_reply read_imap(struct reader line)
{
	struct text_reply reply = { .kind = REPLY_ASIDE, .text = line };

	if (word_is(line, "* "))
		return reply;
	if (word_is(line, "+")) {
		reply.kind = REPLY_GOOD;
		return reply;
	}
	struct reader r = line;

	while (more(&r) && take_u8(&r) != ' ')
		;
	if (word_is(r, "OK"))
		reply.kind = REPLY_GOOD;
	else if (word_is(r, "NO") || word_is(r, "BAD"))
		reply.kind = REPLY_BAD;
	reply.text = r;
	return reply;
}

/* ":server 670 nick :STARTTLS successful"; 691 refuses, and 421 or 451 that mention STARTTLS. */
static struct text_reply read_irc(struct reader line)
{
	struct text_reply reply = { .kind = REPLY_ASIDE, .text = line };
	struct reader r = line;

	if (word_is(line, ":"))
		while (more(&r) && take_u8(&r) != ' ')
			;
	struct text_reply number = read_number(r);

	if (number.status == 670)
		number.kind = REPLY_GOOD;
	else if (number.status == 691 ||
		 ((number.status == 421 || number.status == 451) && mentions(r, "STARTTLS")))
		number.kind = REPLY_BAD;
	else
		return reply;
	return number;
}

/* ---- the rows ------------------------------------------------------------------------------ */

static const struct text_protocol protocols[] = {
	{
		.protocol = FOREIGN_SMTP,
		.words = { { "EHLO", COMMAND_LIST }, { "LHLO", COMMAND_LIST },
			   { "STARTTLS", COMMAND_ASK }, { "QUIT", COMMAND_LEAVE },
			   { "DATA", COMMAND_DATA }, { "BDAT", COMMAND_DATA },
			   { "NOOP", COMMAND_NEUTRAL }, { "RSET", COMMAND_NEUTRAL },
			   { "HELP", COMMAND_NEUTRAL } },
		.go_ahead = 220, .offer = { "STARTTLS", "STARTTLS" }, .read = read_number,
	},
	{
		.protocol = FOREIGN_FTP,
		.words = { { "FEAT", COMMAND_LIST }, { "AUTH TLS", COMMAND_ASK },
			   { "AUTH SSL", COMMAND_ASK }, { "PASS", COMMAND_LOGIN },
			   { "QUIT", COMMAND_LEAVE }, { "NOOP", COMMAND_NEUTRAL },
			   { "SYST", COMMAND_NEUTRAL }, { "OPTS", COMMAND_NEUTRAL },
			   { "CLNT", COMMAND_NEUTRAL }, { "PBSZ", COMMAND_NEUTRAL },
			   { "PROT", COMMAND_NEUTRAL } },
		.asks_again = true,
		.go_ahead = 234, .offer = { "AUTH TLS", "AUTH SSL" }, .read = read_number,
	},
	{
		.protocol = FOREIGN_IMAP,
		.words = { { "CAPABILITY", COMMAND_LIST }, { "STARTTLS", COMMAND_ASK },
			   { "LOGOUT", COMMAND_LEAVE }, { "LOGIN", COMMAND_LOGIN },
			   { "AUTHENTICATE", COMMAND_LOGIN }, { "NOOP", COMMAND_NEUTRAL },
			   { "ID", COMMAND_NEUTRAL } },
		.tagged = true, .list_in_a_line = true,
		.offer = { " STARTTLS", " STARTTLS" }, .read = read_imap,
	},
	{
		.protocol = FOREIGN_POP3,
		.words = { { "CAPA", COMMAND_LIST }, { "STLS", COMMAND_ASK },
			   { "PASS", COMMAND_LOGIN }, { "APOP", COMMAND_LOGIN },
			   { "QUIT", COMMAND_LEAVE },
			   { "NOOP", COMMAND_NEUTRAL }, { "LANG", COMMAND_NEUTRAL },
			   { "UTF8", COMMAND_NEUTRAL } },
		.dot_ends_list = true, .offer = { "STLS", "STLS" }, .read = read_pop3,
	},
	{
		.protocol = FOREIGN_NNTP,
		.words = { { "CAPABILITIES", COMMAND_LIST }, { "STARTTLS", COMMAND_ASK },
			   { "AUTHINFO PASS", COMMAND_LOGIN }, { "QUIT", COMMAND_LEAVE },
			   { "MODE", COMMAND_NEUTRAL }, { "HELP", COMMAND_NEUTRAL },
			   { "DATE", COMMAND_NEUTRAL } },
		.dot_ends_list = true,
		.go_ahead = 382, .offer = { "STARTTLS", "STARTTLS" }, .read = read_number,
	},
	{
		.protocol = FOREIGN_SIEVE,
		.words = { { "CAPABILITY", COMMAND_LIST }, { "STARTTLS", COMMAND_ASK },
			   { "AUTHENTICATE", COMMAND_LOGIN }, { "LOGOUT", COMMAND_LEAVE },
			   { "NOOP", COMMAND_NEUTRAL } },
		.greets_with_list = true, .offer = { "\"STARTTLS\"", "\"STARTTLS\"" },
		.read = read_sieve,
	},
	{
		.protocol = FOREIGN_IRC,
		.words = { { "CAP", COMMAND_NEUTRAL }, { "STARTTLS", COMMAND_ASK },
			   { "QUIT", COMMAND_LEAVE }, { "PING", COMMAND_NEUTRAL },
			   { "PONG", COMMAND_NEUTRAL } },
		.list_in_a_line = true, .go_ahead = 670,
		.offer = { ":tls", " tls" }, .read = read_irc,
	},
};

static void become(struct dialogue *d, enum foreign_protocol protocol)
{
	for (size_t i = 0; i < sizeof protocols / sizeof *protocols; i++) {
		if (protocols[i].protocol != protocol)
			continue;
		d->protocol = protocol;
		d->of.text.is = &protocols[i];
	}
}

void text_begin(struct dialogue *d)
{
	become(d, d->protocol);
}

/* ---- the client's lines -------------------------------------------------------------------- */

/* Who begins with 220 may be either; the client's first command says which (RFC 959, RFC 5321). */
static void settle_protocol(struct dialogue *d, struct reader line)
{
	static const char *const ftp[] = { "AUTH TLS", "AUTH SSL", "FEAT",
					   "USER ",    "SYST",	   "OPTS " };
	static const char *const mail[] = { "EHLO", "HELO", "LHLO" };

	if (d->protocol == FOREIGN_SMTP)
		for (size_t i = 0; i < sizeof ftp / sizeof *ftp; i++)
			if (word_is(line, ftp[i]))
				become(d, FOREIGN_FTP);
	if (d->protocol == FOREIGN_FTP)
		for (size_t i = 0; i < sizeof mail / sizeof *mail; i++)
			if (word_is(line, mail[i]))
				become(d, FOREIGN_SMTP);
}

static enum text_command command_of(const struct text_protocol *p, struct reader line)
{
	if (p->tagged)
		while (more(&line) && take_u8(&line) != ' ')
			;
	for (const struct text_word *w = p->words; w->word; w++)
		if (word_is(line, w->word))
			return w->command;
	return COMMAND_OTHER;
}

static void wait_for_answer(struct text_state *text, enum text_command command)
{
	if (text->waiting_count < COMMANDS_WAITING)
		text->waiting[text->waiting_count++] = (uint8_t)command;
}

static enum text_command answered(struct text_state *text)
{
	enum text_command command = (enum text_command)text->waiting[0];

	text->waiting_count--;
	memmove(text->waiting, text->waiting + 1, text->waiting_count);
	return command;
}

static enum heard hear_client(struct dialogue *d, struct reader line)
{
	struct text_state *text = &d->of.text;

	if (!d->seen)
		settle_protocol(d, line);
	enum text_command command = command_of(text->is, line);

	dialogue_tell(d, SIDE_CLIENT, UPGRADE_SEEN, 0, words_of(""));
	if (command == COMMAND_ASK)
		dialogue_ask(d, line);
	if (command == COMMAND_OTHER || command == COMMAND_LOGIN || command == COMMAND_DATA)
		dialogue_went_on(d);
	if (command == COMMAND_LEAVE)
		dialogue_left(d);
	/* IRC answers what it likes, when it likes. */
	if (d->protocol != FOREIGN_IRC || command == COMMAND_ASK)
		wait_for_answer(text, command);
	return HEARD;
}

/* ---- the server's lines -------------------------------------------------------------------- */

static bool offers(const struct text_protocol *p, struct reader line)
{
	return mentions(line, p->offer[0]) || mentions(line, p->offer[1]);
}

/* Some firewalls overwrite what they do not want a client to see: "250-XXXXXXXA". */
static void note_stripped(struct text_state *text, struct reader words)
{
	struct reader line = words;

	if (!word_is(line, "XXXX") || text->stripped_len)
		return;
	while (more(&line) && text->stripped_len < sizeof text->stripped)
		text->stripped[text->stripped_len++] = (char)take_u8(&line);
}

static void hear_capability(struct dialogue *d, const struct text_reply *reply, struct reader line)
{
	if (offers(d->of.text.is, line))
		dialogue_tell(d, SIDE_SERVER, UPGRADE_OFFERED, reply->status, line);
	note_stripped(&d->of.text, reply->text);
}

/* A list is complete. */
static void hear_list_end(struct dialogue *d, const struct text_reply *reply, struct reader line)
{
	struct text_state *text = &d->of.text;

	if (d->offered)
		return;
	if (text->stripped_len)
		line = reader_of(text->stripped, text->stripped_len);
	dialogue_tell(d, SIDE_SERVER, UPGRADE_NOT_OFFERED, reply->status, line);
}

/* The server says that it wants TLS first (RFC 3207 4, RFC 9051 2.3.2, RFC 4217 4). */
static bool insists(struct reader line)
{
	static const char *const words[] = { "TLS", "SSL", "encrypt", "PRIVACYREQUIRED",
					     "cleartext", "plaintext auth" };

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (mentions(line, words[i]))
			return true;
	return false;
}

static enum heard hear_answer_to_ask(struct dialogue *d, const struct text_reply *reply,
				     struct reader line)
{
	const struct text_protocol *p = d->of.text.is;

	if (reply->kind == REPLY_GOOD && (!p->go_ahead || reply->status == p->go_ahead)) {
		dialogue_tell(d, SIDE_SERVER, UPGRADE_ACCEPTED, reply->status, line);
		return HEARD_YES;
	}
	if (p->asks_again)
		dialogue_refuse_for_now(d, reply->status, line);
	else
		dialogue_tell(d, SIDE_SERVER, UPGRADE_REFUSED, reply->status, line);
	return HEARD;
}

static enum heard hear_answer(struct dialogue *d, enum text_command command,
			      const struct text_reply *reply, struct reader line)
{
	bool good = reply->kind == REPLY_GOOD;

	if (command == COMMAND_ASK)
		return hear_answer_to_ask(d, reply, line);
	if (command == COMMAND_LIST && !d->of.text.is->list_in_a_line) {
		hear_capability(d, reply, line);
		d->of.text.listing = good && d->of.text.is->dot_ends_list;
		if (!d->of.text.listing)
			hear_list_end(d, reply, line);
		return HEARD;
	}
	if (!good && command != COMMAND_LEAVE && insists(line))
		dialogue_tell(d, SIDE_SERVER, UPGRADE_REQUIRED, reply->status, line);
	if (command == COMMAND_DATA && good)
		return HEARD_NO_MORE;
	/* 3xx and "+ " ask for more before they grant anything. */
	if (command == COMMAND_LOGIN && good && reply->status / 100 != 3 && !word_is(line, "+ "))
		return HEARD_NO_MORE;
	return HEARD;
}

/* What answers no command: a greeting, a list in one line, a farewell. */
static enum heard hear_aside(struct dialogue *d, const struct text_reply *reply, struct reader line)
{
	struct text_state *text = &d->of.text;
	const struct text_protocol *p = text->is;
	bool list = p->list_in_a_line && (mentions(line, "CAPABILITY ") || mentions(line, " LS :"));

	if (list || (p->greets_with_list && !text->greeted))
		hear_capability(d, reply, line);
	if (list || (p->greets_with_list && !text->greeted && reply->kind == REPLY_GOOD))
		hear_list_end(d, reply, line);
	text->greeted |= reply->kind != REPLY_PART;
	bool no = reply->kind == REPLY_BAD || word_is(line, "* BYE") || word_is(line, "ERROR");

	if (no && insists(line))
		dialogue_tell(d, SIDE_SERVER, UPGRADE_REQUIRED, reply->status, line);
	if (d->protocol == FOREIGN_IRC && mentions(line, " 001 "))
		return HEARD_NO_MORE;
	return HEARD;
}

/* A bare STARTTLS may be IRC's, ManageSieve's or SMTP's: where the greeting was not captured, what answers
 * it says which. */
static void settle_by_answer(struct dialogue *d, struct reader line)
{
	const struct text_state *text = &d->of.text;

	if (d->protocol != FOREIGN_IRC || text->greeted || text->waiting_count != 1 ||
	    text->waiting[0] != COMMAND_ASK)
		return;
	if (word_is(line, "OK") || word_is(line, "NO") || word_is(line, "BYE"))
		become(d, FOREIGN_SIEVE);
	else if (word_is(line, "220 ") || word_is(line, "454 ") || word_is(line, "50"))
		become(d, FOREIGN_SMTP);
}

static enum heard hear_server(struct dialogue *d, struct reader line)
{
	struct text_state *text = &d->of.text;

	settle_by_answer(d, line);
	struct text_reply reply = text->is->read(line);

	if (text->listing) {
		text->listing = !(left(&line) == 1 && line.at[0] == '.');
		if (text->listing)
			hear_capability(d, &reply, line);
		else
			hear_list_end(d, &reply, line);
		return HEARD;
	}
	if (reply.kind == REPLY_ASIDE || !text->waiting_count)
		return hear_aside(d, &reply, line);
	if (reply.kind == REPLY_PART) {
		if (text->waiting[0] == COMMAND_LIST)
			hear_capability(d, &reply, line);
		return HEARD;
	}
	return hear_answer(d, answered(text), &reply, line);
}

static enum heard hear_line(struct dialogue *d, enum side from, struct reader unit)
{
	size_t len = left(&unit);

	while (len && (unit.at[len - 1] == '\n' || unit.at[len - 1] == '\r'))
		len--;
	struct reader line = take_reader(&unit, len);

	if (!len)
		return HEARD;
	return from == SIDE_CLIENT ? hear_client(d, line) : hear_server(d, line);
}

void text_gap(struct dialogue *d)
{
	d->of.text.waiting_count = 0;
	d->of.text.listing = false;
}

const struct dialogue_kind text_dialogue = {
	.delimiter = '\n',
	.hear = hear_line,
};
