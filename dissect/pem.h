/* Files that the operator names: PEM (RFC 7468) with any number of objects, or one in DER. */
#ifndef TLSWHY_PEM_H
#define TLSWHY_PEM_H

#include "../bytes.h"

struct file_bytes {
	uint8_t *at;		/* owned: free() */
	size_t len;
};

/* file_read takes a whole file of at most `max` bytes; false and a line in `problem` otherwise. */
bool file_read(const char *path, size_t max, struct file_bytes *out, char *problem,
	       size_t problem_len);

/* The next object whose label ends in `kind` ("CERTIFICATE": "TRUSTED CERTIFICATE" too). The DER is
 * for the caller to free(). False at the end; what is no Base64 is skipped. */
bool pem_next(struct reader *text, const char *kind, struct file_bytes *out);

/* Whether there is any PEM in it; otherwise it is DER. */
bool is_pem(struct reader text);

#endif
