#include "report/pool.h"

#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>

struct snarl_pool_piece {
    struct snarl_pool_piece *next;
    alignas(max_align_t) char memory[];
};

void snarl_pool_exhausted(void)
{
    fputs("snarl: out of memory\n", stderr);
    exit(125);
}

void *snarl_pool_allocate(struct snarl_pool *pool, size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes) ||
        __builtin_add_overflow(bytes, sizeof(struct snarl_pool_piece), &bytes))
        snarl_pool_exhausted();
    struct snarl_pool_piece *piece = calloc(1, bytes);
    if (piece == NULL)
        snarl_pool_exhausted();
    piece->next = pool->pieces;
    pool->pieces = piece;
    return piece->memory;
}

char *snarl_pool_format_list(struct snarl_pool *pool, const char *format, va_list arguments)
{
    va_list again;
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, again);
    va_end(again);
    if (length < 0)
        snarl_pool_exhausted();
    char *text = snarl_pool_allocate(pool, (size_t)length + 1, 1);
    vsnprintf(text, (size_t)length + 1, format, arguments);
    return text;
}

char *snarl_pool_format(struct snarl_pool *pool, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    char *text = snarl_pool_format_list(pool, format, arguments);
    va_end(arguments);
    return text;
}

void snarl_pool_free(struct snarl_pool *pool)
{
    while (pool->pieces != NULL) {
        struct snarl_pool_piece *piece = pool->pieces;
        pool->pieces = piece->next;
        free(piece);
    }
}
