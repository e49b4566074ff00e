#include "watch.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "exit_status.h"
#include "last_stacks.h"
#include "preload.h"
#include "program.h"
#include "recordings_report.h"
#include "sleeper.h"
#include "sleepers.h"

/* What is done beside the program while it runs. */
struct beside {
    struct snarl_last_stacks stacks;
    struct snarl_sleepers *sleepers; /* NULL where nobody looks for them */
    bool end_sleepers;
    bool ended_program; /* itself, and not only one that it started */
    const struct snarl_child_end *program;
};

static bool fail(struct snarl_watched *watched, int status)
{
    watched->status = status;
    return false;
}

/* The report says how the program ended as it was seen from outside. */
static void add_end(const struct snarl_watch_plan *plan, const struct snarl_child_end *end,
                    struct snarl_report *report)
{
    size_t count = 0;
    while (plan->arguments[count])
        count++;
    report->argc = count;
    report->argv = snarl_report_allocate(report, count + 1, sizeof *report->argv);
    for (size_t i = 0; i < count; i++)
        report->argv[i] = (char *)snarl_report_string(report, "%s", plan->arguments[i]);
    report->has_exit_code = !end->signal;
    report->exit_code = end->exit_code;
    report->signal = end->signal;
    report->timed_out = end->timed_out;
}

static bool analyse(const struct snarl_watch_plan *plan, const struct snarl_recordings *recordings,
                    struct snarl_watched *watched)
{
    watched->report = snarl_recordings_report(recordings, &plan->analysis, watched->reason,
                                              sizeof watched->reason);
    if (!watched->report)
        return fail(watched, SNARL_EXIT_TROUBLE);
    add_end(plan, &watched->end, watched->report);
    return true;
}

static void before_kill(pid_t pid, void *context)
{
    struct beside *beside = context;
    snarl_last_stacks_take(pid, &beside->stacks);
}

/* All of its threads are asleep: what is done at a deadlock is done now. */
static void on_sleeper(pid_t pid, void *context)
{
    struct beside *beside = context;
    if (beside->end_sleepers) {
        snarl_last_stacks_take(pid, &beside->stacks);
        bool ended = kill(pid, SIGKILL) == 0;
        beside->ended_program = beside->ended_program || (ended && pid == beside->program->pid);
    } else {
        char name[1024];
        snarl_tasks_name(pid, name, sizeof name);
        fprintf(stderr, "snarl: all threads are asleep in %s (pid %d)\n", name, (int)pid);
    }
}

static void tick(void *context)
{
    struct beside *beside = context;
    snarl_sleepers_look(beside->sleepers, on_sleeper, beside);
}

/* One that was ended for being asleep has ended as one that libsnarl.so ends at a deadlock. */
static void note_abort(const struct beside *beside, struct snarl_child_end *end)
{
    if (!beside->ended_program || end->signal != SIGKILL)
        return;
    end->signal = 0;
    end->exit_code = SNARL_EXIT_FINDINGS;
}

static bool run(const struct snarl_watch_plan *plan, const char *path, char **environment,
                struct beside *beside, struct snarl_watched *watched)
{
    struct snarl_child_plan child = {
        .path = path,
        .arguments = plan->arguments,
        .environment = environment,
        .directory = plan->directory,
        .descriptors = {plan->descriptors[0], plan->descriptors[1], plan->descriptors[2]},
        .time_limit_s = plan->time_limit_s,
        .before_kill = before_kill,
        .tick = beside->sleepers ? tick : NULL,
        .tick_ms = SNARL_SLEEPER_INTERVAL,
        .context = beside,
    };
    beside->program = &watched->end;
    if (snarl_child_run(&child, &watched->end)) {
        note_abort(beside, &watched->end);
        return true;
    }
    int error = watched->end.start_error;
    snprintf(watched->reason, sizeof watched->reason, "\"%s\" cannot be started: %s", path,
             strerror(error));
    return fail(watched, error == ENOENT ? SNARL_EXIT_NOT_FOUND : SNARL_EXIT_UNWATCHABLE);
}

/* Runs it, and adds to the recordings what was seen from outside. */
static bool run_beside(const struct snarl_watch_plan *plan, const char *path,
                       const struct snarl_environment *environment,
                       struct snarl_recordings *recordings, struct snarl_watched *watched)
{
    struct beside beside = {.end_sleepers =
                                snarl_preload_is_set(environment, "on-deadlock", "abort")};
    if (!snarl_preload_is_set(environment, "detect_deadlocks", "0"))
        beside.sleepers = snarl_sleepers_watch(recordings);
    bool fine = run(plan, path, environment->variables, &beside, watched);
    if (fine && !snarl_recordings_collect(recordings, watched->end.pid)) {
        snprintf(watched->reason, sizeof watched->reason,
                 "the program ran without libsnarl.so, so there is nothing to report "
                 "(try: snarl doctor)");
        fine = fail(watched, SNARL_EXIT_TROUBLE);
    }
    if (fine)
        snarl_last_stacks_append(&beside.stacks, recordings);
    if (fine && beside.sleepers)
        snarl_sleepers_add_facts(beside.sleepers, recordings);
    snarl_sleepers_free(beside.sleepers);
    snarl_last_stacks_free(&beside.stacks);
    return fine;
}

static bool record(const struct snarl_watch_plan *plan, const char *path,
                   struct snarl_recordings *recordings, struct snarl_watched *watched)
{
    struct snarl_environment environment =
        snarl_environment_copy(plan->environment ? plan->environment : environ);
    bool fine = snarl_preload_compose(&environment, recordings->directory, plan->options,
                                      plan->races, watched->reason, sizeof watched->reason) ||
                fail(watched, SNARL_EXIT_TROUBLE);
    fine = fine && run_beside(plan, path, &environment, recordings, watched);
    snarl_environment_free(&environment);
    return fine;
}

void snarl_watch(const struct snarl_watch_plan *plan, struct snarl_watched *watched)
{
    *watched = (struct snarl_watched){0};
    struct snarl_program program;
    snarl_program_find(plan->path ? plan->path : plan->arguments[0], &program);
    if (program.status) {
        watched->status = program.status;
        snprintf(watched->reason, sizeof watched->reason, "%s", program.reason);
        return;
    }
    struct snarl_recordings recordings;
    if (!snarl_recordings_open(&recordings, plan->keep, watched->reason, sizeof watched->reason)) {
        watched->status = SNARL_EXIT_TROUBLE;
        return;
    }
    if (record(plan, program.path, &recordings, watched))
        analyse(plan, &recordings, watched);
    snarl_recordings_close(&recordings);
}
