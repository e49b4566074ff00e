/* Processes in which nothing can run any more: when that is a finding, and what is in it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "asleep_story.h"
#include "bank_ask.h"
#include "recording_ask.h"

static void a_lost_wakeup_is_found(void **state)
{
    (void)state;
    struct asleep_story story;
    asleep_tell_lost(&story);
    struct snarl_report *report = asleep_report(&story, 0);
    assert_int_equal(report->finding_count, 1);
    const struct snarl_report_finding *finding = &report->findings[0];
    assert_int_equal(finding->kind, SNARL_FINDING_ALL_THREADS_BLOCKED);
    assert_int_equal(finding->status, SNARL_OCCURRED);
    assert_int_equal(finding->severity, SNARL_ERROR);
    asleep_assert_words(
        finding,
        "lost wakeup: thread 3 (bank_refunder) waits for bank_news (recording_program.c:$refund), "
        "which was signalled when nobody waited",
        "A signal wakes only who waits at that moment; it is not kept for who comes later.",
        "test what bank_news stands for in a while loop under bank_alice before waiting in "
        "bank_refund() (recording_program.c:$refund); set it under bank_alice too, before "
        "bank_news is signalled in bank_open() (recording_program.c:$open). Where all that is so, "
        "what it stands for was used up or taken back, and nobody is left to make it true again.");
    /* The root comes first. */
    asleep_assert_steps(report,
                        "3 waits on bank_news with bank_alice in bank_refund: lost-wakeup, 3 s; 4 "
                        "signalled in vain in bank_open (ended)\n1 joins thread 3 in bank_close: "
                        "join-of-blocked, 3 s; 3 joined\n");
    assert_int_equal(finding->lock_count, 2);
    assert_string_equal(bank_lock_name(report, finding->locks[0]), "bank_news");
    assert_string_equal(bank_lock_name(report, finding->locks[1]), "bank_alice");
    assert_int_equal(finding->thread_count, 3); /* the clerk too, though it has ended */
    assert_int_equal(bank_thread_number(report, finding->threads[2]), ASLEEP_CLERK);
    snarl_report_free(report);
}

static void waits_that_are_no_root_stand_by_themselves(void **state)
{
    (void)state;
    static const struct {
        uint32_t kind;
        const char *message;
    } rows[] = {
        {SNARL_WANTS_END_OF_WAITS,
         "thread 1 (main) destroys bank_news (recording_program.c:$close), still waited on by "
         "another thread"},
        {SNARL_WANTS_NOTHING,
         "thread 1 (main) waits (recording_program.c:$close) for what no thread is left to give"},
        {99,
         "thread 1 (main) waits (recording_program.c:$close) for what no thread is left to give"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct asleep_story story;
        asleep_begin(&story);
        asleep_waits(&story, SAMPLE_MAIN, SAMPLE_NEWS, 0);
        story.rows[0].want_kind = rows[i].kind;
        story.rows[0].want_stack = story.closes;
        struct snarl_report *report = asleep_report(&story, 0);
        asleep_assert_words(&report->findings[0], rows[i].message, NULL, NULL);
        snarl_report_free(report);
    }
}

/* Threads have ids of their own: that of one that is joined says nothing of a lock. */
static void what_is_joined_is_no_lock(void **state)
{
    (void)state;
    struct asleep_story story;
    asleep_begin(&story);
    asleep_joins(&story, SAMPLE_MAIN, ASLEEP_GATE);
    story.rows[0].want_described.object = ASLEEP_GATE;
    asleep_arrives(&story, SAMPLE_PAYER, 2);
    struct snarl_report *report = asleep_report(&story, 0);
    asleep_assert_words(&report->findings[0],
                        "barrier 1 made in bank_watch() recording_program.c:$watch needs 2, 1 has "
                        "come; thread 1 (main) has not",
                        NULL, NULL);
    snarl_report_free(report);
}

/* Nobody who waits has an even number; a recording may say so all the same. */
static void what_is_not_a_wait_is_unknown(void **state)
{
    (void)state;
    struct asleep_story story;
    asleep_begin(&story);
    asleep_joins(&story, SAMPLE_MAIN, SAMPLE_PAYER);
    story.rows[0].sequence = 4;
    struct snarl_report *report = asleep_report(&story, 0);
    asleep_assert_steps(report, "1 waits nothing in bank_close: unknown, 3 s\n");
    snarl_report_free(report);
}

static void doubts_make_a_warning(void **state)
{
    (void)state;
    struct asleep_story one, other;
    asleep_tell_lost(&one);
    struct snarl_report *report =
        asleep_report(&one, 1u << SNARL_DOUBT_TIMER | 1u << SNARL_DOUBT_SHARED);
    assert_int_equal(report->findings[0].severity, SNARL_WARNING);
    asleep_assert_words(
        &report->findings[0],
        "lost wakeup: thread 3 (bank_refunder) waits for bank_news (recording_program.c:$refund), "
        "which was signalled when nobody waited, asleep unless woken from outside",
        "A signal wakes only who waits at that moment; it is not kept for who comes later. It may "
        "yet be woken from outside: a timer is armed; another process may share what is waited "
        "for.",
        NULL);
    snarl_report_free(report);

    asleep_tell_lost(&one);
    asleep_tell_lost(&other);
    other.doubts = UINT64_C(1) << 63; /* of a later snarl */
    asleep_assert_twins(&one, &other, "severity message why ");
}

static void who_has_woken_since_is_not_asleep(void **state)
{
    (void)state;
    for (int thread = 0; thread < 2; thread++) {
        struct asleep_story story;
        asleep_tell_lost(&story);
        story.woken = thread + 1;
        struct snarl_report *report = asleep_report(&story, 0);
        assert_int_equal(report->finding_count, 0);
        snarl_report_free(report);
    }
}

static void without_a_look_nothing_is_concluded(void **state)
{
    (void)state;
    struct asleep_story story;
    asleep_tell_lost(&story);
    story.unseen = true;
    struct snarl_report *report = asleep_report(&story, 0);
    assert_int_equal(report->finding_count, 0);
    snarl_report_free(report);
}

/* Main and the payer want each other's lock; the refunder waits for news. */
static void tell_deadlock(struct asleep_story *story)
{
    asleep_begin(story);
    asleep_wants(story, SAMPLE_MAIN, SAMPLE_BOB);
    asleep_holds(story, SAMPLE_MAIN, SAMPLE_ALICE);
    asleep_wants(story, SAMPLE_PAYER, SAMPLE_ALICE);
    asleep_holds(story, SAMPLE_PAYER, SAMPLE_BOB);
    asleep_waits(story, SAMPLE_REFUNDER, SAMPLE_NEWS, SAMPLE_VAULT);
    const struct sample_step steps[] = {
        {SAMPLE_MAIN, SNARL_WANTS_LOCK, SAMPLE_BOB, story->closes,
         sample_held(SAMPLE_ALICE, story->closes), 0},
        {SAMPLE_PAYER, SNARL_WANTS_LOCK, SAMPLE_ALICE, story->closes,
         sample_held(SAMPLE_BOB, story->closes), 0},
    };
    sample_deadlock(&story->sample, steps, 2);
}

static void a_deadlock_explains_itself(void **state)
{
    (void)state;
    struct asleep_story story;
    tell_deadlock(&story);
    struct snarl_report *report = asleep_report(&story, 0);
    assert_int_equal(report->finding_count, 1);
    assert_int_equal(report->findings[0].kind, SNARL_FINDING_DEADLOCK);
    snarl_report_free(report);
    /* ... unless it came to an end: one of them gave up, and waits for something else by now. */
    tell_deadlock(&story);
    story.rows[1].want_object = SAMPLE_VAULT;
    report = asleep_report(&story, 0);
    assert_int_equal(report->finding_count, 2);
    snarl_report_free(report);
}

static void a_condition_s_mutex_may_be_in_the_deadlock(void **state)
{
    (void)state;
    for (uint32_t mutex = SAMPLE_ALICE; mutex <= SAMPLE_BOB; mutex++) {
        struct asleep_story story;
        asleep_begin(&story);
        asleep_waits(&story, SAMPLE_MAIN, SAMPLE_NEWS, SAMPLE_ALICE);
        const struct sample_step step = {SAMPLE_MAIN, SNARL_WANTS_CONDITION, mutex,
                                         1,           sample_held(mutex, 1), 0};
        sample_deadlock(&story.sample, &step, 1);
        struct snarl_report *report = asleep_report(&story, 0);
        assert_int_equal(report->finding_count, mutex == SAMPLE_ALICE ? 1 : 2);
        snarl_report_free(report);
    }
}

/* How many wait behind the root, and where, is chance. */
static void the_id_is_that_of_the_root(void **state)
{
    (void)state;
    struct asleep_story story;
    char ids[4][17];
    for (int way = 0; way < 4; way++) {
        asleep_tell_lost(&story);
        if (way == 1) /* one more that waits behind the root */
            asleep_joins(&story, SAMPLE_PAYER, SAMPLE_MAIN);
        if (way == 2)
            story.rows[1].want_stack = story.elsewhere;
        if (way == 3)
            story.rows[1].want_object = story.rows[1].want_described.object = 30;
        struct snarl_report *report = asleep_report(&story, 0);
        assert_int_equal(report->finding_count, 1);
        memcpy(ids[way], report->findings[0].id, sizeof ids[0]);
        snarl_report_free(report);
    }
    assert_string_equal(ids[1], ids[0]);
    assert_string_not_equal(ids[2], ids[0]);
    assert_string_not_equal(ids[3], ids[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_lost_wakeup_is_found),
        TEST(waits_that_are_no_root_stand_by_themselves),
        TEST(what_is_joined_is_no_lock),
        TEST(what_is_not_a_wait_is_unknown),
        TEST(doubts_make_a_warning),
        TEST(who_has_woken_since_is_not_asleep),
        TEST(without_a_look_nothing_is_concluded),
        TEST(a_deadlock_explains_itself),
        TEST(a_condition_s_mutex_may_be_in_the_deadlock),
        TEST(the_id_is_that_of_the_root),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
