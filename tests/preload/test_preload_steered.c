/* A run that is steered: whom it holds stays a thread like any other, and what is no schedule
 * changes nothing. */
#include <stdio.h>
#include <string.h>

#include "support/cmocka_all.h"
#include "watched.h"

#define EVERYWHERE "replay=" SNARL_EVERYWHERE

static size_t count_of(const struct watched *watched, enum snarl_steered steered)
{
    size_t count = 0;
    for (size_t i = 0; i < watched->report->steered_count; i++)
        count += watched->report->steered[i].steered == steered;
    return count;
}

/* Held once, in vain, and let go once main waits for its end: nothing else could run. */
static void check_held(const char *name, const char *output)
{
    struct watched watched = WATCH(EVERYWHERE, "steered", name);
    assert_string_equal(watched.result.error, "");
    assert_string_equal(watched.result.output, output);
    assert_int_equal(watched.result.status, 0);
    watched_check_complete(&watched);
    assert_int_equal(watched.report->finding_count, 0);
    assert_int_equal(count_of(&watched, SNARL_STEERED_MET), 0);
    assert_true(count_of(&watched, SNARL_STEERED_REACHED) >= 1);
    watched_free(&watched);
}

static void a_held_thread_gets_its_signals(void **state)
{
    (void)state;
    check_held("signals", "signalled while held\n");
}

static void its_handler_may_lock(void **state)
{
    (void)state;
    check_held("locks", "signalled while held\n");
}

static void its_handler_may_fork(void **state)
{
    (void)state;
    check_held("forks", "signalled while held\n");
}

static void its_handler_may_jump_out(void **state)
{
    (void)state;
    check_held("jumps", "signalled while held\n");
}

static void it_may_be_cancelled_behind(void **state)
{
    (void)state;
    check_held("cancelled", "cancelled\n");
}

/* Without the schedule nobody is held: what the tests above see is the holding. */
static void without_a_schedule_nobody_is_held(void **state)
{
    (void)state;
    struct watched watched = WATCH(NULL, "steered", "signals");
    assert_string_equal(watched.result.output, "not held\n");
    assert_int_equal(watched.report->steered_count, 0);
    watched_free(&watched);
}

static void what_is_no_schedule_is_one_line(void **state)
{
    (void)state;
    static const struct {
        const char *option, *line;
    } rows[] = {
        {"replay=/nonexistent", "snarl: not steering: cannot read /nonexistent\n"},
        {"replay=/etc/passwd", "snarl: not steering: /etc/passwd:1: not a schedule of snarl's\n"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct watched watched = WATCH(rows[i].option, "orders", "one-thread");
        assert_string_equal(watched.result.error, rows[i].line);
        assert_int_equal(watched.result.status, 0);
        assert_int_equal(watched.report->statistics.acquisitions, 4);
        watched_free(&watched);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_held_thread_gets_its_signals),
        cmocka_unit_test(its_handler_may_lock),
        cmocka_unit_test(its_handler_may_fork),
        cmocka_unit_test(its_handler_may_jump_out),
        cmocka_unit_test(it_may_be_cancelled_behind),
        cmocka_unit_test(without_a_schedule_nobody_is_held),
        cmocka_unit_test(what_is_no_schedule_is_one_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
