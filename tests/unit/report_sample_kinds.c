/* Reports of other things than two mutexes: readers, semaphores, forks, misuse, shared memory. */
#include <stddef.h>

#include "report_build.h"
#include "report_sample.h"

struct snarl_report *sample_readers(void)
{
    struct snarl_report *report = build_report_of_program("./cache", 3, 2, 2);
    build_locks(report, (const char *[]){"cache.lock", "gate"}, 2);
    report->locks[0].kind = "rwlock";
    report->locks[1].kind = "semaphore";
    report->locks[1].polled = true;
    build_threads(report, "serve", (const char *[]){"reader", "writer"}, 2);
    struct snarl_report_finding *finding =
        build_finding(report, SNARL_FINDING_LOCK_ORDER_CYCLE, SNARL_PREDICTED, SNARL_WARNING, 2);
    finding->message = "two threads take two locks in opposite order";
    finding->why = "No common lock keeps them apart. gate is a semaphore that is also polled.";
    struct snarl_report_hold hold =
        build_hold(1, STACK(report, USER("look", "cache.c", 40), THREAD_START));
    hold.shared = true;
    finding->steps[0] =
        build_step(report, 2, hold, 2, STACK(report, USER("look", "cache.c", 42), THREAD_START));
    finding->steps[0].tried = true;
    finding->steps[1] = build_step(
        report, 3, build_hold(2, STACK(report, USER("store", "cache.c", 60), THREAD_START)), 1,
        STACK(report, USER("store", "cache.c", 61), THREAD_START));
    finding->steps[1].shared = true;
    build_parties(report, finding);
    return report;
}

struct snarl_report *sample_declared(void)
{
    struct snarl_report *report = build_report_of_program("./cache", 2, 3, 2);
    build_locks(report, (const char *[]){"index", "shard", "journal"}, 3);
    build_threads(report, "serve", (const char *[]){"reader", NULL, NULL}, 3);
    report->threads[2].declared = report->threads[3].declared = true;
    report->threads[2].number = report->threads[3].number = 0;
    struct snarl_report_finding *finding =
        build_finding(report, SNARL_FINDING_LOCK_ORDER_CYCLE, SNARL_PREDICTED, SNARL_ERROR, 3);
    finding->message = "thread 2 \"reader\" takes journal before index, against the declared order";
    finding->why = "The program declares: index before shard, shard before journal.";
    finding->steps[0] = build_step(
        report, 2, build_hold(3, STACK(report, USER("look", "cache.c", 40), THREAD_START)), 1,
        STACK(report, USER("look", "cache.c", 42), THREAD_START));
    struct snarl_stack says = STACK(report, USER("open_cache", "cache.c", 12));
    finding->steps[1] = build_step(report, 3, build_hold(1, says), 2, says);
    finding->steps[2] = build_step(report, 4, build_hold(2, says), 3, says);
    build_parties(report, finding);
    return report;
}

struct snarl_report *sample_fork(void)
{
    struct snarl_report *report = build_report_of_program("./spool", 1, 1, 1);
    build_locks(report, (const char *[]){"queue.lock"}, 1);
    build_threads(report, "work", (const char *[]){"worker"}, 1);
    report->threads[1].absent = true;
    struct snarl_report_finding *finding =
        build_finding(report, SNARL_FINDING_DEADLOCK, SNARL_OCCURRED, SNARL_ERROR, 2);
    finding->message =
        "thread 1 (main) waits for queue.lock, which thread 2 \"worker\" held when "
        "this process was forked: there is no such thread here";
    finding->steps[0] = (struct snarl_report_step){
        .thread = 1,
        .target = SNARL_TARGET_LOCK,
        .wants = 1,
        .stack = STACK(report, USER("push", "queue.c", 12), USER("main", "main.c", 30)),
    };
    struct snarl_report_hold hold = build_hold(1, (struct snarl_stack){NULL, 0});
    finding->steps[1] = (struct snarl_report_step){
        .thread = 2,
        .holds = build_copy(report, &hold, 1, sizeof hold),
        .hold_count = 1,
    };
    build_parties(report, finding);
    return report;
}

struct snarl_report *sample_misuse(void)
{
    struct snarl_report *report = build_report_of_program("./pool", 3, 1, 1);
    build_locks(report, (const char *[]){"jobs.lock"}, 1);
    build_threads(report, "work", (const char *[]){"worker", NULL}, 2);
    struct snarl_report_finding *finding =
        build_finding(report, SNARL_FINDING_DESTROY_LOCKED, SNARL_OCCURRED, SNARL_ERROR, 2);
    finding->message = "thread 1 (main) destroys jobs.lock while thread 2 \"worker\" holds it";
    finding->why = "Whoever holds it will release it, and by then it is no lock any more.";
    finding->fix = "release jobs.lock before stop() (pool.c:80) destroys it.";
    finding->steps[0] = (struct snarl_report_step){
        .thread = 1,
        .action = "destroys it",
        .stack = STACK(report, USER("stop", "pool.c", 80), USER("main", "main.c", 30)),
    };
    finding->steps[1] = (struct snarl_report_step){
        .thread = 2,
        .action = "took it",
        .stack =
            STACK(report, USER("next", "pool.c", 51), USER("work", "pool.c", 60), THREAD_START),
    };
    build_parties(report, finding);
    finding->locks = build_copy(report, (unsigned[]){1}, 1, sizeof(unsigned));
    finding->lock_count = 1;
    struct snarl_report_finding *second =
        build_finding(report, SNARL_FINDING_WAIT_WITHOUT_LOCK, SNARL_OCCURRED, SNARL_WARNING, 1);
    second->message = "thread 3 (work) waits on jobs.ready without holding jobs.lock";
    second->steps[0] = (struct snarl_report_step){
        .thread = 3,
        .action = "waits on it",
        .stack = STACK(report, USER("rest", "pool.c", 70), THREAD_START),
    };
    build_parties(report, second);
    return report;
}

struct snarl_report *sample_shared(void)
{
    struct snarl_report *report = build_report_of_program("./server", 1, 2, 3);
    build_locks(report, (const char *[]){"mutex 1 made in map() shared.c:9", "table.lock"}, 2);
    build_threads(report, "main", (const char *[]){NULL}, 1);
    struct snarl_report_process *processes =
        snarl_report_allocate(report, 2, sizeof *report->processes);
    processes[0] = report->processes[0];
    processes[1] = report->processes[0];
    processes[1].pid = 4712;
    report->processes = processes;
    report->process_count = 2;
    report->threads[1].process = 1;
    report->threads[1].number = 1;
    struct snarl_report_finding *finding =
        build_finding(report, SNARL_FINDING_LOCK_ORDER_CYCLE, SNARL_PREDICTED, SNARL_ERROR, 2);
    finding->message =
        "thread 1 (main) of pid 4711 and thread 1 (main) of pid 4712 take table.lock "
        "and mutex 1 made in map() shared.c:9 in opposite order";
    for (unsigned index = 0; index < 2; index++)
        finding->steps[index] = build_step(
            report, index + 1,
            build_hold(index + 1, STACK(report, USER("change", "shared.c", 20), THREAD_START)),
            2 - index, STACK(report, USER("change", "shared.c", 22), THREAD_START));
    build_parties(report, finding);
    return report;
}

struct snarl_report *sample_waits(void)
{
    static const enum snarl_target targets[] = {SNARL_TARGET_CONDITION, SNARL_TARGET_SEMAPHORE,
                                                SNARL_TARGET_BARRIER, SNARL_TARGET_END_OF_WAITS,
                                                SNARL_TARGET_LOCK};
    static const char *const calls[] = {"pthread_cond_wait", "sem_wait", "pthread_barrier_wait",
                                        "pthread_cond_destroy", "pthread_rwlock_timedrdlock"};
    struct snarl_report *report = build_report_of_program("./stage", 5, 5, 10);
    report->timed_out = true;
    report->signal = 9;
    report->has_exit_code = false;
    build_locks(report, (const char *[]){"news", "tickets", "start", "curtain", "script.lock"},
                COUNT(calls));
    build_threads(report, "act", (const char *[4]){NULL}, 4);
    struct snarl_report_process *process = &report->processes[0];
    process->ended = true;
    process->state_count = COUNT(calls) + 1;
    process->states = snarl_report_allocate(report, COUNT(calls) + 1, sizeof *process->states);
    for (unsigned index = 0; index < COUNT(calls); index++)
        process->states[index] = (struct snarl_report_state){
            .thread = index + 1,
            .last_call = calls[index],
            .last_stack = STACK(report, USER("act", "stage.c", 10 + index)),
            .target = targets[index],
            .waits_for = index + 1,
            .timed = index == 4,
            .shared = index == 4,
            .waiting_s = 3,
        };
    process->states[COUNT(calls)] = (struct snarl_report_state){
        .thread = 1, .last_call = "sem_wait", .target = SNARL_TARGET_SEMAPHORE};
    struct snarl_report_hold hold = build_hold(5, process->states[0].last_stack);
    hold.shared = true;
    process->states[0].holds = build_copy(report, &hold, 1, sizeof hold);
    process->states[0].hold_count = 1;
    return report;
}

struct snarl_report *sample_confirmed(void)
{
    struct snarl_report *report = sample_transfer();
    report->findings[0].status = SNARL_CONFIRMED;
    report->findings[0].confirmation =
        build_copy(report,
                   &(struct snarl_report_confirmation){
                       .run = 2,
                       .runs = 10,
                       .pid = 4720,
                       .schedule = "snarl.7f3a09c2e1b44d10.schedule",
                       .again = "snarl run --replay snarl.7f3a09c2e1b44d10.schedule -- ./transfer"},
                   1, sizeof *report->findings[0].confirmation);
    return report;
}

struct snarl_report *sample_unconfirmed(void)
{
    struct snarl_report *report = sample_transfer();
    report->findings[0].confirmation = build_copy(
        report,
        &(struct snarl_report_confirmation){
            .runs = 10,
            .why =
                "While thread 2 \"payer\" was held in pay() (bank.c:22), nothing else could run: "
                "thread 3 \"refunder\" waited on turn.passed in worker() (bank.c:43)."},
        1, sizeof *report->findings[0].confirmation);
    return report;
}
