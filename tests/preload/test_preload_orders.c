/* Lock orders of real programs: what can deadlock is predicted, and its twin that cannot is not. */
#include <string.h>

#include "support/cmocka_all.h"
#include "watched.h"

#define NAMES(...) ((const char *const[]){__VA_ARGS__, NULL})

static void check_cycle(const char *what, enum snarl_severity severity, const char *const *names)
{
    struct watched watched = WATCH(NULL, "orders", what);
    assert_string_equal(watched.result.error, "");
    assert_int_equal(watched.result.status, 0);
    watched_only_finding(&watched, SNARL_FINDING_LOCK_ORDER_CYCLE, SNARL_PREDICTED, severity,
                         names);
    watched_free(&watched);
}

static const struct snarl_report_step *step_in(const struct snarl_report_finding *finding,
                                               const char *function)
{
    for (size_t i = 0; i < finding->step_count; i++)
        if (strcmp(watched_function(&finding->steps[i].stack), function) == 0)
            return &finding->steps[i];
    fail_msg("no step in %s", function);
    return NULL;
}

static void check_step(const struct watched *watched, const struct snarl_report_step *step,
                       const char *thread, const char *holds, const char *wants)
{
    const struct snarl_report *report = watched->report;
    assert_string_equal(snarl_report_thread_by_id(report, step->thread)->name, thread);
    assert_int_equal(step->hold_count, 1);
    assert_string_equal(snarl_report_lock_by_id(report, step->holds[0].lock)->name, holds);
    assert_string_equal(snarl_report_lock_by_id(report, step->wants)->name, wants);
    assert_int_equal(step->target, SNARL_TARGET_LOCK);
}

static void a_latent_deadlock_is_predicted(void **state)
{
    (void)state;
    struct watched watched = WATCH(NULL, "orders", "abba");
    assert_int_equal(watched.result.status, 0);
    const struct snarl_report_finding *finding =
        watched_only_finding(&watched, SNARL_FINDING_LOCK_ORDER_CYCLE, SNARL_PREDICTED, SNARL_ERROR,
                             NAMES("alice", "bob"));
    assert_int_equal(finding->step_count, 2);
    check_step(&watched, step_in(finding, "pay"), "payer", "alice", "bob");
    check_step(&watched, step_in(finding, "refund"), "refunder", "bob", "alice");
    assert_int_equal(watched.report->statistics.threads, 3);
    watched_free(&watched);
}

static void without_the_detector_nothing_is_predicted(void **state)
{
    (void)state;
    struct watched watched = WATCH("detect_deadlocks=0", "orders", "abba");
    watched_check_complete(&watched);
    assert_int_equal(watched.report->finding_count, 0);
    assert_int_equal(watched.report->statistics.dependencies, 0);
    assert_true(watched.report->statistics.acquisitions >= 4);
    watched_free(&watched);
}

static void orders_that_cannot_deadlock_are_not_reported(void **state)
{
    (void)state;
    UNHARMED(4, "orders", "ordered");
    UNHARMED(6, "orders", "gated");
    UNHARMED(4, "orders", "tried");
    UNHARMED(6, "orders", "relocked");
    UNHARMED(6, "orders", "relocked-robust");
    UNHARMED(4, "orders", "condition-alone");
    const struct watch released = {
        .arguments = (const char *const[]){"orders", "released-by-another", NULL}};
    watched_check_same(&released, 5, 1);
}

static void acquisitions_are_counted_exactly(void **state)
{
    (void)state;
    struct watched watched = WATCH(NULL, "orders", "one-thread");
    watched_check_complete(&watched);
    assert_int_equal(watched.report->finding_count, 0);
    assert_int_equal(watched.report->statistics.acquisitions, 4);
    assert_int_equal(watched.report->statistics.dependencies, 2);
    assert_int_equal(watched.report->statistics.locks, 2);
    assert_int_equal(watched.report->statistics.threads, 1);
    watched_free(&watched);
}

static void a_lock_that_was_tried_is_held(void **state)
{
    (void)state;
    check_cycle("tried-first", SNARL_ERROR, NAMES("alice", "bob"));
}

static void a_cycle_that_times_out_is_a_warning(void **state)
{
    (void)state;
    check_cycle("timed", SNARL_WARNING, NAMES("alice", "bob"));
    check_cycle("clocked", SNARL_WARNING, NAMES("alice", "bob"));
}

static void a_condition_wait_takes_its_mutex_again(void **state)
{
    (void)state;
    check_cycle("condition", SNARL_ERROR, NAMES("alice", "bob"));
}

static void release_in_any_order(void **state)
{
    (void)state;
    struct watched watched = WATCH(NULL, "orders", "out-of-order");
    watched_check_complete(&watched);
    assert_int_equal(watched.report->finding_count, 0);
    /* alice -> gate, gate -> bob, and bob -> alice of the other thread close a circle of three, but
     * never with two threads: alice is given back before bob is taken. */
    assert_int_equal(watched.report->statistics.dependencies, 3);
    watched_free(&watched);
}

static void a_failed_release_releases_nothing(void **state)
{
    (void)state;
    struct watched watched = WATCH(NULL, "orders", "failed-release-by-another");
    watched_check_complete(&watched);
    assert_int_equal(watched.report->finding_count, 2);
    const struct snarl_report_finding *cycle = &watched.report->findings[0];
    assert_int_equal(cycle->kind, SNARL_FINDING_LOCK_ORDER_CYCLE);
    assert_int_equal(cycle->severity, SNARL_ERROR);
    assert_int_equal(cycle->lock_count, 2);
    const struct snarl_report_finding *release = &watched.report->findings[1];
    assert_int_equal(release->kind, SNARL_FINDING_UNLOCK_NOT_OWNER);
    assert_int_equal(release->severity, SNARL_WARNING);
    watched_free(&watched);
}

static void two_hundred_locks_held_at_once(void **state)
{
    (void)state;
    struct watched watched = WATCH(NULL, "orders", "many-held");
    const struct snarl_report_finding *finding =
        watched_only_finding(&watched, SNARL_FINDING_LOCK_ORDER_CYCLE, SNARL_PREDICTED, SNARL_ERROR,
                             NAMES("many[198]", "many[199]"));
    size_t most = 0;
    for (size_t i = 0; i < finding->step_count; i++)
        most = finding->steps[i].hold_count > most ? finding->steps[i].hold_count : most;
    assert_int_equal(most, 199);
    watched_free(&watched);
}

static void a_recursive_lock_is_held_to_the_last(void **state)
{
    (void)state;
    check_cycle("recursion", SNARL_ERROR, NAMES("alice", "deep"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_latent_deadlock_is_predicted),
        cmocka_unit_test(without_the_detector_nothing_is_predicted),
        cmocka_unit_test(orders_that_cannot_deadlock_are_not_reported),
        cmocka_unit_test(acquisitions_are_counted_exactly),
        cmocka_unit_test(a_lock_that_was_tried_is_held),
        cmocka_unit_test(a_cycle_that_times_out_is_a_warning),
        cmocka_unit_test(a_condition_wait_takes_its_mutex_again),
        cmocka_unit_test(release_in_any_order),
        cmocka_unit_test(a_failed_release_releases_nothing),
        cmocka_unit_test(two_hundred_locks_held_at_once),
        cmocka_unit_test(a_recursive_lock_is_held_to_the_last),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
