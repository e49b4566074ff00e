/* Strange contexts: forks, signals, cancellation, threads of unknown origin. All run unharmed. */
#include <string.h>

#include "support/cmocka_all.h"
#include "watched.h"

static void children_leave_recordings_of_their_own(void **state)
{
    (void)state;
    struct watched watched = WATCH(NULL, "forks", "in-a-child");
    assert_int_equal(watched.result.status, 0);
    assert_string_equal(watched.result.error, "");
    watched_check_complete(&watched);
    assert_int_equal(watched.recording_count, 2);
    assert_int_equal(watched.report->statistics.acquisitions, 6);
    watched_free(&watched);
}

static void what_was_held_at_fork_is_held_in_the_child(void **state)
{
    (void)state;
    struct watched watched = WATCH(NULL, "forks", "held-at-fork");
    assert_int_equal(watched.result.status, 0);
    watched_check_complete(&watched);
    assert_int_equal(watched.recording_count, 2);
    assert_int_equal(watched.report->statistics.dependencies, 1); /* alice, then bob: the child */
    assert_int_equal(watched.report->statistics.acquisitions, 2);
    watched_free(&watched);
}

static void children_of_every_make(void **state)
{
    (void)state;
    UNHARMED(4, "forks", "child-of-a-child");
    UNHARMED(6, "forks", "raw");
    UNHARMED(6, "forks", "vfork");
    UNHARMED(200, "forks", "under-signals");
}

static void children_of_threads_that_lock(void **state)
{
    (void)state;
    UNHARMED(800, "forks", "while-others-lock");
}

/* Such a child may do without libunwind, and then says so; but it does not hang. */
static void raw_children_of_threads_that_lock(void **state)
{
    (void)state;
    struct watched watched = WATCH(NULL, "forks", "raw-while-others-lock");
    assert_int_equal(watched.result.status, 0);
    assert_string_equal(watched.result.error, "");
    assert_int_equal(watched.recording_count, 201);
    for (size_t i = 0; i < watched.report->loss_count; i++)
        assert_non_null(strstr(watched.report->losses[i], "libunwind"));
    assert_true(watched.report->statistics.acquisitions >= 800);
    watched_free(&watched);
}

static void handlers_that_lock(void **state)
{
    (void)state;
    UNHARMED(6000, "signals", "locking");
}

/* There is no room to unwind in, and the report says so. */
static void handlers_that_lock_on_a_small_stack(void **state)
{
    (void)state;
    struct watched watched = WATCH(NULL, "signals", "locking-on-a-small-stack");
    assert_int_equal(watched.result.status, 0);
    assert_string_equal(watched.result.error, "");
    assert_int_equal(watched.report->loss_count, 1);
    assert_non_null(strstr(watched.report->losses[0], "innermost frame only"));
    assert_int_equal(watched.report->finding_count, 0);
    assert_true(watched.report->statistics.acquisitions >= 6000);
    watched_free(&watched);
}

static void handlers_that_jump_out(void **state)
{
    (void)state;
    UNHARMED(3000, "signals", "jumping");
}

static void handlers_that_jump_out_of_a_wait(void **state)
{
    (void)state;
    UNHARMED(4, "signals", "out-of-a-wait");
}

/* The two locks of the cleanup handler, alice behind bob, say that bob was held in it. */
static void a_cancelled_wait_holds_its_mutex_in_the_handlers(void **state)
{
    (void)state;
    struct watched watched = WATCH(NULL, "cancelled", "in-a-condition-wait");
    assert_int_equal(watched.result.status, 0);
    watched_check_complete(&watched);
    assert_int_equal(watched.report->finding_count, 0);
    /* And as many wants of the loader's list, where the unwinder of that compiler reads it. */
    uint64_t dependencies = watched.report->statistics.dependencies;
    assert_true(dependencies == 100 || dependencies == 200);
    assert_int_equal(watched.report->statistics.threads, 101);
    watched_free(&watched);
}

static void cancellation(void **state)
{
    (void)state;
    UNHARMED(0, "cancelled", "in-a-join");
    UNHARMED(20, "cancelled", "pending");
}

static void cancellation_at_any_moment(void **state)
{
    (void)state;
    /* Each of two places may be the last at which a thread took a lock. */
    watched_check_same(
        &(struct watch){.arguments = (const char *const[]){"cancelled", "at-any-moment", NULL}},
        1000, 2);
}

static void small_stacks(void **state)
{
    (void)state;
    UNHARMED(100, "cancelled", "small-stacks");
}

static void the_last_thread_ends_the_recording(void **state)
{
    (void)state;
    struct watched watched = watched_run(&(struct watch){
        .arguments = (const char *const[]){"cancelled", "last-thread", NULL}, .loud = true});
    assert_int_equal(watched.result.status, 0);
    assert_int_equal(strncmp(watched.result.error, "snarl: nothing found, recording in ", 35), 0);
    watched_check_complete(&watched);
    assert_false(watched.report->processes[0].ended);
    /* The loader's list is the third, where the unwinder of that compiler reads it. */
    uint64_t acquisitions = watched.report->statistics.acquisitions;
    assert_true(acquisitions == 2 || acquisitions == 3);
    watched_free(&watched);
}

static void threads_of_timers(void **state)
{
    (void)state;
    UNHARMED(400, "cancelled", "timers");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(children_leave_recordings_of_their_own),
        cmocka_unit_test(what_was_held_at_fork_is_held_in_the_child),
        cmocka_unit_test(children_of_every_make),
        cmocka_unit_test(children_of_threads_that_lock),
        cmocka_unit_test(raw_children_of_threads_that_lock),
        cmocka_unit_test(handlers_that_lock),
        cmocka_unit_test(handlers_that_lock_on_a_small_stack),
        cmocka_unit_test(handlers_that_jump_out),
        cmocka_unit_test(handlers_that_jump_out_of_a_wait),
        cmocka_unit_test(a_cancelled_wait_holds_its_mutex_in_the_handlers),
        cmocka_unit_test(cancellation),
        cmocka_unit_test(cancellation_at_any_moment),
        cmocka_unit_test(small_stacks),
        cmocka_unit_test(the_last_thread_ends_the_recording),
        cmocka_unit_test(threads_of_timers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
