/* What the telling of a story (story.c) and the reading of its cycles (story_cycles.c) share. */
#ifndef SNARL_TESTS_STORY_PRIVATE_H
#define SNARL_TESTS_STORY_PRIVATE_H

#include "story.h"

enum {
    MOST_THREADS = 4096,
    MOST_LOCKS = 2048,
    LONGEST_WORD = 15,
};

struct story_thread {
    unsigned number;
    unsigned segment;
    unsigned held_count;
    struct snarl_held *held; /* outermost first */
    unsigned *times;         /* how often each of them is held */
    unsigned *since;         /* the segment in which it was taken */
    unsigned rounds;         /* of whatever barrier */
    bool is_made;
};

struct story {
    struct snarl_arena arena;
    struct snarl_lock_order *order;
    struct story_thread threads[MOST_THREADS];
    unsigned thread_count;
    char locks[MOST_LOCKS][LONGEST_WORD + 1]; /* by id - 1 */
    unsigned lock_count;
    bool polled[MOST_LOCKS], withdrawn[MOST_LOCKS]; /* likewise */
    char *added;
    size_t added_count;
};

/* realloc, which must succeed. */
void *story_grow(void *memory, size_t size);

#endif
