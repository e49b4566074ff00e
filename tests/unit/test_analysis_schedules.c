/* The schedules that recordings give: the same however the story is told, and only for what can be
 * steered. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "analysis/analysis.h"
#include "bank_ask.h"
#include "recording/schedule.h"
#include "recording_ask.h"

static struct snarl_report *report_of(void (*tell)(struct sample *),
                                      const struct sample_style *style)
{
    struct sample sample;
    char error[256] = "";
    sample_begin(&sample, recording_directory, style);
    sample_tell_bank(&sample);
    tell(&sample);
    sample_close(&sample);
    struct snarl_report *report = snarl_analyse(
        (const char *[]){sample.writer.path}, 1,
        &(struct snarl_analysis_options){.all = true, .schedules = true}, error, sizeof error);
    if (report == NULL)
        fail_msg("%s", error);
    return report;
}

static void tell_cycle(struct sample *sample)
{
    sample_tell_cycle(sample, false);
}

static void tell_gated_cycle(struct sample *sample)
{
    sample_tell_cycle(sample, true);
}

static struct snarl_schedule schedule;
static char text[SNARL_SCHEDULE_SIZE + 1];

/* The one schedule of the one finding. */
static void read_schedule(const struct snarl_report *report)
{
    struct snarl_schedule_error error;
    assert_int_equal(report->finding_count, 1);
    assert_int_equal(report->findings[0].schedule_count, 1);
    size_t size = strlen(report->findings[0].schedules[0]);
    assert_true(size < sizeof text);
    memcpy(text, report->findings[0].schedules[0], size);
    if (!snarl_schedule_parse(&schedule, text, size, &error))
        fail_msg("line %u: %s", error.line, error.what);
}

static uint64_t offset_of(const void *here)
{
    struct sample sample = {.style = bank_plain};
    return sample_address(&sample, here);
}

/* Offsets differ from addresses by one number for all. */
static bool is_place(uint32_t place, const void *here, const void *base, uint32_t base_place)
{
    return schedule.places[place].offset - schedule.places[base_place].offset ==
           offset_of(here) - offset_of(base);
}

static void a_cycle_of_variables(void **state)
{
    (void)state;
    struct snarl_report *report = report_of(tell_cycle, &bank_plain);
    read_schedule(report);
    assert_int_equal(schedule.step_count, 2);
    assert_int_equal(schedule.module_count, 1);
    assert_int_equal(schedule.hold, SNARL_HOLD_WANTED);
    assert_int_equal(schedule.bound_ms, SNARL_SCHEDULE_BOUND);
    for (uint32_t i = 0; i < 2; i++) {
        const struct snarl_schedule_step *step = &schedule.steps[i];
        assert_int_equal(step->thread, SNARL_THREAD_ANY); /* the story does not say */
        assert_int_equal(step->holds, SNARL_LOCK_VARIABLE);
        assert_int_equal(step->variable.module, 1);
        assert_int_equal(step->way_count, 1);
        assert_int_equal(step->ways[0].wanted.count, 2);
    }
    uint64_t apart = schedule.steps[0].variable.offset - schedule.steps[1].variable.offset;
    uint64_t alice = (uintptr_t)&bank_alice, bob = (uintptr_t)&bank_bob;
    assert_true(apart == alice - bob || apart == bob - alice);
    uint32_t pays = schedule.steps[0].ways[0].wanted.first;
    uint32_t refunds = schedule.steps[1].ways[0].wanted.first;
    assert_true(is_place(refunds, (const void *)(uintptr_t)bank_refund,
                         (const void *)(uintptr_t)bank_pay, pays) ||
                is_place(refunds, (const void *)(uintptr_t)bank_pay,
                         (const void *)(uintptr_t)bank_refund, pays));
    snarl_report_free(report);
}

static void locks_of_the_heap_are_known_by_where_they_were_made(void **state)
{
    (void)state;
    struct snarl_report *report = report_of(sample_tell_heap_cycle, &bank_plain);
    read_schedule(report);
    for (uint32_t i = 0; i < 2; i++) {
        assert_int_equal(schedule.steps[i].holds, SNARL_LOCK_MADE);
        assert_true(schedule.steps[i].lock_made.count >= 1);
    }
    snarl_report_free(report);
}

static void it_does_not_depend_on_where_things_lay(void **state)
{
    (void)state;
    static const struct sample_style styles[] = {{.moved = 0x123456000}, {.moved = 0x7000000}};
    struct snarl_report *plain = report_of(tell_cycle, &bank_plain);
    for (size_t i = 0; i < sizeof styles / sizeof *styles; i++) {
        struct snarl_report *other = report_of(tell_cycle, &styles[i]);
        assert_string_equal(other->findings[0].schedules[0], plain->findings[0].schedules[0]);
        snarl_report_free(other);
    }
    snarl_report_free(plain);
}

static void what_cannot_happen_has_none(void **state)
{
    (void)state;
    struct snarl_report *report = report_of(tell_gated_cycle, &bank_plain);
    assert_int_equal(report->finding_count, 1);
    assert_int_equal(report->findings[0].status, SNARL_INFEASIBLE);
    assert_int_equal(report->findings[0].schedule_count, 0);
    snarl_report_free(report);
}

static void what_has_happened_has_none(void **state)
{
    (void)state;
    struct snarl_report *report = report_of(sample_tell_deadlock, &bank_plain);
    assert_int_equal(report->finding_count, 1);
    assert_int_equal(report->findings[0].status, SNARL_OCCURRED);
    assert_int_equal(report->findings[0].schedule_count, 0);
    snarl_report_free(report);
}

/* A wait that gives up does not hang. */
static void tell_timed(struct sample *sample)
{
    uint32_t pays = sample_stack(sample, bank_pay, bank_payer);
    uint32_t refunds = sample_stack(sample, bank_refund, bank_refunder);
    sample_want(sample, SAMPLE_PAYER, sample_held(SAMPLE_ALICE, pays),
                sample_held(SAMPLE_BOB, pays), SNARL_WANT_TIMED);
    sample_want(sample, SAMPLE_REFUNDER, sample_held(SAMPLE_BOB, refunds),
                sample_held(SAMPLE_ALICE, refunds), 0);
}

static void what_gives_up_has_none(void **state)
{
    (void)state;
    struct snarl_report *report = report_of(tell_timed, &bank_plain);
    assert_int_equal(report->finding_count, 1);
    assert_int_equal(report->findings[0].status, SNARL_PREDICTED);
    assert_int_equal(report->findings[0].schedule_count, 0);
    snarl_report_free(report);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_cycle_of_variables),
        TEST(locks_of_the_heap_are_known_by_where_they_were_made),
        TEST(it_does_not_depend_on_where_things_lay),
        TEST(what_cannot_happen_has_none),
        TEST(what_has_happened_has_none),
        TEST(what_gives_up_has_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
