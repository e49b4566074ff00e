/* Locks in memory that processes share: an order of one process and its reverse in another. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "bank_ask.h"
#include "core/objects.h"
#include "recording_ask.h"

/* Ids of a process' own for two locks in a file that others map too. */
enum {
    FIRST = 60,
    SECOND,
};

/* Where a process has them, and in what order it takes them. */
struct process {
    uint64_t pid;
    uint32_t ids;      /* its ids are as many further on */
    uint64_t offset;   /* of the first in the file */
    uint32_t from, to; /* holds, and wants */
};

static void tell_process(struct sample *sample, const struct process *process)
{
    bank_begin(sample);
    sample_set_process(sample, process->pid, SAMPLE_STARTED);
    uint32_t made = sample_stack(sample, bank_watch);
    for (uint32_t i = 0; i < 2; i++)
        sample_object(sample, (struct snarl_fact_lock){.lock = FIRST + i + process->ids,
                                                       .kind = SNARL_OBJECT_MUTEX,
                                                       .flags = SNARL_LOCK_SHARED,
                                                       .created = made,
                                                       .address = 0x7f0000000000 + 64 * i +
                                                                  4096 * process->pid,
                                                       .device = 8,
                                                       .inode = 1234,
                                                       .offset = process->offset + 64 * i});
    uint32_t took = process->from == FIRST ? sample_stack(sample, bank_open, bank_payer)
                                           : sample_stack(sample, bank_close, bank_refunder);
    uint32_t wants = process->from == FIRST ? sample_stack(sample, bank_pay, bank_payer)
                                            : sample_stack(sample, bank_refund, bank_refunder);
    sample_dependency(sample, SAMPLE_PAYER, 0, sample_held(process->from + process->ids, took),
                      sample_held(process->to + process->ids, wants));
    sample_close(sample);
}

static struct snarl_report *report_of(const struct process *processes, size_t count, bool all)
{
    struct sample samples[4];
    for (size_t i = 0; i < count; i++)
        tell_process(&samples[i], &processes[i]);
    return bank_analyse(samples, count, all);
}

static size_t process_of(const struct snarl_report *report, const struct snarl_report_step *step)
{
    return snarl_report_thread_by_id(report, step->thread)->process;
}

static void an_order_and_its_reverse_elsewhere_are_a_cycle(void **state)
{
    (void)state;
    struct snarl_report *report = report_of(
        (struct process[]){{100, 0, 128, FIRST, SECOND}, {101, 7, 128, SECOND, FIRST}}, 2, false);
    const struct snarl_report_lock *first =
        snarl_report_lock_by_id(report, report->findings[0].locks[1]);
    const struct snarl_report_lock *second =
        snarl_report_lock_by_id(report, report->findings[0].locks[0]);
    bank_assert_findings(
        report,
        "error lock-order-cycle predicted \n"
        "thread 2 \"payer\" of pid 100 and thread 2 \"payer\" of pid 101 take %s and %s in "
        "opposite "
        "order. Nothing keeps them apart: no common lock, both threads alive together.\n"
        "fix: in bank_close() (recording_program.c:%u), take %s before %s, as bank_pay() does.\n"
        "locks: %s %s\n"
        "threads: 2 2\n"
        "2 holds %s in bank_open<bank_payer wants %s in bank_pay<bank_payer\n"
        "2 holds %s in bank_close<bank_refunder wants %s in bank_refund<bank_refunder\n",
        first->name, second->name, bank_close(), first->name, second->name, second->name,
        first->name, first->name, second->name, second->name, first->name);
    assert_int_equal(process_of(report, &report->findings[0].steps[0]), 0);
    assert_int_equal(process_of(report, &report->findings[0].steps[1]), 1);
    assert_int_equal(first->process, 0);
    assert_int_equal(report->loss_count, 0);
    snarl_report_free(report);
}

/* The twin: other locks of the same file. */
static void locks_at_other_places_are_others(void **state)
{
    (void)state;
    struct snarl_report *report = report_of(
        (struct process[]){{100, 0, 128, FIRST, SECOND}, {101, 7, 256, SECOND, FIRST}}, 2, true);
    assert_int_equal(report->finding_count, 0);
    snarl_report_free(report);
}

/* ... the same order. */
static void one_order_is_no_cycle(void **state)
{
    (void)state;
    struct snarl_report *report = report_of(
        (struct process[]){{100, 0, 128, FIRST, SECOND}, {101, 7, 128, FIRST, SECOND}}, 2, true);
    assert_int_equal(report->finding_count, 0);
    snarl_report_free(report);
}

static void more_processes_of_a_kind_are_the_same_finding(void **state)
{
    (void)state;
    struct snarl_report *report = report_of((struct process[]){{100, 0, 128, FIRST, SECOND},
                                                               {101, 7, 128, SECOND, FIRST},
                                                               {102, 3, 128, SECOND, FIRST},
                                                               {103, 0, 128, FIRST, SECOND}},
                                            4, false);
    assert_int_equal(report->finding_count, 1);
    snarl_report_free(report);
}

/* What one process does alone, its own recording tells. */
static void a_cycle_within_a_process_is_told_once(void **state)
{
    (void)state;
    struct sample samples[2];
    for (int i = 0; i < 2; i++) {
        bank_begin(&samples[i]);
        sample_set_process(&samples[i], 100 + (uint64_t)i, SAMPLE_STARTED);
        for (uint32_t lock = FIRST; lock <= SECOND; lock++)
            sample_object(&samples[i], (struct snarl_fact_lock){.lock = lock,
                                                                .kind = SNARL_OBJECT_MUTEX,
                                                                .address = 64 * lock,
                                                                .inode = 1,
                                                                .offset = 64 * lock});
        uint32_t here = sample_stack(&samples[i], bank_watch);
        sample_dependency(&samples[i], SAMPLE_PAYER, 0, sample_held(FIRST, here),
                          sample_held(SECOND, here));
        sample_dependency(&samples[i], SAMPLE_REFUNDER, 0, sample_held(SECOND, here),
                          sample_held(FIRST, here));
        sample_close(&samples[i]);
    }
    struct snarl_report *report = bank_analyse(samples, 2, false);
    assert_int_equal(report->finding_count, 1);
    const struct snarl_report_finding *finding = &report->findings[0];
    assert_int_equal(process_of(report, &finding->steps[0]),
                     process_of(report, &finding->steps[1]));
    assert_int_equal(finding->also_count, 1); /* the other process' */
    snarl_report_free(report);
}

/* Locks of their own keep nothing apart between processes, though their ids be the same. */
static void private_locks_are_no_gates(void **state)
{
    (void)state;
    struct sample samples[2];
    for (int i = 0; i < 2; i++) {
        bank_begin(&samples[i]);
        sample_set_process(&samples[i], 100 + (uint64_t)i, SAMPLE_STARTED);
        for (uint32_t lock = FIRST; lock <= SECOND; lock++)
            sample_object(&samples[i], (struct snarl_fact_lock){.lock = lock,
                                                                .kind = SNARL_OBJECT_MUTEX,
                                                                .address = 64 * lock,
                                                                .inode = 1,
                                                                .offset = 64 * lock});
        uint32_t here = sample_stack(&samples[i], bank_watch);
        sample_dependency(&samples[i], SAMPLE_PAYER, SAMPLE_VAULT,
                          sample_held(i == 0 ? FIRST : SECOND, here),
                          sample_held(i == 0 ? SECOND : FIRST, here));
        sample_close(&samples[i]);
    }
    struct snarl_report *report = bank_analyse(samples, 2, true);
    assert_int_equal(report->finding_count, 1);
    assert_int_equal(report->findings[0].status, SNARL_PREDICTED);
    assert_int_equal(report->findings[0].steps[0].hold_count, 2);
    assert_int_not_equal(report->findings[0].steps[0].holds[0].lock,
                         report->findings[0].steps[1].holds[0].lock);
    snarl_report_free(report);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_order_and_its_reverse_elsewhere_are_a_cycle),
        TEST(locks_at_other_places_are_others),
        TEST(one_order_is_no_cycle),
        TEST(more_processes_of_a_kind_are_the_same_finding),
        TEST(a_cycle_within_a_process_is_told_once),
        TEST(private_locks_are_no_gates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
