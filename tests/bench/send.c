/*
 * send: puts the frames of a capture on an interface, again and again, at a rate or as fast as they go.
 *
 *   send [--rate PER_SECOND] [--rounds N] [--seconds S] [--servers] INTERFACE CAPTURE
 *
 * In every round the clients of generate (10.0.0.0/8) have other addresses: connections are new ones.
 * With --servers its servers (198.0.0.0/8) have others as well.
 * Prints frames sent and seconds. It works on one end of a veth pair only, never on a wire.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <linux/ethtool.h>
#include <linux/if_packet.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <pcap.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>

enum { BATCH = 64, SPREAD = 7919, ETHERNET = 14, SOURCE = 26, DESTINATION = 30, IPV4_END = 34, CLIENT_NET = 10,
       SERVER_NET = 198 };

static const int64_t SECOND = 1000000000, NAP = 200000;

struct frame {
	size_t at;
	uint32_t len;
};

struct load {
	uint8_t *bytes;
	size_t len, room;
	struct frame *frames;
	size_t count, frame_room;
};

struct sender {
	int fd;
	double rate;			/* frames a second; 0: as they go */
	bool servers;			/* have other addresses in every round, too */
	uint64_t rounds, sent;
	int64_t began, until;		/* monotonic; until 0: no end */
};

static void die(const char *what)
{
	fprintf(stderr, "send: %s: %s\n", what, strerror(errno));
	exit(2);
}

static void *grown(void *memory, size_t *room, size_t size)
{
	*room = *room ? *room * 2 : 1 << 16;
	memory = realloc(memory, *room * size);
	if (!memory)
		die("memory");
	return memory;
}

static void add(struct load *l, const uint8_t *bytes, uint32_t len)
{
	while (l->len + len > l->room)
		l->bytes = grown(l->bytes, &l->room, 1);
	if (l->count == l->frame_room)
		l->frames = grown(l->frames, &l->frame_room, sizeof(*l->frames));
	memcpy(l->bytes + l->len, bytes, len);
	l->frames[l->count++] = (struct frame){ l->len, len };
	l->len += len;
}

static struct load read_load(const char *path)
{
	char problem[PCAP_ERRBUF_SIZE];
	pcap_t *p = pcap_open_offline(path, problem);
	struct load l = { 0 };
	struct pcap_pkthdr *head;
	const uint8_t *bytes;

	if (!p) {
		fprintf(stderr, "send: %s\n", problem);
		exit(2);
	}
	while (pcap_next_ex(p, &head, &bytes) == 1)
		add(&l, bytes, head->caplen);
	pcap_close(p);
	return l;
}

static void shift(uint8_t *address, bool servers)
{
	uint32_t a;

	if (*address != CLIENT_NET && !(servers && *address == SERVER_NET))
		return;
	memcpy(&a, address, sizeof(a));
	a = htonl((uint32_t)*address << 24 | ((ntohl(a) + SPREAD) & 0xffffff));
	memcpy(address, &a, sizeof(a));
}

/* Checksums are left as they are: who looks on does not judge them. */
static void next_round(struct load *l, bool servers)
{
	for (size_t i = 0; i < l->count; i++) {
		uint8_t *frame = l->bytes + l->frames[i].at;

		if (l->frames[i].len < IPV4_END || frame[ETHERNET] >> 4 != 4)
			continue;
		shift(frame + SOURCE, servers);
		shift(frame + DESTINATION, servers);
	}
}

static int64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * SECOND + t.tv_nsec;
}

static void wait_until(int64_t due)
{
	for (int64_t left; (left = due - now()) > 0;)
		if (left > NAP)
			nanosleep(&(struct timespec){ left / SECOND, left % SECOND / 2 }, NULL);
}

static void put(struct sender *s, struct mmsghdr *messages, unsigned count)
{
	for (unsigned at = 0; at < count;) {
		int got = sendmmsg(s->fd, messages + at, count - at, 0);

		if (got < 0 && errno != ENOBUFS && errno != EAGAIN && errno != EINTR)
			die("sendmmsg");
		at += got > 0 ? (unsigned)got : 0;
	}
	s->sent += count;
}

/* False when the time is over. */
static bool send_round(struct sender *s, const struct load *l)
{
	struct mmsghdr messages[BATCH];
	struct iovec parts[BATCH];

	for (size_t at = 0; at < l->count;) {
		unsigned n = 0;

		for (; n < BATCH && at < l->count; n++, at++) {
			parts[n] = (struct iovec){ l->bytes + l->frames[at].at, l->frames[at].len };
			messages[n].msg_hdr = (struct msghdr){ .msg_iov = &parts[n], .msg_iovlen = 1 };
		}
		if (s->rate > 0)
			wait_until(s->began + (int64_t)((double)s->sent / s->rate * (double)SECOND));
		put(s, messages, n);
		if (s->until && now() >= s->until)
			return false;
	}
	return true;
}

static void is_veth(int fd, const char *name)
{
	struct ethtool_drvinfo driver = { .cmd = ETHTOOL_GDRVINFO };
	struct ifreq request = { .ifr_data = (void *)&driver };

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	if (ioctl(fd, SIOCETHTOOL, &request))
		die(name);
	if (strcmp(driver.driver, "veth") != 0) {
		fprintf(stderr, "send: %s is no veth interface, and it works on no other\n", name);
		exit(2);
	}
}

static int open_interface(const char *name)
{
	struct sockaddr_ll to = { .sll_family = AF_PACKET, .sll_ifindex = (int)if_nametoindex(name) };
	int fd = socket(AF_PACKET, SOCK_RAW, 0), yes = 1;

	if (fd < 0 || !to.sll_ifindex || bind(fd, (struct sockaddr *)&to, sizeof(to)))
		die(name);
	is_veth(fd, name);
	setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &yes, sizeof(yes));
	return fd;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "rate", required_argument, NULL, 'r' }, { "rounds", required_argument, NULL, 'n' },
		{ "seconds", required_argument, NULL, 's' }, { "servers", no_argument, NULL, 'S' },
		{ NULL, 0, NULL, 0 },
	};
	struct sender s = { .rounds = 1 };
	double seconds = 0;

	for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
		switch (option) {
		case 'r': s.rate = strtod(optarg, NULL); break;
		case 'n': s.rounds = strtoull(optarg, NULL, 10); break;
		case 's': seconds = strtod(optarg, NULL); s.rounds = UINT64_MAX; break;
		case 'S': s.servers = true; break;
		default: return 2;
		}
	}
	if (argc - optind != 2) {
		fputs("usage: send [--rate PER_SECOND] [--rounds N] [--seconds S] [--servers] INTERFACE CAPTURE\n", stderr);
		return 2;
	}
	struct load l = read_load(argv[optind + 1]);
	s.fd = open_interface(argv[optind]);
	s.began = now();
	s.until = seconds > 0 ? s.began + (int64_t)(seconds * (double)SECOND) : 0;
	for (uint64_t round = 0; round < s.rounds && l.count && send_round(&s, &l); round++)
		next_round(&l, s.servers);
	printf("%llu %.6f\n", (unsigned long long)s.sent, (double)(now() - s.began) / (double)SECOND);
	free(l.bytes);
	free(l.frames);
	return 0;
}
