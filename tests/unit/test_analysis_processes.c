/* What a report says of the processes: how they stood, what they lost, whom they started. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bank_ask.h"
#include "core/objects.h"
#include "recording_ask.h"

static void print_state(FILE *out, const struct snarl_report *report,
                        const struct snarl_report_state *state)
{
    fprintf(out, "%u after %s", bank_thread_number(report, state->thread),
            state->last_call != NULL ? state->last_call : "?");
    bank_print_stack(out, &state->last_stack);
    bank_print_holds(out, report, state->holds, state->hold_count);
    fprintf(out, " waits for ");
    bank_print_target(out, report, state->target, state->waits_for);
    fprintf(out, " %g s%s; stands", state->waiting_s, state->timed ? ", for a while" : "");
    bank_print_stack(out, &state->now);
    fprintf(out, "\n");
}

static void a_hung_program_says_how_its_threads_stood(void **state)
{
    (void)state;
    struct sample sample;
    bank_begin(&sample);
    sample_tell_hung(&sample);
    struct snarl_report *report = bank_end(&sample, false);
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
    assert_int_equal(report->loss_count, 0);

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
        "3 after pthread_cond_wait in bank_refund<bank_refunder waits for condition bank_news 1.5 "
        "s, for a while; stands\n");
    free(found);
    snarl_report_free(report);
}

/* What is waited for need not be written down as a fact of its own: the row says what it is. */
static void every_kind_of_wait_has_its_object(void **state)
{
    (void)state;
    struct sample sample;
    bank_begin(&sample);
    const struct {
        uint32_t want, kind, flags;
    } waits[] = {
        {SNARL_WANTS_SEMAPHORE, SNARL_OBJECT_SEMAPHORE, SNARL_WANT_ROW_PROCESS_SHARED},
        {SNARL_WANTS_BARRIER, SNARL_OBJECT_BARRIER, 0},
        {SNARL_WANTS_END_OF_WAITS, SNARL_OBJECT_CONDITION, 0},
        {SNARL_WANTS_LOCK, SNARL_OBJECT_RWLOCK, SNARL_WANT_ROW_SHARED | SNARL_WANT_ROW_TIMED},
        {SNARL_WANTS_CONDITION, SNARL_OBJECT_NONE, 0}, /* of which nothing is known */
        {1000, SNARL_OBJECT_MUTEX, 0},
    };
    enum {
        WAITS = sizeof waits / sizeof waits[0]
    };
    struct snarl_thread_row rows[WAITS];
    memset(rows, 0, sizeof rows);
    for (uint32_t i = 0; i < WAITS; i++) {
        rows[i] = (struct snarl_thread_row){.state = SNARL_ROW_ALIVE,
                                            .thread = 1 + i,
                                            .sequence = 1,
                                            .want_kind = waits[i].want,
                                            .want_flags = waits[i].flags};
        if (waits[i].kind == SNARL_OBJECT_NONE)
            continue;
        rows[i].want_object = 70 + i;
        rows[i].want_described =
            (struct snarl_row_object){.object = 70 + i, .kind = waits[i].kind, .address = 16};
    }
    rows[0].depth = 1;
    rows[0].held[0] = (struct snarl_held){.lock = SAMPLE_BOB, .shared = 1};
    sample_table(&sample, rows, WAITS);
    struct snarl_report *report = bank_end(&sample, false);
    const struct snarl_report_process *process = &report->processes[0];
    assert_int_equal(process->state_count, WAITS);
    const char *const expected[WAITS] = {"semaphore semaphore 2",
                                         "barrier barrier 3",
                                         "end of use condition variable 4",
                                         "rwlock 5",
                                         "condition nothing",
                                         "nothing"};
    for (size_t i = 0; i < WAITS; i++) {
        char *found = NULL;
        size_t size;
        FILE *out = open_memstream(&found, &size);
        bank_print_target(out, report, process->states[i].target, process->states[i].waits_for);
        fclose(out);
        assert_string_equal(found, expected[i]);
        free(found);
        assert_int_equal(process->states[i].shared, i == 3);
        assert_int_equal(process->states[i].timed, i == 3);
    }
    assert_true(process->states[0].holds[0].shared);
    snarl_report_free(report);
}

static void one_that_ended_by_itself_has_no_states(void **state)
{
    (void)state;
    struct sample sample;
    bank_begin(&sample);
    sample_tell_hung(&sample);
    sample_finish(&sample, 2500000000);
    struct snarl_report *report = bank_end(&sample, false);
    assert_false(report->processes[0].ended);
    assert_int_equal(report->processes[0].state_count, 0);
    snarl_report_free(report);
}

static void deep_threads_are_a_loss(void **state)
{
    (void)state;
    struct sample sample;
    bank_begin(&sample);
    struct snarl_thread_row rows[2] = {
        {.state = SNARL_ROW_ALIVE, .thread = SAMPLE_PAYER, .depth = SNARL_ROW_HELD + 1},
        {.state = SNARL_ROW_ALIVE, .thread = SAMPLE_REFUNDER, .depth = UINT32_MAX}};
    for (uint32_t i = 0; i < SNARL_ROW_HELD; i++)
        rows[0].held[i].lock = rows[1].held[i].lock = 100 + i;
    sample_table(&sample, rows, 2);
    struct snarl_report *report = bank_end(&sample, false);
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
    bank_begin(&sample);
    sample_loss(&sample, SNARL_LOSS_UNWINDER);
    sample_loss(&sample, SNARL_LOSS_WRITE);
    sample_loss(&sample, SNARL_LOSS_UNWINDER);
    sample_loss(&sample, 12345);
    struct snarl_report *report = bank_end(&sample, false);
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
    bank_begin(&samples[0]);
    sample_set_process(&samples[0], 100, 1000000000);
    sample_start(&samples[0], SNARL_START_EXEC, "/bin/missing", 100);
    sample_start(&samples[0], SNARL_START_SPAWN, "/bin/teller", 101);
    sample_start_failed(&samples[0]); /* the exec; the child was started meanwhile */
    sample_start(&samples[0], SNARL_START_SPAWN, "/bin/old", 102);
    sample_tell_cycle(&samples[0], false);
    sample_finish(&samples[0], 3000000000);
    bank_begin(&samples[1]);
    sample_set_process(&samples[1], 101, 2000000000);
    sample_tell_hung(&samples[1]);
    sample_close(&samples[0]);
    sample_close(&samples[1]);

    struct snarl_report *report = bank_analyse(samples, 2, false);
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
    bank_begin(&samples[0]);
    sample_set_process(&samples[0], 100, 2000000000);
    sample_start(&samples[0], SNARL_START_SPAWN, "/bin/teller", 101);
    bank_begin(&samples[1]);
    sample_set_process(&samples[1], 101, 1000000000);
    sample_close(&samples[0]);
    sample_close(&samples[1]);
    struct snarl_report *report = bank_analyse(samples, 2, false);
    assert_int_equal(report->process_count, 3);
    assert_false(report->processes[2].watched);
    snarl_report_free(report);
}

static void a_program_that_became_another_did_not_hang(void **state)
{
    (void)state;
    struct sample sample;
    bank_begin(&sample);
    sample_start(&sample, SNARL_START_EXEC, "/bin/next", (uint64_t)getpid());
    struct snarl_report *report = bank_end(&sample, false);
    assert_false(report->processes[0].ended);
    assert_int_equal(report->process_count, 2); /* what it became left no recording */
    assert_string_equal(report->processes[1].argv[0], "/bin/next");
    snarl_report_free(report);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_hung_program_says_how_its_threads_stood),
        TEST(every_kind_of_wait_has_its_object),
        TEST(one_that_ended_by_itself_has_no_states),
        TEST(deep_threads_are_a_loss),
        TEST(losses_are_told_in_words_and_once),
        TEST(processes_make_a_tree),
        TEST(an_older_process_of_the_same_pid_is_another),
        TEST(a_program_that_became_another_did_not_hang),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
