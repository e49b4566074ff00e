#include "report_sample.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "report_build.h"

struct snarl_report *sample_transfer(void)
{
    struct snarl_report *report = build_report_of_program("./transfer", 3, 2, 4.2);
    build_locks(report, (const char *[]){"alice.lock", "bob.lock"}, 2);
    build_threads(report, "worker", (const char *[]){"payer", "refunder"}, 2);
    report->locks[0].created = STACK(report, USER("open_account", "/home/ann/src/bank.c", 12));
    struct snarl_report_finding *finding =
        build_finding(report, SNARL_FINDING_LOCK_ORDER_CYCLE, SNARL_PREDICTED, SNARL_ERROR, 2);
    finding->message = "two threads take two locks in opposite order";
    finding->why = "Nothing keeps them apart: no common lock, both threads alive together.";
    finding->fix = "in refund() (bank.c:33) take alice.lock first, as pay() does.";
    finding->steps[0] =
        build_step(report, 2,
                   build_hold(1, STACK(report, LIBRARY("pthread_mutex_lock", "libsnarl.so"),
                                       USER("pay", "/home/ann/src/bank.c", 21),
                                       USER("worker", "/home/ann/src/bank.c", 40), THREAD_START)),
                   2,
                   STACK(report, USER("pay", "/home/ann/src/bank.c", 22),
                         USER("worker", "/home/ann/src/bank.c", 40), THREAD_START));
    finding->steps[1] =
        build_step(report, 3,
                   build_hold(2, STACK(report, USER("refund", "/home/ann/src/bank.c", 33),
                                       USER("worker", "/home/ann/src/bank.c", 44), THREAD_START)),
                   1,
                   STACK(report, INLINED("lock_account", "/home/ann/src/account.h", 9),
                         USER("refund", "/home/ann/src/bank.c", 34),
                         USER("worker", "/home/ann/src/bank.c", 44), THREAD_START));
    build_parties(report, finding);

    report->edge_count = 3;
    report->edges = snarl_report_allocate(report, 3, sizeof *report->edges);
    report->edges[0] = (struct snarl_report_edge){1, 2, 2, NULL, true};
    report->edges[0].place = snarl_stack_place(&finding->steps[0].stack);
    report->edges[1] = (struct snarl_report_edge){2, 1, 3, NULL, true};
    report->edges[1].place = snarl_stack_place(&finding->steps[1].stack);
    report->edges[2] = (struct snarl_report_edge){2, 1, 1, NULL, false};
    report->statistics.dependencies = 2;
    report->statistics.acquisitions = 100000;
    return report;
}

struct snarl_report *sample_dining(void)
{
    struct snarl_report *report = build_report_of_program("./dining", 5, 4, 0.04);
    build_locks(report, (const char *[]){"forks[0]", "forks[1]", "forks[2]", "forks[3]"}, 4);
    build_threads(report, "philosopher", (const char *[4]){"Plato", "Kant"}, 4);
    struct snarl_report_finding *finding =
        build_finding(report, SNARL_FINDING_LOCK_ORDER_CYCLE, SNARL_PREDICTED, SNARL_ERROR, 4);
    finding->message = "four threads take four locks in a ring";
    finding->fix =
        "let one of them take its locks in the other order: in dine() (dining.c:22) "
        "take the lower-numbered fork first.";
    for (unsigned index = 0; index < 4; index++)
        finding->steps[index] = build_step(
            report, index + 2,
            build_hold(index + 1, STACK(report, USER("dine", "dining.c", 21),
                                        USER("philosopher", "dining.c", 30), THREAD_START)),
            (index + 1) % 4 + 1,
            STACK(report, USER("dine", "dining.c", 22), USER("philosopher", "dining.c", 30),
                  THREAD_START));
    build_parties(report, finding);
    report->edge_count = 4;
    report->edges = snarl_report_allocate(report, 4, sizeof *report->edges);
    for (unsigned index = 0; index < 4; index++)
        report->edges[index] =
            (struct snarl_report_edge){index + 1, (index + 1) % 4 + 1, index + 2,
                                       snarl_stack_place(&finding->steps[index].stack), true};
    return report;
}

struct snarl_report *sample_relock(void)
{
    struct snarl_report *report = build_report_of_program("./relock", 1, 1, 0);
    report->has_exit_code = false;
    report->signal = 6;
    build_locks(report, (const char *[]){NULL}, 1);
    build_threads(report, NULL, NULL, 0);
    struct snarl_report_finding *finding =
        build_finding(report, SNARL_FINDING_SELF_DEADLOCK, SNARL_OCCURRED, SNARL_ERROR, 1);
    finding->fix = "call log_locked() from flush(), which holds the lock already.";
    finding->steps[0] = build_step(
        report, 1,
        build_hold(1, STACK(report, USER("flush", "log.c", 12), USER("main", "log.c", 30),
                            LIBRARY("__libc_start_main", "libc.so.6"),
                            STRIPPED("/home/ann/relock", 0x1080))),
        1,
        STACK(report, USER("log_line", "log.c", 5), USER("flush", "log.c", 14),
              USER("main", "log.c", 30), LIBRARY("__libc_start_main", "libc.so.6"),
              STRIPPED("/home/ann/relock", 0x1080)));
    build_parties(report, finding);
    report->processes[0].ended = true; /* the deadlock says it all: no section of states */
    return report;
}

struct snarl_report *sample_join(void)
{
    struct snarl_report *report = build_report_of_program("./shutdown", 2, 1, 1);
    build_locks(report, (const char *[]){"queue.lock"}, 1);
    build_threads(report, "consume", (const char *[]){NULL}, 1);
    struct snarl_report_finding *finding =
        build_finding(report, SNARL_FINDING_DEADLOCK, SNARL_OCCURRED, SNARL_ERROR, 2);
    finding->message = "thread 1 joins thread 2, which wants a lock that thread 1 holds";
    finding->fix = "in stop() (queue.c:61) release queue.lock before pthread_join().";
    finding->steps[0] = build_step(
        report, 1,
        build_hold(1, STACK(report, USER("stop", "queue.c", 60), USER("main", "main.c", 9),
                            LIBRARY("__libc_start_call_main", "libc.so.6"))),
        0,
        STACK(report, LIBRARY("pthread_join", "libsnarl.so"), USER("stop", "queue.c", 61),
              USER("main", "main.c", 9), LIBRARY("__libc_start_call_main", "libc.so.6")));
    finding->steps[0].target = SNARL_TARGET_THREAD;
    finding->steps[0].wants = 2;
    finding->steps[1] = (struct snarl_report_step){
        .thread = 2,
        .target = SNARL_TARGET_LOCK,
        .wants = 1,
        .stack = STACK(report, USER("take", "queue.c", 33), USER("consume", "queue.c", 50),
                       THREAD_START),
    };
    build_parties(report, finding);
    return report;
}

struct snarl_report *sample_race(void)
{
    struct snarl_report *report = build_report_of_program("./counter", 3, 0, 0.25);
    build_threads(report, "increment", (const char *[]){NULL, NULL}, 2);
    struct snarl_report_finding *finding =
        build_finding(report, SNARL_FINDING_DATA_RACE, SNARL_OCCURRED, SNARL_WARNING, 2);
    finding->message = "two threads access counter without order";
    finding->why = "They hold no common lock, and nothing orders them.";
    for (unsigned index = 0; index < 2; index++)
        finding->steps[index] = (struct snarl_report_step){
            .thread = index + 2,
            .action = index == 0 ? "write of size 4" : "read of size 4",
            .stack = STACK(report, USER("increment", "counter.c", 14 - index), THREAD_START),
        };
    build_parties(report, finding);
    return report;
}

struct snarl_report *sample_gate(void)
{
    struct snarl_report *report = sample_transfer();
    struct snarl_report_finding *finding = &report->findings[0];
    finding->status = SNARL_INFEASIBLE;
    finding->severity = SNARL_NOTE;
    finding->reason = SNARL_REASON_GATE_LOCK;
    finding->why = NULL;
    finding->fix = NULL;
    return report;
}

struct snarl_report *sample_hung(void)
{
    struct snarl_report *report =
        build_report((char *[]){"./server", "--threads", "3", NULL}, 3, 5, 2, 10);
    report->timed_out = true;
    report->signal = 9;
    report->has_exit_code = false;
    build_locks(report, (const char *[]){"queue.lock", "config.lock"}, 2);
    build_threads(report, "worker", (const char *[4]){"loader"}, 4);
    struct snarl_report_process *process = &report->processes[0];
    process->ended = true;
    process->state_count = 5;
    process->states = snarl_report_allocate(report, 5, sizeof *process->states);
    process->states[0] = (struct snarl_report_state){
        .thread = 1,
        .last_call = "pthread_join",
        .last_stack = STACK(report, USER("main", "server.c", 90)),
        .target = SNARL_TARGET_THREAD,
        .waits_for = 2,
        .waiting_s = 9.8,
    };
    struct snarl_report_hold hold = build_hold(2, STACK(report, USER("load", "server.c", 20)));
    process->states[1] = (struct snarl_report_state){
        .thread = 2,
        .last_call = "pthread_mutex_lock",
        .last_stack = hold.stack,
        .holds = build_copy(report, &hold, 1, sizeof hold),
        .hold_count = 1,
        .now = STACK(report, LIBRARY("__GI___libc_read", "libc.so.6"), USER("load", "server.c", 24),
                     USER("worker", "server.c", 70), THREAD_START),
    };
    for (unsigned index = 2; index < 5; index++)
        process->states[index] = (struct snarl_report_state){
            .thread = index + 1,
            .last_call = "pthread_cond_timedwait",
            .last_stack = STACK(report, USER("take", "server.c", 41),
                                USER("worker", "server.c", 72), THREAD_START),
            .target = SNARL_TARGET_CONDITION,
            .timed = true,
            .waiting_s = 9.5,
            .now =
                STACK(report, LIBRARY("__futex_abstimed_wait", "libc.so.6"),
                      LIBRARY("pthread_cond_timedwait", "libsnarl.so"),
                      USER("take", "server.c", 41), USER("worker", "server.c", 72), THREAD_START),
        };
    return report;
}

struct snarl_report *sample_clean(void)
{
    struct snarl_report *report = build_report_of_program("./transfer", 1, 0, 200);
    report->statistics.acquisitions = 7;
    return report;
}

struct snarl_report *sample_chaos(void)
{
    struct snarl_report *report = sample_clean();
    report->chaos_seed = 4711;
    return report;
}

struct snarl_report *sample_weird(void)
{
    struct snarl_report *report =
        build_report((char *[]){"./we\xff\"ird\\", "\x1b[31mred\n", NULL}, 2, 3, 2, 0.0004);
    build_locks(report, (const char *[]){"caf\xc3\xa9 \"x\\y\"", "bell\a\xe2\x80\xae end"}, 2);
    build_threads(report, "worker", (const char *[]){"\x1b]0;owned\a", "\xc3("}, 2);
    struct snarl_report_finding *finding =
        build_finding(report, SNARL_FINDING_LOCK_ORDER_CYCLE, SNARL_CONFIRMED, SNARL_WARNING, 2);
    finding->message =
        "a\tlock \x9b"
        "31m";
    finding->steps[0] = build_step(report, 2, build_hold(1, (struct snarl_stack){NULL, 0}), 2,
                                   STACK(report, USER("f\xe2\x82", "/a/same.c", 1)));
    finding->steps[1] =
        build_step(report, 3, build_hold(2, STACK(report, USER("g", "/b/same.c", 2))), 9,
                   STACK(report, STRIPPED("/b/li\nb.so", 0xbeef)));
    finding->steps[1].timed = true;
    build_parties(report, finding);
    report->edge_count = 1;
    report->edges = snarl_report_allocate(report, 1, sizeof *report->edges);
    report->edges[0] =
        (struct snarl_report_edge){1, 2, 2, &finding->steps[0].stack.frames[0], false};
    return report;
}

struct snarl_report *sample_tree(void)
{
    struct snarl_report *report = sample_transfer();
    struct snarl_report_process *processes =
        snarl_report_allocate(report, 4, sizeof *report->processes);
    processes[0] = report->processes[0];
    processes[1] = (struct snarl_report_process){
        .pid = 4720,
        .argv = ARGV(report, "/usr/bin/audit", "--all"),
        .argc = 2,
        .watched = true,
        .threads = 2,
        .locks = 1,
        .ended = true,
    };
    processes[2] = (struct snarl_report_process){
        .pid = 4721,
        .argv = ARGV(report, "busybox", "sh", "-c", "sleep 100; echo a very long command line",
                     "that goes on and on"),
        .argc = 5,
        .unwatched_reason = "it is statically linked, so the library cannot be loaded into it",
    };
    processes[3] = (struct snarl_report_process){.pid = 4722};
    report->processes = processes;
    report->process_count = 4;
    struct snarl_report_finding *second =
        build_finding(report, SNARL_FINDING_LOCK_ORDER_CYCLE, SNARL_PREDICTED, SNARL_WARNING, 0);
    second->message = "the second of two";
    report->losses = ARGV(report, "the recording of pid 4711 ends in the middle of a fact.",
                          "12 threads were started by other means than pthread_create, and what "
                          "they did is known only in part.");
    report->loss_count = 2;
    return report;
}

struct snarl_report *sample_long(void)
{
    enum {
        HOLDS = 8,
        WAYS = 7,
    };
    static const char name[] =
        "std::thread::_State_impl<std::thread::_Invoker<std::tuple<"
        "pool::pool(unsigned)::{lambda()#1}> > >::_M_run";
    struct snarl_report *report = sample_transfer();
    struct snarl_report_finding *finding = &report->findings[0];
    struct snarl_report_step *step = &finding->steps[0];
    struct snarl_report_hold *holds = snarl_report_allocate(report, HOLDS, sizeof *holds);
    for (unsigned index = 0; index < HOLDS; index++)
        holds[index] = build_hold(index + 1, step->holds[0].stack);
    build_locks(report,
                (const char *[]){"alice.lock", "bob.lock", "c", "d", "e", "f", "g",
                                 "the mutex made in open_account() (bank.c:12) for the 8th"},
                HOLDS);
    holds[0] = build_hold(8, step->holds[0].stack);
    holds[7] = build_hold(1, step->holds[0].stack);
    holds[1] = build_hold(9, step->holds[0].stack);
    step->holds = holds;
    step->hold_count = HOLDS;
    step->stack = STACK(report, USER("pay", "/home/ann/src/bank.c", 22),
                        USER(name, "/usr/include/c++/12/bits/std_thread.h", 210), THREAD_START);
    finding->also_count = WAYS;
    finding->also = snarl_report_allocate(report, WAYS, sizeof *finding->also);
    for (unsigned index = 0; index < WAYS; index++)
        finding->also[index] = (struct snarl_report_variant){finding->steps, 2};
    return report;
}

char *sample_written(const char *format, const struct snarl_report *report,
                     const struct snarl_format_options *options)
{
    char *text = NULL;
    size_t size;
    FILE *stream = open_memstream(&text, &size);
    assert_non_null(stream);
    const struct snarl_format *chosen = snarl_format_by_name(format);
    assert_non_null(chosen);
    assert_true(chosen->write(stream, report, options));
    assert_int_equal(fclose(stream), 0);
    return text;
}
