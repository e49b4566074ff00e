/*
 * The recording that scale.c makes up: its facts, written one by one.
 *
 * The program it tells of is this one: locks are variables here, and stacks are of functions here,
 * so that what is found has names. Locks are spoken of by their ranks, see scale.c.
 */
#ifndef SNARL_BENCHMARKS_SCALE_FACTS_H
#define SNARL_BENCHMARKS_SCALE_FACTS_H

#include <stdbool.h>
#include <stdint.h>

enum {
    MOST_LOCKS = 1000000,
    MOST_HELD = 4,
    MAIN = 1,        /* the thread that makes and joins the others */
    READ = 1u << 30, /* beside the rank of a lock: a reader has it, or wants it */
};

/* A prime greater than any count of locks: multiples of it, modulo the count, meet each once. */
#define SHUFFLER 2654435761ul

/* The next of a sequence that is the same everywhere, below `sides`. */
uint32_t throw(uint32_t sides);

/* Opens the file and tells of the program, of `count` locks (those whose rank `is_rwlock` says so
 * are rwlocks) and of the main thread. False where the file cannot be written. */
bool facts_begin(const char *path, uint32_t count, uint32_t threads,
                 bool (*is_rwlock)(uint32_t rank));
/* False where not all could be written. */
bool facts_end(void);

/* What the thread holds, by rank, outermost first, and wants. Returns the id of the dependency;
 * `facts_again` says that it recurs in the segment in which main is now. */
uint32_t facts_depend(uint32_t thread, uint32_t wanted, const uint32_t *held, uint32_t count);
void facts_again(uint32_t dependency);
uint32_t facts_dependency_count(void);

/* Main makes a thread while it holds `lock`, NOTHING for none: returns the segment that ends with
 * it. And joins one, `lock` held all along since a segment. */
enum {
    NOTHING = READ - 1
};
uint32_t facts_make_thread(uint32_t thread, uint32_t lock);
void facts_join_thread(uint32_t thread, uint32_t lock, uint32_t since);

#endif
