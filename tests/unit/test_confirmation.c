/* What confirms a prediction, and what does not; and why a run that was steered did not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "analysis/confirmation.h"
#include "report_build.h"
#include "report_sample.h"

static struct snarl_report *report, *run;
static struct snarl_report_finding *predicted, *live;

static int begin(void **state)
{
    (void)state;
    report = sample_transfer();
    run = sample_transfer();
    predicted = &report->findings[0];
    live = &run->findings[0];
    live->kind = SNARL_FINDING_DEADLOCK;
    live->status = SNARL_OCCURRED;
    return 0;
}

static int end(void **state)
{
    (void)state;
    snarl_report_free(run);
    snarl_report_free(report);
    return 0;
}

static bool is_confirmed(void)
{
    return snarl_confirmation_find(report, predicted, run) == live;
}

/* One frame of a stack is another one. */
static void change_frame(struct snarl_stack *stack, size_t index)
{
    stack->frames[index].offset += 4;
}

static void the_same_circle_confirms(void **state)
{
    (void)state;
    assert_true(is_confirmed());
    /* Where it begins does not matter. */
    struct snarl_report_step first = live->steps[0];
    live->steps[0] = live->steps[1];
    live->steps[1] = first;
    assert_true(is_confirmed());
}

static void numbers_and_addresses_do_not_count(void **state)
{
    (void)state;
    for (size_t i = 0; i < run->lock_count; i++)
        run->locks[i].address += 4096;
    for (size_t i = 0; i < run->thread_count; i++)
        run->threads[i].tid += 100;
    assert_true(is_confirmed());
}

/* Each of these differs from what confirms in one line. */
static void another_place_does_not(void **state)
{
    (void)state;
    change_frame(&live->steps[0].stack, 0);
    assert_false(is_confirmed());
}

static void another_caller_does_not(void **state)
{
    (void)state;
    change_frame(&live->steps[1].stack, 2);
    assert_false(is_confirmed());
}

static void a_lock_taken_elsewhere_does_not(void **state)
{
    (void)state;
    change_frame(&live->steps[1].holds[0].stack, 0);
    assert_false(is_confirmed());
}

static void another_lock_does_not(void **state)
{
    (void)state;
    run->locks[1].name = "carol.lock";
    assert_false(is_confirmed());
}

static void a_lock_made_elsewhere_does_not(void **state)
{
    (void)state;
    report->locks[0].name = "mutex 1 made in open_account() bank.c:12";
    run->locks[0].name = "mutex 7 made in open_account() bank.c:12";
    assert_true(is_confirmed());
    change_frame(&run->locks[0].created, 0);
    assert_false(is_confirmed());
}

static void another_thread_does_not(void **state)
{
    (void)state;
    run->threads[2].created = STACK(run, USER("main", "/home/ann/src/bank.c", 99));
    report->threads[2].created = STACK(report, USER("main", "/home/ann/src/bank.c", 60));
    assert_false(is_confirmed());
}

static void the_main_thread_is_no_other(void **state)
{
    (void)state;
    live->steps[1].thread = 1;
    assert_false(is_confirmed());
}

static void what_is_only_predicted_again_does_not(void **state)
{
    (void)state;
    live->status = SNARL_PREDICTED;
    assert_false(is_confirmed());
}

static void another_hang_does_not(void **state)
{
    (void)state;
    live->kind = SNARL_FINDING_ALL_THREADS_BLOCKED;
    assert_false(is_confirmed());
}

static void a_longer_circle_does_not(void **state)
{
    (void)state;
    live->step_count = 3;
    live->steps = build_copy(
        run, (struct snarl_report_step[]){live->steps[0], live->steps[1], live->steps[0]}, 3,
        sizeof *live->steps);
    assert_false(is_confirmed());
}

static void another_way_there_does(void **state)
{
    (void)state;
    change_frame(&live->steps[0].stack, 0);
    struct snarl_report_step *steps =
        build_copy(report, predicted->steps, 2, sizeof *predicted->steps);
    steps[0].stack = build_stack(report, steps[0].stack.frames, steps[0].stack.count);
    change_frame(&steps[0].stack, 0);
    predicted->also = snarl_report_allocate(report, 1, sizeof *predicted->also);
    predicted->also[0] = (struct snarl_report_variant){steps, 2};
    predicted->also_count = 1;
    assert_true(is_confirmed());
}

static void what_is_confirmed_has_the_live_steps(void **state)
{
    (void)state;
    char id[17];
    memcpy(id, predicted->id, sizeof id);
    run->threads[1].tid = 7777;
    run->locks[1].address = 0xbeef;
    assert_true(is_confirmed());
    snarl_confirmation_take(report, predicted, run, live);
    run = NULL; /* it has gone over */
    assert_int_equal(predicted->status, SNARL_CONFIRMED);
    assert_int_equal(predicted->kind, SNARL_FINDING_LOCK_ORDER_CYCLE);
    assert_int_equal(predicted->severity, SNARL_ERROR);
    assert_string_equal(predicted->id, id);
    assert_int_equal(predicted->step_count, 2);
    assert_int_equal(predicted->lock_count, 2);
    assert_int_equal(predicted->thread_count, 2);
    const struct snarl_report_step *step = &predicted->steps[0];
    assert_int_equal(snarl_report_thread_by_id(report, step->thread)->tid, 7777);
    assert_true(snarl_report_lock_by_id(report, step->wants)->address == 0xbeef);
    assert_int_equal(step->wants, predicted->steps[1].holds[0].lock);
    assert_int_equal(step->holds[0].lock, predicted->steps[1].wants);
    assert_string_equal(predicted->message,
                        "thread 2 \"payer\" and thread 3 \"refunder\" take alice.lock and "
                        "bob.lock in opposite order");
}

static const char *why(const struct snarl_report_steered *events, size_t count)
{
    struct snarl_trial trial = {0};
    run->steered = (struct snarl_report_steered *)(uintptr_t)events;
    run->steered_count = count;
    run->finding_count = 0;
    snarl_trial_note(&trial, report, predicted, run, 0);
    assert_int_equal(trial.runs, 1);
    return snarl_trial_why(&trial, report, predicted);
}

#define WHY(...)                                                                                   \
    why((const struct snarl_report_steered[]){__VA_ARGS__},                                        \
        COUNT(((const struct snarl_report_steered[]){__VA_ARGS__})))
#define EVENT(what, step_, thread_)                                                                \
    {                                                                                              \
        .steered = SNARL_STEERED_##what, .step = step_, .thread = thread_,                         \
        .stack = live->steps[step_].stack                                                          \
    }

static void nobody_came(void **state)
{
    (void)state;
    assert_string_equal(why(NULL, 0),
                        "No thread came to want bob.lock in pay() (bank.c:22) with alice.lock "
                        "held, as thread 2 \"payer\" once did.");
}

static void one_did_not_come(void **state)
{
    (void)state;
    assert_string_equal(WHY(EVENT(REACHED, 0, 2), EVENT(EXPIRED, 0, 2)),
                        "No thread came to want alice.lock in lock_account() (account.h:9) with "
                        "bob.lock held, as thread 3 \"refunder\" once did.");
}

static void one_came_too_late(void **state)
{
    (void)state;
    assert_string_equal(WHY(EVENT(REACHED, 0, 2), EVENT(EXPIRED, 0, 2), EVENT(REACHED, 1, 3)),
                        "thread 2 \"payer\" was held in pay() (bank.c:22), and thread 3 "
                        "\"refunder\" came to its place only when that had gone on.");
}

static void one_needed_the_other(void **state)
{
    (void)state;
    struct snarl_report_steered yielded = EVENT(YIELDED, 0, 2);
    yielded.other = 3;
    yielded.target = SNARL_TARGET_LOCK;
    yielded.waits_for = 1;
    yielded.other_stack = live->steps[1].holds[0].stack;
    assert_string_equal(
        WHY(EVENT(REACHED, 0, 2), EVENT(EXPIRED, 0, 2), yielded, EVENT(REACHED, 1, 3)),
        "While thread 2 \"payer\" was held in pay() (bank.c:22), nothing else could run: thread 3 "
        "\"refunder\" waited for alice.lock in refund() (bank.c:33).");
}

static void all_came_and_went_on(void **state)
{
    (void)state;
    assert_string_equal(
        WHY(EVENT(REACHED, 0, 2), EVENT(REACHED, 1, 3), EVENT(MET, 0, 2), EVENT(MET, 1, 3)),
        "All threads came to their places, were let go together, and went on.");
}

static void it_hung_elsewhere(void **state)
{
    (void)state;
    struct snarl_trial trial = {0};
    change_frame(&live->steps[0].stack, 0);
    live->message = "2 threads wait for each other";
    run->steered = (struct snarl_report_steered[]){EVENT(REACHED, 0, 2), EVENT(REACHED, 1, 3)};
    run->steered_count = 2;
    run->timed_out = true;
    snarl_trial_note(&trial, report, predicted, run, 0);
    assert_string_equal(snarl_trial_why(&trial, report, predicted),
                        "In 1 of the runs it hung on another cycle: 2 threads wait for each "
                        "other. 1 of the runs took longer than --timeout allows.");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_same_circle_confirms),
        TEST(numbers_and_addresses_do_not_count),
        TEST(another_place_does_not),
        TEST(another_caller_does_not),
        TEST(a_lock_taken_elsewhere_does_not),
        TEST(another_lock_does_not),
        TEST(a_lock_made_elsewhere_does_not),
        TEST(another_thread_does_not),
        TEST(the_main_thread_is_no_other),
        TEST(what_is_only_predicted_again_does_not),
        TEST(another_hang_does_not),
        TEST(a_longer_circle_does_not),
        TEST(another_way_there_does),
        TEST(what_is_confirmed_has_the_live_steps),
        TEST(nobody_came),
        TEST(one_did_not_come),
        TEST(one_came_too_late),
        TEST(one_needed_the_other),
        TEST(all_came_and_went_on),
        TEST(it_hung_elsewhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
