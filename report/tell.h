/* The pieces of the text report, each written to a page. */
#ifndef TLSWHY_TELL_H
#define TLSWHY_TELL_H

#include "groups.h"
#include "page.h"

/* One failed or inconclusive handshake in full. `known`: its cause was explained on this page
 * before, so what holds for the cause in general is left out. */
void tell_failure(const struct page *p, const struct verdict *v, bool known);

/* An attempt of a client whose first try was told before. */
void tell_retry(const struct page *p, const struct verdict *v, const struct mark *first_try);

/* One line of a handshake that worked. */
void tell_completed(const struct page *p, const struct verdict *v);

/* A server's findings, if it has any; false if not. */
bool tell_endpoint(const struct page *p, const struct endpoint *e);

/* Failures that were not told because one like them was. */
void tell_groups(const struct page *p, const struct groups *groups);

/* Totals, and what the capture cannot show. */
void tell_summary(const struct page *p, const struct summary *s);

/* A command of causes.txt for this very server: HOST:443 and HOST become its address and name. Only
 * a name that a shell takes as plain text is put in. */
void command_for(const struct handshake *h, const char *command, char *out, size_t room);

/* What the client asked a proxy in that did not let it through (FOREIGN_HTTP, FOREIGN_SOCKS); else FOREIGN_UNKNOWN. */
enum foreign_protocol unopened_proxy(const struct handshake *h);

/* "1 flow", "2 flows", "1,234,567 flows". */
enum { COUNT_TEXT = 64, NAME_MAX_TOLD = 1100 };
const char *counted(uint64_t count, const char *one, const char *many, char out[COUNT_TEXT]);

#endif
