/*
 * A capture file: pcap (draft-ietf-opsawg-pcap) or pcapng (draft-ietf-opsawg-pcapng), read one
 * record at a time out of large blocks, without a copy.
 *
 * This is not libpcap's savefile reader because that one refuses pcapng files whose interfaces
 * differ in link type, hides the secrets and the drop counts that pcapng carries, and cannot say
 * at which byte a damaged file broke.
 */
#ifndef TLSWHY_FILE_H
#define TLSWHY_FILE_H

#include "input.h"

struct file;

/* file_open reads as far as the format's magic. NULL on failure, with one line in `problem`. */
struct file *file_open(const char *path, char *problem, size_t problem_len);

/* file_wake: a pipe ends when this descriptor can be read; 0 for none. */
void file_wake(struct file *f, int wake);

/* file_input: the file as an input, which closes it. */
struct input file_input(struct file *f);

/* file_next: `out` borrows from the file until the next call. */
enum input_result file_next(struct file *f, struct frame *out);

/* file_more: the next frames, up to `max`, that can be had without reading on; 0 if there are none. */
size_t file_more(struct file *f, struct frame *out, size_t max);

/* DLT_* of the frames, -1 where each interface of a pcapng file says it for itself. */
int file_link_type(const struct file *f);

/* "FILE: packet N at byte offset M: what"; "" if nothing broke. */
const char *file_problem(const struct file *f);

/* Packets that the capturing system lost, as far as the file has said yet. */
uint64_t file_dropped_kernel(const struct file *f);
uint64_t file_dropped_interface(const struct file *f);

/* 0 to 1, or -1 if the length of the input is unknown. */
double file_progress(const struct file *f);

void file_close(struct file *f);

#endif
