#include "report.h"

#include <stdlib.h>

enum { BAR = 30, SPAN = 32 };

static const int64_t PATIENCE_NS = INT64_C(700000000);	/* what is over sooner needs no bar */
static const int64_t STEP_NS = INT64_C(200000000);

struct progress {
	FILE *out;
	int64_t began, shown;	/* ns, monotonic */
	bool visible;
};

struct progress *progress_new(FILE *out, int64_t now)
{
	struct progress *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->out = out;
	p->began = p->shown = now;
	return p;
}

static void time_left(char out[SPAN], double done, int64_t spent)
{
	double seconds = (double)spent / 1e9 * (1 - done) / done;

	if (seconds < 60)
		snprintf(out, SPAN, "%.0f s left", seconds);
	else if (seconds < 6000)
		snprintf(out, SPAN, "%.0f min left", seconds / 60);
	else
		snprintf(out, SPAN, "%.1f h left", seconds / 3600);
}

static void draw(struct progress *p, double done, uint64_t packets, int64_t spent)
{
	double rate = (double)packets / ((double)spent / 1e9);
	int full = (int)(done * BAR);
	char left[SPAN] = "";

	fputs("\r[", p->out);
	for (int i = 0; i < BAR; i++)
		fputc(i < full ? '#' : '.', p->out);
	if (done > 0.01)
		time_left(left, done, spent);
	fprintf(p->out, "] %3.0f %%  %.2f M packets/s  %-14s", done * 100, rate / 1e6, left);
	fflush(p->out);
	p->visible = true;
}

void progress_show(struct progress *p, double done, uint64_t packets, int64_t now)
{
	if (!p || done < 0 || now - p->began < PATIENCE_NS || now - p->shown < STEP_NS)
		return;
	p->shown = now;
	draw(p, done > 1 ? 1 : done, packets, now - p->began);
}

void progress_clear(struct progress *p)
{
	if (!p || !p->visible)
		return;
	fputs("\r\033[K", p->out);
	fflush(p->out);
	p->visible = false;
}

void progress_free(struct progress *p)
{
	progress_clear(p);
	free(p);
}
