/* Deadlocks that happened, by what their threads wait for and how. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "bank_ask.h"
#include "core/objects.h"
#include "recording_ask.h"

static struct snarl_held shared(uint32_t lock, uint32_t stack)
{
    struct snarl_held held = sample_held(lock, stack);
    held.shared = 1;
    return held;
}

static void a_reader_that_wants_to_write_waits_for_itself(void **state)
{
    (void)state;
    struct sample sample;
    bank_begin(&sample);
    sample_tell_upgrade(&sample);
    struct snarl_report *report = bank_end(&sample, false);
    bank_assert_findings(
        report,
        "error self-deadlock occurred \n"
        "thread 2 \"payer\" wants to write bank_ledger, which it reads already. A writer waits for "
        "every reader to leave, and this one waits for itself: a read lock cannot be turned into a "
        "write lock.\n"
        "fix: take bank_ledger for writing in bank_open() (recording_program.c:%u); or release it "
        "before bank_pay() (recording_program.c:%u) takes it for writing, and look again at what "
        "was read.\n"
        "locks: bank_ledger\n"
        "threads: 2\n"
        "2 reads bank_ledger in bank_open<bank_payer wants bank_ledger in bank_pay<bank_payer\n",
        bank_open(), bank_pay());
    snarl_report_free(report);
}

/* The payer wants again what it holds: an object of the kind, the want shared or not. */
static struct snarl_report *relock(uint32_t kind, uint32_t flags)
{
    struct sample sample;
    bank_begin(&sample);
    sample_object(&sample,
                  (struct snarl_fact_lock){.lock = SAMPLE_LEDGER,
                                           .kind = kind,
                                           .address = sample_address(&sample, &bank_ledger)});
    uint32_t taken = sample_stack(&sample, bank_open, bank_payer);
    uint32_t again = sample_stack(&sample, bank_pay, bank_payer);
    sample_deadlock(&sample,
                    (struct sample_step[]){{SAMPLE_PAYER, SNARL_WANTS_LOCK, SAMPLE_LEDGER, again,
                                            sample_held(SAMPLE_LEDGER, taken), flags}},
                    1);
    return bank_end(&sample, false);
}

static void a_thread_waits_for_itself_by_the_kind_of_lock(void **state)
{
    (void)state;
    static const struct {
        uint32_t kind, flags;
        const char *message, *why;
    } rows[] = {
        {SNARL_OBJECT_MUTEX, 0, "locks bank_ledger, which it holds already",
         "The mutex is not recursive, so nobody is left who could release it."},
        {SNARL_OBJECT_SPIN, 0, "locks bank_ledger, which it holds already",
         "The spin lock is not recursive, so nobody is left who could release it."},
        {SNARL_OBJECT_RWLOCK, 0, "locks bank_ledger, which it holds already",
         "The rwlock is not recursive, so nobody is left who could release it."},
        {SNARL_OBJECT_RWLOCK, SNARL_WANT_ROW_SHARED,
         "wants to read bank_ledger, which it writes already",
         "The rwlock is not recursive, so nobody is left who could release it."},
        {SNARL_OBJECT_ONCE, 0, "asks for bank_ledger from within its own initialiser",
         "The initialiser waits for itself to end."},
        {SNARL_OBJECT_G_ONCE, 0, "asks for bank_ledger from within its own initialiser",
         "The initialiser waits for itself to end."},
        {SNARL_OBJECT_G_MUTEX, 0, "locks bank_ledger, which it holds already",
         "The GMutex is not recursive, so nobody is left who could release it."},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct snarl_report *report = relock(rows[i].kind, rows[i].flags);
        assert_int_equal(report->finding_count, 1);
        const struct snarl_report_finding *finding = &report->findings[0];
        assert_int_equal(finding->kind, SNARL_FINDING_SELF_DEADLOCK);
        char expected[256];
        snprintf(expected, sizeof expected, "thread 2 \"payer\" %s", rows[i].message);
        assert_string_equal(finding->message, expected);
        assert_string_equal(finding->why, rows[i].why);
        assert_int_equal(finding->steps[0].shared, rows[i].flags == SNARL_WANT_ROW_SHARED);
        snarl_report_free(report);
    }
}

/* The payer reads and wants to read again; the refunder waits to write in between. */
static void a_reader_comes_again_behind_a_writer(void **state)
{
    (void)state;
    struct sample sample;
    bank_begin(&sample);
    sample_tell_objects(&sample);
    uint32_t reads = sample_stack(&sample, bank_open, bank_payer);
    uint32_t again = sample_stack(&sample, bank_pay, bank_payer);
    uint32_t writes = sample_stack(&sample, bank_refund, bank_refunder);
    sample_deadlock(&sample,
                    (struct sample_step[]){{SAMPLE_REFUNDER, SNARL_WANTS_LOCK, SAMPLE_LEDGER,
                                            writes, sample_held(0, 0), 0},
                                           {SAMPLE_PAYER, SNARL_WANTS_LOCK, SAMPLE_LEDGER, again,
                                            shared(SAMPLE_LEDGER, reads), SNARL_WANT_ROW_SHARED}},
                    2);
    struct snarl_report *report = bank_end(&sample, false);
    bank_assert_findings(
        report,
        "error deadlock occurred \n"
        "thread 2 \"payer\" wants to read bank_ledger again, behind thread 3 (bank_refunder), "
        "which "
        "waits to write it. This lock lets no new reader pass a waiting writer, and the writer "
        "waits for thread 2 \"payer\" to leave.\n"
        "fix: do not take bank_ledger again in bank_pay() (recording_program.c:%u): it is read "
        "there already.\n"
        "locks: bank_ledger\n"
        "threads: 2 3\n"
        "2 reads bank_ledger in bank_open<bank_payer wants to read bank_ledger in "
        "bank_pay<bank_payer\n"
        "3 wants bank_ledger in bank_refund<bank_refunder\n",
        bank_pay());
    snarl_report_free(report);
}

static void a_child_waits_for_a_thread_that_it_does_not_have(void **state)
{
    (void)state;
    struct sample sample;
    bank_begin(&sample);
    sample_tell_absent(&sample);
    struct snarl_report *report = bank_end(&sample, false);
    bank_assert_findings(
        report, "%s",
        "error deadlock occurred \n"
        "thread 1 (main) waits for bank_bob, which thread 9 \"worker\" held when this process was "
        "forked: there is no such thread here. The child of a fork has the one thread that called "
        "it, but every lock as it was.\n"
        "fix: take bank_bob in a pthread_atfork() handler before the fork, and release it after it "
        "on both sides; or do not use it in the child before exec.\n"
        "locks: bank_bob\n"
        "threads: 1 9\n"
        "1 wants bank_bob in bank_close\n"
        "9 holds bank_bob wants nothing\n");
    assert_false(snarl_report_thread_by_id(report, report->findings[0].threads[0])->absent);
    assert_true(snarl_report_thread_by_id(report, report->findings[0].threads[1])->absent);
    snarl_report_free(report);
}

/* A chain that leads there through another thread keeps its order, whatever the numbers. */
static void a_chain_ends_at_the_thread_that_is_missing(void **state)
{
    (void)state;
    enum {
        FIRST = SAMPLE_ABSENT + 2,
        SECOND = SAMPLE_ABSENT + 1,
    };
    struct sample sample;
    bank_begin(&sample);
    sample_absent(&sample, SAMPLE_ABSENT, "old");
    sample_thread(&sample, FIRST, "first", NULL);
    sample_thread(&sample, SECOND, "second", NULL);
    uint32_t here = sample_stack(&sample, bank_watch);
    sample_deadlock(
        &sample,
        (struct sample_step[]){
            {FIRST, SNARL_WANTS_LOCK, SAMPLE_ALICE, here, sample_held(0, 0), 0},
            {SECOND, SNARL_WANTS_LOCK, SAMPLE_BOB, here, sample_held(SAMPLE_ALICE, here), 0},
            {SAMPLE_ABSENT, SNARL_WANTS_NOTHING, 0, 0, sample_held(SAMPLE_BOB, 0), 0}},
        3);
    struct snarl_report *report = bank_end(&sample, false);
    assert_int_equal(report->finding_count, 1);
    const struct snarl_report_finding *finding = &report->findings[0];
    assert_string_equal(finding->message,
                        "thread 10 \"second\" waits for bank_bob, which thread 9 \"old\" held when "
                        "this process was forked: there is no such thread here");
    assert_int_equal(bank_thread_number(report, finding->steps[0].thread), FIRST);
    assert_int_equal(bank_thread_number(report, finding->steps[2].thread), SAMPLE_ABSENT);
    assert_int_equal(finding->steps[2].target, SNARL_TARGET_NONE);
    snarl_report_free(report);
}

/* The twin: it is here, only what it wants is not known. */
static void a_thread_that_wants_nothing_known_is_not_missing(void **state)
{
    (void)state;
    struct sample sample;
    bank_begin(&sample);
    uint32_t here = sample_stack(&sample, bank_watch);
    sample_deadlock(
        &sample,
        (struct sample_step[]){
            {SAMPLE_PAYER, SNARL_WANTS_LOCK, SAMPLE_BOB, here, sample_held(0, 0), 0},
            {SAMPLE_REFUNDER, SNARL_WANTS_NOTHING, 0, 0, sample_held(SAMPLE_BOB, here), 0}},
        2);
    struct snarl_report *report = bank_end(&sample, false);
    assert_int_equal(report->finding_count, 1);
    assert_string_equal(report->findings[0].message, "2 threads wait for each other: bank_bob");
    assert_null(report->findings[0].fix);
    snarl_report_free(report);
}

/* A circle through anything else says what it can. */
static void other_waits_have_targets_of_their_own(void **state)
{
    (void)state;
    static const struct {
        uint32_t wants;
        enum snarl_target target;
    } rows[] = {
        {SNARL_WANTS_SEMAPHORE, SNARL_TARGET_SEMAPHORE},
        {SNARL_WANTS_BARRIER, SNARL_TARGET_BARRIER},
        {SNARL_WANTS_END_OF_WAITS, SNARL_TARGET_END_OF_WAITS},
        {SNARL_WANTS_CONDITION, SNARL_TARGET_LOCK}, /* the mutex that cannot be had back */
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct sample sample;
        bank_begin(&sample);
        sample_tell_objects(&sample);
        uint32_t here = sample_stack(&sample, bank_watch);
        sample_deadlock(
            &sample,
            (struct sample_step[]){
                {SAMPLE_PAYER, rows[i].wants, SAMPLE_COUNTER, here, sample_held(0, 0), 0},
                {SAMPLE_REFUNDER, SNARL_WANTS_THREAD, SAMPLE_PAYER, here, sample_held(0, 0), 0}},
            2);
        struct snarl_report *report = bank_end(&sample, false);
        assert_int_equal(report->finding_count, 1);
        const struct snarl_report_finding *finding = &report->findings[0];
        assert_int_equal(finding->steps[0].target, rows[i].target);
        assert_int_equal(finding->lock_count, 1);
        assert_string_equal(bank_lock_name(report, finding->locks[0]), "bank_counter");
        assert_string_equal(finding->message, "2 threads wait for each other: bank_counter");
        snarl_report_free(report);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_reader_that_wants_to_write_waits_for_itself),
        TEST(a_thread_waits_for_itself_by_the_kind_of_lock),
        TEST(a_reader_comes_again_behind_a_writer),
        TEST(a_child_waits_for_a_thread_that_it_does_not_have),
        TEST(a_chain_ends_at_the_thread_that_is_missing),
        TEST(a_thread_that_wants_nothing_known_is_not_missing),
        TEST(other_waits_have_targets_of_their_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
