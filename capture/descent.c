/*
 * The bookkeeping of a descent: what it went through, and the way back from a wrong guess.
 */
#include "descent.h"

static void append(char *name, const char *words)
{
	size_t have = strlen(name), len = strlen(words);

	if (have + len < TUNNEL_NAME_MAX)
		memcpy(name + have, words, len + 1);
}

static void append_number(char *name, uint32_t number)
{
	char digits[] = "0000000000";	/* as many as 2^32 has */
	size_t at = sizeof(digits) - 1;

	do {
		digits[--at] = (char)('0' + number % 10);
		number /= 10;
	} while (number);
	append(name, digits + at);
}

bool enter_tunnel(struct descent *d, const char *name, int32_t id)
{
	if (d->wrappings == WRAPPINGS_MAX)
		return false;
	d->wrappings++;
	if (d->out->tunnel[0])
		append(d->out->tunnel, "/");
	append(d->out->tunnel, name);
	if (id == NO_ID)
		return true;
	append(d->out->tunnel, " ");
	append_number(d->out->tunnel, (uint32_t)id);
	return true;
}

bool trial_begin(struct descent *d, struct trial *before)
{
	if (*d->trials == TRIALS_MAX)
		return false;
	++*d->trials;
	before->descent = *d;
	before->out = *d->out;
	d->saw_ip = false;
	return true;
}

enum found trial_end(struct descent *d, const struct trial *before, enum found found)
{
	if (found == FOUND_PACKET || found == FOUND_FRAGMENT)
		return found;
	if (d->saw_ip && (found == FOUND_NOTHING || (found == FOUND_BROKEN && d->missing)))
		return found;		/* IP of no interest, or cut by the snap length */
	*d = before->descent;
	*d->out = before->out;
	return FOUND_NO_TUNNEL;
}
