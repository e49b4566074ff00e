/* Readers and writers, semaphores: what is a lock, how it is held, and what that makes of a cycle.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "bank_ask.h"
#include "core/objects.h"
#include "recording_ask.h"

/* The stacks of a side: where it took the first, where it wanted the second. */
struct side {
    uint32_t took, wants;
};

static void begin(struct sample *sample, struct side *payer, struct side *refunder)
{
    bank_begin(sample);
    sample_tell_objects(sample);
    *payer = (struct side){sample_stack(sample, bank_open, bank_payer),
                           sample_stack(sample, bank_pay, bank_payer)};
    *refunder = (struct side){sample_stack(sample, bank_close, bank_refunder),
                              sample_stack(sample, bank_refund, bank_refunder)};
}

static struct snarl_held shared(uint32_t lock, uint32_t stack)
{
    struct snarl_held held = sample_held(lock, stack);
    held.shared = 1;
    return held;
}

/* The payer reads the ledger and wants alice; the refunder holds alice and wants the ledger. */
static struct snarl_report *read_against(uint32_t refunder_flags)
{
    struct sample sample;
    struct side payer, refunder;
    begin(&sample, &payer, &refunder);
    sample_want(&sample, SAMPLE_PAYER, shared(SAMPLE_LEDGER, payer.took),
                sample_held(SAMPLE_ALICE, payer.wants), 0);
    sample_want(&sample, SAMPLE_REFUNDER, sample_held(SAMPLE_ALICE, refunder.took),
                sample_held(SAMPLE_LEDGER, refunder.wants), refunder_flags);
    return bank_end(&sample, false);
}

static void a_reader_keeps_a_writer_out(void **state)
{
    (void)state;
    struct snarl_report *report = read_against(0);
    bank_assert_findings(
        report,
        "error lock-order-cycle predicted \n"
        "thread 2 \"payer\" and thread 3 (bank_refunder) take bank_ledger and bank_alice in "
        "opposite order. Nothing keeps them apart: no common lock, both threads alive together.\n"
        "fix: in %s() (recording_program.c:%u), take bank_%s before bank_%s, as %s() does.\n"
        "locks: bank_alice bank_ledger\n"
        "threads: 2 3\n"
        "2 reads bank_ledger in bank_open<bank_payer wants bank_alice in bank_pay<bank_payer\n"
        "3 holds bank_alice in bank_close<bank_refunder wants bank_ledger in "
        "bank_refund<bank_refunder\n",
        (uintptr_t)&bank_alice < (uintptr_t)&bank_ledger ? "bank_open" : "bank_close",
        (uintptr_t)&bank_alice < (uintptr_t)&bank_ledger ? bank_open() : bank_close(),
        (uintptr_t)&bank_alice < (uintptr_t)&bank_ledger ? "alice" : "ledger",
        (uintptr_t)&bank_alice < (uintptr_t)&bank_ledger ? "ledger" : "alice",
        (uintptr_t)&bank_alice < (uintptr_t)&bank_ledger ? "bank_refund" : "bank_pay");
    const struct snarl_report_lock *ledger =
        snarl_report_lock_by_id(report, report->findings[0].locks[1]);
    assert_string_equal(ledger->kind, "rwlock");
    snarl_report_free(report);
}

/* The twin: the refunder only reads, and this lock lets readers pass. */
static void readers_do_not_keep_each_other_out(void **state)
{
    (void)state;
    struct snarl_report *report = read_against(SNARL_WANT_SHARED);
    bank_assert_findings(report, "%s", "");
    snarl_report_free(report);
}

static void a_waiting_writer_may_stand_between_readers(void **state)
{
    (void)state;
    struct snarl_report *report = read_against(SNARL_WANT_SHARED | SNARL_WANT_BEHIND_WRITERS);
    assert_int_equal(report->finding_count, 1);
    const struct snarl_report_finding *finding = &report->findings[0];
    assert_int_equal(finding->severity, SNARL_WARNING);
    assert_string_equal(finding->why,
                        "Nothing keeps them apart: no common lock, both threads alive together. It "
                        "takes one more thread that waits to "
                        "write bank_ledger at that moment: readers keep each other out only behind "
                        "a waiting writer.");
    assert_true(finding->steps[1].shared);
    assert_true(finding->steps[0].holds[0].shared);
    assert_false(finding->steps[0].shared);
    snarl_report_free(report);
}

/* The counter and alice, in opposite orders, the counter by a try. */
static void tell_counter(struct sample *sample, uint32_t flags)
{
    struct side payer, refunder;
    begin(sample, &payer, &refunder);
    sample_want(sample, SAMPLE_PAYER, sample_held(SAMPLE_ALICE, payer.took),
                sample_held(SAMPLE_COUNTER, payer.wants), flags);
    sample_want(sample, SAMPLE_REFUNDER, sample_held(SAMPLE_COUNTER, refunder.took),
                sample_held(SAMPLE_ALICE, refunder.wants), 0);
}

static void a_semaphore_may_be_a_lock(void **state)
{
    (void)state;
    struct sample sample;
    tell_counter(&sample, SNARL_WANT_TRIED);
    struct snarl_report *report = bank_end(&sample, false);
    assert_int_equal(report->finding_count, 1);
    const struct snarl_report_finding *finding = &report->findings[0];
    assert_int_equal(finding->severity, SNARL_ERROR);
    assert_string_equal(finding->why,
                        "Nothing keeps them apart: no common lock, both threads alive together.");
    assert_true(finding->steps[0].tried);
    assert_false(finding->steps[1].tried);
    const struct snarl_report_lock *lock = snarl_report_lock_by_id(report, finding->locks[0]);
    assert_string_equal(lock->kind, "semaphore");
    assert_string_equal(lock->name, "bank_counter");
    assert_false(lock->polled);
    snarl_report_free(report);
}

static void one_that_is_polled_is_doubtful(void **state)
{
    (void)state;
    for (uint32_t flags = 0; flags <= SNARL_WANT_TIMED; flags += SNARL_WANT_TIMED) {
        struct sample sample;
        tell_counter(&sample, flags);
        sample_change(&sample, SAMPLE_COUNTER, SNARL_LOCK_IS_POLLED); /* as it turns out later */
        struct snarl_report *report = bank_end(&sample, false);
        assert_int_equal(report->finding_count, 1);
        const struct snarl_report_finding *finding = &report->findings[0];
        assert_int_equal(finding->severity, SNARL_WARNING);
        char expected[512];
        snprintf(expected, sizeof expected,
                 "Nothing keeps them apart: no common lock, both threads alive together.%s%s",
                 flags != 0 ? " One of them would give up after a while, as its wait is timed."
                            : "",
                 " bank_counter is a semaphore that is also polled: some thread has tried it and "
                 "gone on without it, so it may not wait here either.");
        assert_string_equal(finding->why, expected);
        assert_true(snarl_report_lock_by_id(report, finding->locks[0])->polled);
        snarl_report_free(report);
    }
}

static void a_signal_is_no_lock(void **state)
{
    (void)state;
    struct sample sample;
    tell_counter(&sample, 0);
    sample_change(&sample, SAMPLE_COUNTER, SNARL_LOCK_IS_SIGNAL);
    struct snarl_report *report = bank_end(&sample, true);
    bank_assert_findings(report, "%s", "");
    assert_int_equal(report->statistics.dependencies, 0);
    assert_int_equal(report->edge_count, 0);
    snarl_report_free(report);
}

/* Held around both sides, a lock is a gate; a signal is none. */
static void a_signal_is_no_gate(void **state)
{
    (void)state;
    for (int signal = 0; signal < 2; signal++) {
        struct sample sample;
        bank_begin(&sample);
        sample_tell_cycle(&sample, true);
        if (signal)
            sample_change(&sample, SAMPLE_VAULT, SNARL_LOCK_IS_SIGNAL);
        struct snarl_report *report = bank_end(&sample, false);
        assert_int_equal(report->finding_count, signal);
        if (signal)
            assert_int_equal(report->findings[0].steps[0].hold_count, 1);
        snarl_report_free(report);
    }
}

/* What is not known to this reader changes nothing. */
static void other_changes_are_ignored(void **state)
{
    (void)state;
    struct sample sample;
    tell_counter(&sample, 0);
    sample_change(&sample, SAMPLE_COUNTER, 77);
    sample_change(&sample, 0, SNARL_LOCK_IS_SIGNAL);
    sample_change(&sample, UINT32_MAX, SNARL_LOCK_IS_POLLED);
    struct snarl_report *report = bank_end(&sample, false);
    assert_int_equal(report->finding_count, 1);
    assert_int_equal(report->findings[0].severity, SNARL_ERROR);
    snarl_report_free(report);
}

/* A dependency on one object of each kind, and what they are called. */
static void objects_are_named_by_their_kind(void **state)
{
    (void)state;
    static const struct {
        struct snarl_fact_lock fact;
        const char *kind, *name; /* "%u" stands for the place where it was made */
    } rows[] = {
        {{.kind = SNARL_OBJECT_MUTEX}, "mutex", "mutex 2"},
        {{.kind = SNARL_OBJECT_MUTEX, .flags = SNARL_LOCK_RECURSIVE}, "recursive mutex", "mutex 2"},
        {{.kind = SNARL_OBJECT_RWLOCK}, "rwlock", "rwlock 2"},
        {{.kind = SNARL_OBJECT_SPIN}, "spin lock", "spin lock 2"},
        {{.kind = SNARL_OBJECT_G_REC_MUTEX, .flags = SNARL_LOCK_RECURSIVE},
         "GRecMutex",
         "GRecMutex 2"},
        {{.kind = SNARL_OBJECT_LOADER}, "loader lock", "the loader's lock"},
        {{.kind = 99}, "lock", "lock 2"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct sample sample;
        bank_begin(&sample);
        struct snarl_fact_lock fact = rows[i].fact;
        fact.lock = 50;
        fact.address = 64;
        sample_object(&sample, fact);
        uint32_t here = sample_stack(&sample, bank_watch);
        sample_want(&sample, SAMPLE_PAYER, sample_held(SAMPLE_ALICE, here), sample_held(50, here),
                    0);
        struct snarl_report *report = bank_end(&sample, false);
        assert_int_equal(report->edge_count, 1);
        const struct snarl_report_lock *lock = snarl_report_lock_by_id(report, report->edges[0].to);
        assert_string_equal(lock->kind, rows[i].kind);
        assert_string_equal(lock->name, rows[i].name);
        snarl_report_free(report);
    }
}

static void a_lock_without_a_variable_is_named_by_its_making(void **state)
{
    (void)state;
    struct sample sample;
    bank_begin(&sample);
    uint32_t here = sample_stack(&sample, bank_watch);
    sample_object(&sample,
                  (struct snarl_fact_lock){
                      .lock = 50, .kind = SNARL_OBJECT_RWLOCK, .address = 64, .first_taken = here});
    sample_want(&sample, SAMPLE_PAYER, sample_held(SAMPLE_ALICE, here), sample_held(50, here), 0);
    struct snarl_report *report = bank_end(&sample, false);
    char expected[128];
    snprintf(expected, sizeof expected,
             "rwlock 2 first taken in bank_watch() recording_program.c:%u", bank_watch());
    assert_string_equal(bank_lock_name(report, report->edges[0].to), expected);
    snarl_report_free(report);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_reader_keeps_a_writer_out),
        TEST(readers_do_not_keep_each_other_out),
        TEST(a_waiting_writer_may_stand_between_readers),
        TEST(a_semaphore_may_be_a_lock),
        TEST(one_that_is_polled_is_doubtful),
        TEST(a_signal_is_no_lock),
        TEST(a_signal_is_no_gate),
        TEST(other_changes_are_ignored),
        TEST(objects_are_named_by_their_kind),
        TEST(a_lock_without_a_variable_is_named_by_its_making),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
