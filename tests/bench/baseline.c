/* What every reader of captures pays: libpcap's loop, that only counts. */
#include <pcap.h>
#include <stdio.h>

int main(int argc, char **argv)
{
	char problem[PCAP_ERRBUF_SIZE];
	pcap_t *p = argc == 2 ? pcap_open_offline(argv[1], problem) : NULL;
	struct pcap_pkthdr *head;
	const unsigned char *bytes;
	unsigned long packets = 0, total = 0;

	if (!p) {
		fprintf(stderr, "baseline: %s\n", argc == 2 ? problem : "give it one capture");
		return 2;
	}
	while (pcap_next_ex(p, &head, &bytes) == 1) {
		packets++;
		total += head->len;
	}
	pcap_close(p);
	printf("%lu packets, %lu bytes\n", packets, total);
	return 0;
}
