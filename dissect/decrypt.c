/*
 * Which keys a record is under, and which number it has. Secrets come from the key log and may come
 * late, records may be missing: what does not authenticate stays hidden, and where the number or
 * the phase is in doubt the likely ones are tried, within a budget.
 */
#include "parse.h"
#include "protection.h"

/*
 * RECORDS_MISSED: after a gap or late keys, how far a record number may be off and still be found:
 * more than a server's flight has records. ATTEMPTS: failures in a row before a side is given up,
 * so that keys which do not fit cost 256 records' time and no more.
 */
enum { RECORDS_MISSED = 64, ATTEMPTS = 256 };

enum phase { PHASE_EARLY, PHASE_HANDSHAKE, PHASE_TRAFFIC };

/* One direction. */
struct half {
	bool is_protected;		/* records of this side have had keys to them */
	bool keyed;			/* `keys` are those of the phase */
	bool lost;			/* records before this one were never seen */
	enum phase phase;		/* TLS 1.3 */
	uint64_t sequence;		/* of the next record */
	uint32_t hidden;		/* records not opened in this phase */
	uint16_t attempts_left;
	struct secret secret;		/* TLS 1.3: this phase's, this generation's */
	uint8_t tail[RECORD_TAIL_LEN];	/* of the record before, TLS 1.0's next IV */
	struct protection keys;
};

struct decryptor {
	const struct keylog *keylog;
	struct negotiated negotiated;
	bool early_data;
	struct half half[2];
};

struct decryptor *decryptor_new(const struct keylog *keylog, enum transport transport)
{
	(void)transport;
	if (!keylog)
		return NULL;
	struct decryptor *d = must(calloc(1, sizeof(*d)));
	d->keylog = keylog;
	for (int side = 0; side < 2; side++)
		d->half[side].attempts_left = ATTEMPTS;
	return d;
}

void decryptor_free(struct decryptor *d)
{
	free(d);
}

static bool is_settled(const struct decryptor *d)
{
	return d->negotiated.suite != NULL;
}

/* The next record of this side starts another count, under other keys. */
static void enter(struct half *half, enum phase phase)
{
	half->is_protected = true;
	half->keyed = false;
	half->lost = false;
	half->phase = phase;
	half->sequence = 0;
	half->hidden = 0;
	half->attempts_left = ATTEMPTS;
}

/* ---- what the handshake says ---------------------------------------------------------------- */

void decryptor_client_hello(struct decryptor *d, const struct client_hello *hello)
{
	memcpy(d->negotiated.client_random, hello->random, RANDOM_LEN);
	if (!is_settled(d) && hello->early_data) {
		d->early_data = true;
		enter(&d->half[SIDE_CLIENT], PHASE_EARLY);
	}
}

void decryptor_server_hello(struct decryptor *d, const struct server_hello *hello)
{
	struct negotiated *n = &d->negotiated;
	bool tls13 = is_tls13(hello->version);

	n->version = hello->version;
	n->suite = cipher_suite(hello->suite);
	n->encrypt_then_mac = hello->encrypt_then_mac;
	n->truncated_hmac = code_list_has(&hello->extensions, 4);	/* RFC 6066 7 */
	memcpy(n->server_random, hello->random, RANDOM_LEN);
	if (!tls13 || !is_settled(d))
		return;
	enter(&d->half[SIDE_SERVER], PHASE_HANDSHAKE);
	if (!d->early_data)
		enter(&d->half[SIDE_CLIENT], PHASE_HANDSHAKE);
}

void decryptor_change_cipher_spec(struct decryptor *d, enum side from)
{
	/* In TLS 1.3 it means nothing (RFC 8446 D.4). */
	if (is_settled(d) && !is_tls13(d->negotiated.version))
		enter(&d->half[from], PHASE_TRAFFIC);
}

void decryptor_finished(struct decryptor *d, enum side from)
{
	/* A Finished after the handshake ends a late CertificateRequest (RFC 8446 4.6.2). */
	if (is_tls13(d->negotiated.version) && d->half[from].phase != PHASE_TRAFFIC)
		enter(&d->half[from], PHASE_TRAFFIC);
}

void decryptor_end_of_early_data(struct decryptor *d, enum side from)
{
	if (d->half[from].phase == PHASE_EARLY)
		enter(&d->half[from], PHASE_HANDSHAKE);
}

void decryptor_key_update(struct decryptor *d, enum side from)
{
	struct half *half = &d->half[from];
	struct secret next = { .len = half->secret.len };

	/* A second ServerHello, which TLS 1.3 forbids, may have unsettled the suite. */
	if (half->phase != PHASE_TRAFFIC || !half->keyed || !is_settled(d) || !is_tls13(d->negotiated.version))
		return;
	if (!kdf_expand_label(next.bytes, next.len, &half->secret, LABEL_TLS13, "traffic upd"))
		return;
	enter(half, PHASE_TRAFFIC);
	half->secret = next;
	half->keyed = protection_from_traffic_secret(&half->keys, d->negotiated.suite, &next,
						     LABEL_TLS13);
}

void decryptor_gap(struct decryptor *d, enum side from)
{
	d->half[from].lost = true;
}

/* ---- opening -------------------------------------------------------------------------------- */

/* Where a record's plaintext goes, and what it turned out to be. */
struct opened {
	uint8_t *out;
	size_t *out_len;
	uint8_t *type;
};

/*
 * Tries `count` numbers from `first`. Each try starts from the same cipher state; the state moves
 * on past this record even when none fits, because the next record needs it.
 */
static bool open_among(struct half *half, struct protection *keys, const struct sealed *record,
		       uint64_t first, uint64_t count, uint64_t *found, const struct opened *opened)
{
	struct protection moved_on = *keys;

	for (uint64_t i = 0; i < count && half->attempts_left; i++) {
		struct protection attempt = *keys;
		struct sealed numbered = *record;
		numbered.sequence = first + i;
		bool fits = protection_open(&attempt, &numbered, opened->out, opened->out_len,
					    opened->type);
		moved_on = attempt;
		if (fits) {
			*keys = moved_on;
			*found = first + i;
			half->attempts_left = ATTEMPTS;
			return true;
		}
		half->attempts_left--;
	}
	*keys = moved_on;
	return false;
}

/* Under each master secret that the log has for this handshake, until one proves right. */
static bool open_with_log(struct decryptor *d, enum side from, const struct sealed *record,
			  uint64_t number, uint64_t count, uint64_t *found,
			  const struct opened *opened)
{
	struct half *half = &d->half[from];
	struct protection keys;
	struct secret master;

	for (unsigned nth = 0; keylog_find(d->keylog, &master, SECRET_MASTER,
					   d->negotiated.client_random, nth); nth++) {
		if (!protection_from_master(&keys, &d->negotiated, &master, from))
			return false;
		if (number > 0)
			protection_chain(&keys, half->tail);
		if (open_among(half, &keys, record, number, count, found, opened)) {
			half->keys = keys;
			half->keyed = true;
			return true;
		}
	}
	return false;
}

static bool open_before_tls13(struct decryptor *d, enum side from, const struct sealed *record,
			      const struct opened *opened)
{
	struct half *half = &d->half[from];
	uint64_t number = half->sequence;
	uint64_t count = half->lost ? RECORDS_MISSED : 1;

	if (!half->is_protected)
		return false;
	half->sequence++;
	bool fits = half->keyed
		? open_among(half, &half->keys, record, number, count, &number, opened)
		: open_with_log(d, from, record, number, count, &number, opened);
	protection_keep_tail(half->tail, record);
	if (!fits)
		return false;
	half->sequence = number + 1;
	half->lost = false;
	return true;
}

static enum secret_label label_of(enum side from, enum phase phase)
{
	if (phase == PHASE_EARLY)
		return SECRET_CLIENT_EARLY;
	if (phase == PHASE_HANDSHAKE)
		return from == SIDE_CLIENT ? SECRET_CLIENT_HANDSHAKE : SECRET_SERVER_HANDSHAKE;
	return from == SIDE_CLIENT ? SECRET_CLIENT_TRAFFIC : SECRET_SERVER_TRAFFIC;
}

/* How many record numbers are worth a try in a phase that this side may have reached. */
static uint64_t numbers_to_try(const struct half *half, enum phase phase)
{
	if (half->lost)
		return RECORDS_MISSED;
	if (phase == half->phase)
		return 1;
	return half->hidden < RECORDS_MISSED ? half->hidden + 1 : RECORDS_MISSED;
}

/* Under the secrets that the log has for a phase, until one proves right. */
static bool open_phase_with_log(struct decryptor *d, enum side from,
				const struct cipher_suite *suite, enum phase phase,
				const struct sealed *record, const struct opened *opened)
{
	struct half *half = &d->half[from];
	uint64_t first = phase == half->phase ? half->sequence : 0;
	struct protection keys;
	struct secret secret;
	uint64_t number;

	for (unsigned nth = 0; keylog_find(d->keylog, &secret, label_of(from, phase),
					   d->negotiated.client_random, nth); nth++) {
		if (!protection_from_traffic_secret(&keys, suite, &secret, LABEL_TLS13) ||
		    !open_among(half, &keys, record, first, numbers_to_try(half, phase), &number,
				opened))
			continue;
		enter(half, phase);
		half->keys = keys;
		half->secret = secret;
		half->keyed = true;
		half->sequence = number + 1;
		return true;
	}
	return false;
}

static bool open_in_phase(struct decryptor *d, enum side from, const struct cipher_suite *suite,
			  enum phase phase, const struct sealed *record,
			  const struct opened *opened)
{
	struct half *half = &d->half[from];
	uint64_t number;

	if (phase != half->phase || !half->keyed)
		return open_phase_with_log(d, from, suite, phase, record, opened);
	if (!open_among(half, &half->keys, record, half->sequence, numbers_to_try(half, phase),
			&number, opened))
		return false;
	half->sequence = number + 1;
	half->lost = false;
	return true;
}

/* Early data comes before the ServerHello: the suite is that of an earlier connection. */
static bool open_early(struct decryptor *d, const struct sealed *record,
		       const struct opened *opened)
{
	for (uint16_t number = 0x1301; number <= 0x1305; number++) {
		const struct cipher_suite *suite = cipher_suite(number);
		if (suite && open_in_phase(d, SIDE_CLIENT, suite, PHASE_EARLY, record, opened))
			return true;
	}
	return false;
}

static bool open_tls13(struct decryptor *d, enum side from, const struct sealed *record,
		       const struct opened *opened)
{
	struct half *half = &d->half[from];
	enum phase phase = half->phase;

	if (phase == PHASE_EARLY) {
		if (open_early(d, record, opened))
			return true;
		phase = PHASE_HANDSHAKE;	/* EndOfEarlyData was hidden, or the data refused */
	}
	for (; is_settled(d) && phase <= PHASE_TRAFFIC; phase++) {
		if (open_in_phase(d, from, d->negotiated.suite, phase, record, opened))
			return true;
	}
	half->sequence++;
	half->hidden++;
	return false;
}

bool decrypt_record(struct decryptor *d, enum side from, const uint8_t header[5],
		    const uint8_t *fragment, size_t len, uint8_t *out, size_t *out_len,
		    uint8_t *inner_type, bool *handshake_keys)
{
	struct reader r = reader_of(header, 5);
	struct sealed record = {
		.type = take_u8(&r), .version = take_u16(&r), .header = header, .header_len = 5,
		.fragment = fragment, .len = len,
	};
	struct opened opened = { out, out_len, inner_type };
	bool tls13 = is_settled(d) ? is_tls13(d->negotiated.version) : d->early_data;

	bool fits = tls13 ? open_tls13(d, from, &record, &opened)
			  : open_before_tls13(d, from, &record, &opened);
	*handshake_keys = fits && tls13 && d->half[from].phase == PHASE_HANDSHAKE;
	if (!fits)
		*inner_type = 0;
	return fits;
}
