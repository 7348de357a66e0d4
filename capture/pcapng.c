#include "format.h"
bool pcapng_open(struct file *f, const char **why) { (void)f; *why = "pcapng is not read yet"; return false; }
