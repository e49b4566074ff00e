/*
 * The sections of the report for people, one file each. Private to the text format.
 */
#ifndef SNARL_REPORT_TEXT_PARTS_H
#define SNARL_REPORT_TEXT_PARTS_H

#include "report/format.h"
#include "report/page.h"
#include "report/pool.h"
#include "report/words.h"

struct snarl_text_writer {
    const struct snarl_report *report;
    const struct snarl_format_options *options;
    struct snarl_pool pool;
    struct snarl_words words;
    struct snarl_page page;
};

/* One finding: what, who, where, why, what to do, then the stacks. */
void snarl_text_write_finding(struct snarl_text_writer *writer,
                              const struct snarl_report_finding *finding);

/* The threads of a finding of the kind all-threads-blocked: for what each waits, since when, and
 * why nobody will wake it; like threads once. */
void snarl_text_write_blocked(struct snarl_text_writer *writer,
                              const struct snarl_report_finding *finding);

/* Where those came from who signalled, posted, or arrived before. */
void snarl_text_write_waker_ways(struct snarl_text_writer *writer,
                                 const struct snarl_report_finding *finding);

/* How its threads came there: the stacks where locks were taken and wanted. */
void snarl_text_write_ways(struct snarl_text_writer *writer,
                           const struct snarl_report_finding *finding);

/* Whether any step of the finding wants the lock; what is held besides plays no part in it. Without
 * a finding (NULL) every lock does. */
bool snarl_text_takes_part(const struct snarl_report_finding *finding, unsigned lock);

/* Whether it is no thread's step, but an order that the program has declared. */
bool snarl_text_is_declared(const struct snarl_report *report,
                            const struct snarl_report_step *step);

/* What each thread of a process was doing when the process was ended. */
void snarl_text_write_states(struct snarl_text_writer *writer, size_t process);

/* How many findings the baseline lists. */
size_t snarl_text_count_known(const struct snarl_text_writer *writer);

/* The findings that the baseline lists, in short. */
void snarl_text_write_known(struct snarl_text_writer *writer);

/* How many findings were suppressed, and on request what each rule did. */
void snarl_text_write_suppressed(struct snarl_text_writer *writer);

/* Adds a row for each lock held that takes part in the finding (NULL: any), then for a few others.
 */
void snarl_text_add_holds(struct snarl_text_writer *writer, struct snarl_block *block,
                          unsigned indent, const struct snarl_report_hold *holds, size_t count,
                          const struct snarl_report_finding *finding);

/* Adds the frames that matter to a reader: the user's first. What the user's code called (libc,
 * libstdc++, snarl itself) is dropped, with `keep_call` all but the call itself; so is what called
 * the user's code (start_thread, __libc_start_main). A stack without user code is shown whole. */
void snarl_text_add_stack(struct snarl_text_writer *writer, struct snarl_block *block,
                          unsigned indent, const struct snarl_stack *stack, bool keep_call);

/* Whether they are equal; NULL equals NULL. */
bool snarl_text_same_string(const char *one, const char *other);

/* Whether they lead through the same places. */
bool snarl_text_same_stack(const struct snarl_stack *one, const struct snarl_stack *other);

/* The process as people name it: ./transfer (pid 4711). */
const char *snarl_text_process(struct snarl_text_writer *writer,
                               const struct snarl_report_process *process);

#endif
