#include <errno.h>
#include <net/if.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "tap.h"

enum {
	SNAP_LENGTH = 262144,		/* libpcap's largest: no handshake is ever cut */
	BUFFER_DEFAULT = 16 << 20,	/* a quarter of a second of 500 Mbit/s */
	BUFFER_MAX = 1 << 30
};

static const int64_t CHECK = 1000000000;	/* ns between questions whether a silent one is up */
static const int64_t GLANCE = 1000000;		/* ns between looks at one that is silent */

static bool fail(char *problem, size_t len, const char *name, const char *why)
{
	snprintf(problem, len, "%s: %s", name, why);
	return false;
}

static bool set_time_stamps(pcap_t *p, const char *type, char *problem, size_t len, const char *name)
{
	int number;

	pcap_set_tstamp_precision(p, PCAP_TSTAMP_PRECISION_NANO);	/* not offered: microseconds */
	if (!type)
		return true;
	number = pcap_tstamp_type_name_to_val(type);
	if (number == PCAP_ERROR)
		return fail(problem, len, type, "no such type of time stamp");
	return !pcap_set_tstamp_type(p, number) ||
	       fail(problem, len, name, "does not offer that type of time stamp");
}

static bool activate(struct tap *t, const struct capture_live *o, char *problem, size_t len)
{
	pcap_t *p = t->handle;
	size_t buffer = o->buffer ? o->buffer : BUFFER_DEFAULT;
	int status;

	pcap_set_snaplen(p, o->snap_length ? (int)o->snap_length : SNAP_LENGTH);
	pcap_set_promisc(p, !o->not_promiscuous);
	pcap_set_timeout(p, TAP_BLOCK_MS);
	pcap_set_buffer_size(p, (int)(buffer < BUFFER_MAX ? buffer : BUFFER_MAX));
	if (!set_time_stamps(p, o->time_stamps, problem, len, t->name))
		return false;
	status = pcap_activate(p);
	if (status < 0) {
		const char *more = pcap_geterr(p);

		snprintf(problem, len, "%s: %s%s%s%s", t->name, pcap_statustostr(status),
			 *more ? " (" : "", more, *more ? ")" : "");
		return false;
	}
	t->nanoseconds = pcap_get_tstamp_precision(p) == PCAP_TSTAMP_PRECISION_NANO;
	t->link_type = pcap_datalink(p);
	t->room = 2 * (size_t)pcap_snapshot(p);
	t->bytes = malloc(t->room);
	return t->bytes || fail(problem, len, t->name, "no memory");
}

static bool set_filter(struct tap *t, const char *filter, char *problem, size_t len)
{
	struct bpf_program program;
	int status;

	if (!filter)
		return true;
	if (pcap_compile(t->handle, &program, filter, 1, PCAP_NETMASK_UNKNOWN) != 0) {
		snprintf(problem, len, "filter \"%s\": %s", filter, pcap_geterr(t->handle));
		return false;
	}
	status = pcap_setfilter(t->handle, &program);
	pcap_freecode(&program);
	return !status || fail(problem, len, t->name, pcap_geterr(t->handle));
}

/*
 * What the kernel says of the interface, asked through the socket that listens: what /sys shows in a
 * container may be of another network namespace.
 */
static enum tap_state state_of(const struct tap *t)
{
	struct ifreq asked = { 0 };

	snprintf(asked.ifr_name, sizeof(asked.ifr_name), "%s", t->name);
	if (ioctl(t->fd, SIOCGIFFLAGS, &asked))
		return errno == ENODEV ? TAP_GONE : TAP_UP;
	return asked.ifr_flags & IFF_UP ? TAP_UP : TAP_DOWN;
}

bool tap_open(struct tap *t, const char *name, const struct capture_live *options,
	      const char *filter, char *problem, size_t problem_len)
{
	char why[PCAP_ERRBUF_SIZE] = "";

	*t = (struct tap){ .name = name, .fd = -1 };
	t->handle = pcap_create(name, why);
	if (!t->handle)
		return fail(problem, problem_len, name, why);
	if (activate(t, options, problem, problem_len) && set_filter(t, filter, problem, problem_len)) {
		if (!pcap_setnonblock(t->handle, 1, why)) {
			t->fd = pcap_get_selectable_fd(t->handle);
			t->is_device = state_of(t) != TAP_GONE;
			return true;
		}
		fail(problem, problem_len, name, why);
	}
	tap_close(t);
	return false;
}

void tap_close(struct tap *t)
{
	if (t->handle)
		pcap_close(t->handle);
	t->handle = NULL;
	free(t->bytes);
	t->bytes = NULL;
}

/* Copies it: the kernel gets its block back as soon as the last frame of it was seen. */
static void note_frame(u_char *of, const struct pcap_pkthdr *header, const u_char *bytes)
{
	struct tap *t = (struct tap *)(void *)of;
	int64_t fraction = header->ts.tv_usec;
	struct frame *f = &t->frames[t->count];

	if (t->count == TAP_FRAMES || header->caplen > t->room - t->used)
		return;		/* that libpcap should give more than was asked for */
	t->count++;
	f->bytes = memcpy(t->bytes + t->used, bytes, header->caplen);
	f->len = header->caplen;
	f->wire_len = header->len > header->caplen ? header->len : header->caplen;
	f->link_type = t->link_type;
	f->mark.time = (int64_t)header->ts.tv_sec * 1000000000 +
		       (t->nanoseconds ? fraction : fraction * 1000);
	t->used += header->caplen;
	if (t->used > t->room / 2)	/* the next may not fit */
		pcap_breakloop(t->handle);
}

/* Nothing comes, or libpcap complains: is it still there? Once it is up, its socket listens on. */
static void check_state(struct tap *t, const char *trouble, int64_t now, char *news, size_t news_len)
{
	enum tap_state before = t->state;

	t->checked = now;
	t->state = t->is_device ? state_of(t) : TAP_UP;
	if (trouble && t->state == TAP_UP) {
		t->state = TAP_DOWN;	/* as libpcap says; looked at again soon */
		snprintf(news, news_len, "%s: %s", t->name, trouble);
	} else if (t->state != before) {
		snprintf(news, news_len, "%s: the interface %s", t->name,
			 t->state == TAP_UP ? "is up again" : t->state == TAP_DOWN ? "went down" : "is gone");
	}
}

void tap_fill(struct tap *t, int64_t now, char *news, size_t news_len)
{
	int got;

	if (tap_head(t) || t->state == TAP_GONE || now - t->looked < GLANCE)
		return;
	t->at = t->count = t->used = 0;
	got = pcap_dispatch(t->handle, TAP_FRAMES, note_frame, (u_char *)t);
	if (t->count) {
		t->fetched = now;
		return;
	}
	t->looked = now;
	if (now - t->checked >= CHECK)
		check_state(t, got < 0 ? pcap_geterr(t->handle) : NULL, now, news, news_len);
}

void tap_count_drops(struct tap *t, uint64_t *kernel, uint64_t *interface)
{
	struct pcap_stat stat;

	if (pcap_stats(t->handle, &stat) == 0) {
		t->kernel += stat.ps_drop - t->last_kernel;
		t->interface += stat.ps_ifdrop - t->last_interface;
		t->last_kernel = stat.ps_drop;
		t->last_interface = stat.ps_ifdrop;
	}
	*kernel += t->kernel;
	*interface += t->interface;
}
