#include "watch.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "exit_status.h"
#include "last_stacks.h"
#include "preload.h"
#include "program.h"
#include "recordings_report.h"

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
    watched->report =
        snarl_recordings_report(recordings, plan->all, watched->reason, sizeof watched->reason);
    if (!watched->report)
        return fail(watched, SNARL_EXIT_TROUBLE);
    add_end(plan, &watched->end, watched->report);
    return true;
}

static bool run(const struct snarl_watch_plan *plan, const char *path, char **environment,
                struct snarl_last_stacks *stacks, struct snarl_watched *watched)
{
    struct snarl_child_plan child = {
        .path = path,
        .arguments = plan->arguments,
        .environment = environment,
        .descriptors = {plan->descriptors[0], plan->descriptors[1], plan->descriptors[2]},
        .time_limit_s = plan->time_limit_s,
        .before_kill = snarl_last_stacks_take,
        .context = stacks,
    };
    if (snarl_child_run(&child, &watched->end))
        return true;
    int error = watched->end.start_error;
    snprintf(watched->reason, sizeof watched->reason, "\"%s\" cannot be started: %s", path,
             strerror(error));
    return fail(watched, error == ENOENT ? SNARL_EXIT_NOT_FOUND : SNARL_EXIT_UNWATCHABLE);
}

static bool record(const struct snarl_watch_plan *plan, const char *path,
                   struct snarl_recordings *recordings, struct snarl_watched *watched)
{
    struct snarl_environment environment = snarl_environment_copy(environ);
    struct snarl_last_stacks stacks = {0};
    bool fine = snarl_preload_compose(&environment, recordings->directory, plan->options,
                                      watched->reason, sizeof watched->reason) ||
                fail(watched, SNARL_EXIT_TROUBLE);
    fine = fine && run(plan, path, environment.variables, &stacks, watched);
    if (fine && !snarl_recordings_collect(recordings, watched->end.pid)) {
        snprintf(watched->reason, sizeof watched->reason,
                 "the program ran without libsnarl.so, so there is nothing to report "
                 "(try: snarl doctor)");
        fine = fail(watched, SNARL_EXIT_TROUBLE);
    }
    if (fine)
        snarl_last_stacks_append(&stacks, recordings);
    snarl_last_stacks_free(&stacks);
    snarl_environment_free(&environment);
    return fine;
}

void snarl_watch(const struct snarl_watch_plan *plan, struct snarl_watched *watched)
{
    *watched = (struct snarl_watched){0};
    struct snarl_program program;
    snarl_program_find(plan->arguments[0], &program);
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
