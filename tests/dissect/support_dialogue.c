#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "../../dissect/dissect.h"
#include "../../dissect/upgrade.h"
#include "support_dialogue.h"
#include "support_hex.h"
#include "support_talk.h"

static const char *const step_names[] = { "SEEN", "OFFERED", "NOT_OFFERED", "ASKED", "ACCEPTED",
					  "REFUSED", "REQUIRED", "ABANDONED", "IN_CLEAR" };

/* ---- the script ---------------------------------------------------------------------------- */

static void say_mark(struct talk *t, enum side from, const char *what)
{
	if (!strncmp(what, "tls", 3))
		say(t, from, from == SIDE_CLIENT ? CLIENT_HELLO_HEX : SERVER_HELLO_HEX);
	else if (!strncmp(what, "alert", 5))
		say(t, from, ALERT_HEX);
	else if (!strncmp(what, "close", 5))
		hang_up(t, from);
	else if (!strncmp(what, "gap", 3))
		lose(t, from, 100);
	else
		fail_msg("no such mark: %s", what);
}

static void say_line(struct talk *t, char *line)
{
	enum side from = line[0] == 'C' ? SIDE_CLIENT : SIDE_SERVER;
	char *text = line + 3;
	char crlf[4096];

	assert_true(strlen(line) >= 3);
	switch (line[1]) {
	case ':':
		snprintf(crlf, sizeof crlf, "%s\r\n", text);
		say_bytes(t, from, crlf, strlen(crlf));
		break;
	case '.':
		say_bytes(t, from, text, strlen(text));
		break;
	case '=':
		say(t, from, text);
		break;
	default:
		say_mark(t, from, text);
	}
}

static void read_script(struct talk *t, const char *script)
{
	char *copy = strdup(script);

	assert_non_null(copy);
	for (char *line = strtok(copy, "\n"); line; line = strtok(NULL, "\n"))
		say_line(t, line);
	free(copy);
}

/* ---- what is told -------------------------------------------------------------------------- */

static void write_quoted(FILE *out, const uint8_t *bytes, size_t len)
{
	fputs(" \"", out);
	for (size_t i = 0; i < len; i++) {
		if (bytes[i] == '\r')
			fputs("\\r", out);
		else if (bytes[i] == '\n')
			fputs("\\n", out);
		else if (bytes[i] < ' ' || bytes[i] > '~')
			fprintf(out, "\\x%02x", bytes[i]);
		else
			fputc(bytes[i], out);
	}
	fputc('"', out);
}

static void write_upgrade(FILE *out, const struct tls_upgrade *u)
{
	fprintf(out, "%s %s%s", foreign_name(u->protocol), u->proxy ? "proxy " : "",
		step_names[u->step]);
	if (u->status)
		fprintf(out, " %u", u->status);
	if (u->words_len)
		write_quoted(out, u->words, u->words_len);
	if (u->target[0])
		fprintf(out, " for %s:%u", u->target, u->target_port);
}

static void write_events(FILE *out, struct upgrade *u)
{
	struct tls_event event;

	while (upgrade_next(u, &event)) {
		if (event.kind == TLS_UPGRADE && event.upgrade.step == UPGRADE_SEEN &&
		    event.upgrade.protocol != FOREIGN_PROXY)
			continue;
		fputs(event.from == SIDE_CLIENT ? "C " : "S ", out);
		if (event.kind == TLS_UPGRADE) {
			write_upgrade(out, &event.upgrade);
		} else {
			fprintf(out, "foreign %s%s", foreign_name(event.foreign.protocol),
				event.foreign.instead_of_answer ? " instead" : "");
			write_quoted(out, event.foreign.sample, event.foreign.sample_len);
		}
		fputc('\n', out);
	}
}

struct listener {
	struct upgrade *upgrade;
	FILE *out;
	FILE *tls[2];		/* what was left to TLS, per side */
	char *tls_bytes[2];
	size_t tls_len[2];
	bool in_tls[2];
};

static void hear_piece(struct listener *l, enum side from, const uint8_t *bytes, size_t len)
{
	struct mark mark = { .frame = 1 };
	size_t consumed = 0;
	const uint8_t *held = NULL;

	if (!l->in_tls[from]) {
		enum upgrade_verdict verdict =
			upgrade_feed(l->upgrade, from, mark, bytes, len, &consumed);

		assert_true(consumed <= len);
		l->in_tls[from] = verdict == UPGRADE_TLS;
		if (l->in_tls[from]) {
			size_t held_len = upgrade_held(l->upgrade, from, &held);

			fwrite(held, 1, held_len, l->tls[from]);
		}
		write_events(l->out, l->upgrade);
	}
	if (l->in_tls[from])
		fwrite(bytes + consumed, 1, len - consumed, l->tls[from]);
}

static void hear_turn(struct listener *l, const struct turn *turn, size_t piece, size_t cut_at)
{
	if (turn->kind == FLOW_GAP)
		upgrade_gap(l->upgrade, turn->from);
	if (turn->kind == FLOW_FIN)
		upgrade_end(l->upgrade, turn->from, (struct mark){ .frame = 2 });
	for (size_t at = 0, n; at < turn->len; at += n) {
		size_t end = at < cut_at && cut_at < turn->len ? cut_at : turn->len;

		n = piece && end - at > piece ? piece : end - at;
		struct bytes exact = bytes_copy(turn->bytes + at, n);

		hear_piece(l, turn->from, exact.at, n);
		free(exact.at);
	}
	write_events(l->out, l->upgrade);
}

static void write_tls(struct listener *l, enum side side)
{
	fclose(l->tls[side]);
	if (l->tls_len[side])
		fputs(side == SIDE_CLIENT ? "C tls " : "S tls ", l->out);
	for (size_t i = 0; i < l->tls_len[side]; i++)
		fprintf(l->out, "%02x", (uint8_t)l->tls_bytes[side][i]);
	if (l->tls_len[side])
		fputc('\n', l->out);
	free(l->tls_bytes[side]);
}

static char *told(const struct talk *t, size_t piece, size_t cut_turn, size_t cut_at)
{
	struct listener l = { .upgrade = upgrade_new() };
	char *text;
	size_t len;

	l.out = open_memstream(&text, &len);
	for (int i = 0; i < 2; i++)
		l.tls[i] = open_memstream(&l.tls_bytes[i], &l.tls_len[i]);
	for (size_t i = 0; i < t->count; i++)
		hear_turn(&l, &t->turns[i], piece, i == cut_turn ? cut_at : 0);
	write_tls(&l, SIDE_CLIENT);
	write_tls(&l, SIDE_SERVER);
	fclose(l.out);
	upgrade_free(l.upgrade);
	return text;
}

static void assert_told(const struct talk *t, size_t piece, size_t cut_turn, size_t cut_at,
			const char *expected)
{
	char *text = told(t, piece, cut_turn, cut_at);

	assert_string_equal(text, expected);
	free(text);
}

void assert_tells_whole(const char *script, const char *expected)
{
	struct talk talk = { .count = 0 };

	read_script(&talk, script);
	assert_told(&talk, 0, 0, 0, expected);
	talk_free(&talk);
}

void assert_tells(const char *script, const char *expected)
{
	struct talk talk = { .count = 0 };

	read_script(&talk, script);
	assert_told(&talk, 0, 0, 0, expected);
	assert_told(&talk, 1, 0, 0, expected);
	for (size_t turn = 0; turn < talk.count; turn++)
		for (size_t at = 1; at < talk.turns[turn].len; at++)
			assert_told(&talk, 0, turn, at, expected);
	talk_free(&talk);
}
