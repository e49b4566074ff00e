/*
 * Stories of the bank in which every thread waits for ever: told by rows and wakes, analysed, and
 * compared with twins. All of it fails the test at hand rather than return an error.
 */
#ifndef SNARL_ASLEEP_STORY_H
#define SNARL_ASLEEP_STORY_H

#include "recording_sample.h"
#include "report/model.h"

enum {
    ASLEEP_CLERK = 4, /* these two have ended */
    ASLEEP_SCRIBE,
    ASLEEP_GATE = 10, /* a barrier that bank_watch made */
    ASLEEP_MOST = 8,
};

/* May be changed until it is reported. */
struct asleep_story {
    struct sample sample;
    uint32_t waits, joins, closes, signals, takes, made, elsewhere; /* stacks */
    struct snarl_thread_row rows[ASLEEP_MOST];                      /* in order of their telling */
    uint32_t row_count;
    struct snarl_fact_wake wakes[ASLEEP_MOST];
    size_t wake_count;
    uint64_t doubts;
    int woken;   /* the row, from 1, that has gone on since the look; 0 for none */
    bool unseen; /* nobody looked */
};

void asleep_begin(struct asleep_story *story);

/* The next row: a thread that has waited for three seconds ... */
void asleep_joins(struct asleep_story *story, uint32_t thread, uint32_t joined); /* in bank_close */
/* ... on a condition variable, in bank_refund */
void asleep_waits(struct asleep_story *story, uint32_t thread, uint32_t condition, uint32_t mutex);
/* ... for a lock, in bank_pay */
void asleep_wants(struct asleep_story *story, uint32_t thread, uint32_t lock);
/* ... on the counter, in bank_close */
void asleep_counts(struct asleep_story *story, uint32_t thread);
/* ... at the gate, in bank_pay, which it has come to */
void asleep_arrives(struct asleep_story *story, uint32_t thread, uint32_t parties);

/* A thread with a row holds a lock, taken in bank_open. */
void asleep_holds(struct asleep_story *story, uint32_t thread, uint32_t lock);

/* A thread has woken, posted or arrived, in bank_open; its row says so if it has one. */
void asleep_wake(struct asleep_story *story, uint32_t thread, uint32_t object, uint32_t wake);

/* Begins a story in which the refunder waits for news with alice given back, and main joins it; the
 * clerk has told the news when nobody listened. */
void asleep_tell_lost(struct asleep_story *story);

/* Ends the story; `doubts` are added to its own. */
struct snarl_report *asleep_report(struct asleep_story *story, uint64_t doubts);

/* Ends both and compares their findings, one each, as JSON: `differing` are the paths of all fields
 * that differ, each followed by a space; those that the other lacks begin with -, those that it
 * alone has with +; a stack is one field. */
void asleep_assert_twins(struct asleep_story *one, struct asleep_story *other,
                         const char *differing);

/* The words of a finding, where $pay stands for the line of bank_pay and so on; NULL for any. */
void asleep_assert_words(const struct snarl_report_finding *finding, const char *message,
                         const char *why, const char *fix);

/* The steps of the first finding, a line each: "3 waits on bank_news with bank_alice in
 * bank_refund: lost-wakeup, 3 s; 4 signalled in vain in bank_open (ended)". */
void asleep_assert_steps(const struct snarl_report *report, const char *expected);

#endif
