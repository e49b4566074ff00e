#include "bank_ask.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "analysis/analysis.h"
#include "recording_ask.h"

const struct sample_style bank_plain;

void bank_begin(struct sample *sample)
{
    sample_begin(sample, recording_directory, &bank_plain);
    sample_tell_bank(sample);
}

struct snarl_report *bank_analyse(const struct sample *samples, size_t count, bool all)
{
    const char *paths[8];
    char error[256] = "";
    assert_true(count <= sizeof paths / sizeof paths[0]);
    for (size_t i = 0; i < count; i++)
        paths[i] = samples[i].writer.path;
    struct snarl_report *report = snarl_analyse(
        paths, count, &(struct snarl_analysis_options){.all = all}, error, sizeof error);
    if (report == NULL)
        fail_msg("%s", error);
    return report;
}

/* Ends the sample. */
struct snarl_report *bank_end(struct sample *sample, bool all)
{
    sample_close(sample);
    return bank_analyse(sample, 1, all);
}

const char *bank_lock_name(const struct snarl_report *report, unsigned id)
{
    const struct snarl_report_lock *lock = snarl_report_lock_by_id(report, id);
    return lock != NULL ? lock->name : "nothing";
}

unsigned bank_thread_number(const struct snarl_report *report, unsigned id)
{
    const struct snarl_report_thread *thread = snarl_report_thread_by_id(report, id);
    assert_non_null(thread);
    return thread->number;
}

void bank_print_stack(FILE *out, const struct snarl_stack *stack)
{
    for (size_t i = 0; i < stack->count; i++)
        fprintf(out, "%s%s", i == 0 ? " in " : "<", stack->frames[i].function);
}

void bank_print_target(FILE *out, const struct snarl_report *report, enum snarl_target target,
                       unsigned object)
{
    if (target == SNARL_TARGET_LOCK)
        fprintf(out, "%s", bank_lock_name(report, object));
    else if (target == SNARL_TARGET_THREAD)
        fprintf(out, "thread %u", bank_thread_number(report, object));
    else
        fprintf(out, target == SNARL_TARGET_CONDITION ? "condition" : "nothing");
}

void bank_print_holds(FILE *out, const struct snarl_report *report,
                      const struct snarl_report_hold *holds, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        fprintf(out, " holds %s", bank_lock_name(report, holds[i].lock));
        bank_print_stack(out, &holds[i].stack);
    }
}

void bank_print_steps(FILE *out, const struct snarl_report *report,
                      const struct snarl_report_step *steps, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        fprintf(out, "%u", bank_thread_number(report, steps[i].thread));
        bank_print_holds(out, report, steps[i].holds, steps[i].hold_count);
        fprintf(out, steps[i].timed ? " wants for a while " : " wants ");
        bank_print_target(out, report, steps[i].target, steps[i].wants);
        bank_print_stack(out, &steps[i].stack);
        fprintf(out, "\n");
    }
}
