#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "filter.h"

/* One capture rarely mixes more than two link types; frames of any beyond these do not match. */
enum { PROGRAMS_MAX = 16, SNAP_LENGTH = 262144 };

struct program {
	int link_type;
	bool compiled;
	struct bpf_program code;
};

struct filter {
	char *expression;
	struct program programs[PROGRAMS_MAX];
	size_t count;
};

static bool compile(struct program *p, const char *expression, int link_type, char *problem,
		    size_t problem_len)
{
	pcap_t *dead = pcap_open_dead(link_type, SNAP_LENGTH);

	*p = (struct program){ .link_type = link_type };
	if (!dead)
		return false;
	p->compiled = pcap_compile(dead, &p->code, expression, 1, PCAP_NETMASK_UNKNOWN) == 0;
	if (!p->compiled && problem)
		snprintf(problem, problem_len, "filter \"%s\": %s", expression, pcap_geterr(dead));
	pcap_close(dead);
	return p->compiled;
}

struct filter *filter_new(const char *expression, int link_type, char *problem, size_t problem_len)
{
	struct filter *f = calloc(1, sizeof(*f));

	snprintf(problem, problem_len, "filter \"%s\": no memory", expression);
	if (!f || !(f->expression = strdup(expression))) {
		free(f);
		return NULL;
	}
	f->count = 1;
	if (compile(&f->programs[0], expression, link_type < 0 ? DLT_EN10MB : link_type, problem,
		    problem_len)) {
		problem[0] = '\0';
		return f;
	}
	filter_free(f);
	return NULL;
}

static struct program *program_for(struct filter *f, int link_type)
{
	for (size_t i = 0; i < f->count; i++) {
		if (f->programs[i].link_type == link_type)
			return &f->programs[i];
	}
	if (f->count == PROGRAMS_MAX)
		return NULL;
	struct program *p = &f->programs[f->count++];
	compile(p, f->expression, link_type, NULL, 0);
	return p;
}

bool filter_matches(struct filter *f, const struct frame *frame)
{
	const struct pcap_pkthdr header = { .caplen = frame->len, .len = frame->wire_len };
	const struct program *p = program_for(f, frame->link_type);

	return p && p->compiled && pcap_offline_filter(&p->code, &header, frame->bytes);
}

void filter_free(struct filter *f)
{
	if (!f)
		return;
	for (size_t i = 0; i < f->count; i++) {
		if (f->programs[i].compiled)
			pcap_freecode(&f->programs[i].code);
	}
	free(f->expression);
	free(f);
}
