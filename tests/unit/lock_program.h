/*
 * Small programs that take locks, make threads and join them: each thread a straight line of deeds.
 *
 * In text they are stories (story.h): T1 +A (2 +r:B -B -A )2; T2 +B -B. The first thread is there
 * from the beginning, the others are made. All programs are legal: what is held is not taken again,
 * what is released is held, and everything is released at the end; a thread is made once and joined
 * at most once, by one that knows it to have been made.
 */
#ifndef SNARL_TESTS_LOCK_PROGRAM_H
#define SNARL_TESTS_LOCK_PROGRAM_H

#include <stdbool.h>

#include "dice.h"

enum {
    PROGRAM_THREADS = 4,
    PROGRAM_LOCKS = 5,
    PROGRAM_DEEDS = 16, /* of one thread */
    PROGRAM_LOCK_SETS = 1 << PROGRAM_LOCKS,
};

enum deed_kind {
    DEED_ACQUIRE, /* a mutex, or an rwlock for writing */
    DEED_READ,    /* an rwlock for reading, of the kind where readers pass writers that wait */
    DEED_RELEASE,
    DEED_MAKE,
    DEED_JOIN,
};

struct deed {
    enum deed_kind kind;
    unsigned object; /* a lock, or a thread; from 0 */
};

struct lock_program {
    unsigned thread_count, lock_count;
    struct lock_program_thread {
        unsigned deed_count;
        struct deed deeds[PROGRAM_DEEDS];
    } threads[PROGRAM_THREADS];
};

/* How the threads of a random program go about their locks. */
enum discipline {
    LOOSE,  /* released in any order */
    NESTED, /* last taken first */
    /* ... and once a thread has begun to release, it goes on until it holds nothing, save a gate */
    TWO_PHASES,
};

/* What a random program is like. */
struct habits {
    enum discipline discipline;
    unsigned threads, locks;
    unsigned gates;      /* the first locks: taken only while nothing is held */
    bool reads;          /* some take locks for reading */
    bool handshakes;     /* threads may take what was held when they were made */
    unsigned most_deeds; /* of a thread, roughly */
};

/* A program by chance; false where it came out too long. */
bool lock_program_throw(struct lock_program *program, struct dice *dice,
                        const struct habits *habits);

/* Reads a program; anything wrong with the text fails the test. */
struct lock_program lock_program_read(const char *text);

/* The program as text, to be freed. */
char *lock_program_text(const struct lock_program *program);

/* The program as the story of one run, in which thread `schedule[i]` did the i-th deed. */
char *lock_program_story(const struct lock_program *program, const unsigned char *schedule,
                         unsigned length);

#endif
