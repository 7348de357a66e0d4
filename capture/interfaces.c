#include <pcap/pcap.h>
#include <stdio.h>
#include <string.h>

#include "capture.h"

size_t capture_interfaces(struct capture_interface *out, size_t max, char *problem, size_t problem_len)
{
	char why[PCAP_ERRBUF_SIZE] = "";
	pcap_if_t *all = NULL;
	size_t count = 0;

	problem[0] = '\0';
	if (pcap_findalldevs(&all, why) != 0) {
		snprintf(problem, problem_len, "%s", why);
		return 0;
	}
	for (pcap_if_t *at = all; at && count < max; at = at->next) {
		struct capture_interface *i = &out[count++];

		snprintf(i->name, sizeof(i->name), "%s", at->name);
		snprintf(i->description, sizeof(i->description), "%s",
			 at->description ? at->description : "");
		i->up = at->flags & PCAP_IF_UP;
		i->loopback = at->flags & PCAP_IF_LOOPBACK;
	}
	pcap_freealldevs(all);
	return count;
}
