/* Allocation that cannot fail: on exhaustion the command complains and exits with 125. */
#ifndef SNARL_MEMORY_H
#define SNARL_MEMORY_H

#include <stddef.h>

/* All of these are freed with free(3). */
void *snarl_memory_resize(void *memory, size_t count, size_t size);
void *snarl_memory_zeroed(size_t count, size_t size);
char *snarl_memory_string(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
