/* Lock orders by class, as stories of the bank: locks of a class, and what orders them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "analysis/analysis.h"
#include "bank_ask.h"
#include "core/objects.h"
#include "recording_ask.h"

/* Accounts and persons that were made at one place each; each has its number, and lies there. */
enum {
    ACCOUNT = 100,
    PERSON = 200,
    OTHERS = 300, /* that nobody initialised */
};

struct story {
    struct sample sample;
    uint32_t made[3];
};

static struct story begin(void)
{
    struct story story;
    bank_begin(&story.sample);
    story.made[0] = sample_stack(&story.sample, bank_open, bank_payer);
    story.made[1] = sample_stack(&story.sample, bank_watch);
    story.made[2] = 0;
    return story;
}

/* A lock at an address of its own choice, in a class by its hundreds. */
static void tell_lock(struct story *story, uint32_t lock, uint64_t address)
{
    sample_lock(&story->sample, lock, 0x7f0000000000 + 64 * address, story->made[lock / 100 - 1],
                story->made[0]);
}

static void tell_locks(struct story *story)
{
    for (uint32_t class = ACCOUNT; class <= OTHERS; class += 100)
        for (uint32_t i = 0; i < 4; i++)
            tell_lock(story, class + i, class + i);
}

static void tell_want(struct story *story, uint32_t thread, uint32_t gate, uint32_t held,
                      uint32_t wanted)
{
    uint32_t stack = sample_stack(&story->sample, bank_pay);
    sample_dependency(&story->sample, thread, gate, sample_held(held, stack),
                      sample_held(wanted, stack));
}

/* How many findings there are, and what the first is. */
static size_t count(struct story *story, enum snarl_status *status, enum snarl_reason *reason)
{
    char error[256];
    const char *path = story->sample.writer.path;
    const struct snarl_analysis_options options = {.all = true, .by_class = true};
    sample_close(&story->sample);
    struct snarl_report *report = snarl_analyse(&path, 1, &options, error, sizeof error);
    assert_non_null(report);
    size_t found = report->finding_count;
    if (found > 0) {
        *status = report->findings[0].status;
        *reason = report->findings[0].reason;
        assert_true(report->findings[0].by_class);
        assert_int_equal(report->findings[0].severity,
                         *status == SNARL_INFEASIBLE ? SNARL_NOTE : SNARL_WARNING);
    }
    snarl_report_free(report);
    return found;
}

static void assert_found(struct story *story)
{
    enum snarl_status status = SNARL_OCCURRED;
    enum snarl_reason reason;
    assert_int_equal(count(story, &status, &reason), 1);
    assert_int_equal(status, SNARL_PREDICTED);
}

static void assert_apart(struct story *story, enum snarl_reason expected)
{
    enum snarl_status status = SNARL_OCCURRED;
    enum snarl_reason reason = SNARL_REASON_NONE;
    assert_int_equal(count(story, &status, &reason), 1);
    assert_int_equal(status, SNARL_INFEASIBLE);
    assert_int_equal(reason, expected);
}

static void assert_nothing(struct story *story)
{
    enum snarl_status status;
    enum snarl_reason reason;
    assert_int_equal(count(story, &status, &reason), 0);
}

static void two_classes_in_both_orders(void **state)
{
    (void)state;
    struct story story = begin();
    tell_locks(&story);
    tell_want(&story, SAMPLE_PAYER, 0, ACCOUNT, PERSON);
    tell_want(&story, SAMPLE_REFUNDER, 0, PERSON + 1, ACCOUNT + 1);
    assert_found(&story);
}

static void two_classes_in_one_order(void **state)
{
    (void)state;
    struct story story = begin();
    tell_locks(&story);
    tell_want(&story, SAMPLE_PAYER, 0, ACCOUNT, PERSON);
    tell_want(&story, SAMPLE_REFUNDER, 0, ACCOUNT + 1, PERSON + 1);
    assert_nothing(&story);
}

static void locks_that_nobody_made_are_of_no_class(void **state)
{
    (void)state;
    struct story story = begin();
    tell_locks(&story);
    tell_want(&story, SAMPLE_PAYER, 0, ACCOUNT, OTHERS);
    tell_want(&story, SAMPLE_REFUNDER, 0, OTHERS + 1, ACCOUNT + 1);
    assert_nothing(&story);
}

static void one_thread_alone(void **state)
{
    (void)state;
    struct story story = begin();
    tell_locks(&story);
    tell_want(&story, SAMPLE_PAYER, 0, ACCOUNT, PERSON);
    tell_want(&story, SAMPLE_PAYER, 0, PERSON + 1, ACCOUNT + 1);
    assert_apart(&story, SNARL_REASON_SINGLE_THREAD);
}

static void a_gate_that_is_the_same_lock(void **state)
{
    (void)state;
    struct story story = begin();
    tell_locks(&story);
    tell_want(&story, SAMPLE_PAYER, OTHERS, ACCOUNT, PERSON);
    tell_want(&story, SAMPLE_REFUNDER, OTHERS, PERSON + 1, ACCOUNT + 1);
    assert_apart(&story, SNARL_REASON_GATE_LOCK);
}

/* Of the same class it is not the same lock. */
static void gates_of_one_class_keep_nothing_apart(void **state)
{
    (void)state;
    struct story story = begin();
    tell_locks(&story);
    for (uint32_t i = 0; i < 2; i++)
        sample_lock(&story.sample, 400 + i, 0x7f0000010000 + 64 * i,
                    sample_stack(&story.sample, bank_refund), 0);
    tell_want(&story, SAMPLE_PAYER, 400, ACCOUNT, PERSON);
    tell_want(&story, SAMPLE_REFUNDER, 401, PERSON + 1, ACCOUNT + 1);
    enum snarl_status status;
    enum snarl_reason reason;
    assert_true(count(&story, &status, &reason) >= 1);
    assert_int_equal(status, SNARL_PREDICTED);
}

static void inside_each_other_in_both_directions(void **state)
{
    (void)state;
    struct story story = begin();
    tell_locks(&story);
    tell_want(&story, SAMPLE_PAYER, 0, ACCOUNT, ACCOUNT + 1);
    tell_want(&story, SAMPLE_REFUNDER, 0, ACCOUNT + 3, ACCOUNT + 2);
    assert_found(&story);
}

static void inside_each_other_in_one_direction(void **state)
{
    (void)state;
    for (int down = 0; down < 2; down++) {
        struct story story = begin();
        tell_locks(&story);
        tell_want(&story, SAMPLE_PAYER, 0, ACCOUNT + (down ? 1 : 0), ACCOUNT + (down ? 0 : 1));
        tell_want(&story, SAMPLE_REFUNDER, 0, ACCOUNT + (down ? 3 : 2), ACCOUNT + (down ? 2 : 3));
        assert_nothing(&story);
    }
}

/* Addresses say nothing then. */
static void inside_each_other_the_older_ones_first(void **state)
{
    (void)state;
    struct story story = begin();
    tell_lock(&story, ACCOUNT, 5);
    tell_lock(&story, ACCOUNT + 1, 3);
    tell_lock(&story, ACCOUNT + 2, 1);
    tell_lock(&story, ACCOUNT + 3, 9);
    tell_want(&story, SAMPLE_PAYER, 0, ACCOUNT, ACCOUNT + 1);
    tell_want(&story, SAMPLE_REFUNDER, 0, ACCOUNT + 2, ACCOUNT + 3);
    assert_nothing(&story);
}

static void in_both_directions_by_one_thread(void **state)
{
    (void)state;
    struct story story = begin();
    tell_locks(&story);
    tell_want(&story, SAMPLE_PAYER, 0, ACCOUNT, ACCOUNT + 1);
    tell_want(&story, SAMPLE_PAYER, 0, ACCOUNT + 3, ACCOUNT + 2);
    assert_apart(&story, SNARL_REASON_SINGLE_THREAD);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(two_classes_in_both_orders),
        TEST(two_classes_in_one_order),
        TEST(locks_that_nobody_made_are_of_no_class),
        TEST(one_thread_alone),
        TEST(a_gate_that_is_the_same_lock),
        TEST(gates_of_one_class_keep_nothing_apart),
        TEST(inside_each_other_in_both_directions),
        TEST(inside_each_other_in_one_direction),
        TEST(inside_each_other_the_older_ones_first),
        TEST(in_both_directions_by_one_thread),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
