/*
 * IEEE 802.11, bare or behind the headers in which drivers tell of the radio.
 */
#include <pcap/dlt.h>

#include "descent.h"

/*
 * A data frame in clear: the header's length depends on its flags (IEEE 802.11-2020 9.2.4), then
 * logical link control. `padded`: the driver aligned the body to four bytes.
 */
static enum found take_wireless_frame(struct descent *d, struct reader r, bool padded)
{
	enum { TYPE = 0x0c, DATA = 0x08, WITHOUT_BODY = 0x40, WITH_QOS = 0x80 };
	enum { TO_DS = 0x01, FROM_DS = 0x02, PROTECTED = 0x40, ORDER = 0x80, AGGREGATED = 0x80 };
	uint8_t control = take_u8(&r);
	uint8_t flags = take_u8(&r);

	bool has_body = (control & TYPE) == DATA && !(control & WITHOUT_BODY);
	if (read_ok(&r) && (!has_body || (flags & PROTECTED)))
		return FOUND_NOTHING;
	size_t len = 24;	/* with three addresses */
	take(&r, 22);
	if ((flags & TO_DS) && (flags & FROM_DS)) {
		take(&r, 6);	/* the fourth address */
		len += 6;
	}
	bool aggregated = false;
	if (control & WITH_QOS) {
		aggregated = take_u8(&r) & AGGREGATED;
		take_u8(&r);
		len += 2;
		if (flags & ORDER) {
			take_u32(&r);	/* HT control */
			len += 4;
		}
	}
	if (padded)
		take(&r, -len & 3);
	if (aggregated)
		take(&r, 14);	/* addresses and length of the first of its frames */
	return read_ok(&r) ? take_llc(d, r) : FOUND_BROKEN;
}

/* Radiotap: a little-endian bitmap of fields, of which only the flags matter here. */
static enum found take_radiotap(struct descent *d, struct reader r)
{
	enum { HAS_TIMER = 1, HAS_FLAGS = 2, TIMER_LEN = 8, PADDED = 0x20 };
	const uint32_t another_bitmap = UINT32_C(1) << 31;
	struct reader header = r;

	take_u16(&header);	/* version, padding */
	size_t len = take_u16_le(&header);
	uint32_t present = take_u32_le(&header);
	struct reader whole = take_reader(&r, len);
	if (!read_ok(&whole) || !read_ok(&header))
		return FOUND_BROKEN;
	for (uint32_t next = present; (next & another_bitmap) && more(&header);)
		next = take_u32_le(&header);
	if (present & HAS_TIMER) {
		take(&header, (size_t)(whole.at - header.at) & (TIMER_LEN - 1));
		take(&header, TIMER_LEN);
	}
	uint8_t flags = present & HAS_FLAGS ? take_u8(&header) : 0;
	return take_wireless_frame(d, r, flags & PADDED);
}

/* Per-Packet Information: a length and the link type of what follows, little-endian. */
static enum found take_ppi(struct descent *d, struct reader r)
{
	enum { HEADER = 8 };
	struct reader header = r;

	take_u16(&header);	/* version, flags */
	size_t len = take_u16_le(&header);
	uint32_t link_type = take_u32_le(&header);
	take(&r, len);
	if (!read_ok(&header) || !read_ok(&r) || len < HEADER || link_type == DLT_PPI)
		return FOUND_BROKEN;
	return take_link(d, link_type <= INT16_MAX ? (int)link_type : -1, r);
}

/* The header of AVS drivers: a magic number, then its own length. */
static enum found take_avs(struct descent *d, struct reader r)
{
	enum { HEADER = 8 };
	struct reader header = r;

	take_u32(&header);
	size_t len = take_u32(&header);
	take(&r, len);
	return read_ok(&r) && len >= HEADER ? take_wireless_frame(d, r, false) : FOUND_BROKEN;
}

/* The older header of Prism drivers has a fixed length; some put that of AVS in its place. */
static enum found take_prism(struct descent *d, struct reader r)
{
	enum { HEADER = 144, AVS_MAGIC = 0x80211000, VERSION_BITS = 0xfff };
	struct reader header = r;

	if ((take_u32(&header) & ~(uint32_t)VERSION_BITS) == AVS_MAGIC)
		return take_avs(d, r);
	take(&r, HEADER);
	return read_ok(&r) ? take_wireless_frame(d, r, false) : FOUND_BROKEN;
}

enum found take_wireless(struct descent *d, int link_type, struct reader r)
{
	switch (link_type) {
	case DLT_IEEE802_11:
		return take_wireless_frame(d, r, false);
	case DLT_IEEE802_11_RADIO:
		return take_radiotap(d, r);
	case DLT_IEEE802_11_RADIO_AVS:
		return take_avs(d, r);
	case DLT_PRISM_HEADER:
		return take_prism(d, r);
	case DLT_PPI:
		return take_ppi(d, r);
	default:
		return FOUND_NOTHING;
	}
}
