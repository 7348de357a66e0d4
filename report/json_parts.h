/*
 * Members of JSON objects. Absent facts make no member. Without memory the program ends: a record
 * that lacks a part would be a lie.
 */
#ifndef TLSWHY_JSON_PARTS_H
#define TLSWHY_JSON_PARTS_H

#include <jansson.h>

#include "format.h"

json_t *new_object(void);
json_t *new_array(void);
void put(json_t *object, const char *key, json_t *value);	/* takes value; NULL: no memory */
void append(json_t *array, json_t *value);			/* likewise */
void put_unless_empty(json_t *object, const char *key, json_t *array);	/* takes array */

json_t *text_of_bytes(const void *bytes, size_t len);	/* of a stranger: made safe */
json_t *text_of(const char *text);			/* likewise */
json_t *name_of(const char *name);			/* a constant of ours */

void put_name(json_t *object, const char *key, const char *name);	/* NULL: absent */
void put_text(json_t *object, const char *key, const char *text);	/* NULL or "": absent */
void put_count(json_t *object, const char *key, uint64_t count);
void put_some(json_t *object, const char *key, uint64_t count);		/* 0: absent */
void put_flag(json_t *object, const char *key, bool flag);
void put_time(json_t *object, const char *key, int64_t ns);
void put_seconds(json_t *object, const char *key, int64_t seconds);
void put_mark(json_t *object, const struct mark *mark);	/* frame and time; frame 0: absent */
void put_findings(json_t *object, const struct finding *at, size_t count);

/* A number under its IANA name, or as 0xNNNN where it has none. */
json_t *number_name(const char *name, uint16_t number);

/* The record of one handshake, owned by the caller. */
json_t *handshake_record(const struct verdict *v);

/* What every record begins with. */
json_t *new_record(const char *type);

/* Members "tls", "certificates" and "client_certificates" (json_tls.c), if there are any. */
void put_tls(json_t *record, const struct verdict *v);
void put_certificates(json_t *record, const char *key, const struct certificate_list *list);

/* Member "diagnosis" (json_diagnosis.c). */
void put_diagnosis(json_t *record, const struct diagnosis *d);

#endif
