/* UTCTime and GeneralizedTime, as RFC 5280 4.1.2.5 wants them and as older certificates have them. */
#include "der.h"

struct date {
	int year, month, day, hour, minute, second;
};

/* `count` decimal digits; -1 when one of them is not. */
static int take_digits(struct reader *r, int count)
{
	int value = 0;

	for (; count > 0; count--) {
		uint8_t digit = take_u8(r);

		if (digit < '0' || digit > '9')
			return -1;
		value = value * 10 + (digit - '0');
	}
	return value;
}

static bool next_is_digit(const struct reader *r)
{
	return more(r) && *r->at >= '0' && *r->at <= '9';
}

static bool is_plausible(const struct date *d)
{
	return d->year >= 0 && d->month >= 1 && d->month <= 12 && d->day >= 1 && d->day <= 31 &&
	       d->hour >= 0 && d->hour <= 23 && d->minute >= 0 && d->minute <= 59 &&
	       d->second >= 0 && d->second <= 60;
}

/* Days from 1970-01-01 in the Gregorian calendar; a year that starts in March puts the leap day
 * last, so that every month before it has its fixed place. */
static int64_t days_of(const struct date *d)
{
	int64_t year = d->month > 2 ? d->year : d->year - 1;
	int64_t month = d->month > 2 ? d->month - 3 : d->month + 9;
	int64_t era = year >= 0 ? year / 400 : -1;
	int64_t of_era = year - era * 400;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 +
	       (153 * month + 2) / 5 + d->day - 1 - 719468;
}

/* "Z", or the "+hhmm" and "-hhmm" that RFC 5280 no longer allows. False when it is neither. */
static bool take_zone(struct reader *r, int64_t *seconds)
{
	uint8_t sign = take_u8(r);

	*seconds = 0;
	if (sign == 'Z')
		return read_whole(r);
	if (sign != '+' && sign != '-')
		return false;
	int hours = take_digits(r, 2), minutes = take_digits(r, 2);

	*seconds = (hours * 60 + minutes) * (sign == '+' ? 60 : -60);
	return hours >= 0 && minutes >= 0 && read_whole(r);
}

static bool read_time(struct reader body, bool two_digit_year, int64_t *out)
{
	struct date d = { .year = take_digits(&body, two_digit_year ? 2 : 4) };
	int64_t zone;

	if (two_digit_year && d.year >= 0)
		d.year += d.year < 50 ? 2000 : 1900;
	d.month = take_digits(&body, 2);
	d.day = take_digits(&body, 2);
	d.hour = take_digits(&body, 2);
	d.minute = take_digits(&body, 2);
	if (next_is_digit(&body))
		d.second = take_digits(&body, 2);
	if (more(&body) && *body.at == '.')
		do
			take_u8(&body);
		while (next_is_digit(&body));
	if (!take_zone(&body, &zone) || !is_plausible(&d))
		return false;
	*out = days_of(&d) * 86400 + d.hour * 3600 + d.minute * 60 + d.second - zone;
	return true;
}

int64_t der_time(struct reader *r)
{
	struct der_item item;
	int64_t seconds = 0;

	if (!der_next(r, &item))
		return 0;
	if ((item.tag != DER_UTC_TIME && item.tag != DER_GENERALIZED_TIME) ||
	    !read_time(item.body, item.tag == DER_UTC_TIME, &seconds))
		der_break(r, item.start);
	return seconds;
}
