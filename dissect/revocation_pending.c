#include "certificate.h"
__attribute__((weak)) struct crl_set *crl_open(const char *path, char *problem, size_t problem_len) { (void)path; (void)problem; (void)problem_len; return NULL; }
__attribute__((weak)) void crl_free(struct crl_set *s) { (void)s; }
__attribute__((weak)) bool crl_lists(const struct crl_set *s, const struct certificate *c, int64_t *r) { (void)s; (void)c; (void)r; return false; }
__attribute__((weak)) enum signature_check ocsp_check(const struct ocsp_staple *s, const struct certificate *i) { (void)s; (void)i; return SIGNATURE_NOT_CHECKED; }
