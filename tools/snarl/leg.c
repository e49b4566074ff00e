#include "leg.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/clock.h"
#include "doctor.h"
#include "environment.h"
#include "memory.h"
#include "process_tree.h"
#include "report/format.h"
#include "sanitized.h"
#include "scenarios.h"
#include "standstill.h"
#include "valgrind.h"
#include "watch.h"

enum {
    MOST_OUTPUT = 1024 * 1024, /* of which the end is kept */
    RACES_LIMIT = 10,          /* seconds, after which a race is not looked for again */
};

struct leg {
    const struct snarl_leg_plan *plan;
    struct snarl_outcome *outcome;
    char **arguments;
    int nowhere, output, errors; /* descriptors; what is written is kept in memory */
    struct snarl_standstill standstill;
    /* Of the way in which it is run; `running` has the number of the process. */
    struct snarl_child_end native;
    struct snarl_sanitized sanitized;
    struct snarl_valgrind valgrind;
    const struct snarl_child_end *running;
};

__attribute__((format(printf, 3, 4))) static void
give_up(struct leg *leg, enum snarl_outcome_kind kind, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(leg->outcome->reason, sizeof leg->outcome->reason, format, arguments);
    va_end(arguments);
    leg->outcome->kind = kind;
}

static void end_process(pid_t pid, void *unused)
{
    (void)unused;
    kill(pid, SIGKILL);
}

static void look(void *context)
{
    struct leg *leg = context;
    if (leg->outcome->hung || !snarl_standstill_look(&leg->standstill, leg->running->pid))
        return;
    leg->outcome->hung = true;
    snarl_process_descendants(leg->running->pid, end_process, NULL);
    kill(leg->running->pid, SIGKILL);
}

/* Of one that is to end nobody can say from outside that it will not. */
static void (*tick_of(const struct leg *leg))(void *)
{
    return leg->plan->scenario->expect.ends ? NULL : look;
}

static void note_end(struct leg *leg, const struct snarl_child_end *end)
{
    struct snarl_outcome *outcome = leg->outcome;
    outcome->timed_out = end->timed_out;
    outcome->hung = outcome->hung || end->timed_out;
    outcome->exit_code = end->exit_code;
    outcome->signal = end->signal;
    outcome->wall_s = end->wall_s;
    outcome->peak_kib = end->peak_kib;
}

/* The end of `text` goes where the details are, behind what is there. */
static void add_details(struct leg *leg, const char *title, const char *text)
{
    char *details = leg->outcome->details;
    size_t used = strlen(details), room = SNARL_OUTCOME_DETAILS - used, length = strlen(text);
    size_t most = room / 2;
    if (length > 0)
        snprintf(details + used, room, "%s:\n%s", title,
                 length > most ? text + length - most : text);
}

static void note_report(struct leg *leg, const struct snarl_report *report)
{
    char *text = NULL;
    size_t size;
    struct snarl_format_options options = {.colour = false};
    leg->outcome->found = snarl_kinds_found(report);
    if (report->finding_count == 0)
        return;
    FILE *stream = open_memstream(&text, &size);
    if (stream == NULL)
        return;
    snarl_format_by_name("text")->write(stream, report, &options);
    if (fclose(stream) == 0)
        add_details(leg, "report", text);
    free(text);
}

static void run_native(struct leg *leg)
{
    struct snarl_child_end *end = &leg->native;
    struct snarl_environment environment = snarl_environment_bare();
    struct snarl_child_plan child = {.path = leg->arguments[0],
                                     .arguments = leg->arguments,
                                     .environment = environment.variables,
                                     .descriptors = {leg->nowhere, leg->output, leg->errors},
                                     .time_limit_s = leg->plan->time_limit_s,
                                     .tick = tick_of(leg),
                                     .tick_ms = SNARL_STANDSTILL_INTERVAL,
                                     .context = leg};
    leg->running = end;
    if (snarl_child_run(&child, end))
        note_end(leg, end);
    else
        give_up(leg, SNARL_OUTCOME_FAILED, "\"%s\" cannot be started: %s", leg->arguments[0],
                strerror(end->start_error));
    snarl_environment_free(&environment);
}

static void run_snarl(struct leg *leg)
{
    struct snarl_watch_plan plan = {.arguments = leg->arguments,
                                    .options = "",
                                    .races = leg->plan->kind == SNARL_LEG_RACES,
                                    .time_limit_s = leg->plan->time_limit_s,
                                    .descriptors = {leg->nowhere, leg->output, leg->errors}};
    struct snarl_watched watched;
    snarl_watch(&plan, &watched);
    if (watched.status) {
        give_up(leg, SNARL_OUTCOME_FAILED, "%s", watched.reason);
        return;
    }
    note_end(leg, &watched.end);
    note_report(leg, watched.report);
    snarl_report_free(watched.report);
}

static void forget_run(struct leg *leg)
{
    *leg->outcome = (struct snarl_outcome){.kind = SNARL_OUTCOME_RAN};
    for (int i = 0; i < 2; i++) {
        int file = i == 0 ? leg->output : leg->errors;
        if (ftruncate(file, 0) != 0 || lseek(file, 0, SEEK_SET) != 0)
            give_up(leg, SNARL_OUTCOME_FAILED, "its output cannot be kept: %s", strerror(errno));
    }
}

/* A race is caught by chance: where there is one, the program is run again until it is. Of what is
 * found only races count, since the rest is another leg's. */
static void run_races(struct leg *leg)
{
    char remedy[SNARL_OUTCOME_REASON];
    struct snarl_outcome *outcome = leg->outcome;
    snarl_kinds expected = leg->plan->scenario->expect.legs[SNARL_LEG_RACES].kinds;
    uint64_t begun = snarl_clock_monotonic(), passed;
    if (!snarl_doctor_breakpoints(remedy, sizeof remedy)) {
        give_up(leg, SNARL_OUTCOME_SKIPPED, "no hardware watchpoints here (see: snarl doctor)");
        return;
    }
    do {
        forget_run(leg);
        if (outcome->kind == SNARL_OUTCOME_RAN)
            run_snarl(leg);
        outcome->found &= snarl_kinds_named("data-race");
        passed = snarl_clock_monotonic() - begun;
    } while (outcome->kind == SNARL_OUTCOME_RAN && (expected & ~outcome->found) &&
             passed < RACES_LIMIT * (uint64_t)1000000000);
    outcome->wall_s = (double)passed / 1e9;
}

static void run_thread_sanitizer(struct leg *leg)
{
    struct snarl_sanitized *sanitized = &leg->sanitized;
    struct snarl_sanitized_plan plan = {.arguments = leg->arguments,
                                        .time_limit_s = leg->plan->time_limit_s,
                                        .output = leg->output,
                                        .tick = tick_of(leg),
                                        .tick_ms = SNARL_STANDSTILL_INTERVAL,
                                        .context = leg};
    leg->running = &sanitized->end;
    leg->standstill.strangers = 1; /* its own thread, in the background */
    if (!snarl_sanitized_run(&plan, sanitized, leg->outcome->reason, SNARL_OUTCOME_REASON)) {
        leg->outcome->kind = SNARL_OUTCOME_FAILED;
        return;
    }
    note_end(leg, &sanitized->end);
    leg->outcome->fixed_addresses = sanitized->fixed_addresses;
    if (sanitized->broken)
        give_up(leg, SNARL_OUTCOME_SKIPPED,
                "ThreadSanitizer does not work here (see: snarl doctor)");
    else
        note_report(leg, sanitized->report);
    snarl_report_free(sanitized->report);
}

static void run_valgrind(struct leg *leg)
{
    struct snarl_valgrind *valgrind = &leg->valgrind;
    struct snarl_valgrind_plan plan = {.tool = snarl_leg_name(leg->plan->kind),
                                       .arguments = leg->arguments,
                                       .time_limit_s = leg->plan->time_limit_s,
                                       .output = leg->output,
                                       .tick = tick_of(leg),
                                       .tick_ms = SNARL_STANDSTILL_INTERVAL,
                                       .context = leg};
    leg->running = &valgrind->end;
    if (!snarl_valgrind_run(&plan, valgrind, leg->outcome->reason, SNARL_OUTCOME_REASON)) {
        leg->outcome->kind = SNARL_OUTCOME_FAILED;
        return;
    }
    note_end(leg, &valgrind->end);
    leg->outcome->found = valgrind->found;
}

/* What the program has written there, or the end of it. */
static char *read_written(int file)
{
    off_t size = lseek(file, 0, SEEK_END);
    off_t from = size > MOST_OUTPUT ? size - MOST_OUTPUT : 0;
    char *output = snarl_memory_zeroed((size_t)(size - from) + 1, 1);
    ssize_t length = pread(file, output, (size_t)(size - from), from);
    output[length > 0 ? length : 0] = '\0';
    for (ssize_t i = 0; i < length; i++)
        if (output[i] == '\0')
            output[i] = ' '; /* an expression matches text */
    return output;
}

static void run(struct leg *leg)
{
    switch (leg->plan->kind) {
    case SNARL_LEG_NATIVE:
        run_native(leg);
        break;
    case SNARL_LEG_SNARL:
        run_snarl(leg);
        break;
    case SNARL_LEG_RACES:
        run_races(leg);
        break;
    case SNARL_LEG_THREAD_SANITIZER:
        run_thread_sanitizer(leg);
        break;
    case SNARL_LEG_HELGRIND:
    case SNARL_LEG_DRD:
        run_valgrind(leg);
        break;
    case SNARL_LEG_KINDS:
        break;
    }
    char *output = read_written(leg->output), *errors = read_written(leg->errors);
    leg->outcome->output_matches = snarl_outcome_output_matches(leg->plan->scenario, output);
    add_details(leg, "standard error", errors);
    add_details(leg, "output", output);
    free(output);
    free(errors);
}

void snarl_leg_run(const struct snarl_leg_plan *plan, struct snarl_outcome *outcome)
{
    *outcome = (struct snarl_outcome){.kind = SNARL_OUTCOME_RAN};
    struct leg leg = {.plan = plan, .outcome = outcome};
    const char *suffix = snarl_leg_suffix(plan->kind);
    leg.arguments = snarl_scenarios_arguments(
        plan->scenario, plan->programs, suffix,
        plan->kind == SNARL_LEG_RACES ? &plan->scenario->races_arguments : NULL);
    if (leg.arguments == NULL) {
        if (*suffix)
            give_up(&leg, SNARL_OUTCOME_SKIPPED, "it was not built for it: there is no %s%s",
                    plan->scenario->program, suffix);
        else
            give_up(&leg, SNARL_OUTCOME_FAILED, "its program %s is missing",
                    plan->scenario->program);
        return;
    }
    leg.nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);
    leg.output = memfd_create("output", MFD_CLOEXEC);
    leg.errors = memfd_create("errors", MFD_CLOEXEC);
    if (leg.nowhere < 0 || leg.output < 0 || leg.errors < 0)
        give_up(&leg, SNARL_OUTCOME_FAILED, "its output cannot be kept: %s", strerror(errno));
    else
        run(&leg);
    close(leg.nowhere);
    close(leg.output);
    close(leg.errors);
    snarl_standstill_free(&leg.standstill);
    snarl_scenarios_free_arguments(leg.arguments);
}
