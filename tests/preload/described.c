#include "described.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/cmocka_all.h"

enum {
    MOST_STEPS = 64,
};

/* A name that was made up from a number and a place differs from run to run. */
static bool is_made_up(const struct snarl_report_lock *lock)
{
    size_t length = strlen(lock->kind);
    return lock->name == NULL || strncmp(lock->name, lock->kind, length) == 0 ||
           strstr(lock->name, " made in ") != NULL ||
           strstr(lock->name, " first taken in ") != NULL;
}

static void put_lock(FILE *out, const struct snarl_report *report, unsigned id, bool shared)
{
    const struct snarl_report_lock *lock = snarl_report_lock_by_id(report, id);
    if (is_made_up(lock))
        fprintf(out, "%s #%04u", lock->kind, id % 10000);
    else
        fprintf(out, "%s %s", lock->kind, lock->name);
    fprintf(out, "%s", shared ? " to read" : "");
}

static void put_thread(FILE *out, const struct snarl_report *report, unsigned id)
{
    const struct snarl_report_thread *thread = snarl_report_thread_by_id(report, id);
    fprintf(out, "%s%s", thread->absent ? "absent " : "",
            thread->declared        ? "declared"
            : thread->name != NULL  ? thread->name
            : thread->start != NULL ? thread->start
                                    : "(unnamed)");
}

static void put_place(FILE *out, const struct snarl_stack *stack)
{
    if (stack->count > 0)
        fprintf(out, " in %s", watched_function(stack));
}

static void put_want(FILE *out, const struct snarl_report *report,
                     const struct snarl_report_step *step)
{
    if (step->target == SNARL_TARGET_NONE)
        return;
    fprintf(out, "; wants ");
    if (step->target == SNARL_TARGET_THREAD)
        put_thread(out, report, step->wants);
    else
        put_lock(out, report, step->wants, step->shared);
    fprintf(out, "%s%s", step->timed ? " timed" : "", step->tried ? " by trywait" : "");
    put_place(out, &step->stack);
}

static char *describe_step(const struct snarl_report *report, const struct snarl_report_step *step)
{
    char *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    fprintf(out, "  ");
    put_thread(out, report, step->thread);
    for (size_t i = 0; i < step->hold_count; i++) {
        fprintf(out, "%s", i == 0 ? " holds " : ", ");
        put_lock(out, report, step->holds[i].lock, step->holds[i].shared);
        put_place(out, &step->holds[i].stack);
    }
    put_want(out, report, step);
    fclose(out);
    return text;
}

/* But for the numbers of locks. */
static int by_text(const void *left, const void *right)
{
    const char *a = *(char *const *)left, *b = *(char *const *)right;
    for (; *a != '\0' && *a == *b; a++, b++)
        if (*a == '#' && *b == '#')
            a += 4, b += 4;
    return *a - *b;
}

/* Numbers the locks "#0001", ... anew as they are met. */
static void number_anew(char *const *steps, size_t count)
{
    unsigned met[MOST_STEPS], met_count = 0;
    for (size_t i = 0; i < count; i++)
        for (char *at = steps[i]; (at = strchr(at, '#')) != NULL; at += 5) {
            char digits[5] = {at[1], at[2], at[3], at[4], '\0'};
            unsigned id = (unsigned)atoi(digits), number = 0;
            while (number < met_count && met[number] != id)
                number++;
            if (number == met_count)
                met[met_count++] = id;
            snprintf(digits, sizeof digits, "%04u", number + 1);
            memcpy(at + 1, digits, 4);
        }
}

static void put_finding(FILE *out, const struct snarl_report *report,
                        const struct snarl_report_finding *finding)
{
    char *steps[MOST_STEPS];
    fprintf(out, "%s %s %s\n", snarl_finding_name(finding->kind),
            snarl_status_name(finding->status), snarl_severity_name(finding->severity));
    assert_true(finding->step_count <= MOST_STEPS);
    for (size_t i = 0; i < finding->step_count; i++)
        steps[i] = describe_step(report, &finding->steps[i]);
    qsort(steps, finding->step_count, sizeof steps[0], by_text);
    number_anew(steps, finding->step_count);
    for (size_t i = 0; i < finding->step_count; i++) {
        fprintf(out, "%s\n", steps[i]);
        free(steps[i]);
    }
}

static char *describe(const struct watched *watched, bool occurred_only)
{
    char *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    const struct snarl_report *report = watched->report;
    if (report == NULL)
        fprintf(out, "no recording\n");
    for (size_t i = 0; report != NULL && i < report->loss_count; i++)
        fprintf(out, "lost: %s\n", report->losses[i]);
    for (size_t i = 0; report != NULL && i < report->finding_count; i++)
        if (!occurred_only || report->findings[i].status == SNARL_OCCURRED)
            put_finding(out, report, &report->findings[i]);
    fclose(out);
    return text;
}

char *described_findings(const struct watched *watched)
{
    return describe(watched, false);
}

/* What it said but for the last line, and what was found. */
static char *describe_run(const struct watched *watched, const char *last_line, bool occurred_only)
{
    size_t length = watched->result.output_size, rest = strlen(last_line);
    char *found = describe(watched, occurred_only), *text;
    if (length >= rest && strcmp(watched->result.output + length - rest, last_line) == 0)
        length -= rest;
    assert_true(asprintf(&text, "%.*s%s", (int)length, watched->result.output, found) >= 0);
    free(found);
    return text;
}

/* Returns whether all is as it should be. */
static bool check(const char *program, const char *options, const struct described_case *expected,
                  int status, const char *last_line, bool occurred_only)
{
    struct watched watched = WATCH(options, program, expected->what);
    char *found = describe_run(&watched, last_line, occurred_only);
    bool same = strcmp(found, expected->found) == 0 && watched.result.status == status &&
                strcmp(watched.result.error, "") == 0;
    if (!same)
        fprintf(stderr, "%s %s, %s: status %d, wrote \"%s\" and \"%s\"\nfound:\n%sand not:\n%s",
                program, expected->what, options, watched.result.status, watched.result.output,
                watched.result.error, found, expected->found);
    free(found);
    watched_free(&watched);
    return same;
}

void described_check(const char *program, const struct described_case *cases, size_t count)
{
    size_t wrong = 0;
    for (size_t i = 0; i < count; i++)
        wrong += !check(program, "on-deadlock=abort", &cases[i], 0, "granted\n", false);
    assert_int_equal(wrong, 0);
}

void described_check_hangs(const char *program, const struct described_case *cases, size_t count)
{
    size_t wrong = 0;
    for (size_t i = 0; i < count; i++) {
        wrong += !check(program, "on-deadlock=abort", &cases[i], 66, "", false);
        wrong += !check(program, "on-deadlock=edeadlk", &cases[i], 0, "refused\n", true);
    }
    assert_int_equal(wrong, 0);
}

void described_check_stuck(const char *program, const struct described_case *cases, size_t count)
{
    size_t wrong = 0;
    for (size_t i = 0; i < count; i++)
        wrong += !check(program, "on-deadlock=abort", &cases[i], 66, "", false);
    assert_int_equal(wrong, 0);
}
