#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "support_hex.h"
#include "support_talk.h"

static struct turn *next_turn(struct talk *t)
{
	assert_true(t->count < TURNS_MAX);
	return &t->turns[t->count++];
}

void say_bytes(struct talk *t, enum side from, const void *bytes, size_t len)
{
	struct bytes copy = bytes_copy(bytes, len);

	*next_turn(t) = (struct turn){ .kind = FLOW_BYTES, .from = from, .bytes = copy.at,
				       .len = copy.len };
}

void say(struct talk *t, enum side from, const char *hex)
{
	struct bytes b = bytes_of_hex(hex);

	say_bytes(t, from, b.at, b.len);
	free(b.at);
}

static void say_fragment(struct talk *t, enum side from, uint8_t type, const uint8_t *fragment,
			 size_t len)
{
	uint8_t *record = malloc(len + 5);

	assert_non_null(record);
	record[0] = type;
	record[1] = 3;
	record[2] = 3;
	record[3] = (uint8_t)(len >> 8);
	record[4] = (uint8_t)len;
	for (size_t i = 0; i < len; i++)
		record[5 + i] = fragment[i];
	say_bytes(t, from, record, len + 5);
	free(record);
}

void say_record(struct talk *t, enum side from, uint8_t type, const char *hex)
{
	struct bytes b = bytes_of_hex(hex);

	say_fragment(t, from, type, b.at, b.len);
	free(b.at);
}

void say_noise(struct talk *t, enum side from, uint8_t type, size_t len)
{
	uint8_t *noise = malloc(len + 1);

	assert_non_null(noise);
	for (size_t i = 0; i < len; i++)
		noise[i] = (uint8_t)(0x80 + i * 7 % 101);
	say_fragment(t, from, type, noise, len);
	free(noise);
}

void lose(struct talk *t, enum side from, uint64_t bytes)
{
	*next_turn(t) = (struct turn){ .kind = FLOW_GAP, .from = from, .lost = bytes };
}

void hang_up(struct talk *t, enum side from)
{
	*next_turn(t) = (struct turn){ .kind = FLOW_FIN, .from = from };
}

static void write_event(FILE *out, const struct tls_event *e)
{
	const char *name;

	fputs(e->from == SIDE_CLIENT ? "C " : "S ", out);
	switch (e->kind) {
	case TLS_RECORD:
		fprintf(out, "record %u %u%s\n", e->record.type, e->record.length,
			e->record.hidden ? " hidden" : "");
		break;
	case TLS_MESSAGE:
		name = handshake_type_name(e->message.type);
		fprintf(out, "%s %u%s\n", name ? name : "?", e->message.length,
			e->message.malformed ? " malformed" : "");
		break;
	case TLS_ALERT:
		fprintf(out, "alert %u %u\n", e->alert.level, e->alert.code);
		break;
	case TLS_FOREIGN:
		fprintf(out, "foreign %d%s\n", (int)e->foreign.protocol,
			e->foreign.instead_of_answer ? " instead of an answer" : "");
		break;
	case TLS_BROKEN:
		fprintf(out, "broken %d at %lu\n", (int)e->broken.kind,
			(unsigned long)e->broken.offset);
		break;
	case TLS_UPGRADE:
		fprintf(out, "upgrade %d\n", (int)e->upgrade.step);
		break;
	case TLS_QUIC:
		fputs("quic\n", out);
		break;
	case TLS_GAP:
		fputs("gap\n", out);
		break;
	}
}

static void feed_and_write(struct tls *tls, const struct capture_event *event, FILE *out)
{
	struct bytes exact = bytes_copy(event->bytes, event->len);
	struct capture_event copy = *event;

	copy.bytes = exact.at;
	tls_feed(tls, &copy);
	for (struct tls_event *e; (e = tls_next(tls)); )
		write_event(out, e);
	free(exact.at);
}

static void replay_turn(struct tls *tls, const struct turn *turn, uint64_t *offset, size_t piece,
			size_t cut_at, FILE *out)
{
	static const uint8_t nothing[1];
	struct capture_event event = { .kind = turn->kind, .from = turn->from, .bytes = nothing };

	event.lost = turn->lost;
	event.offset = *offset;
	if (turn->kind != FLOW_BYTES) {
		feed_and_write(tls, &event, out);
		*offset += turn->lost;
		return;
	}
	for (size_t at = 0; at < turn->len; at += event.len) {
		size_t end = at < cut_at && cut_at < turn->len ? cut_at : turn->len;

		event.bytes = turn->bytes + at;
		event.len = piece && end - at > piece ? piece : end - at;
		event.offset = *offset;
		feed_and_write(tls, &event, out);
		*offset += event.len;
	}
}

char *replay(const struct talk *t, size_t piece, size_t cut_turn, size_t cut_at)
{
	struct certificate_cache *cache = certificate_cache_new(0);
	struct dissector *dissector = dissector_new(NULL, cache);
	struct tls *tls = tls_new(dissector, TRANSPORT_TCP);
	uint64_t offsets[2] = { 0, 0 };
	char *text;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	assert_non_null(out);
	for (size_t i = 0; i < t->count; i++)
		replay_turn(tls, &t->turns[i], &offsets[t->turns[i].from], piece,
			    i == cut_turn ? cut_at : 0, out);
	fclose(out);
	tls_free(tls);
	dissector_free(dissector);
	certificate_cache_free(cache);
	return text;
}

char *replay_in_every_way(const struct talk *t)
{
	char *whole = replay(t, 0, 0, 0);
	char *single = replay(t, 1, 0, 0);

	assert_string_equal(single, whole);
	free(single);
	for (size_t turn = 0; turn < t->count; turn++) {
		for (size_t at = 1; at < t->turns[turn].len && at < 600; at++) {
			char *cut = replay(t, 0, turn, at);

			assert_string_equal(cut, whole);
			free(cut);
		}
	}
	return whole;
}

void talk_free(struct talk *t)
{
	for (size_t i = 0; i < t->count; i++)
		free(t->turns[i].bytes);
	t->count = 0;
}
