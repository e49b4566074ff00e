/* Stories of the bank, analysed, and what came of them in short words. All of it fails the test at
 * hand rather than return an error. */
#ifndef SNARL_BANK_ASK_H
#define SNARL_BANK_ASK_H

#include <stdbool.h>
#include <stdio.h>

#include "recording_sample.h"
#include "report/model.h"

extern const struct sample_style bank_plain; /* told with no peculiarities */

/* Begins a sample in which the bank stands. */
void bank_begin(struct sample *sample);

/* The report of the recordings of samples that were closed. */
struct snarl_report *bank_analyse(const struct sample *samples, size_t count, bool all);

/* Closes the sample. */
struct snarl_report *bank_end(struct sample *sample, bool all);

const char *bank_lock_name(const struct snarl_report *report, unsigned id);
unsigned bank_thread_number(const struct snarl_report *report, unsigned id);

/* " in bank_pay<bank_payer" */
void bank_print_stack(FILE *out, const struct snarl_stack *stack);

/* "bank_alice", "thread 2", "condition bank_news", "nothing" */
void bank_print_target(FILE *out, const struct snarl_report *report, enum snarl_target target,
                       unsigned object);

/* " holds bank_alice in bank_pay<bank_payer" or " reads ...", each */
void bank_print_holds(FILE *out, const struct snarl_report *report,
                      const struct snarl_report_hold *holds, size_t count);

/* "2 holds bank_alice in bank_open wants bank_bob in bank_pay", a line each */
void bank_print_steps(FILE *out, const struct snarl_report *report,
                      const struct snarl_report_step *steps, size_t count);

/* The findings are exactly what the format, with the lines of functions, says: for each severity,
 * kind, status and reason; message and why; fix; locks; threads; steps; and the same of other ways.
 */
void bank_assert_findings(const struct snarl_report *report, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
