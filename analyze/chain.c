/* One chain, one verdict: build the path, then ask every question about it. */
#include "chain_parts.h"

static void judge(struct trust_context *t, const struct chain_question *q,
		  struct chain_judgement *j)
{
	struct chain_path path;

	path_build(t, q, &path);
	j->end = path.end;
	j->store = trust_count(context_store(t)) > 0;
	j->signatures = path.signatures;
	if (path.end == CHAIN_EMPTY)
		return;
	for (size_t i = 0; i < path.count && j->path_count < CHAIN_PATH_MAX; i++)
		if (path.index[i] != CHAIN_STORE_ROOT)
			j->path[j->path_count++] = path.index[i];
	check_form(q, &path, j);
	check_validity(q, &path, j);
	check_issuers(t, q, &path, j);
	check_constraints(&path, j);
	if (q->purpose == CHAIN_SERVER)
		check_name(q, path.at[0], j);
	check_purpose(q, &path, j);
	check_strength(&path, j);
	check_status(t, q, &path, j);
	check_order(q, &path, j);
}

void chain_judge(struct trust_context *t, const struct chain_question *question,
		 struct chain_judgement *out)
{
	if (context_recall(t, question, out))
		return;
	*out = (struct chain_judgement){ .end = CHAIN_EMPTY };
	judge(t, question, out);
	context_keep(t, question, out);
	trust_context_remember(t, question->certificates);
}
