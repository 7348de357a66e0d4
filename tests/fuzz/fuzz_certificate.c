/*
 * Certificates, staples, revocation lists, trust stores and key logs. Input: which of them, then
 * its bytes; for two certificates a 16-bit length stands before the first.
 */
#include <stdlib.h>
#include <unistd.h>

#include "../../dissect/parse.h"
#include "support.h"

static void touch_certificate(const struct certificate *c)
{
	char text[300];
	enum san_kind kind;
	uint32_t at = 0;

	touch_text(c->subject);
	touch_text(c->issuer);
	touch_text(c->subject_cn);
	touch_text(c->serial);
	touch_text(c->signature);
	touch_text(c->curve);
	touch_text(c->ca_issuers);
	touch_text(c->unknown_critical);
	touch(c->subject_der, c->subject_der_len);
	touch(c->spki, c->spki_len);
	touch(c->authority_key_id, c->authority_key_id_len);
	claim(c->san_count <= SAN_KEPT, "no more names are kept than fit");
	for (uint16_t i = 0; i < c->san_count; i++)
		touch_text(c->san[i].text);
	while (certificate_next_san(c, &at, &kind, text, sizeof(text)))
		touch_text(text);
}

static void judge_pair(struct certificate_cache *cache, struct reader r)
{
	struct reader first = take_vector16(&r);
	struct certificate *issuer = certificate_get(cache, first.at, left(&first));
	struct certificate *leaf = certificate_get(cache, r.at, left(&r));
	char which[200];

	touch_certificate(issuer);
	touch_certificate(leaf);
	certificate_check_signature(leaf, issuer);
	certificate_check_signature(leaf, leaf);
	if (certificate_violates(issuer, leaf, which, sizeof(which)))
		touch_text(which);
	certificate_release(issuer);
	certificate_release(leaf);
}

static void judge_staple(struct certificate_cache *cache, struct reader r)
{
	struct reader first = take_vector16(&r);
	struct certificate *issuer = certificate_get(cache, first.at, left(&first));
	struct ocsp_staple *staple = ocsp_parse(r.at, left(&r));

	ocsp_check(staple, issuer);
	touch_text(staple->serial);
	free(staple);
	certificate_release(issuer);
}

static void read_file(struct reader r, int which)
{
	char path[PATH_ROOM], problem[256] = "";
	int fd = file_of(r.at, left(&r), path);

	if (which == 0) {
		struct crl_set *s = crl_open(path, problem, sizeof(problem));

		claim(s || problem[0], "what cannot be read has words");
		if (s)
			crl_free(s);
	} else {
		struct trust_store *t = trust_open(path, NULL, problem, sizeof(problem));

		claim(t || problem[0], "what cannot be read has words");
		trust_free(t);
	}
	close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct certificate_cache *cache;
	struct keylog *keylog;
	uint8_t *copy;
	struct reader r;

	if (!size)
		return 0;
	cache = certificate_cache_new(1 << 20);
	keylog = keylog_new();
	copy = exact_copy(data + 1, size - 1);
	r = reader_of(copy, size - 1);
	switch (data[0] % 5) {
	case 0:
		judge_pair(cache, r);
		break;
	case 1:
		judge_staple(cache, r);
		break;
	case 2:
	case 3:
		read_file(r, data[0] % 5 - 2);
		break;
	case 4:
		keylog_add_text(keylog, (const char *)r.at, left(&r));
		break;
	}
	certificate_cache_free(cache);
	keylog_free(keylog);
	free(copy);
	return 0;
}
