/* What the program says of itself: orders that it declares, names, and what was named only. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "analysis/analysis.h"
#include "bank_ask.h"
#include "core/lock_order.h"
#include "core/objects.h"
#include "merge/merge.h"
#include "recording_ask.h"

/* In main(), so to speak. */
static uint32_t declared_at(struct sample *sample)
{
    return sample_stack(sample, bank_watch);
}

/* `first` before `second`, as the library writes it down. */
static void declare(struct sample *sample, uint32_t number, uint32_t first, uint32_t second)
{
    uint32_t stack = declared_at(sample);
    sample_dependency(sample, SNARL_DECLARED + number, 0, sample_held(first, stack),
                      sample_held(second, stack));
}

/* The thread takes the one at bank_open(), then the other at bank_pay(). */
static void take(struct sample *sample, uint32_t thread, uint32_t first, uint32_t second)
{
    uint32_t taken = sample_stack(sample, bank_open), wanted = sample_stack(sample, bank_pay);
    sample_dependency(sample, thread, 0, sample_held(first, taken), sample_held(second, wanted));
}

static void a_thread_goes_against_a_declaration(void **state)
{
    (void)state;
    struct sample sample;
    bank_begin(&sample);
    declare(&sample, 0, SAMPLE_ALICE, SAMPLE_BOB);
    take(&sample, SAMPLE_PAYER, SAMPLE_BOB, SAMPLE_ALICE);
    struct snarl_report *report = bank_end(&sample, false);
    bank_assert_findings(
        report,
        "error lock-order-cycle predicted \n"
        "thread 2 \"payer\" takes bank_bob before bank_alice, against the declared order. The "
        "program declares: bank_alice before bank_bob in bank_watch() (recording_program.c:%u).\n"
        "fix: in bank_open() (recording_program.c:%u), take bank_alice before bank_bob.\n"
        "locks: bank_alice bank_bob\n"
        "threads: 2 0\n"
        "2 holds bank_bob in bank_open wants bank_alice in bank_pay\n"
        "0 holds bank_alice in bank_watch wants bank_bob in bank_watch\n",
        bank_watch(), bank_open());
    assert_false(report->threads[0].declared);
    assert_true(report->threads[1].declared);
    snarl_report_free(report);
}

static void a_thread_that_keeps_it_is_fine(void **state)
{
    (void)state;
    struct sample sample;
    bank_begin(&sample);
    declare(&sample, 0, SAMPLE_ALICE, SAMPLE_BOB);
    take(&sample, SAMPLE_PAYER, SAMPLE_ALICE, SAMPLE_BOB);
    struct snarl_report *report = bank_end(&sample, true);
    assert_int_equal(report->finding_count, 0);
    snarl_report_free(report);
}

static void several_declarations_count_together(void **state)
{
    (void)state;
    for (int kept = 0; kept < 2; kept++) {
        struct sample sample;
        bank_begin(&sample);
        declare(&sample, 0, SAMPLE_ALICE, SAMPLE_BOB);
        declare(&sample, 1, SAMPLE_BOB, SAMPLE_VAULT);
        take(&sample, SAMPLE_PAYER, kept ? SAMPLE_ALICE : SAMPLE_VAULT,
             kept ? SAMPLE_VAULT : SAMPLE_ALICE);
        struct snarl_report *report = bank_end(&sample, false);
        assert_int_equal(report->finding_count, kept ? 0 : 1);
        if (!kept)
            assert_string_equal(report->findings[0].message,
                                "thread 2 \"payer\" takes bank_vault before bank_alice, against "
                                "the declared order");
        snarl_report_free(report);
    }
}

static void two_threads_may_go_against_one_declaration(void **state)
{
    (void)state;
    struct sample sample;
    bank_begin(&sample);
    declare(&sample, 0, SAMPLE_ALICE, SAMPLE_BOB);
    take(&sample, SAMPLE_PAYER, SAMPLE_BOB, SAMPLE_VAULT);
    take(&sample, SAMPLE_REFUNDER, SAMPLE_VAULT, SAMPLE_ALICE);
    struct snarl_report *report = bank_end(&sample, false);
    assert_int_equal(report->finding_count, 1);
    assert_string_equal(
        report->findings[0].message,
        "2 threads take bank_bob, bank_vault and bank_alice in a ring, against the declared order");
    assert_null(report->findings[0].fix);
    snarl_report_free(report);
}

static void declarations_may_contradict_each_other(void **state)
{
    (void)state;
    struct sample sample;
    bank_begin(&sample);
    declare(&sample, 0, SAMPLE_ALICE, SAMPLE_BOB);
    declare(&sample, 1, SAMPLE_BOB, SAMPLE_ALICE);
    struct snarl_report *report = bank_end(&sample, false);
    assert_int_equal(report->finding_count, 1);
    assert_string_equal(report->findings[0].message,
                        "the declared orders of bank_alice and bank_bob contradict each other");
    snarl_report_free(report);
}

/* Whichever comes first: what threads have done says more than what was declared. */
static void threads_come_before_declarations(void **state)
{
    (void)state;
    static const uint32_t orders[][3] = {{0, 1, 2}, {1, 0, 2}, {1, 2, 0}, {2, 1, 0}};
    for (size_t i = 0; i < sizeof orders / sizeof orders[0]; i++) {
        struct sample sample;
        bank_begin(&sample);
        for (int step = 0; step < 3; step++)
            switch (orders[i][step]) {
            case 0:
                declare(&sample, 0, SAMPLE_ALICE, SAMPLE_BOB);
                break;
            case 1:
                take(&sample, SAMPLE_PAYER, SAMPLE_BOB, SAMPLE_ALICE);
                break;
            case 2:
                take(&sample, SAMPLE_REFUNDER, SAMPLE_ALICE, SAMPLE_BOB);
                break;
            }
        struct snarl_report *report = bank_end(&sample, false);
        assert_int_equal(report->finding_count, 1);
        assert_int_equal(report->findings[0].step_count, 2);
        for (size_t step = 0; step < 2; step++)
            assert_int_equal(bank_thread_number(report, report->findings[0].steps[step].thread),
                             SAMPLE_PAYER + step);
        snarl_report_free(report);
    }
}

static const struct snarl_report_lock *lock_named(const struct snarl_report *report,
                                                  const char *name)
{
    for (size_t i = 0; i < report->lock_count; i++)
        if (strcmp(report->locks[i].name, name) == 0)
            return &report->locks[i];
    fail_msg("no lock is called %s", name);
    return NULL;
}

static void the_last_name_stands(void **state)
{
    (void)state;
    struct sample sample;
    bank_begin(&sample);
    sample_name(&sample, SAMPLE_ALICE, "hers");
    sample_tell_cycle(&sample, false);
    sample_name(&sample, SAMPLE_ALICE, "her account");
    sample_name(&sample, SAMPLE_BOB, ""); /* none */
    struct snarl_report *report = bank_end(&sample, false);
    assert_true(lock_named(report, "her account")->named);
    assert_false(lock_named(report, "bank_bob")->named);
    snarl_report_free(report);
}

/* First only spoken of, later met. */
static void what_is_met_is_told_again(void **state)
{
    (void)state;
    for (int met = 0; met < 2; met++) {
        struct sample sample;
        bank_begin(&sample);
        const uint32_t lock = 20;
        sample_object(&sample, (struct snarl_fact_lock){.lock = lock, .address = 0x10});
        if (met)
            sample_object(&sample, (struct snarl_fact_lock){
                                       .lock = lock, .kind = SNARL_OBJECT_SPIN, .address = 0x10});
        sample_object(&sample, (struct snarl_fact_lock){
                                   .lock = lock, .kind = SNARL_OBJECT_RWLOCK, .address = 0x20});
        sample_name(&sample, lock, "spoken of");
        declare(&sample, 0, lock, SAMPLE_BOB);
        struct snarl_report *report = bank_end(&sample, false);
        assert_string_equal(lock_named(report, "spoken of")->kind, met ? "spin lock" : "rwlock");
        snarl_report_free(report);
    }
}

/* The report of the merge of two runs that did the same, which may be merged again. */
static struct snarl_report *merge(const struct sample *sample)
{
    const char *path = sample->writer.path;
    char merged[512], error[256] = "";
    for (int round = 0; round < 2; round++) {
        struct snarl_merge *merge = snarl_merge_create();
        assert_true(snarl_merge_add(merge, path, error, sizeof error));
        assert_true(snarl_merge_add(merge, path, error, sizeof error));
        assert_int_equal(snarl_merge_run_count(merge), 1);
        snprintf(merged, sizeof merged, "%s/merged.%d", recording_directory, round);
        FILE *stream = fopen(merged, "w");
        assert_non_null(stream);
        assert_true(snarl_merge_write(merge, stream));
        fclose(stream);
        snarl_merge_free(merge);
        path = merged;
    }
    struct snarl_report *report = snarl_analyse(
        &path, 1, &(struct snarl_analysis_options){.all = false}, error, sizeof error);
    assert_non_null(report);
    return report;
}

static void what_is_said_survives_a_merge(void **state)
{
    (void)state;
    struct sample sample;
    bank_begin(&sample);
    sample_name(&sample, SAMPLE_ALICE, "her account");
    declare(&sample, 0, SAMPLE_ALICE, SAMPLE_BOB);
    declare(&sample, 1, SAMPLE_BOB, SAMPLE_VAULT);
    take(&sample, SAMPLE_PAYER, SAMPLE_VAULT, SAMPLE_ALICE);
    struct snarl_report *before = bank_end(&sample, false), *after = merge(&sample);
    assert_int_equal(before->finding_count, 1);
    assert_int_equal(after->finding_count, 1);
    assert_string_equal(after->findings[0].id, before->findings[0].id);
    assert_string_equal(after->findings[0].message,
                        "thread 2 \"payer\" takes bank_vault before her account, against the "
                        "declared order");
    assert_true(lock_named(after, "her account")->named);
    snarl_report_free(before);
    snarl_report_free(after);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_thread_goes_against_a_declaration),
        TEST(a_thread_that_keeps_it_is_fine),
        TEST(several_declarations_count_together),
        TEST(two_threads_may_go_against_one_declaration),
        TEST(declarations_may_contradict_each_other),
        TEST(threads_come_before_declarations),
        TEST(what_is_said_survives_a_merge),
        TEST(the_last_name_stands),
        TEST(what_is_met_is_told_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
