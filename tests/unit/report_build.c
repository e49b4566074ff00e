#include "report_build.h"

#include <string.h>

void *build_copy(struct snarl_report *report, const void *items, size_t count, size_t size)
{
    return memcpy(snarl_report_allocate(report, count, size), items, count * size);
}

struct snarl_stack build_stack(struct snarl_report *report, const struct snarl_frame *frames,
                               size_t count)
{
    return (struct snarl_stack){build_copy(report, frames, count, sizeof *frames), count};
}

/* A report of one process. */
struct snarl_report *build_report(char *const *argv, size_t argc, unsigned threads, unsigned locks,
                                  double duration_s)
{
    struct snarl_report *report = snarl_report_create();
    report->argv = build_copy(report, argv, argc + 1, sizeof *argv);
    report->argc = argc;
    report->has_exit_code = true;
    report->processes = snarl_report_allocate(report, 1, sizeof *report->processes);
    report->process_count = 1;
    report->processes[0] = (struct snarl_report_process){
        .pid = 4711,
        .argv = report->argv,
        .argc = argc,
        .watched = true,
        .threads = threads,
        .locks = locks,
        .duration_s = duration_s,
    };
    report->statistics.threads = threads;
    report->statistics.locks = locks;
    return report;
}

struct snarl_report *build_report_of_program(char *program, unsigned threads, unsigned locks,
                                             double duration_s)
{
    return build_report((char *[]){program, NULL}, 1, threads, locks, duration_s);
}

/* Locks with ids from 1, one for each name. */
void build_locks(struct snarl_report *report, const char *const *names, size_t count)
{
    report->locks = snarl_report_allocate(report, count, sizeof *report->locks);
    report->lock_count = count;
    for (size_t index = 0; index < count; index++)
        report->locks[index] = (struct snarl_report_lock){
            .id = (unsigned)index + 1,
            .name = names[index],
            .kind = "mutex",
            .address = 0x4040a0 + 0x28 * index,
        };
}

/* The main thread and others, with ids and numbers from 1. */
void build_threads(struct snarl_report *report, const char *start, const char *const *names,
                   size_t count)
{
    report->threads = snarl_report_allocate(report, count + 1, sizeof *report->threads);
    report->thread_count = count + 1;
    for (size_t index = 0; index <= count; index++)
        report->threads[index] = (struct snarl_report_thread){
            .id = (unsigned)index + 1,
            .number = (unsigned)index + 1,
            .name = index > 0 ? names[index - 1] : NULL,
            .start = index > 0 ? start : "main",
            .tid = 4711 + index,
        };
}

struct snarl_report_finding *build_finding(struct snarl_report *report,
                                           enum snarl_finding_kind kind, enum snarl_status status,
                                           enum snarl_severity severity, size_t step_count)
{
    if (report->findings == NULL)
        report->findings = snarl_report_allocate(report, 4, sizeof *report->findings);
    struct snarl_report_finding *finding = &report->findings[report->finding_count++];
    finding->kind = kind;
    finding->status = status;
    finding->severity = severity;
    strcpy(finding->id, "7f3a09c2e1b44d10");
    finding->steps = snarl_report_allocate(report, step_count, sizeof *finding->steps);
    finding->step_count = step_count;
    return finding;
}

struct snarl_report_hold build_hold(unsigned lock, struct snarl_stack stack)
{
    return (struct snarl_report_hold){.lock = lock, .stack = stack};
}

struct snarl_report_step build_step(struct snarl_report *report, unsigned thread,
                                    struct snarl_report_hold hold, unsigned wants,
                                    struct snarl_stack stack)
{
    return (struct snarl_report_step){
        .thread = thread,
        .holds = build_copy(report, &hold, 1, sizeof hold),
        .hold_count = 1,
        .target = SNARL_TARGET_LOCK,
        .wants = wants,
        .stack = stack,
    };
}

/* Fills in `locks` and `threads` from the steps. */
void build_parties(struct snarl_report *report, struct snarl_report_finding *finding)
{
    finding->locks = snarl_report_allocate(report, finding->step_count, sizeof(unsigned));
    finding->threads = snarl_report_allocate(report, finding->step_count, sizeof(unsigned));
    for (size_t index = 0; index < finding->step_count; index++) {
        finding->threads[finding->thread_count++] = finding->steps[index].thread;
        if (finding->steps[index].target == SNARL_TARGET_LOCK)
            finding->locks[finding->lock_count++] = finding->steps[index].wants;
    }
}
