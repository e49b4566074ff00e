/* The sample recordings give exactly the reports that their stories call for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analysis/analysis.h"
#include "recording_sample.h"

static char *directory;

static int enter(void **state)
{
    (void)state;
    directory = sample_directory();
    return 0;
}

static int leave(void **state)
{
    (void)state;
    sample_remove(directory);
    return 0;
}

static const struct sample_style plain;

static void begin(struct sample *sample)
{
    sample_begin(sample, directory, &plain);
    sample_tell_bank(sample);
}

static struct snarl_report *analyse_many(const struct sample *samples, size_t count, bool all)
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
static struct snarl_report *analyse(struct sample *sample, bool all)
{
    sample_close(sample);
    return analyse_many(sample, 1, all);
}

static const char *lock_name(const struct snarl_report *report, unsigned id)
{
    const struct snarl_report_lock *lock = snarl_report_lock_by_id(report, id);
    return lock != NULL ? lock->name : "nothing";
}

static unsigned thread_number(const struct snarl_report *report, unsigned id)
{
    const struct snarl_report_thread *thread = snarl_report_thread_by_id(report, id);
    assert_non_null(thread);
    return thread->number;
}

static void print_stack(FILE *out, const struct snarl_stack *stack)
{
    for (size_t i = 0; i < stack->count; i++)
        fprintf(out, "%s%s", i == 0 ? " in " : "<", stack->frames[i].function);
}

static void print_target(FILE *out, const struct snarl_report *report, enum snarl_target target,
                         unsigned object)
{
    if (target == SNARL_TARGET_LOCK)
        fprintf(out, "%s", lock_name(report, object));
    else if (target == SNARL_TARGET_THREAD)
        fprintf(out, "thread %u", thread_number(report, object));
    else
        fprintf(out, target == SNARL_TARGET_CONDITION ? "condition" : "nothing");
}

static void print_holds(FILE *out, const struct snarl_report *report,
                        const struct snarl_report_hold *holds, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        fprintf(out, " holds %s", lock_name(report, holds[i].lock));
        print_stack(out, &holds[i].stack);
    }
}

static void print_steps(FILE *out, const struct snarl_report *report,
                        const struct snarl_report_step *steps, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        fprintf(out, "%u", thread_number(report, steps[i].thread));
        print_holds(out, report, steps[i].holds, steps[i].hold_count);
        fprintf(out, steps[i].timed ? " wants for a while " : " wants ");
        print_target(out, report, steps[i].target, steps[i].wants);
        print_stack(out, &steps[i].stack);
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
        fprintf(out, " %s", lock_name(report, finding->locks[i]));
    fprintf(out, "\nthreads:");
    for (size_t i = 0; i < finding->thread_count; i++)
        fprintf(out, " %u", thread_number(report, finding->threads[i]));
    fprintf(out, "\n");
    print_steps(out, report, finding->steps, finding->step_count);
    for (size_t i = 0; i < finding->also_count; i++) {
        fprintf(out, "also\n");
        print_steps(out, report, finding->also[i].steps, finding->also[i].step_count);
    }
}

/* The findings are exactly what the format, with the lines of functions, says. */
static void assert_findings(const struct snarl_report *report, const char *format, ...)
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

static void assert_no_losses(const struct snarl_report *report)
{
    assert_int_equal(report->loss_count, 0);
}

static void names_and_lines_are_those_of_the_source(void **state)
{
    (void)state;
    struct sample sample;
    begin(&sample);
    sample_tell_cycle(&sample, false);
    struct snarl_report *report = analyse(&sample, false);
    assert_int_equal(report->finding_count, 1);
    const struct snarl_report_step *step = &report->findings[0].steps[1];
    const struct snarl_stack *stack = &step->holds[0].stack;
    const unsigned lines[] = {bank_open(), bank_pay(), bank_payer()};
    assert_int_equal(stack->count, 3);
    for (size_t i = 0; i < 3; i++) {
        const char *file = strrchr(stack->frames[i].file, '/');
        assert_string_equal(file != NULL ? file + 1 : stack->frames[i].file, "recording_program.c");
        assert_int_equal(stack->frames[i].line, lines[i]);
        assert_false(stack->frames[i].foreign);
        assert_false(stack->frames[i].inlined);
    }
    const struct snarl_report_lock *lock = snarl_report_lock_by_id(report, step->wants);
    assert_int_equal(lock->address, (uintptr_t)&bank_bob);
    assert_string_equal(lock->kind, "mutex");
    assert_int_equal(lock->process, 0);
    const struct snarl_report_thread *thread = snarl_report_thread_by_id(report, step->thread);
    assert_int_equal(thread->tid, 4000 + SAMPLE_PAYER);
    assert_string_equal(thread->name, "payer");
    assert_string_equal(thread->start, "bank_payer");
    /* A thread that goes by the name of the program has none of its own. */
    thread = snarl_report_thread_by_id(report, report->findings[0].steps[0].thread);
    assert_null(thread->name);
    assert_string_equal(thread->start, "bank_refunder");
    snarl_report_free(report);
}

static void a_cycle_is_predicted(void **state)
{
    (void)state;
    struct sample sample;
    begin(&sample);
    sample_tell_cycle(&sample, false);
    struct snarl_report *report = analyse(&sample, false);
    assert_findings(
        report,
        "error lock-order-cycle predicted \n"
        "thread 3 (bank_refunder) and thread 2 \"payer\" take bank_alice and bank_bob in opposite "
        "order. No common lock keeps them apart.\n"
        "fix: in bank_open() (recording_program.c:%u), take bank_alice before bank_bob, as "
        "bank_pay() does.\n"
        "locks: bank_alice bank_bob\n"
        "threads: 3 2\n"
        "3 holds bank_bob in bank_open<bank_refunder wants bank_alice in "
        "bank_refund<bank_refunder\n"
        "2 holds bank_alice in bank_open<bank_pay<bank_payer wants bank_bob in "
        "bank_pay<bank_payer\n",
        bank_open());
    assert_no_losses(report);
    assert_int_equal(report->statistics.dependencies, 2);
    snarl_report_free(report);
}

static void what_cannot_happen_is_kept_only_on_request(void **state)
{
    (void)state;
    for (int all = 0; all < 2; all++) {
        struct sample sample;
        begin(&sample);
        sample_tell_cycle(&sample, true);
        struct snarl_report *report = analyse(&sample, all);
        if (all)
            assert_findings(
                report,
                "note lock-order-cycle infeasible gate-lock\n"
                "thread 3 (bank_refunder) and thread 2 \"payer\" take bank_alice and "
                "bank_bob in opposite order. It cannot happen: a lock that is held around "
                "both sides keeps them apart.\n"
                "fix: -\n"
                "locks: bank_alice bank_bob\n"
                "threads: 3 2\n"
                "3 holds bank_vault in bank_open<bank_refunder holds bank_bob in "
                "bank_open<bank_refunder wants bank_alice in bank_refund<bank_refunder\n"
                "2 holds bank_vault in bank_open<bank_pay<bank_payer holds bank_alice in "
                "bank_open<bank_pay<bank_payer wants bank_bob in bank_pay<bank_payer\n");
        else
            assert_int_equal(report->finding_count, 0);
        assert_int_equal(report->edge_count, 4);
        for (size_t i = 0; i < report->edge_count; i++)
            assert_false(report->edges[i].in_cycle);
        snarl_report_free(report);
    }
}

/* The cycle of the same two locks is not predicted as well. */
static void a_deadlock_has_occurred(void **state)
{
    (void)state;
    struct sample sample;
    begin(&sample);
    sample_tell_deadlock(&sample);
    struct snarl_report *report = analyse(&sample, true);
    assert_findings(
        report,
        "error deadlock occurred \n"
        "2 threads wait for each other: bank_bob and bank_alice. Each of them waits for what the "
        "next one has.\n"
        "fix: in %s() (recording_program.c:%u), take bank_%s before bank_%s, as %s() does.\n"
        "locks: bank_bob bank_alice\n"
        "threads: 2 3\n"
        "2 holds bank_alice in bank_pay<bank_payer wants bank_bob in bank_pay<bank_payer\n"
        "3 holds bank_bob in bank_refund<bank_refunder wants bank_alice in "
        "bank_refund<bank_refunder\n",
        &bank_alice < &bank_bob ? "bank_refund" : "bank_pay",
        &bank_alice < &bank_bob ? bank_refund() : bank_pay(),
        &bank_alice < &bank_bob ? "alice" : "bob", &bank_alice < &bank_bob ? "bob" : "alice",
        &bank_alice < &bank_bob ? "bank_pay" : "bank_refund");
    assert_int_equal(report->edge_count, 2);
    assert_true(report->edges[0].in_cycle && report->edges[1].in_cycle);
    snarl_report_free(report);
}

/* ... but one through other locks is. */
static void another_cycle_beside_a_deadlock_is_predicted(void **state)
{
    (void)state;
    struct sample sample;
    begin(&sample);
    sample_tell_relock(&sample); /* of one of its locks */
    sample_tell_cycle(&sample, false);
    struct snarl_report *report = analyse(&sample, false);
    assert_int_equal(report->finding_count, 2);
    assert_int_equal(report->findings[0].kind, SNARL_FINDING_SELF_DEADLOCK);
    assert_int_equal(report->findings[1].kind, SNARL_FINDING_LOCK_ORDER_CYCLE);
    snarl_report_free(report);
}

static void a_thread_waits_for_itself(void **state)
{
    (void)state;
    struct sample sample;
    begin(&sample);
    sample_tell_relock(&sample);
    struct snarl_report *report = analyse(&sample, false);
    assert_findings(report,
                    "error self-deadlock occurred \n"
                    "thread 2 \"payer\" locks bank_alice, which it holds already. The mutex is not "
                    "recursive, so nobody is left who could release it.\n"
                    "fix: release bank_alice, which bank_open() (recording_program.c:%u) takes, "
                    "before bank_pay() (recording_program.c:%u) locks it; or give callers that "
                    "hold it a function that does not lock.\n"
                    "locks: bank_alice\n"
                    "threads: 2\n"
                    "2 holds bank_alice in bank_open<bank_payer wants bank_alice in "
                    "bank_pay<bank_open<bank_payer\n",
                    bank_open(), bank_pay());
    snarl_report_free(report);
}

static void a_join_and_a_lock_make_a_deadlock(void **state)
{
    (void)state;
    struct sample sample;
    begin(&sample);
    sample_tell_join(&sample);
    struct snarl_report *report = analyse(&sample, false);
    assert_findings(report,
                    "error deadlock occurred \n"
                    "2 threads wait for each other: bank_bob. Each of them waits for what the next "
                    "one has.\n"
                    "fix: release bank_bob before the join in bank_close() "
                    "(recording_program.c:%u): the thread that is joined needs it to end.\n"
                    "locks: bank_bob\n"
                    "threads: 1 2\n"
                    "1 holds bank_bob in bank_close wants thread 2 in bank_close\n"
                    "2 wants bank_bob in bank_pay<bank_payer\n",
                    bank_close());
    snarl_report_free(report);
}

static void a_mutex_from_the_heap_is_named_by_its_making(void **state)
{
    (void)state;
    struct sample sample;
    begin(&sample);
    sample_tell_heap_cycle(&sample);
    struct snarl_report *report = analyse(&sample, false);
    assert_int_equal(report->finding_count, 1);
    char expected[128];
    for (unsigned id = 1; id <= 2; id++) {
        snprintf(expected, sizeof expected, "mutex %u made in bank_open() recording_program.c:%u",
                 id, bank_open());
        assert_string_equal(lock_name(report, id), expected);
    }
    snarl_report_free(report);
}

static void other_ways_stand_under_also(void **state)
{
    (void)state;
    struct sample sample;
    begin(&sample);
    sample_tell_cycle(&sample, false);
    sample_dependency(&sample, SAMPLE_PAYER, 0,
                      (struct snarl_held){SAMPLE_ALICE, sample_stack(&sample, bank_watch)},
                      (struct snarl_held){SAMPLE_BOB, sample_stack(&sample, bank_close)});
    struct snarl_report *report = analyse(&sample, false);
    assert_int_equal(report->finding_count, 1);
    const struct snarl_report_finding *finding = &report->findings[0];
    assert_int_equal(finding->also_count, 1);
    char *found = NULL;
    size_t size;
    FILE *out = open_memstream(&found, &size);
    print_steps(out, report, finding->also[0].steps, finding->also[0].step_count);
    fclose(out);
    assert_string_equal(found,
                        "3 holds bank_bob in bank_open<bank_refunder wants bank_alice in "
                        "bank_refund<bank_refunder\n"
                        "2 holds bank_alice in bank_watch wants bank_bob in bank_close\n");
    free(found);
    snarl_report_free(report);
}

static void edges_are_drawn_once(void **state)
{
    (void)state;
    struct sample sample;
    begin(&sample);
    uint32_t here = sample_stack(&sample, bank_watch);
    for (int i = 0; i < 3; i++) /* main does as the payer does, and one thing more */
        sample_dependency(&sample, i == 1 ? SAMPLE_MAIN : SAMPLE_PAYER, 0,
                          (struct snarl_held){SAMPLE_VAULT, here},
                          (struct snarl_held){i == 2 ? SAMPLE_BOB : SAMPLE_ALICE, here});
    sample_tell_cycle(&sample, false);
    struct snarl_report *report = analyse(&sample, false);
    char *found = NULL;
    size_t size;
    FILE *out = open_memstream(&found, &size);
    for (size_t i = 0; i < report->edge_count; i++) {
        const struct snarl_report_edge *edge = &report->edges[i];
        fprintf(out, "%s->%s by %u in %s%s\n", lock_name(report, edge->from),
                lock_name(report, edge->to), thread_number(report, edge->thread),
                edge->place->function, edge->in_cycle ? " on a cycle" : "");
    }
    fclose(out);
    assert_string_equal(found,
                        "bank_vault->bank_alice by 2 in bank_watch\n"
                        "bank_vault->bank_bob by 2 in bank_watch\n"
                        "bank_alice->bank_bob by 2 in bank_pay on a cycle\n"
                        "bank_bob->bank_alice by 3 in bank_refund on a cycle\n");
    free(found);
    assert_int_equal(report->statistics.dependencies, 5);
    snarl_report_free(report);
}

static void print_state(FILE *out, const struct snarl_report *report,
                        const struct snarl_report_state *state)
{
    fprintf(out, "%u after %s", thread_number(report, state->thread),
            state->last_call != NULL ? state->last_call : "?");
    print_stack(out, &state->last_stack);
    print_holds(out, report, state->holds, state->hold_count);
    fprintf(out, " waits for ");
    print_target(out, report, state->target, state->waits_for);
    fprintf(out, " %g s%s; stands", state->waiting_s, state->timed ? ", for a while" : "");
    print_stack(out, &state->now);
    fprintf(out, "\n");
}

static void a_hung_program_says_how_its_threads_stood(void **state)
{
    (void)state;
    struct sample sample;
    begin(&sample);
    sample_tell_hung(&sample);
    struct snarl_report *report = analyse(&sample, false);
    assert_int_equal(report->finding_count, 0);
    assert_int_equal(report->process_count, 1);
    const struct snarl_report_process *process = &report->processes[0];
    assert_true(process->watched);
    assert_true(process->ended);
    assert_int_equal(process->pid, getpid());
    assert_int_equal(process->argc, 2);
    assert_string_equal(process->argv[0], "./bank");
    assert_string_equal(process->argv[1], "--open");
    assert_null(process->argv[2]);
    assert_string_equal(report->argv[1], "--open");
    assert_int_equal(process->threads, 4);
    assert_int_equal(process->locks, 3);
    assert_true(process->duration_s == 3.0);
    assert_int_equal(report->statistics.acquisitions, 100 + 7 + 20 + 10 + 3);
    assert_int_equal(report->statistics.threads, 4);
    assert_int_equal(report->statistics.locks, 3);
    assert_no_losses(report);

    char *found = NULL;
    size_t size;
    FILE *out = open_memstream(&found, &size);
    for (size_t i = 0; i < process->state_count; i++)
        print_state(out, report, &process->states[i]);
    fclose(out);
    assert_string_equal(
        found,
        "1 after ? waits for nothing 0 s; stands\n"
        "2 after pthread_mutex_lock in bank_pay<bank_payer holds bank_alice in "
        "bank_pay<bank_payer waits for bank_bob 2.5 s; stands in bank_watch\n"
        "3 after pthread_cond_wait in bank_refund<bank_refunder waits for condition 1.5 s, "
        "for a while; stands\n");
    free(found);
    snarl_report_free(report);
}

static void one_that_ended_by_itself_has_no_states(void **state)
{
    (void)state;
    struct sample sample;
    begin(&sample);
    sample_tell_hung(&sample);
    sample_finish(&sample, 2500000000);
    struct snarl_report *report = analyse(&sample, false);
    assert_false(report->processes[0].ended);
    assert_int_equal(report->processes[0].state_count, 0);
    snarl_report_free(report);
}

static void deep_threads_are_a_loss(void **state)
{
    (void)state;
    struct sample sample;
    begin(&sample);
    struct snarl_thread_row rows[2] = {
        {.state = SNARL_ROW_ALIVE, .thread = SAMPLE_PAYER, .depth = SNARL_ROW_HELD + 1},
        {.state = SNARL_ROW_ALIVE, .thread = SAMPLE_REFUNDER, .depth = UINT32_MAX}};
    for (uint32_t i = 0; i < SNARL_ROW_HELD; i++)
        rows[0].held[i].lock = rows[1].held[i].lock = 100 + i;
    sample_table(&sample, rows, 2);
    struct snarl_report *report = analyse(&sample, false);
    const struct snarl_report_process *process = &report->processes[0];
    assert_int_equal(process->state_count, 2);
    assert_int_equal(process->states[0].hold_count, SNARL_ROW_HELD);
    assert_int_equal(process->states[1].hold_count, SNARL_ROW_HELD);
    assert_int_equal(report->loss_count, 1);
    assert_string_equal(report->losses[0],
                        "2 threads each held more than 40 locks at the end; the "
                        "innermost are not shown");
    snarl_report_free(report);
}

static void losses_are_told_in_words_and_once(void **state)
{
    (void)state;
    struct sample sample;
    begin(&sample);
    sample_loss(&sample, SNARL_LOSS_UNWINDER);
    sample_loss(&sample, SNARL_LOSS_WRITE);
    sample_loss(&sample, SNARL_LOSS_UNWINDER);
    sample_loss(&sample, 12345);
    struct snarl_report *report = analyse(&sample, false);
    assert_int_equal(report->loss_count, 3);
    assert_string_equal(report->losses[0],
                        "the recording could not be written to any more (disk "
                        "full, size limit)");
    assert_string_equal(report->losses[1],
                        "libunwind could not be loaded; stacks hold their "
                        "innermost frame only");
    assert_string_equal(report->losses[2], "something that this snarl has no word for");
    snarl_report_free(report);
}

/* A parent that starts a child that is watched, one that is not, and fails to start a third. */
static void processes_make_a_tree(void **state)
{
    (void)state;
    struct sample samples[2];
    begin(&samples[0]);
    sample_set_process(&samples[0], 100, 1000000000);
    sample_start(&samples[0], SNARL_START_EXEC, "/bin/missing", 100);
    sample_start(&samples[0], SNARL_START_SPAWN, "/bin/teller", 101);
    sample_start_failed(&samples[0]); /* the exec; the child was started meanwhile */
    sample_start(&samples[0], SNARL_START_SPAWN, "/bin/old", 102);
    sample_tell_cycle(&samples[0], false);
    sample_finish(&samples[0], 3000000000);
    begin(&samples[1]);
    sample_set_process(&samples[1], 101, 2000000000);
    sample_tell_hung(&samples[1]);
    sample_close(&samples[0]);
    sample_close(&samples[1]);

    struct snarl_report *report = analyse_many(samples, 2, false);
    assert_int_equal(report->process_count, 3);
    const struct snarl_report_process *processes = report->processes;
    assert_int_equal(processes[0].pid, 100);
    assert_true(processes[0].watched);
    assert_false(processes[0].ended);
    assert_true(processes[0].duration_s == 2.0);
    assert_int_equal(processes[1].pid, 101);
    assert_true(processes[1].ended);
    assert_int_equal(processes[1].state_count, 3);
    assert_int_equal(processes[2].pid, 102);
    assert_false(processes[2].watched);
    assert_string_equal(processes[2].argv[0], "/bin/old");
    assert_int_equal(processes[2].argc, 1);
    assert_string_equal(processes[2].unwatched_reason, "it left no recording");
    /* The threads and locks of each are its own. */
    const struct snarl_report_state *payer = &processes[1].states[1];
    assert_int_equal(snarl_report_thread_by_id(report, payer->thread)->process, 1);
    assert_int_equal(snarl_report_lock_by_id(report, payer->waits_for)->process, 1);
    const struct snarl_report_finding *finding = &report->findings[0];
    assert_int_equal(snarl_report_thread_by_id(report, finding->threads[0])->process, 0);
    assert_int_equal(snarl_report_lock_by_id(report, finding->locks[0])->process, 0);
    snarl_report_free(report);
}

static void an_older_process_of_the_same_pid_is_another(void **state)
{
    (void)state;
    struct sample samples[2];
    begin(&samples[0]);
    sample_set_process(&samples[0], 100, 2000000000);
    sample_start(&samples[0], SNARL_START_SPAWN, "/bin/teller", 101);
    begin(&samples[1]);
    sample_set_process(&samples[1], 101, 1000000000);
    sample_close(&samples[0]);
    sample_close(&samples[1]);
    struct snarl_report *report = analyse_many(samples, 2, false);
    assert_int_equal(report->process_count, 3);
    assert_false(report->processes[2].watched);
    snarl_report_free(report);
}

static void a_program_that_became_another_did_not_hang(void **state)
{
    (void)state;
    struct sample sample;
    begin(&sample);
    sample_start(&sample, SNARL_START_EXEC, "/bin/next", (uint64_t)getpid());
    struct snarl_report *report = analyse(&sample, false);
    assert_false(report->processes[0].ended);
    assert_int_equal(report->process_count, 2); /* what it became left no recording */
    assert_string_equal(report->processes[1].argv[0], "/bin/next");
    snarl_report_free(report);
}

static void findings_of_one_id_are_one(void **state)
{
    (void)state;
    struct sample samples[2];
    for (int i = 0; i < 2; i++) {
        begin(&samples[i]);
        sample_tell_cycle(&samples[i], false);
        sample_tell_relock(&samples[i]);
        sample_close(&samples[i]);
    }
    struct snarl_report *report = analyse_many(samples, 2, false);
    assert_int_equal(report->finding_count, 2);
    for (int i = 0; i < 2; i++) {
        const struct snarl_report_finding *finding = &report->findings[i];
        assert_int_equal(finding->also_count, 1);
        assert_int_equal(finding->also[0].step_count, finding->step_count);
        unsigned thread = finding->also[0].steps[0].thread;
        assert_int_equal(snarl_report_thread_by_id(report, finding->threads[0])->process, 0);
        assert_int_equal(snarl_report_thread_by_id(report, thread)->process, 1);
    }
    assert_int_equal(report->edge_count, 4); /* two for each process */
    snarl_report_free(report);
}

static void (*const stories[])(struct sample *) = {
    sample_tell_deadlock,   sample_tell_relock,     sample_tell_join,
    sample_tell_heap_cycle, sample_tell_everything,
};

/* The ids of all findings, sorted and one behind the other. The caller frees them. */
static char *ids_of(void (*tell)(struct sample *), const struct sample_style *style)
{
    struct sample sample;
    sample_begin(&sample, directory, style);
    if (tell != sample_tell_everything)
        sample_tell_bank(&sample);
    tell(&sample);
    struct snarl_report *report = analyse(&sample, true);
    assert_true(report->finding_count > 0);
    char ids[8][17];
    assert_true(report->finding_count <= 8);
    for (size_t i = 0; i < report->finding_count; i++)
        memcpy(ids[i], report->findings[i].id, sizeof ids[i]);
    qsort(ids, report->finding_count, sizeof ids[0], (int (*)(const void *, const void *))strcmp);
    char *all = calloc(report->finding_count, sizeof ids[0]);
    for (size_t i = 0; i < report->finding_count; i++)
        strcat(all, ids[i]);
    snarl_report_free(report);
    return all;
}

static void ids_do_not_depend_on_how_it_is_told(void **state)
{
    (void)state;
    const struct sample_style styles[] = {
        {.moved = 0x123456000},
        {.mirror = 1000},
        {.reversed = true},
        {.moved = 0x7000000, .mirror = UINT32_MAX, .reversed = true},
    };
    for (size_t story = 0; story < sizeof stories / sizeof stories[0]; story++) {
        char *ids = ids_of(stories[story], &plain);
        for (size_t i = 0; i < sizeof styles / sizeof styles[0]; i++) {
            char *others = ids_of(stories[story], &styles[i]);
            assert_string_equal(others, ids);
            free(others);
        }
        free(ids);
    }
}

static void different_stories_have_different_ids(void **state)
{
    (void)state;
    enum {
        COUNT = 4
    }; /* without the one that holds the others */
    char *ids[COUNT];
    for (size_t i = 0; i < COUNT; i++) {
        ids[i] = ids_of(stories[i], &plain);
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(ids[i], ids[j]);
    }
    for (size_t i = 0; i < COUNT; i++)
        free(ids[i]);
}

static void everything_at_once_comes_in_order(void **state)
{
    (void)state;
    struct sample sample;
    sample_begin(&sample, directory, &plain);
    sample_tell_everything(&sample);
    struct snarl_report *report = analyse(&sample, true);
    assert_int_equal(report->finding_count, 4);
    const enum snarl_finding_kind kinds[] = {SNARL_FINDING_SELF_DEADLOCK, SNARL_FINDING_DEADLOCK,
                                             SNARL_FINDING_DEADLOCK,
                                             SNARL_FINDING_LOCK_ORDER_CYCLE};
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(report->findings[i].kind, kinds[i]);
    assert_int_equal(report->statistics.dependencies, 6);
    assert_int_equal(report->loss_count, 1);
    assert_true(report->processes[0].duration_s == 3.5);
    snarl_report_free(report);
}

/* A later library in the same place must not lend its names to what was there before. */
static void what_was_unloaded_keeps_no_later_name(void **state)
{
    (void)state;
    struct sample sample;
    sample_begin(&sample, directory, &plain);
    sample_thread(&sample, SAMPLE_MAIN, "bank", NULL);
    sample_thread(&sample, SAMPLE_PAYER, "payer", bank_payer);
    sample_lock(&sample, SAMPLE_ALICE, (uintptr_t)&bank_alice, 0, 0);
    sample_tell_relock(&sample);
    sample_tell_bank(&sample); /* the program's file is mapped only now */
    struct snarl_report *report = analyse(&sample, false);
    assert_int_equal(report->finding_count, 1);
    const struct snarl_report_step *step = &report->findings[0].steps[0];
    assert_string_equal(lock_name(report, step->wants), "mutex 1");
    assert_null(step->stack.frames[0].function);
    assert_null(snarl_report_thread_by_id(report, step->thread)->start);
    snarl_report_free(report);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, enter, leave)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(names_and_lines_are_those_of_the_source),
        TEST(a_cycle_is_predicted),
        TEST(what_cannot_happen_is_kept_only_on_request),
        TEST(a_deadlock_has_occurred),
        TEST(another_cycle_beside_a_deadlock_is_predicted),
        TEST(a_thread_waits_for_itself),
        TEST(a_join_and_a_lock_make_a_deadlock),
        TEST(a_mutex_from_the_heap_is_named_by_its_making),
        TEST(other_ways_stand_under_also),
        TEST(edges_are_drawn_once),
        TEST(a_hung_program_says_how_its_threads_stood),
        TEST(one_that_ended_by_itself_has_no_states),
        TEST(deep_threads_are_a_loss),
        TEST(losses_are_told_in_words_and_once),
        TEST(processes_make_a_tree),
        TEST(an_older_process_of_the_same_pid_is_another),
        TEST(a_program_that_became_another_did_not_hang),
        TEST(findings_of_one_id_are_one),
        TEST(ids_do_not_depend_on_how_it_is_told),
        TEST(different_stories_have_different_ids),
        TEST(everything_at_once_comes_in_order),
        TEST(what_was_unloaded_keeps_no_later_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
