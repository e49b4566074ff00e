/*
 * Memory that is handed out piece by piece and given back all at once.
 *
 * A report and the writers make many small strings with one common end of life; nobody should have
 * to track them. Memory comes from malloc; on exhaustion the process says so and exits with 125, so
 * no caller has a failure to handle. Not thread-safe: one owner per pool. Not inside a host
 * program.
 */
#ifndef SNARL_REPORT_POOL_H
#define SNARL_REPORT_POOL_H

#include <stdarg.h>
#include <stddef.h>

struct snarl_pool_piece;

/* A pool of all zeros is an empty one. */
struct snarl_pool {
    struct snarl_pool_piece *pieces; /* newest first */
};

/* Zeroed memory of `count` items of `size` bytes; NULL never, not even for no bytes. */
void *snarl_pool_allocate(struct snarl_pool *pool, size_t count, size_t size);

/* What printf would print. */
char *snarl_pool_format(struct snarl_pool *pool, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
char *snarl_pool_format_list(struct snarl_pool *pool, const char *format, va_list arguments)
    __attribute__((format(printf, 2, 0)));

/* Gives back everything; the pool is then empty. */
void snarl_pool_free(struct snarl_pool *pool);

/* Says that memory has run out and exits with 125. */
_Noreturn void snarl_pool_exhausted(void);

#endif
