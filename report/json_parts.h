/*
 * Members of JSON objects, or with NULL for `key` elements of an array. Absent facts make no member.
 */
#ifndef TLSWHY_JSON_PARTS_H
#define TLSWHY_JSON_PARTS_H

#include "format.h"
#include "json_line.h"

void put_name(struct json_line *l, const char *key, const char *name);	/* a constant of ours; NULL: absent */
void put_text(struct json_line *l, const char *key, const char *text);	/* a stranger's, made safe; NULL or "": absent */
void put_bytes_as_text(struct json_line *l, const char *key, const void *bytes, size_t len);	/* likewise */
void put_count(struct json_line *l, const char *key, uint64_t count);
void put_some(struct json_line *l, const char *key, uint64_t count);		/* 0: absent */
void put_flag(struct json_line *l, const char *key, bool flag);
void put_time(struct json_line *l, const char *key, int64_t ns);
void put_seconds(struct json_line *l, const char *key, int64_t seconds);
void put_milliseconds(struct json_line *l, const char *key, int64_t ns);
void put_mark(struct json_line *l, const struct mark *mark);	/* frame and time; frame 0: absent */
void put_findings(struct json_line *l, const struct finding *at, size_t count);

/* A number under its IANA name, or as 0xNNNN where it has none. */
void put_number(struct json_line *l, const char *key, const char *name, uint16_t number);

enum { NUMBER_TEXT = 8 };
const char *number_text(const char *name, uint16_t number, char room[NUMBER_TEXT]);

/* What every record begins with; line_end ends it. */
void begin_record(struct json_line *l, const char *type);

/* The record of one handshake. */
void put_handshake(struct json_line *l, const struct verdict *v);

/* Members "tls", "certificates" and "client_certificates" (json_tls.c), if there are any. */
void put_tls(struct json_line *l, const struct verdict *v);
void put_certificates(struct json_line *l, const char *key, const struct certificate_list *list);

/* Member "diagnosis" (json_diagnosis.c). */
void put_diagnosis(struct json_line *l, const struct diagnosis *d);

#endif
