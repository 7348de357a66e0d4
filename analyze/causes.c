/*
 * What each cause means to people: the rows of causes.txt, and which of them a pasted error
 * message fits.
 *
 * A message and the phrases of seen_as are compared as lower-case words. HOST and ... in a phrase
 * stand for anything, so that names, times and line numbers of the paste do not matter.
 */
#include <ctype.h>

#include "analyze.h"
#include "analyze/causes.inc"

enum {
	TABLE_COUNT = sizeof(table) / sizeof(table[0]),
	WORDS_MAX = 2048,	/* of a pasted message; longer ones are cut */
	WHOLE_PHRASE = 4096,	/* a whole phrase beats any number of single words */
	PART_OF_PHRASE = 2048,	/* the message is a piece of a phrase */
	PART_MIN = 6		/* shorter pieces are in everything */
};

const struct cause *causes(size_t *count)
{
	*count = TABLE_COUNT;
	return table;
}

const struct cause *cause_of(const char *code)
{
	if (!code)
		return NULL;
	for (size_t i = 0; i < TABLE_COUNT; i++)
		if (!strcmp(table[i].code, code))
			return &table[i];
	return NULL;
}

static bool is_word_byte(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

/* " lower case words " with one space between and around them; returns the length. */
static size_t words_of(const char *text, size_t len, char out[WORDS_MAX])
{
	size_t n = 1;

	out[0] = ' ';
	for (size_t i = 0; i < len && n < WORDS_MAX - 2; i++) {
		if (is_word_byte(text[i]))
			out[n++] = (char)tolower((unsigned char)text[i]);
		else if (out[n - 1] != ' ')
			out[n++] = ' ';
	}
	if (out[n - 1] != ' ')
		out[n++] = ' ';
	out[n] = '\0';
	return n;
}

/* The length of a gap that begins here: HOST or "...", or 0. */
static size_t gap_at(const char *at, bool word_begins)
{
	if (!strncmp(at, "...", 3))
		return 3;
	if (word_begins && !strncmp(at, "HOST", 4) && !is_word_byte(at[4]))
		return 4;
	return 0;
}

/* Do all pieces of the phrase between its gaps occur in the message, in order? The number of
 * bytes that match, 0 if they do not. */
static size_t phrase_match(const char *phrase, const char *message)
{
	size_t matched = 0;

	while (*phrase) {
		size_t len = 0;
		while (phrase[len] && !gap_at(phrase + len, !len || !is_word_byte(phrase[len - 1])))
			len++;
		char piece[WORDS_MAX];
		size_t n = words_of(phrase, len, piece);
		if (n > 1) {
			const char *found = strstr(message, piece);
			if (!found)
				return 0;
			matched += n - 2;
			message = found + n - 1;	/* the space may begin the next piece */
		}
		phrase += len;
		phrase += gap_at(phrase, true);
	}
	return matched;
}

/* Bytes in words of the phrase that the message has too, if they are most of the phrase. */
static size_t word_overlap(const char *phrase, const char *message)
{
	char words[WORDS_MAX];
	size_t total = 0, common = 0, count = 0;

	words_of(phrase, strlen(phrase), words);
	for (char *at = words; at[1]; ) {
		char *end = strchr(at + 1, ' ');
		char keep = end[1];
		end[1] = '\0';
		size_t len = (size_t)(end - at) - 1;
		total += len;
		if (strstr(message, at)) {
			common += len;
			count++;
		}
		end[1] = keep;
		at = end;
	}
	return count >= 2 && common * 10 >= total * 7 ? common : 0;
}

static size_t phrase_score(const char *phrase, const char *message, size_t message_len)
{
	size_t whole = phrase_match(phrase, message);
	if (whole)
		return WHOLE_PHRASE + whole;
	char words[WORDS_MAX];
	words_of(phrase, strlen(phrase), words);
	if (message_len >= PART_MIN && strstr(words, message))
		return PART_OF_PHRASE + message_len;
	return word_overlap(phrase, message);
}

static size_t cause_score(const struct cause *c, const char *message, size_t message_len)
{
	size_t best = phrase_score(c->code, message, message_len);
	size_t title = phrase_score(c->title, message, message_len);

	if (title > best)
		best = title;
	for (size_t i = 0; c->seen_as[i].where; i++) {
		size_t score = phrase_score(c->seen_as[i].text, message, message_len);
		if (score > best)
			best = score;
	}
	return best;
}

/* Scores of the best kind only: once a whole phrase matches, loose words say nothing. */
static size_t least_score(const size_t scores[TABLE_COUNT])
{
	size_t best = 0;

	for (size_t i = 0; i < TABLE_COUNT; i++)
		best = scores[i] > best ? scores[i] : best;
	if (best >= WHOLE_PHRASE)
		return WHOLE_PHRASE;
	return best >= PART_OF_PHRASE ? PART_OF_PHRASE : 1;
}

size_t causes_matching(const char *message, const struct cause **out, size_t max)
{
	char words[WORDS_MAX];
	size_t len = words_of(message, strlen(message), words);
	size_t scores[TABLE_COUNT];
	size_t found = 0;

	for (size_t i = 0; i < TABLE_COUNT; i++)
		scores[i] = cause_score(&table[i], words, len);
	size_t least = least_score(scores);
	while (found < max) {
		size_t best = 0;
		for (size_t i = 1; i < TABLE_COUNT; i++)
			if (scores[i] > scores[best])
				best = i;
		if (scores[best] < least)
			break;
		scores[best] = 0;
		out[found++] = &table[best];
	}
	return found;
}
