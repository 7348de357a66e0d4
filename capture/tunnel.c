#include "descent.h"
enum found take_tunnel(struct descent *d, uint8_t protocol, struct reader r) { (void)d; (void)protocol; (void)r; return FOUND_NOTHING; }
enum found take_udp_tunnel(struct descent *d, struct reader r) { (void)d; (void)r; return FOUND_NOTHING; }
enum found take_mpls(struct descent *d, struct reader r) { (void)d; (void)r; return FOUND_NOTHING; }
enum found take_nsh(struct descent *d, struct reader r) { (void)d; (void)r; return FOUND_NOTHING; }
enum found take_pppoe(struct descent *d, struct reader r) { (void)d; (void)r; return FOUND_NOTHING; }
