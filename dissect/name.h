/* Distinguished Names (RFC 5280 4.1.2.4), as text in the order and escaping of RFC 4514. */
#ifndef TLSWHY_NAME_H
#define TLSWHY_NAME_H

#include "printable.h"

/* The whole Name, most specific part first: "CN=www.example.com, O=Example, C=DE". Breaks the
 * reader where the Name breaks; what came before is there. `name` is inside the outer SEQUENCE. */
void name_text(struct reader *name, struct printable *out);

/* The last attribute of this type, its value alone; empty when there is none. */
void name_attribute(struct reader name, const char *oid, struct printable *out);

static const char NAME_COMMON_NAME[] = "2.5.4.3";
static const char NAME_ORGANIZATION[] = "2.5.4.10";

#endif
