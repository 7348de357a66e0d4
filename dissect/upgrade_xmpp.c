/*
 * XMPP (RFC 6120 5): a stream of XML in which only the tags matter here.
 *     S: <features><starttls/></features>  C: <starttls/>  S: <proceed/> or <failure/>
 */
#include "dialogue.h"
#include "foreign.h"

static bool has_tag(struct reader unit, const char *tag)
{
	return mentions(unit, tag);
}

static enum heard hear_client(struct dialogue *d, struct reader unit)
{
	dialogue_tell(d, SIDE_CLIENT, UPGRADE_SEEN, 0, words_of(""));
	if (has_tag(unit, "<starttls"))
		dialogue_ask(d, unit);
	else if (has_tag(unit, "</stream:stream"))
		dialogue_left(d);
	else if (has_tag(unit, "<auth") || has_tag(unit, "<iq") || has_tag(unit, "<db:"))
		dialogue_went_on(d);
	return HEARD;
}

static void hear_features(struct dialogue *d, struct reader unit)
{
	if (has_tag(unit, "<stream:features") || has_tag(unit, "<features")) {
		d->of.xmpp.in_features = true;
		d->of.xmpp.offers = false;
	}
	if (d->of.xmpp.in_features && has_tag(unit, "<starttls")) {
		d->of.xmpp.offers = true;
		dialogue_tell(d, SIDE_SERVER, UPGRADE_OFFERED, 0, unit);
	}
	if (!has_tag(unit, "features>") && !has_tag(unit, "features/>"))
		return;
	bool ends = has_tag(unit, "</") || has_tag(unit, "/>");

	if (ends && d->of.xmpp.in_features && !d->of.xmpp.offers)
		dialogue_tell(d, SIDE_SERVER, UPGRADE_NOT_OFFERED, 0, unit);
	if (ends)
		d->of.xmpp.in_features = false;
}

static enum heard hear_server(struct dialogue *d, struct reader unit)
{
	if (has_tag(unit, "<proceed")) {
		dialogue_tell(d, SIDE_SERVER, UPGRADE_ACCEPTED, 0, unit);
		return HEARD_YES;
	}
	if (d->asked && (has_tag(unit, "<failure") || has_tag(unit, "<stream:error")))
		dialogue_tell(d, SIDE_SERVER, UPGRADE_REFUSED, 0, unit);
	else if (has_tag(unit, "<encryption-required") || has_tag(unit, "<policy-violation"))
		dialogue_tell(d, SIDE_SERVER, UPGRADE_REQUIRED, 0, unit);
	if (has_tag(unit, "<success"))
		return HEARD_NO_MORE;
	hear_features(d, unit);
	return HEARD;
}

static enum heard hear_tag(struct dialogue *d, enum side from, struct reader unit)
{
	while (more(&unit) && unit.at[0] <= ' ')
		take_u8(&unit);
	return from == SIDE_CLIENT ? hear_client(d, unit) : hear_server(d, unit);
}

const struct dialogue_kind xmpp_dialogue = {
	.delimiter = '>',
	.hear = hear_tag,
};
