/* Deadlocks that happen: reported by who closes them, and then what the option says. */
#include <signal.h>
#include <string.h>

#include "support/cmocka_all.h"
#include "watched.h"

static const struct row {
    const char *what;
    enum snarl_finding_kind kind;
    size_t steps;
    size_t locks;
    bool differs; /* libc hangs or refuses, by version; the others hang */
} rows[] = {
    {"ring-of-2", SNARL_FINDING_DEADLOCK, 2, 2, false},
    {"ring-of-3", SNARL_FINDING_DEADLOCK, 3, 3, false},
    {"ring-of-50", SNARL_FINDING_DEADLOCK, 50, 50, false},
    {"relock", SNARL_FINDING_SELF_DEADLOCK, 1, 1, false},
    {"join-at-once", SNARL_FINDING_DEADLOCK, 2, 1, false},
    {"join-later", SNARL_FINDING_DEADLOCK, 2, 1, false},
    {"mutual-joins", SNARL_FINDING_DEADLOCK, 2, 0, true},
    {"condition", SNARL_FINDING_DEADLOCK, 2, 2, false},
};

enum {
    ROWS = sizeof rows / sizeof rows[0]
};

static void check_found(const struct watched *watched, const struct row *row)
{
    watched_check_complete(watched);
    assert_true(watched->report->finding_count >= 1);
    const struct snarl_report_finding *finding = &watched->report->findings[0];
    assert_string_equal(snarl_finding_name(finding->kind), snarl_finding_name(row->kind));
    assert_int_equal(finding->status, SNARL_OCCURRED);
    assert_int_equal(finding->severity, SNARL_ERROR);
    assert_int_equal(finding->step_count, row->steps);
    assert_int_equal(finding->lock_count, row->locks);
    for (size_t i = 1; i < watched->report->finding_count; i++)
        assert_int_not_equal(watched->report->findings[i].status, SNARL_OCCURRED);
}

static void abort_ends_the_program_at_once(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROWS; i++) {
        struct watched watched = WATCH("on-deadlock=abort", "deadlocks", rows[i].what);
        assert_int_equal(watched.result.status, 66);
        assert_string_equal(watched.result.error, "");
        check_found(&watched, &rows[i]);
        watched_free(&watched);
    }
}

static void abort_takes_the_exit_status_that_is_asked_for(void **state)
{
    (void)state;
    struct watched watched = WATCH("on-deadlock=abort:exitcode=9", "deadlocks", "ring-of-2");
    assert_int_equal(watched.result.status, 9);
    watched_free(&watched);
}

/* libc refuses: there is no deadlock, whatever the option. */
static void a_join_of_oneself_is_misuse(void **state)
{
    (void)state;
    struct watched watched = WATCH("on-deadlock=abort", "deadlocks", "join-self");
    watched_check_complete(&watched);
    assert_int_equal(watched.report->finding_count, 1);
    assert_string_equal(snarl_finding_name(watched.report->findings[0].kind), "join-self");
    watched_free(&watched);
}

static int native_status(const char *what)
{
    struct watched native = watched_run(&(struct watch){
        .arguments = (const char *const[]){"deadlocks", what, NULL}, .plain = true});
    int status = native.result.status;
    watched_free(&native);
    return status;
}

static void report_leaves_it_hung(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROWS; i++) {
        struct watched watched = WATCH("on-deadlock=report", "deadlocks", rows[i].what);
        int status = 128 + SIGALRM;
        if (rows[i].differs)
            status = native_status(rows[i].what);
        assert_int_equal(watched.result.status, status);
        check_found(&watched, &rows[i]);
        watched_free(&watched);
    }
}

static void edeadlk_lets_it_go_on(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROWS; i++) {
        struct watched watched = WATCH("on-deadlock=edeadlk", "deadlocks", rows[i].what);
        assert_int_equal(watched.result.status, 0);
        assert_string_equal(watched.result.output, "refused 1\n");
        check_found(&watched, &rows[i]);
        watched_free(&watched);
    }
}

static void without_the_detector_it_just_hangs(void **state)
{
    (void)state;
    struct watched watched = WATCH("detect_deadlocks=0:on-deadlock=abort", "deadlocks", "relock");
    assert_int_equal(watched.result.status, 128 + SIGALRM);
    watched_check_complete(&watched);
    assert_int_equal(watched.report->finding_count, 0);
    watched_free(&watched);
}

/* Every thread's wait and holdings are in the recording of a program that was killed. */
static void a_hung_program_says_who_waits_for_what(void **state)
{
    (void)state;
    struct watched watched = WATCH("detect_deadlocks=0", "deadlocks", "ring-of-3");
    const struct snarl_report_process *process = &watched.report->processes[0];
    assert_true(process->ended);
    assert_int_equal(process->state_count, 4);
    assert_int_equal(process->states[0].target, SNARL_TARGET_THREAD);
    for (size_t i = 1; i < 4; i++) {
        assert_int_equal(process->states[i].target, SNARL_TARGET_LOCK);
        assert_int_equal(process->states[i].hold_count, 1);
        assert_string_equal(process->states[i].last_call, "pthread_mutex_lock");
        assert_int_not_equal(process->states[i].waits_for, process->states[i].holds[0].lock);
    }
    watched_free(&watched);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(abort_ends_the_program_at_once),
        cmocka_unit_test(a_join_of_oneself_is_misuse),
        cmocka_unit_test(abort_takes_the_exit_status_that_is_asked_for),
        cmocka_unit_test(report_leaves_it_hung),
        cmocka_unit_test(edeadlk_lets_it_go_on),
        cmocka_unit_test(without_the_detector_it_just_hangs),
        cmocka_unit_test(a_hung_program_says_who_waits_for_what),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
