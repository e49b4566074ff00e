#include "core/wait_for.h"

#include "base/hash.h"

/* Walks once round; returns the length and a fingerprint of what was met, or 0. */
static size_t walk(const struct snarl_wait_reader *reader, void *start, uint64_t *fingerprint)
{
    *fingerprint = 0;
    void *thread = start;
    for (size_t length = 1; length <= reader->threads; length++) {
        struct snarl_wait wait = reader->read(reader->context, thread);
        if (wait.next == NULL)
            return 0;
        *fingerprint = snarl_hash_mix(*fingerprint, (uintptr_t)thread);
        *fingerprint = snarl_hash_mix(*fingerprint, wait.sequence);
        thread = wait.next;
        if (thread == start)
            return length;
    }
    return 0;
}

size_t snarl_wait_for_circle(const struct snarl_wait_reader *reader, void *start)
{
    uint64_t first, second;
    size_t length = walk(reader, start, &first);
    if (length == 0 || walk(reader, start, &second) != length || second != first)
        return 0;
    return length;
}
