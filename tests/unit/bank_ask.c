#include "bank_ask.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

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
    struct snarl_report *report =
        snarl_analyse(paths, count, &(struct snarl_analysis_options){.all = all, .edges = true},
                      error, sizeof error);
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
    static const char *const kinds[] = {"nothing",    "",         "thread",     "condition ",
                                        "semaphore ", "barrier ", "end of use "};
    fprintf(out, "%s", kinds[target]);
    if (target == SNARL_TARGET_THREAD)
        fprintf(out, " %u", bank_thread_number(report, object));
    else if (target != SNARL_TARGET_NONE)
        fprintf(out, "%s", bank_lock_name(report, object));
}

void bank_print_holds(FILE *out, const struct snarl_report *report,
                      const struct snarl_report_hold *holds, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        fprintf(out, " %s %s", holds[i].shared ? "reads" : "holds",
                bank_lock_name(report, holds[i].lock));
        bank_print_stack(out, &holds[i].stack);
    }
}

void bank_print_steps(FILE *out, const struct snarl_report *report,
                      const struct snarl_report_step *steps, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        fprintf(out, "%u", bank_thread_number(report, steps[i].thread));
        bank_print_holds(out, report, steps[i].holds, steps[i].hold_count);
        if (steps[i].action != NULL)
            fprintf(out, " %s", steps[i].action);
        else
            fprintf(out, " wants%s%s%s ", steps[i].shared ? " to read" : "",
                    steps[i].tried ? " by trying" : "", steps[i].timed ? " for a while" : "");
        if (steps[i].action == NULL)
            bank_print_target(out, report, steps[i].target, steps[i].wants);
        bank_print_stack(out, &steps[i].stack);
        fprintf(out, "\n");
    }
}

static void print_finding(FILE *out, const struct snarl_report *report,
                          const struct snarl_report_finding *finding)
{
    fprintf(out, "%s %s %s %s\n", snarl_severity_name(finding->severity),
            snarl_finding_name(finding->kind), snarl_status_name(finding->status),
            snarl_reason_name(finding->reason));
    fprintf(out, "%s. %s\n", finding->message, finding->why != NULL ? finding->why : "-");
    fprintf(out, "fix: %s\nlocks:", finding->fix != NULL ? finding->fix : "-");
    for (size_t i = 0; i < finding->lock_count; i++)
        fprintf(out, " %s", bank_lock_name(report, finding->locks[i]));
    fprintf(out, "\nthreads:");
    for (size_t i = 0; i < finding->thread_count; i++)
        fprintf(out, " %u", bank_thread_number(report, finding->threads[i]));
    fprintf(out, "\n");
    bank_print_steps(out, report, finding->steps, finding->step_count);
    for (size_t i = 0; i < finding->also_count; i++) {
        fprintf(out, "also\n");
        bank_print_steps(out, report, finding->also[i].steps, finding->also[i].step_count);
    }
}

void bank_assert_findings(const struct snarl_report *report, const char *format, ...)
{
    char expected[4096];
    va_list lines;
    va_start(lines, format);
    vsnprintf(expected, sizeof expected, format, lines);
    va_end(lines);
    char *found = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&found, &size);
    assert_non_null(out);
    for (size_t i = 0; i < report->finding_count; i++)
        print_finding(out, report, &report->findings[i]);
    fclose(out);
    assert_string_equal(found, expected);
    free(found);
}
