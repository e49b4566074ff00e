/* Why threads are blocked for ever, in words. Each story has twins in which one thing only is
 * otherwise, and so are those fields of the JSON that tell of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "asleep_story.h"
#include "bank_ask.h"
#include "recording_ask.h"

static void another_signaller_changes_its_own_fields(void **state)
{
    (void)state;
    struct asleep_story one, other;
    asleep_tell_lost(&one);
    asleep_tell_lost(&other);
    other.wakes[0].thread = ASLEEP_SCRIBE;
    asleep_assert_twins(&one, &other, "threads[2].number threads[2].name threads[2].tid ");

    asleep_tell_lost(&one);
    asleep_tell_lost(&other);
    other.wakes[0].stack = other.elsewhere;
    asleep_assert_twins(&one, &other, "fix steps[0].blocked.wakers[0].stack ");

    asleep_tell_lost(&one);
    asleep_tell_lost(&other);
    other.wakes[0].wake = SNARL_WAKES_ONE;
    asleep_assert_twins(&one, &other,
                        "message why fix steps[0].blocked.cause steps[0].blocked.wakers[0].lost ");

    asleep_tell_lost(&one);
    asleep_tell_lost(&other);
    other.wake_count = 0;
    asleep_assert_twins(
        &one, &other,
        "message why fix -threads[2] steps[0].blocked.cause -steps[0].blocked.wakers[0] ");
}

/* Main is alive: its row says how it last signalled. */
static void a_signaller_that_is_alive_may_be_the_joiner(void **state)
{
    (void)state;
    struct asleep_story one, other;
    asleep_tell_lost(&one);
    asleep_tell_lost(&other);
    other.rows[0].wakes[5] = (struct snarl_row_wake){
        .object = SAMPLE_NEWS, .stack = other.signals, .wake = other.wakes[0].wake};
    other.wake_count = 0;
    asleep_assert_twins(&one, &other,
                        "-threads[2] steps[0].blocked.wakers[0].thread "
                        "steps[0].blocked.wakers[0].ended steps[1].blocked.cause ");
}

/* Of several, the one in vain is told of. */
static void the_signal_in_vain_is_the_one_to_mend(void **state)
{
    (void)state;
    struct asleep_story story;
    asleep_tell_lost(&story);
    asleep_wants(&story, SAMPLE_PAYER, SAMPLE_BOB);
    asleep_wake(&story, SAMPLE_MAIN, SAMPLE_NEWS, SNARL_WAKES_ONE);
    story.signals = story.made;
    asleep_wake(&story, SAMPLE_PAYER, SAMPLE_NEWS, SNARL_WAKES_ONE | SNARL_WAKE_LOST);
    struct snarl_report *report = asleep_report(&story, 0);
    asleep_assert_words(
        &report->findings[0], NULL, NULL,
        "test what bank_news stands for in a while loop under bank_alice before waiting in "
        "bank_refund() (recording_program.c:$refund); set it under bank_alice too, before "
        "bank_news is signalled in bank_watch() (recording_program.c:$watch). Where all that is "
        "so, "
        "what it stands for was used up or taken back, and nobody is left to make it true again.");
    snarl_report_free(report);
}

/* A barrier for three, to which two have come. */
static void tell_short(struct asleep_story *story)
{
    asleep_begin(story);
    asleep_joins(story, SAMPLE_MAIN, SAMPLE_PAYER);
    asleep_arrives(story, SAMPLE_PAYER, 3);
    asleep_arrives(story, SAMPLE_REFUNDER, 3);
}

static void a_short_barrier_is_found(void **state)
{
    (void)state;
    struct asleep_story story;
    tell_short(&story);
    struct snarl_report *report = asleep_report(&story, 0);
    assert_int_equal(report->finding_count, 1);
    asleep_assert_words(
        &report->findings[0],
        "barrier 1 made in bank_watch() recording_program.c:$watch needs 3, 2 have come; thread 1 "
        "(main) has not",
        "A barrier lets nobody pass before all have come.",
        "initialise barrier 1 made in bank_watch() recording_program.c:$watch for as many threads "
        "as come to it each time, and let those that give up early come too.");
    asleep_assert_steps(report,
                        "2 waits at barrier in bank_pay: barrier-short 2/3, 3 s; 1 missing\n1 "
                        "joins thread 2 in bank_close: join-of-waiter, 3 s; 2 joined\n3 waits at "
                        "barrier in bank_pay: barrier-short 2/3, 3 s; 1 missing\n");
    snarl_report_free(report);
}

static void a_barrier_changes_by_count_and_by_who_is_missing(void **state)
{
    (void)state;
    struct asleep_story one, other;
    tell_short(&one);
    tell_short(&other);
    for (size_t i = 1; i < 3; i++)
        other.rows[i].want_described.value = 4;
    asleep_assert_twins(&one, &other, "message steps[0].blocked.parties steps[2].blocked.parties ");

    tell_short(&one);
    tell_short(&other);
    asleep_wake(&other, ASLEEP_CLERK, ASLEEP_GATE, SNARL_ARRIVES); /* it came before, and ended */
    asleep_assert_twins(
        &one, &other,
        "message +threads[3] steps[0].blocked.wakers[0].thread steps[0].blocked.wakers[0].ended "
        "steps[0].blocked.wakers[0].stack steps[1].blocked.cause steps[2].blocked.wakers[0].thread "
        "steps[2].blocked.wakers[0].ended steps[2].blocked.wakers[0].stack ");
}

static void who_is_missing_is_told_in_words(void **state)
{
    (void)state;
    struct asleep_story story;
    tell_short(&story);
    asleep_wake(&story, ASLEEP_CLERK, ASLEEP_GATE, SNARL_ARRIVES);
    asleep_wake(&story, ASLEEP_SCRIBE, ASLEEP_GATE, SNARL_ARRIVES);
    asleep_wake(&story, SAMPLE_MAIN, ASLEEP_GATE, SNARL_ARRIVES);
    for (size_t i = 1; i < 3; i++)
        story.rows[i].want_described.value = 5;
    struct snarl_report *report = asleep_report(&story, 0);
    asleep_assert_words(
        &report->findings[0],
        "barrier 1 made in bank_watch() recording_program.c:$watch needs 5, 2 have come; thread 1 "
        "(main) has not; thread 4 \"clerk\" and thread 5 \"scribe\" have ended",
        NULL, NULL);
    snarl_report_free(report);

    tell_short(&story);
    for (uint32_t thread = ASLEEP_CLERK; thread < ASLEEP_CLERK + 4; thread++)
        asleep_wake(&story, thread, ASLEEP_GATE, SNARL_ARRIVES);
    report = asleep_report(&story, 0);
    asleep_assert_words(
        &report->findings[0],
        "barrier 1 made in bank_watch() recording_program.c:$watch needs 3, 2 have come; thread 4 "
        "\"clerk\", thread 5 \"scribe\", thread 6 and others have ended",
        NULL, NULL);
    snarl_report_free(report);
}

/* A semaphore that nobody has posted; the payer might, but wants alice. */
static void tell_semaphore(struct asleep_story *story)
{
    asleep_begin(story);
    asleep_counts(story, SAMPLE_MAIN);
    asleep_wants(story, SAMPLE_PAYER, SAMPLE_ALICE);
}

static void a_semaphore_changes_by_its_posts(void **state)
{
    (void)state;
    struct asleep_story one, other;
    tell_semaphore(&one);
    struct snarl_report *report = asleep_report(&one, 0);
    asleep_assert_words(
        &report->findings[0],
        "thread 2 \"payer\" waits for bank_alice (recording_program.c:$pay), which no thread that "
        "is alive holds",
        "Whoever took it has ended without releasing it, or is not known.",
        "release bank_alice on every path, and before the thread that took it ends.");
    snarl_report_free(report);

    tell_semaphore(&one);
    asleep_holds(&one, SAMPLE_MAIN, SAMPLE_ALICE);
    report = asleep_report(&one, 0);
    asleep_assert_words(
        &report->findings[0],
        "thread 1 (main) waits for semaphore bank_counter (recording_program.c:$close) while it "
        "holds bank_alice, needed by thread 2 \"payer\"",
        "No thread is left that could post it, unless one gets past bank_alice.",
        "release bank_alice before waiting in bank_close() (recording_program.c:$close).");
    snarl_report_free(report);

    tell_semaphore(&one);
    asleep_holds(&one, SAMPLE_MAIN, SAMPLE_ALICE);
    tell_semaphore(&other);
    asleep_holds(&other, SAMPLE_MAIN, SAMPLE_ALICE);
    asleep_wake(&other, ASLEEP_CLERK, SAMPLE_COUNTER, SNARL_WAKES_POST);
    asleep_assert_twins(&one, &other,
                        "+threads[2] steps[0].blocked.cause steps[0].blocked.wakers[0].thread "
                        "steps[0].blocked.wakers[0].how steps[0].blocked.wakers[0].ended "
                        "steps[0].blocked.wakers[0].stack +steps[0].blocked.wakers[1] ");
}

/* Two semaphores that are used as locks, in opposite orders. */
static void semaphores_may_be_taken(void **state)
{
    (void)state;
    struct asleep_story story;
    asleep_begin(&story);
    asleep_counts(&story, SAMPLE_MAIN);
    asleep_counts(&story, SAMPLE_PAYER);
    story.rows[1].want_object = story.rows[1].want_described.object = 20;
    asleep_holds(&story, SAMPLE_MAIN, 20);
    asleep_holds(&story, SAMPLE_PAYER, SAMPLE_COUNTER);
    story.takes = story.elsewhere; /* twice */
    asleep_holds(&story, SAMPLE_PAYER, SAMPLE_COUNTER);
    struct snarl_report *report = asleep_report(&story, 0);
    asleep_assert_words(
        &report->findings[0],
        "thread 1 (main) waits for semaphore bank_counter (recording_program.c:$close), taken by "
        "thread 2 \"payer\" and not posted since",
        "Who has taken it is blocked, too.",
        "post semaphore bank_counter, which is taken in bank_open() (recording_program.c:$open), "
        "before waiting for anything else; or take such semaphores in one order everywhere.");
    snarl_report_free(report);
}

/* The refunder waits for news with bob held, which the payer needs. */
static void tell_nested(struct asleep_story *story)
{
    asleep_begin(story);
    asleep_waits(story, SAMPLE_REFUNDER, SAMPLE_NEWS, SAMPLE_ALICE);
    asleep_holds(story, SAMPLE_REFUNDER, SAMPLE_BOB);
    asleep_wants(story, SAMPLE_PAYER, SAMPLE_BOB);
    asleep_joins(story, SAMPLE_MAIN, SAMPLE_PAYER);
}

static void a_nested_monitor_is_found(void **state)
{
    (void)state;
    struct asleep_story one, other;
    tell_nested(&one);
    struct snarl_report *report = asleep_report(&one, 0);
    asleep_assert_words(
        &report->findings[0],
        "nested monitor: thread 3 (bank_refunder) waits for bank_news "
        "(recording_program.c:$refund) while it holds bank_bob, needed by thread 2 \"payer\"",
        "The wait gives back bank_alice alone: who needs bank_bob cannot come to signal.",
        "release bank_bob before waiting in bank_refund() (recording_program.c:$refund); or let "
        "one mutex guard both.");
    asleep_assert_steps(
        report,
        "3 holds bank_bob in bank_open waits on bank_news with bank_alice in bank_refund: "
        "nested-monitor, 3 s; 2 needs-lock\n1 joins thread 2 in bank_close: join-of-blocked, 3 s; "
        "2 joined\n2 wants bank_bob in bank_pay: holder-blocked, 3 s; 3 holds in bank_open\n");
    snarl_report_free(report);

    tell_nested(&one);
    tell_nested(&other);
    asleep_wake(&other, ASLEEP_CLERK, SAMPLE_NEWS, SNARL_WAKES_ALL);
    asleep_assert_twins(&one, &other, "+threads[3] +steps[0].blocked.wakers[1] ");

    tell_nested(&one);
    tell_nested(&other);
    one.rows[1].want_flags = other.rows[1].want_flags = SNARL_WANT_ROW_SHARED;
    other.rows[0].held[0].shared = 1; /* readers do not keep each other out */
    asleep_assert_twins(&one, &other,
                        "message why fix steps[0].holds[0].mode steps[0].blocked.cause "
                        "-steps[0].blocked.wakers[0] ");
}

/* Beside the lost wakeup, the payer waits for what others have. */
static void other_waits_change_by_who_stands_in_the_way(void **state)
{
    (void)state;
    struct asleep_story one, other;
    asleep_tell_lost(&one);
    asleep_wants(&one, SAMPLE_PAYER, SAMPLE_BOB);
    asleep_holds(&one, SAMPLE_MAIN, SAMPLE_BOB);
    asleep_tell_lost(&other);
    asleep_wants(&other, SAMPLE_PAYER, SAMPLE_BOB);
    asleep_assert_twins(&one, &other,
                        "-steps[1].holds[0] steps[2].blocked.cause -steps[2].blocked.wakers[0] ");

    asleep_tell_lost(&one);
    asleep_joins(&one, SAMPLE_PAYER, SAMPLE_MAIN);
    asleep_tell_lost(&other);
    asleep_joins(&other, SAMPLE_PAYER, SAMPLE_REFUNDER);
    one.rows[0].want_object = other.rows[0].want_object = SAMPLE_PAYER;
    asleep_assert_twins(&one, &other,
                        "steps[1].blocked.cause steps[2].wants_thread steps[2].blocked.cause "
                        "steps[2].blocked.wakers[0].thread ");
}

static void an_end_changes_by_who_waits(void **state)
{
    (void)state;
    struct asleep_story one, other;
    asleep_tell_lost(&one);
    asleep_waits(&one, ASLEEP_SCRIBE, SAMPLE_NEWS, 0);
    asleep_tell_lost(&other);
    asleep_waits(&other, ASLEEP_SCRIBE, SAMPLE_NEWS, 0);
    one.rows[2].want_kind = other.rows[2].want_kind = SNARL_WANTS_END_OF_WAITS;
    struct snarl_report *report = asleep_report(&one, 0);
    asleep_assert_steps(
        report,
        "3 waits on bank_news with bank_alice in bank_refund: lost-wakeup, 3 s; 4 signalled in "
        "vain in bank_open (ended)\n1 joins thread 3 in bank_close: join-of-blocked, 3 s; 3 "
        "joined\n5 destroys bank_news in bank_refund: still-in-use, 3 s; 3 waits-there\n");
    snarl_report_free(report);

    asleep_tell_lost(&one);
    asleep_waits(&one, ASLEEP_SCRIBE, SAMPLE_NEWS, 0);
    one.rows[2].want_kind = SNARL_WANTS_END_OF_WAITS;
    one.rows[1].want_mutex.object = other.rows[1].want_mutex.object = 0;
    other.rows[2].want_object = other.rows[2].want_described.object = 30;
    other.rows[2].want_described.created = other.made;
    asleep_assert_twins(&one, &other,
                        "+locks[1] steps[2].wants_end_of_waits -steps[2].blocked.wakers[0] ");
}

/* Two alike in all but who had the signals. */
static void signals_may_have_ended_other_waits(void **state)
{
    (void)state;
    struct asleep_story story;
    asleep_tell_lost(&story);
    story.wakes[0].wake = SNARL_WAKES_ONE;
    asleep_waits(&story, SAMPLE_PAYER, SAMPLE_NEWS, SAMPLE_ALICE);
    struct snarl_report *report = asleep_report(&story, 0);
    asleep_assert_words(
        &report->findings[0],
        "thread 2 \"payer\" waits for bank_news (recording_program.c:$refund), whose signals so "
        "far have all ended other waits",
        "Each signal has woken another thread, or this one from an earlier wait, and no thread is "
        "left that could send one more.",
        "signal bank_news in bank_open() (recording_program.c:$open) once for each wait that is to "
        "end, or broadcast; and signal once more at the end of the work. If these threads are a "
        "pool, and a task of it waits there for another task: that one needs a free thread, so let "
        "the first one return instead, or give it a pool of its own.");
    snarl_report_free(report);
}

static void what_nobody_has_done_is_said(void **state)
{
    (void)state;
    struct asleep_story story;
    asleep_begin(&story);
    asleep_counts(&story, SAMPLE_MAIN);
    struct snarl_report *report = asleep_report(&story, 0);
    asleep_assert_words(&report->findings[0],
                        "thread 1 (main) waits for semaphore bank_counter "
                        "(recording_program.c:$close), which nobody has posted",
                        NULL, NULL);
    snarl_report_free(report);

    asleep_begin(&story);
    asleep_counts(&story, SAMPLE_MAIN);
    asleep_wake(&story, ASLEEP_CLERK, SAMPLE_COUNTER, SNARL_WAKES_POST);
    report = asleep_report(&story, 0);
    asleep_assert_words(&report->findings[0],
                        "thread 1 (main) waits for semaphore bank_counter "
                        "(recording_program.c:$close), which was posted too few times",
                        NULL, NULL);
    snarl_report_free(report);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(another_signaller_changes_its_own_fields),
        TEST(a_signaller_that_is_alive_may_be_the_joiner),
        TEST(the_signal_in_vain_is_the_one_to_mend),
        TEST(a_short_barrier_is_found),
        TEST(a_barrier_changes_by_count_and_by_who_is_missing),
        TEST(who_is_missing_is_told_in_words),
        TEST(a_semaphore_changes_by_its_posts),
        TEST(semaphores_may_be_taken),
        TEST(a_nested_monitor_is_found),
        TEST(other_waits_change_by_who_stands_in_the_way),
        TEST(an_end_changes_by_who_waits),
        TEST(signals_may_have_ended_other_waits),
        TEST(what_nobody_has_done_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
