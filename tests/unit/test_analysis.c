/* The sample recordings give exactly the findings that their stories call for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/builder.h"
#include "bank_ask.h"
#include "recording_ask.h"

static void names_and_lines_are_those_of_the_source(void **state)
{
    (void)state;
    struct sample sample;
    bank_begin(&sample);
    sample_tell_cycle(&sample, false);
    struct snarl_report *report = bank_end(&sample, false);
    assert_int_equal(report->finding_count, 1);
    const struct snarl_report_step *step = &report->findings[0].steps[0];
    const struct snarl_stack *stack = &step->holds[0].stack;
    const unsigned lines[] = {bank_open(), bank_pay(), bank_payer()};
    assert_int_equal(stack->count, 3);
    for (size_t i = 0; i < 3; i++) {
        const char *file = strrchr(stack->frames[i].file, '/');
        assert_string_equal(file != NULL ? file + 1 : stack->frames[i].file, "recording_program.c");
        assert_int_equal(stack->frames[i].line, lines[i]);
        assert_false(stack->frames[i].foreign);
        assert_false(stack->frames[i].inlined);
    }
    const struct snarl_report_lock *lock = snarl_report_lock_by_id(report, step->wants);
    assert_int_equal(lock->address, (uintptr_t)&bank_bob);
    assert_string_equal(lock->kind, "mutex");
    assert_int_equal(lock->process, 0);
    const struct snarl_report_thread *thread = snarl_report_thread_by_id(report, step->thread);
    assert_int_equal(thread->tid, 4000 + SAMPLE_PAYER);
    assert_string_equal(thread->name, "payer");
    assert_string_equal(thread->start, "bank_payer");
    /* A thread that goes by the name of the program has none of its own. */
    thread = snarl_report_thread_by_id(report, report->findings[0].steps[1].thread);
    assert_null(thread->name);
    assert_string_equal(thread->start, "bank_refunder");
    snarl_report_free(report);
}

static void a_cycle_is_predicted(void **state)
{
    (void)state;
    struct sample sample;
    bank_begin(&sample);
    sample_tell_cycle(&sample, false);
    struct snarl_report *report = bank_end(&sample, false);
    bank_assert_findings(
        report,
        "error lock-order-cycle predicted \n"
        "thread 2 \"payer\" and thread 3 (bank_refunder) take bank_alice and bank_bob in opposite "
        "order. Nothing keeps them apart: no common lock, both threads alive together.\n"
        "fix: in bank_open() (recording_program.c:%u), take bank_alice before bank_bob, as "
        "bank_pay() does.\n"
        "locks: bank_bob bank_alice\n"
        "threads: 2 3\n"
        "2 holds bank_alice in bank_open<bank_pay<bank_payer wants bank_bob in "
        "bank_pay<bank_payer\n"
        "3 holds bank_bob in bank_open<bank_refunder wants bank_alice in "
        "bank_refund<bank_refunder\n",
        bank_open());
    assert_int_equal(report->loss_count, 0);
    assert_int_equal(report->statistics.dependencies, 2);
    snarl_report_free(report);
}

static void what_cannot_happen_is_kept_only_on_request(void **state)
{
    (void)state;
    for (int all = 0; all < 2; all++) {
        struct sample sample;
        bank_begin(&sample);
        sample_tell_cycle(&sample, true);
        struct snarl_report *report = bank_end(&sample, all);
        if (all)
            bank_assert_findings(
                report,
                "note lock-order-cycle infeasible gate-lock\n"
                "thread 2 \"payer\" and thread 3 (bank_refunder) take bank_alice and "
                "bank_bob in opposite order. It cannot happen: bank_vault is a gate lock, held "
                "around two of the sides, and lets only one of these threads in at a time.\n"
                "fix: -\n"
                "locks: bank_bob bank_alice\n"
                "threads: 2 3\n"
                "2 holds bank_vault in bank_open<bank_pay<bank_payer holds bank_alice in "
                "bank_open<bank_pay<bank_payer wants bank_bob in bank_pay<bank_payer\n"
                "3 holds bank_vault in bank_open<bank_refunder holds bank_bob in "
                "bank_open<bank_refunder wants bank_alice in bank_refund<bank_refunder\n");
        else
            assert_int_equal(report->finding_count, 0);
        assert_int_equal(report->edge_count, 4);
        for (size_t i = 0; i < report->edge_count; i++)
            assert_false(report->edges[i].in_cycle);
        snarl_report_free(report);
    }
}

/* The cycle of the same two locks is not predicted as well. */
static void a_deadlock_has_occurred(void **state)
{
    (void)state;
    struct sample sample;
    bank_begin(&sample);
    sample_tell_deadlock(&sample);
    struct snarl_report *report = bank_end(&sample, true);
    bank_assert_findings(
        report,
        "error deadlock occurred \n"
        "2 threads wait for each other: bank_alice and bank_bob. Each of them waits for what the "
        "next one has.\n"
        "fix: in %s() (recording_program.c:%u), take bank_%s before bank_%s, as %s() does.\n"
        "locks: bank_bob bank_alice\n"
        "threads: 2 3\n"
        "2 holds bank_alice in bank_pay<bank_payer wants bank_bob in bank_pay<bank_payer\n"
        "3 holds bank_bob in bank_refund<bank_refunder wants bank_alice in "
        "bank_refund<bank_refunder\n",
        &bank_alice < &bank_bob ? "bank_refund" : "bank_pay",
        &bank_alice < &bank_bob ? bank_refund() : bank_pay(),
        &bank_alice < &bank_bob ? "alice" : "bob", &bank_alice < &bank_bob ? "bob" : "alice",
        &bank_alice < &bank_bob ? "bank_pay" : "bank_refund");
    assert_int_equal(report->edge_count, 2);
    assert_true(report->edges[0].in_cycle && report->edges[1].in_cycle);
    snarl_report_free(report);
}

/* ... but one through other locks is. */
static void another_cycle_beside_a_deadlock_is_predicted(void **state)
{
    (void)state;
    struct sample sample;
    bank_begin(&sample);
    sample_tell_relock(&sample); /* of one of its locks */
    sample_tell_cycle(&sample, false);
    struct snarl_report *report = bank_end(&sample, false);
    assert_int_equal(report->finding_count, 2);
    assert_int_equal(report->findings[0].kind, SNARL_FINDING_SELF_DEADLOCK);
    assert_int_equal(report->findings[1].kind, SNARL_FINDING_LOCK_ORDER_CYCLE);
    snarl_report_free(report);
}

static void a_thread_waits_for_itself(void **state)
{
    (void)state;
    struct sample sample;
    bank_begin(&sample);
    sample_tell_relock(&sample);
    struct snarl_report *report = bank_end(&sample, false);
    bank_assert_findings(
        report,
        "error self-deadlock occurred \n"
        "thread 2 \"payer\" locks bank_alice, which it holds already. The mutex is not "
        "recursive, so nobody is left who could release it.\n"
        "fix: release bank_alice, which bank_open() (recording_program.c:%u) takes, "
        "before bank_pay() (recording_program.c:%u) locks it; or give callers that "
        "hold it a function that does not lock.\n"
        "locks: bank_alice\n"
        "threads: 2\n"
        "2 holds bank_alice in bank_open<bank_payer wants bank_alice in "
        "bank_pay<bank_open<bank_payer\n",
        bank_open(), bank_pay());
    snarl_report_free(report);
}

static void a_join_and_a_lock_make_a_deadlock(void **state)
{
    (void)state;
    struct sample sample;
    bank_begin(&sample);
    sample_tell_join(&sample);
    struct snarl_report *report = bank_end(&sample, false);
    bank_assert_findings(
        report,
        "error deadlock occurred \n"
        "2 threads wait for each other: bank_bob. Each of them waits for what the next "
        "one has.\n"
        "fix: release bank_bob before the join in bank_close() "
        "(recording_program.c:%u): the thread that is joined needs it to end.\n"
        "locks: bank_bob\n"
        "threads: 1 2\n"
        "1 holds bank_bob in bank_close wants thread 2 in bank_close\n"
        "2 wants bank_bob in bank_pay<bank_payer\n",
        bank_close());
    snarl_report_free(report);
}

static void a_mutex_from_the_heap_is_named_by_its_making(void **state)
{
    (void)state;
    struct sample sample;
    bank_begin(&sample);
    sample_tell_heap_cycle(&sample);
    struct snarl_report *report = bank_end(&sample, false);
    assert_int_equal(report->finding_count, 1);
    char expected[128];
    for (unsigned id = 1; id <= 2; id++) {
        snprintf(expected, sizeof expected, "mutex %u made in bank_open() recording_program.c:%u",
                 id, bank_open());
        assert_string_equal(bank_lock_name(report, id), expected);
    }
    snarl_report_free(report);
}

static void sentences_name_functions_without_their_parameters(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"pay", "pay()"},
        {"Bus::publish()", "Bus::publish()"},
        {"Bus::subscribe(std::function<void ()>)", "Bus::subscribe()"},
        {"Bus::count(int (*)(int)) const", "Bus::count()"},
        {"(anonymous namespace)::pay(int)", "(anonymous namespace)::pay()"},
        {"(anonymous namespace)::pay", "(anonymous namespace)::pay()"},
        {"main::{lambda()#1}::operator()() const", "main::{lambda()#1}::operator()()"},
        {"main::{lambda()#1}::operator()", "main::{lambda()#1}::operator()()"},
        {"std::call_once<void (&)()>(void (&)())::{lambda()#1}",
         "std::call_once<void (&)()>(void (&)())::{lambda()#1}()"},
        {"(damaged)", "(damaged)()"},
        {"damaged)", "damaged)()"},
    };
    struct snarl_report *report = snarl_report_create();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_string_equal(snarl_builder_call(report, rows[i][0]), rows[i][1]);
    snarl_report_free(report);
}

static void other_ways_stand_under_also(void **state)
{
    (void)state;
    struct sample sample;
    bank_begin(&sample);
    sample_tell_cycle(&sample, false);
    sample_dependency(&sample, SAMPLE_PAYER, 0,
                      sample_held(SAMPLE_ALICE, sample_stack(&sample, bank_watch)),
                      sample_held(SAMPLE_BOB, sample_stack(&sample, bank_close)));
    struct snarl_report *report = bank_end(&sample, false);
    assert_int_equal(report->finding_count, 1);
    const struct snarl_report_finding *finding = &report->findings[0];
    assert_int_equal(finding->also_count, 1);
    char *found = NULL;
    size_t size;
    FILE *out = open_memstream(&found, &size);
    bank_print_steps(out, report, finding->also[0].steps, finding->also[0].step_count);
    fclose(out);
    assert_string_equal(found,
                        "2 holds bank_alice in bank_watch wants bank_bob in bank_close\n"
                        "3 holds bank_bob in bank_open<bank_refunder wants bank_alice in "
                        "bank_refund<bank_refunder\n");
    free(found);
    snarl_report_free(report);
}

static void edges_are_drawn_once(void **state)
{
    (void)state;
    struct sample sample;
    bank_begin(&sample);
    uint32_t here = sample_stack(&sample, bank_watch);
    for (int i = 0; i < 3; i++) /* main does as the payer does, and one thing more */
        sample_dependency(&sample, i == 1 ? SAMPLE_MAIN : SAMPLE_PAYER, 0,
                          sample_held(SAMPLE_VAULT, here),
                          sample_held(i == 2 ? SAMPLE_BOB : SAMPLE_ALICE, here));
    sample_tell_cycle(&sample, false);
    struct snarl_report *report = bank_end(&sample, false);
    char *found = NULL;
    size_t size;
    FILE *out = open_memstream(&found, &size);
    for (size_t i = 0; i < report->edge_count; i++) {
        const struct snarl_report_edge *edge = &report->edges[i];
        fprintf(out, "%s->%s by %u in %s%s\n", bank_lock_name(report, edge->from),
                bank_lock_name(report, edge->to), bank_thread_number(report, edge->thread),
                edge->place->function, edge->in_cycle ? " on a cycle" : "");
    }
    fclose(out);
    assert_string_equal(found,
                        "bank_vault->bank_alice by 2 in bank_watch\n"
                        "bank_vault->bank_bob by 2 in bank_watch\n"
                        "bank_alice->bank_bob by 2 in bank_pay on a cycle\n"
                        "bank_bob->bank_alice by 3 in bank_refund on a cycle\n");
    free(found);
    assert_int_equal(report->statistics.dependencies, 5);
    snarl_report_free(report);
}

static void everything_at_once_comes_in_order(void **state)
{
    (void)state;
    struct sample sample;
    sample_begin(&sample, recording_directory, &bank_plain);
    sample_tell_everything(&sample);
    struct snarl_report *report = bank_end(&sample, true);
    const enum snarl_finding_kind kinds[] = {
        SNARL_FINDING_JOIN_TWICE,    SNARL_FINDING_DESTROY_LOCKED,   SNARL_FINDING_SELF_DEADLOCK,
        SNARL_FINDING_DEADLOCK,      SNARL_FINDING_DEADLOCK,         SNARL_FINDING_DEADLOCK,
        SNARL_FINDING_SELF_DEADLOCK, SNARL_FINDING_LOCK_ORDER_CYCLE,
    };
    assert_int_equal(report->finding_count, sizeof kinds / sizeof kinds[0]);
    for (size_t i = 0; i < report->finding_count; i++)
        assert_int_equal(report->findings[i].kind, kinds[i]);
    assert_int_equal(report->statistics.dependencies, 7);
    assert_int_equal(report->loss_count, 1);
    assert_true(report->processes[0].duration_s == 3.5);
    snarl_report_free(report);
}

/* A later library in the same place must not lend its names to what was there before. */
static void what_was_unloaded_keeps_no_later_name(void **state)
{
    (void)state;
    struct sample sample;
    sample_begin(&sample, recording_directory, &bank_plain);
    sample_thread(&sample, SAMPLE_MAIN, "bank", NULL);
    sample_thread(&sample, SAMPLE_PAYER, "payer", bank_payer);
    sample_lock(&sample, SAMPLE_ALICE, (uintptr_t)&bank_alice, 0, 0);
    sample_tell_relock(&sample);
    sample_tell_bank(&sample); /* the program's file is mapped only now */
    struct snarl_report *report = bank_end(&sample, false);
    assert_int_equal(report->finding_count, 1);
    const struct snarl_report_step *step = &report->findings[0].steps[0];
    assert_string_equal(bank_lock_name(report, step->wants), "mutex 1");
    assert_null(step->stack.frames[0].function);
    assert_null(snarl_report_thread_by_id(report, step->thread)->start);
    snarl_report_free(report);
}

/* A call may be the last instruction of its function: then what follows belongs to the next one. */
static void a_return_address_belongs_to_the_call_before_it(void **state)
{
    (void)state;
    struct sample sample;
    bank_begin(&sample);
    sample_tell_cycle(&sample, false);
    const uint64_t after[] = {(uintptr_t)bank_refund, (uintptr_t)bank_refund + 1};
    struct snarl_fact_stack fact = {
        .header.kind = SNARL_FACT_STACK, .stack = sample.stacks + 1, .count = 2};
    sample_append(&sample, &fact, sizeof fact, after, sizeof after);
    sample_dependency(&sample, SAMPLE_MAIN, 0, sample_held(SAMPLE_VAULT, 0),
                      sample_held(SAMPLE_HEAP_LEFT, fact.stack));
    sample_lock(&sample, SAMPLE_HEAP_LEFT, 16, fact.stack, 0);
    struct snarl_report *report = bank_end(&sample, false);
    const struct snarl_report_edge *edge = &report->edges[report->edge_count - 1];
    const struct snarl_stack *stack = &snarl_report_lock_by_id(report, edge->to)->created;
    assert_int_equal(stack->count, 2);
    assert_int_equal(stack->frames[1].offset - stack->frames[0].offset, 1);
    assert_string_equal(stack->frames[1].function, "bank_refund");
    assert_true(stack->frames[0].function == NULL ||
                strcmp(stack->frames[0].function, "bank_refund") != 0);
    snarl_report_free(report);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(names_and_lines_are_those_of_the_source),
        TEST(a_cycle_is_predicted),
        TEST(what_cannot_happen_is_kept_only_on_request),
        TEST(a_deadlock_has_occurred),
        TEST(another_cycle_beside_a_deadlock_is_predicted),
        TEST(a_thread_waits_for_itself),
        TEST(a_join_and_a_lock_make_a_deadlock),
        TEST(a_mutex_from_the_heap_is_named_by_its_making),
        TEST(sentences_name_functions_without_their_parameters),
        TEST(other_ways_stand_under_also),
        TEST(edges_are_drawn_once),
        TEST(everything_at_once_comes_in_order),
        TEST(what_was_unloaded_keeps_no_later_name),
        TEST(a_return_address_belongs_to_the_call_before_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
