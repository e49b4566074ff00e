/*
 * The report as plain data: what every format writes and nothing else.
 *
 * A report is built once (by lib/analysis, or by a test) and then only read. All of it, strings
 * included, is owned by the report and freed with it. Arrays are pointer and count. A string that
 * is unknown is NULL, never "". The formats do not know where a report came from, and whoever
 * builds one does not know the formats.
 *
 * Not for use inside a host program: memory comes from malloc.
 */
#ifndef SNARL_REPORT_MODEL_H
#define SNARL_REPORT_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/blocked.h"
#include "core/finding.h"

/* One line of a stack, innermost first. Inlined callers are frames of their own. */
struct snarl_frame {
    const char *function; /* demangled */
    const char *file;     /* as the debug information has it */
    unsigned line;        /* 0 where unknown */
    const char *module;   /* path of the executable or library */
    uint64_t offset;      /* of the instruction, from the module's load bias */
    bool foreign; /* not the user's code: libc, libstdc++, the dynamic loader, snarl itself */
    bool inlined; /* was inlined into the frame that follows */
};

struct snarl_stack {
    struct snarl_frame *frames;
    size_t count;
};

struct snarl_report_lock {
    unsigned id; /* unique within the report, from 1 */
    size_t process;
    const char *name; /* a symbol such as "accounts[0].lock", or one made from its creation */
    bool named;       /* the program itself calls it so */
    const char *kind; /* "mutex", "rwlock", ...: the names of core/object.def */
    bool polled;      /* a semaphore that some thread tried, and went on without */
    uint64_t address;
    struct snarl_stack created;     /* pthread_mutex_init; empty for a static initialiser */
    struct snarl_stack first_taken; /* empty where unknown */
};

struct snarl_report_thread {
    unsigned id;      /* unique within the report, from 1 */
    unsigned number;  /* within its process, as people count: 1 is the main thread */
    size_t process;   /* index into processes */
    const char *name; /* set by the program; NULL if it never gave one */
    bool declared;    /* no thread (`number` is 0): an order of locks that the program has declared;
                         its step holds the first where it wants the second */
    bool absent;      /* was alive in the parent when this process was forked, and is not here */
    const char *start; /* function it started in ("main" for the main thread); NULL where unknown */
    uint64_t tid;
    struct snarl_stack created;
};

/* What a thread of a step wants, or what a thread waits for. */
enum snarl_target {
    SNARL_TARGET_NONE,
    SNARL_TARGET_LOCK,      /* `wants` is a lock id */
    SNARL_TARGET_THREAD,    /* `wants` is a thread id: a join */
    SNARL_TARGET_CONDITION, /* `wants` is the condition variable, under the ids of locks; 0 where
                               unknown. The same for what follows */
    SNARL_TARGET_SEMAPHORE,
    SNARL_TARGET_BARRIER,
    SNARL_TARGET_END_OF_WAITS, /* it destroys what others wait on */
};

struct snarl_report_hold {
    unsigned lock;
    bool shared;              /* as a reader */
    struct snarl_stack stack; /* where it was taken */
};

/* A thread that could have woken another one. */
struct snarl_report_waker {
    unsigned thread;
    enum snarl_waker how;
    bool lost;                /* signalled when nobody waited */
    bool ended;               /* it has ended meanwhile; else it has a step of its own */
    struct snarl_stack stack; /* where it signalled, posted, took the lock; may be empty */
};

/* Of a thread that waits for ever: why. */
struct snarl_report_blocked {
    enum snarl_cause cause;
    double waiting_s;
    unsigned mutex; /* of a condition wait: the one it gave back; else 0 */
    struct snarl_report_waker *wakers;
    size_t waker_count;
    unsigned arrived, parties; /* of a barrier; else 0 */
};

/* One thread's part in a finding: holds some, wants one. */
struct snarl_report_step {
    unsigned thread;
    struct snarl_report_hold *holds;
    size_t hold_count;
    enum snarl_target target;
    unsigned wants;
    bool timed;                           /* the want would have timed out */
    bool shared;                          /* wanted as a reader */
    bool tried;                           /* a semaphore, taken by a try that succeeded */
    struct snarl_report_blocked *blocked; /* all-threads-blocked; NULL elsewhere */
    struct snarl_stack stack; /* where it was wanted; for a data race, where memory was accessed */
    const char *action; /* data races: "write of size 4", ...; misuse: "unlocks", "took it", ...;
                           NULL elsewhere */
};

/* Another way into the same set of locks. */
struct snarl_report_variant {
    struct snarl_report_step *steps;
    size_t step_count;
};

/* Whether a baseline lists a finding; see baseline.h. */
enum snarl_news {
    SNARL_NEWS_NONE, /* there is no baseline */
    SNARL_NEWS_NEW,
    SNARL_NEWS_KNOWN,
};

/* What came of trying to make a predicted finding happen. */
struct snarl_report_confirmation {
    unsigned run;         /* in which it happened, from 1; 0 where it did not */
    unsigned runs;        /* how many there were, or were to be */
    uint64_t pid;         /* of the process in which it happened */
    const char *why;      /* where it did not: why, a sentence or two; else NULL */
    const char *schedule; /* path of the file that leads there again; NULL where there is none */
    const char *again;    /* the command that does so; likewise */
};

struct snarl_report_finding {
    char id[17]; /* 16 hexadecimal digits, the same from run to run */
    enum snarl_news news;
    enum snarl_finding_kind kind;
    enum snarl_status status;
    enum snarl_severity severity;
    enum snarl_reason reason; /* for infeasible ones */
    unsigned ordered_by; /* what is waited on, under the ids of locks, that kept the steps apart
                            in this run and need not in another; 0 for none */
    unsigned runs;       /* that it rests on, where it takes more than one; else 0 */
    bool by_class;       /* of locks made at the same place, not of these very ones */
    const char *message; /* one line */
    const char *why;     /* why it is believed, a sentence or two; may be NULL */
    const char *fix;     /* the shortest mend in words, as the rest of a sentence that begins
                            "To mend it: ", with its full stop; may be NULL */
    unsigned *locks;     /* ids, each once, in order of the steps' wants */
    size_t lock_count;
    unsigned *threads; /* ids, each once, in order of the steps */
    size_t thread_count;
    struct snarl_report_step *steps;
    size_t step_count;
    struct snarl_report_variant *also;
    size_t also_count;
    uint64_t left_out; /* other threads that did as one of the steps did, and are only counted */
    const char **schedules; /* how to steer a run into it, as text; see recording/schedule.h */
    size_t schedule_count;
    struct snarl_report_confirmation *confirmation; /* NULL where it was not tried */
};

/* Where a thread stood when its process was ended from outside, or hung. */
struct snarl_report_state {
    unsigned thread;
    const char *last_call;         /* "pthread_mutex_lock"; NULL where unknown */
    struct snarl_stack last_stack; /* of the last acquisition or wait */
    enum snarl_target target;
    unsigned waits_for; /* lock or thread id */
    bool timed;
    bool shared;      /* wanted as a reader */
    double waiting_s; /* seconds, 0 when it was not waiting */
    struct snarl_report_hold *holds;
    size_t hold_count;
    struct snarl_stack now; /* the whole stack, taken from outside; may be empty */
};

struct snarl_report_process {
    uint64_t pid;
    char **argv; /* argv[argc] is NULL */
    size_t argc;
    bool watched;
    const char *unwatched_reason; /* where not watched */
    size_t runs;                  /* that were merged and differ; 0 where it is a process */
    unsigned threads;             /* ever seen */
    unsigned locks;
    double duration_s; /* 0 where unknown */
    bool ended; /* states below are meaningful: it was ended from outside while it ran or hung */
    bool explained; /* it stood still because of a finding that is suppressed */
    struct snarl_report_state *states;
    size_t state_count;
};

/* An edge of the lock-order graph, for the dot format. */
struct snarl_report_edge {
    unsigned from;                   /* lock held */
    unsigned to;                     /* lock wanted */
    unsigned thread;                 /* the first thread that was seen to do so */
    const struct snarl_frame *place; /* innermost user frame of the want; may be NULL */
    bool in_cycle;                   /* lies on a cycle that can happen */
};

/* A rule of a file of suppressions, and what it did; see suppressions.h. */
struct snarl_report_rule {
    const char *file;
    unsigned line;
    const char *text; /* "deadlock:^pay$" */
    size_t used;      /* findings that it helped to take out */
    size_t partly;    /* findings that it matches, but for ways that no rule matches */
    bool idle;        /* of a type that concerns nothing that snarl finds */
};

/* What became of a thread in a run that was steered. */
struct snarl_report_steered {
    enum snarl_steered steered;
    unsigned step; /* of the schedule, from 0 */
    unsigned thread;
    struct snarl_stack stack; /* where it was held */
    double at_s;              /* seconds since the process began */
    unsigned other;           /* a thread that was to come, and waited elsewhere; 0 for none */
    enum snarl_target target; /* for what */
    unsigned waits_for;       /* lock or thread id; 0 where unknown */
    struct snarl_stack other_stack;
};

/* What a thread did, of a run whose timeline was kept. */
struct snarl_report_event {
    enum snarl_event event;
    double at_s;     /* seconds since its process began */
    unsigned thread; /* that did it */
    unsigned lock;   /* under the ids of locks: that, or the condition, semaphore, barrier */
    unsigned mutex;  /* of a wait on a condition: given back, and taken again; else 0 */
    unsigned other;  /* a thread that is made or joined; else 0 */
    bool shared;     /* as a reader */
    struct snarl_stack stack;
};

struct snarl_report {
    char **argv; /* of the program, NULL-terminated */
    size_t argc;
    bool has_exit_code;
    int exit_code;
    int signal; /* that ended the program; 0 for none */
    bool timed_out;
    uint64_t chaos_seed; /* of the random delays that its threads had; 0 where they had none */
    struct snarl_report_process *processes;
    size_t process_count;
    struct snarl_report_lock *locks; /* every lock that a finding, state or edge names */
    size_t lock_count;
    struct snarl_report_thread *threads; /* likewise */
    size_t thread_count;
    struct snarl_report_finding *findings; /* worst first */
    size_t finding_count;
    struct snarl_report_edge *edges;
    size_t edge_count;
    struct snarl_report_steered *steered; /* in order; of a run that was steered */
    size_t steered_count;
    struct snarl_report_event *events; /* in order, those of each process together */
    size_t event_count;
    const char **losses; /* sentences: what could not be seen or kept */
    size_t loss_count;
    bool cut; /* a recording could be read in part only, which is a loss, too */
    struct snarl_report_rule *rules; /* suppressions, as they stand in their files */
    size_t rule_count;
    size_t suppressed;    /* findings that they took out */
    const char *baseline; /* the file whose findings are known; NULL for none */
    struct {
        uint64_t threads, locks, dependencies, acquisitions;
    } statistics;
    struct snarl_report_memory *memory; /* private: what snarl_report_allocate handed out */
};

/* An empty report; exits the process on exhaustion, as all of these do. */
struct snarl_report *snarl_report_create(void);

/* Zeroed memory of `count` items of `size` bytes, and strings, that live as long as the report. */
void *snarl_report_allocate(struct snarl_report *report, size_t count, size_t size);
const char *snarl_report_string(struct snarl_report *report, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* What `other` has lives as long as `report`, and is freed with it. */
void snarl_report_keep(struct snarl_report *report, struct snarl_report *other);

void snarl_report_free(struct snarl_report *report);

/* By id; NULL for one that the report does not have. */
const struct snarl_report_lock *snarl_report_lock_by_id(const struct snarl_report *, unsigned id);
const struct snarl_report_thread *snarl_report_thread_by_id(const struct snarl_report *,
                                                            unsigned id);

/* Whether the program calls another lock by the same name: then a sentence needs its id beside it.
 */
bool snarl_report_shares_name(const struct snarl_report *, const struct snarl_report_lock *lock);

/* The innermost frame that is the user's own code and has a known function or line, else the
 * innermost frame, else NULL for an empty stack. */
const struct snarl_frame *snarl_stack_place(const struct snarl_stack *stack);

/* How many findings have at least this severity, and are not known from a baseline. */
size_t snarl_report_count(const struct snarl_report *report, enum snarl_severity at_least);

/* Whether it explains why a process stood still: threads of it wait for each other, or all for
 * nobody. */
bool snarl_finding_stands_still(const struct snarl_report_finding *finding);

#endif
