/*
 * NSS key log (RFC 9850): LABEL, ClientHello.random and secret in hex, one to a line. Log files are
 * shared by many processes and truncated at will, so a line that is not one is skipped.
 */
#include <wolfssl/options.h>
#include <wolfssl/wolfcrypt/settings.h>
#include <wolfssl/wolfcrypt/siphash.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#include "keylog.h"

/* A capture can carry key logs (pcapng), so what they occupy has an end: about 60 MB. */
enum { SECRETS_MAX = 1 << 19, FIRST_BUCKETS = 64, HASH_KEY_LEN = 16 };

struct entry {
	struct entry *next;
	enum secret_label label;
	uint8_t random[RANDOM_LEN];
	uint8_t len;
	uint8_t secret[];
};

struct keylog {
	struct entry **buckets;
	const struct keylog *base;		/* its secrets count too; NULL: none */
	size_t bucket_count;			/* a power of two */
	size_t count;
	uint8_t hash_key[HASH_KEY_LEN];		/* so nobody can foresee collisions */
};

static const struct label {
	const char *name;
	enum secret_label label;
} labels[] = {
	{ "CLIENT_RANDOM", SECRET_MASTER },
	{ "CLIENT_EARLY_TRAFFIC_SECRET", SECRET_CLIENT_EARLY },
	{ "CLIENT_HANDSHAKE_TRAFFIC_SECRET", SECRET_CLIENT_HANDSHAKE },
	{ "SERVER_HANDSHAKE_TRAFFIC_SECRET", SECRET_SERVER_HANDSHAKE },
	{ "CLIENT_TRAFFIC_SECRET_0", SECRET_CLIENT_TRAFFIC },
	{ "SERVER_TRAFFIC_SECRET_0", SECRET_SERVER_TRAFFIC },
	/* As QUIC stacks wrote them before RFC 9001 settled on the names above. */
	{ "QUIC_CLIENT_EARLY_TRAFFIC_SECRET", SECRET_CLIENT_EARLY },
	{ "QUIC_CLIENT_HANDSHAKE_TRAFFIC_SECRET", SECRET_CLIENT_HANDSHAKE },
	{ "QUIC_SERVER_HANDSHAKE_TRAFFIC_SECRET", SECRET_SERVER_HANDSHAKE },
	{ "QUIC_CLIENT_TRAFFIC_SECRET_0", SECRET_CLIENT_TRAFFIC },
	{ "QUIC_SERVER_TRAFFIC_SECRET_0", SECRET_SERVER_TRAFFIC },
};

struct keylog *keylog_new(void)
{
	struct keylog *k = calloc(1, sizeof(*k));
	if (!k)
		return NULL;
	k->buckets = calloc(FIRST_BUCKETS, sizeof(struct entry *));
	if (!k->buckets) {
		free(k);
		return NULL;
	}
	k->bucket_count = FIRST_BUCKETS;
	/* Without randomness the table is merely slower to attack-proof: still correct. */
	if (getrandom(k->hash_key, sizeof(k->hash_key), GRND_NONBLOCK) < 0)
		k->hash_key[0] = 1;
	return k;
}

struct keylog *keylog_new_over(const struct keylog *base)
{
	struct keylog *k = keylog_new();

	if (k)
		k->base = base;
	return k;
}

void keylog_free(struct keylog *k)
{
	if (!k)
		return;
	for (size_t i = 0; i < k->bucket_count; i++) {
		struct entry *next;
		for (struct entry *e = k->buckets[i]; e; e = next) {
			next = e->next;
			free(e);
		}
	}
	free(k->buckets);
	free(k);
}

bool keylog_is_empty(const struct keylog *k)
{
	return !k || (k->count == 0 && keylog_is_empty(k->base));
}

static size_t bucket_of(const struct keylog *k, const uint8_t random[RANDOM_LEN])
{
	uint64_t hash = 0;
	uint8_t out[sizeof(hash)];

	if (wc_SipHash(k->hash_key, random, RANDOM_LEN, out, sizeof(out)) == 0)
		memcpy(&hash, out, sizeof(hash));
	return (size_t)hash & (k->bucket_count - 1);
}

static const struct entry *find(const struct keylog *k, enum secret_label label,
				const uint8_t random[RANDOM_LEN], unsigned nth)
{
	for (; k; k = k->base) {
		for (const struct entry *e = k->buckets[bucket_of(k, random)]; e; e = e->next) {
			if (e->label == label && memcmp(e->random, random, RANDOM_LEN) == 0 && nth-- == 0)
				return e;
		}
	}
	return NULL;
}

bool keylog_find(const struct keylog *k, struct secret *out, enum secret_label label,
		 const uint8_t random[RANDOM_LEN], unsigned nth)
{
	if (keylog_is_empty(k))
		return false;
	const struct entry *e = find(k, label, random, nth);
	if (!e)
		return false;
	out->len = e->len;
	memcpy(out->bytes, e->secret, e->len);
	return true;
}

/* A key log that both peers write has most secrets twice. */
static bool is_known(const struct keylog *k, enum secret_label label,
		     const uint8_t random[RANDOM_LEN], const struct secret *secret)
{
	const struct entry *e;

	for (unsigned nth = 0; (e = find(k, label, random, nth)); nth++) {
		if (e->len == secret->len && memcmp(e->secret, secret->bytes, secret->len) == 0)
			return true;
	}
	return false;
}

/* Twice the buckets once they are full; without memory the chains just grow longer. */
static void make_room(struct keylog *k)
{
	if (k->count < k->bucket_count)
		return;
	struct entry **old = k->buckets;
	size_t old_count = k->bucket_count;
	struct entry **buckets = calloc(old_count * 2, sizeof(struct entry *));
	if (!buckets)
		return;
	k->buckets = buckets;
	k->bucket_count = old_count * 2;
	for (size_t i = 0; i < old_count; i++) {
		struct entry *next;
		for (struct entry *e = old[i]; e; e = next) {
			struct entry **bucket = &buckets[bucket_of(k, e->random)];
			next = e->next;
			e->next = *bucket;
			*bucket = e;
		}
	}
	free(old);
}

static bool add(struct keylog *k, enum secret_label label, const uint8_t random[RANDOM_LEN],
		const struct secret *secret)
{
	if (is_known(k, label, random, secret))
		return true;
	if (k->count >= SECRETS_MAX || find(k, label, random, SECRETS_ALIKE_MAX - 1))
		return false;
	make_room(k);
	struct entry *e = malloc(sizeof(*e) + secret->len);
	if (!e)
		return false;
	struct entry **bucket = &k->buckets[bucket_of(k, random)];
	e->next = *bucket;
	e->label = label;
	memcpy(e->random, random, RANDOM_LEN);
	e->len = secret->len;
	memcpy(e->secret, secret->bytes, secret->len);
	*bucket = e;
	k->count++;
	return true;
}

/* ---- text ---------------------------------------------------------------------------------- */

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static struct reader take_word(struct reader *line)
{
	while (more(line) && is_blank(*line->at))
		take(line, 1);
	const uint8_t *from = line->at;
	size_t len = 0;
	while (more(line) && !is_blank(*line->at)) {
		take(line, 1);
		len++;
	}
	return reader_of(from, len);
}

static bool hex_digit(uint8_t c, uint8_t *value)
{
	if (c >= '0' && c <= '9')
		*value = (uint8_t)(c - '0');
	else if (c >= 'a' && c <= 'f')
		*value = (uint8_t)(c - 'a' + 10);
	else if (c >= 'A' && c <= 'F')
		*value = (uint8_t)(c - 'A' + 10);
	else
		return false;
	return true;
}

/* The whole word as hex; how many bytes, 0 if it is no hex or more than `max` bytes. */
static size_t read_hex(struct reader word, uint8_t *out, size_t max)
{
	size_t len = left(&word) / 2;
	if (left(&word) % 2 || len > max)
		return 0;
	for (size_t i = 0; i < len; i++) {
		uint8_t high, low;
		if (!hex_digit(take_u8(&word), &high) || !hex_digit(take_u8(&word), &low))
			return 0;
		out[i] = (uint8_t)(high << 4 | low);
	}
	return len;
}

static const struct label *label_of(const struct reader *word)
{
	for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++) {
		if (strlen(labels[i].name) == left(word) &&
		    memcmp(labels[i].name, word->at, left(word)) == 0)
			return &labels[i];
	}
	return NULL;
}

static bool add_line(struct keylog *k, struct reader line)
{
	struct reader name = take_word(&line);
	struct reader random_hex = take_word(&line);
	struct reader secret_hex = take_word(&line);
	const struct label *label = label_of(&name);
	uint8_t random[RANDOM_LEN];
	struct secret secret;

	if (!label || read_hex(random_hex, random, sizeof(random)) != RANDOM_LEN)
		return false;
	secret.len = (uint8_t)read_hex(secret_hex, secret.bytes, sizeof(secret.bytes));
	/* TLS 1.3 secrets are as long as the hash of the suite: SHA-256 or SHA-384. */
	bool fits = secret.len == MASTER_SECRET_LEN ||
		    (secret.len == 32 && label->label != SECRET_MASTER);
	return fits && add(k, label->label, random, &secret);
}

size_t keylog_add_text(struct keylog *k, const char *text, size_t len)
{
	struct reader all = reader_of(text, len);
	size_t taken = 0;

	while (more(&all)) {
		const uint8_t *newline = memchr(all.at, '\n', left(&all));
		size_t line_len = newline ? (size_t)(newline - all.at) : left(&all);
		struct reader line = take_reader(&all, line_len);
		take(&all, newline ? 1 : 0);
		taken += add_line(k, line);
	}
	return taken;
}

bool keylog_add_file(struct keylog *k, const char *path, char *problem, size_t problem_len)
{
	FILE *file = fopen(path, "r");
	if (!file) {
		snprintf(problem, problem_len, "%s: %s", path, strerror(errno));
		return false;
	}
	char *line = NULL;
	size_t room = 0;
	errno = 0;
	for (ssize_t got; (got = getline(&line, &room, file)) > 0; )
		keylog_add_text(k, line, (size_t)got);
	bool whole = !ferror(file);
	if (!whole)
		snprintf(problem, problem_len, "%s: %s", path, strerror(errno ? errno : EIO));
	free(line);
	fclose(file);
	return whole;
}
