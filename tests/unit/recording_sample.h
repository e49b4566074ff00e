/*
 * Recordings of known stories, written with the recording's own writer: what the tests of
 * lib/recording and lib/analysis read back. All of it fails the test at hand, or the program,
 * rather than return an error.
 *
 * The stories play in a small bank (recording_program.c), whose functions and mutexes are those of
 * this very executable, moved by as much as the test likes.
 */
#ifndef SNARL_RECORDING_SAMPLE_H
#define SNARL_RECORDING_SAMPLE_H

#include <pthread.h>
#include <semaphore.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "recording/writer.h"

extern pthread_mutex_t bank_alice, bank_bob, bank_vault;
extern pthread_rwlock_t bank_ledger;
extern sem_t bank_counter;
extern pthread_cond_t bank_news;
unsigned bank_pay(void), bank_refund(void), bank_payer(void), bank_refunder(void);
unsigned bank_open(void), bank_close(void), bank_watch(void);

/* The ids of the stories, before they are mirrored. */
enum {
    SAMPLE_MAIN = 1,
    SAMPLE_PAYER,
    SAMPLE_REFUNDER,
    SAMPLE_ABSENT = 9,
    SAMPLE_ALICE = 1,
    SAMPLE_BOB,
    SAMPLE_VAULT,
    SAMPLE_HEAP_LEFT, /* two mutexes that bank_open made on the heap */
    SAMPLE_HEAP_RIGHT,
    SAMPLE_LEDGER,  /* a lock for readers and writers */
    SAMPLE_COUNTER, /* a semaphore */
    SAMPLE_NEWS,    /* a condition variable */
    SAMPLE_MAPPED,  /* two of them, in memory that other processes may share */
    SAMPLE_MOST_ROWS = 4,
};

#define SAMPLE_STARTED 500000000u

/* How a story is told, which must not matter. Zeros are a good beginning. */
struct sample_style {
    uint64_t moved;      /* bytes, by which everything lies elsewhere in memory */
    uint32_t mirror;     /* not 0: ids are counted down from here; greater than any id */
    bool reversed;       /* the refunder is seen first */
    const char *program; /* path of the program's file; NULL for this executable */
};

struct sample {
    struct snarl_writer writer;
    struct sample_style style;
    uint32_t stacks;       /* told so far */
    uint32_t dependencies; /* likewise */
};

/* A new directory, and its end with all that is in it. The name lives until then. */
char *sample_directory(void);
void sample_remove(char *directory);

/* Begins a recording in `directory`; its path is sample->writer.path. */
void sample_begin(struct sample *sample, const char *directory, const struct sample_style *style);

/* Appends a fact by hand: `size` bytes that begin with its header, then `rest_size` more. */
void sample_append(struct sample *sample, void *fact, size_t size, const void *rest,
                   size_t rest_size);

/* As if another process had written it, which began at `started` monotonic nanoseconds. Without
 * this, it is this very process and SAMPLE_STARTED. */
void sample_set_process(struct sample *sample, uint64_t pid, uint64_t started);

/* The id that a number has in this style; of a thread, where the main thread is always the first.
 */
uint32_t sample_id(const struct sample *sample, uint32_t number);
uint32_t sample_thread_id(const struct sample *sample, uint32_t thread);
uint64_t sample_address(const struct sample *sample, const void *here);

/* The stack of functions, innermost first, at their first instruction. */
#define sample_stack(sample, ...)                                                                  \
    sample_stack_of(sample, (unsigned (*[])(void)){__VA_ARGS__},                                   \
                    sizeof((unsigned (*[])(void)){__VA_ARGS__}) / sizeof(unsigned (*)(void)))
uint32_t sample_stack_of(struct sample *sample, unsigned (**functions)(void), size_t count);

void sample_thread(struct sample *sample, uint32_t thread, const char *name,
                   unsigned (*start)(void));
/* One that fork() left behind in the parent. */
void sample_absent(struct sample *sample, uint32_t thread, const char *name);
/* Any object; what it names is mirrored. */
void sample_object(struct sample *sample, struct snarl_fact_lock fact);
void sample_lock(struct sample *sample, uint32_t lock, uint64_t address, uint32_t created,
                 uint32_t first_taken);

/* Held by nobody else, as by a mutex. */
static inline struct snarl_held sample_held(uint32_t lock, uint32_t stack)
{
    return (struct snarl_held){.lock = lock, .stack = stack & INT32_MAX};
}

/* `thread`, holding one lock, wanted another; the holds of `gate`, 0 for none, around it. */
void sample_dependency(struct sample *sample, uint32_t thread, uint32_t gate,
                       struct snarl_held held, struct snarl_held wanted);

/* ... with flags, from enum snarl_want_flags, and no gate. */
void sample_want(struct sample *sample, uint32_t thread, struct snarl_held held,
                 struct snarl_held wanted, uint32_t flags);

/* What became of a lock, from enum snarl_lock_change. */
void sample_change(struct sample *sample, uint32_t lock, uint32_t change);

/* What the program calls a lock. */
void sample_name(struct sample *sample, uint32_t lock, const char *name);

/* A misuse; what it names is mirrored. */
void sample_misuse(struct sample *sample, struct snarl_fact_misuse fact);

struct sample_step {
    uint32_t thread;
    uint32_t want_kind;
    uint32_t object; /* a lock or a thread */
    uint32_t stack;
    struct snarl_held held; /* lock 0: nothing */
    uint32_t flags;         /* enum snarl_want_row_flags */
};
void sample_deadlock(struct sample *sample, const struct sample_step *steps, uint32_t count);

/* A table of a few rows; the numbers of their threads, locks and stacks are not mirrored. */
void sample_table(struct sample *sample, const struct snarl_thread_row *rows, uint32_t count);

void sample_start(struct sample *sample, enum snarl_start_kind kind, const char *path,
                  uint64_t pid);
void sample_start_failed(struct sample *sample);
void sample_loss(struct sample *sample, uint32_t loss);
void sample_thread_stack(struct sample *sample, uint64_t tid, uint64_t at,
                         unsigned (*function)(void));
void sample_finish(struct sample *sample, uint64_t at); /* exit() */
void sample_close(struct sample *sample);

/* The bank: process, calls, program, three threads, three static mutexes. */
void sample_tell_bank(struct sample *sample);
/* Two threads take alice and bob in opposite order; with a gate, while they hold the vault. */
void sample_tell_cycle(struct sample *sample, bool gate);
/* ... and come to a halt in it. */
void sample_tell_deadlock(struct sample *sample);
/* The payer takes alice twice. */
void sample_tell_relock(struct sample *sample);
/* Main joins the payer, which waits for bob, which main holds. */
void sample_tell_join(struct sample *sample);
/* The ledger, the counter and the news. */
void sample_tell_objects(struct sample *sample);
/* A reader of the ledger wants to write it. */
void sample_tell_upgrade(struct sample *sample);
/* The payer destroys alice, which the refunder holds; and joins the refunder twice. */
void sample_tell_misuse(struct sample *sample);
/* Main waits for bob, which a thread held that is not here. */
void sample_tell_absent(struct sample *sample);
/* The payer takes two mutexes that lie in a file. */
void sample_tell_mapped(struct sample *sample);
/* Two threads take two mutexes from the heap in opposite order. */
void sample_tell_heap_cycle(struct sample *sample);
/* The bank stands still: the payer wants bob, the refunder waits on a condition. */
void sample_tell_hung(struct sample *sample);
/* All of the above, and a fact of every other kind. */
void sample_tell_everything(struct sample *sample);

#endif
