/* Recordings made to do harm: what makes no sense is refused or ignored, whatever the numbers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "damaged_ask.h"
#include "recording_ask.h"

/* Writes a fact that the reader must refuse, behind a good one: that one stands, the other is lost.
 */
static void assert_refused(void *fact, size_t size, const void *rest, size_t rest_size)
{
    struct sample sample;
    damaged_begin(&sample);
    sample_tell_relock(&sample);
    off_t good = (off_t)sample.writer.size;
    sample_append(&sample, fact, size, rest, rest_size);
    size_t lost = sample.writer.size - (size_t)good;
    struct snarl_report *report = damaged_end(&sample);
    assert_int_equal(report->finding_count, 1);
    damaged_loss_is(report, sample.writer.path, lost);
    snarl_report_free(report);
}

#define REFUSE(name, number, ...)                                                                  \
    do {                                                                                           \
        struct snarl_fact_##name fact = {.header.kind = SNARL_FACT_##number, __VA_ARGS__};         \
        assert_refused(&fact, sizeof fact, "12345678", 8);                                         \
    } while (0)

static void what_does_not_fit_is_refused(void **state)
{
    (void)state;
    const uint32_t counts[] = {3, 0x10000000, 0x20000001, 0x7fffffff, 0x80000001, 0xffffffff};
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        uint32_t count = counts[i];
        REFUSE(stack, STACK, .count = count);
        REFUSE(thread, THREAD, .held_count = count);
        REFUSE(dependency, DEPENDENCY, .held_count = count);
        REFUSE(deadlock, DEADLOCK, .count = count);
        REFUSE(table, TABLE, .rows_offset = sizeof fact, .row_count = count);
        REFUSE(thread_stack, THREAD_STACK, .count = count);
        REFUSE(calls, CALLS, .count = 1, .strings_size = count + 9);
        REFUSE(calls, CALLS, .count = count, .strings_size = 8);
        REFUSE(process, PROCESS, .argument_count = count, .strings_size = 8);
        REFUSE(process, PROCESS, .environment_count = count, .strings_size = 8);
        REFUSE(module, MODULE, .path_size = count + 9);
        REFUSE(module, MODULE, .build_id_size = count + 32, .path_size = 8);
        REFUSE(start, START, .path_size = count + 9);
    }
}

static void what_makes_no_sense_is_refused(void **state)
{
    (void)state;
    REFUSE(dependency, DEPENDENCY, .held_count = 0);
    REFUSE(deadlock, DEADLOCK, .count = 0);
    REFUSE(module, MODULE, .path_size = 8);                       /* not terminated */
    REFUSE(module, MODULE, .start = 2, .end = 1, .path_size = 8); /* ends before it begins */
    REFUSE(module, MODULE, .path_size = 0);
    REFUSE(start, START, .path_size = 8);
    REFUSE(start, START, .path_size = 0);
    REFUSE(thread_name, THREAD_NAME, .name = "sixteen letters.");
    REFUSE(table, TABLE, .rows_offset = sizeof fact - 8); /* over the fact itself */
    REFUSE(table, TABLE, .rows_offset = sizeof fact + 4); /* not aligned */
    REFUSE(table, TABLE, .rows_offset = 0xfffffff8);
    REFUSE(table, TABLE, .rows_offset = 0);
}

/* Of a deadlock's steps the last one claims to hold more than there is. */
static void steps_must_fit(void **state)
{
    (void)state;
    const uint32_t counts[] = {1, 2, 0x1fffffff, 0x20000000, 0xffffffff};
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        struct snarl_fact_deadlock fact = {.header.kind = SNARL_FACT_DEADLOCK, .count = 2};
        uint32_t steps[2][sizeof(struct snarl_deadlock_step) / sizeof(uint32_t)] = {{0}};
        steps[1][offsetof(struct snarl_deadlock_step, held_count) / sizeof(uint32_t)] = counts[i];
        assert_refused(&fact, sizeof fact, steps, sizeof steps);
    }
}

static void facts_shorter_than_their_kind_are_refused(void **state)
{
    (void)state;
#define FACT(identifier, number, name)                                                             \
    if (sizeof(struct snarl_fact_##name) > sizeof(struct snarl_fact_header)) {                     \
        struct snarl_fact_header fact = {.kind = number};                                          \
        assert_refused(&fact, sizeof fact, NULL, 0);                                               \
    }
    SNARL_FACTS(FACT)
#undef FACT
}

/* A recording may name what it never introduced. */
static void ids_of_nothing_find_nothing(void **state)
{
    (void)state;
    const uint32_t ids[] = {0, 77, UINT32_MAX};
    for (size_t i = 0; i < 3; i++) {
        uint32_t id = ids[i];
        struct sample sample;
        damaged_begin(&sample);
        sample_deadlock(
            &sample,
            (struct sample_step[]){{id, SNARL_WANTS_LOCK, id, id, sample_held(id, id), 0},
                                   {id, SNARL_WANTS_THREAD, id, id, sample_held(id, id), 0},
                                   {id, 1000, id, id, sample_held(0, 0), 0}},
            3);
        sample_dependency(&sample, id, id, sample_held(id - 1, id), sample_held(id + 1, id));
        const struct snarl_thread_row row = {
            .state = SNARL_ROW_ALIVE,
            .thread = id,
            .sequence = 1,
            .want_kind = SNARL_WANTS_LOCK,
            .want_object = id,
            .last_call = id,
            .last_stack = id,
            .depth = 2,
            .held = {{id, id, 0}, {id, id, 1}},
        };
        sample_table(&sample, &row, 1);
        struct snarl_report *report = damaged_end(&sample);
        assert_int_equal(report->loss_count, 0);
        assert_int_equal(report->finding_count, 1);
        const struct snarl_report_finding *finding = &report->findings[0];
        assert_int_equal(finding->kind, SNARL_FINDING_DEADLOCK);
        assert_int_equal(finding->step_count, 3);
        assert_int_equal(finding->lock_count, id != 0);
        assert_int_equal(finding->steps[0].stack.count, 0);
        assert_int_equal(report->processes[0].state_count, id != 0);
        snarl_report_free(report);
    }
}

/* ... and say things that have no meaning. */
static void tell_nonsense_of_locks(struct sample *sample, uint32_t value)
{
    for (int again = 0; again < 2; again++) {
        sample_change(sample, value, value);
        sample_change(sample, value, SNARL_LOCK_IS_POLLED);
        sample_name(sample, value, "");
        sample_object(sample, (struct snarl_fact_lock){.lock = value,
                                                       .kind = value,
                                                       .flags = value,
                                                       .created = value,
                                                       .device = value,
                                                       .offset = ~0u});
    }
    sample_want(sample, value, sample_held(value + 1, value), sample_held(value, value),
                UINT32_MAX);
    const struct sample_step step = {value, SNARL_WANTS_NOTHING,       value,
                                     value, sample_held(value, value), UINT32_MAX};
    sample_deadlock(sample, &step, 1);
}

static void tell_nonsense_of_threads(struct sample *sample, uint32_t value)
{
    struct snarl_fact_wake wake = {.header.kind = SNARL_FACT_WAKE,
                                   .thread = value,
                                   .object = value,
                                   .stack = value,
                                   .wake = value};
    sample_append(sample, &wake, sizeof wake, NULL, 0);
    struct snarl_fact_asleep asleep = {
        .header.kind = SNARL_FACT_ASLEEP, .doubts = ~0ull, .count = value, .sequences = value};
    sample_append(sample, &asleep, sizeof asleep, NULL, 0);
    const struct snarl_row_object object = {value, value, value, value, value};
    const struct snarl_thread_row row = {
        .state = SNARL_ROW_ALIVE,
        .thread = 1,
        .sequence = 1,
        .want_kind = SNARL_WANTS_CONDITION,
        .want_object = value,
        .want_flags = UINT32_MAX,
        .want_described = object,
        .want_mutex = object,
    };
    sample_table(sample, &row, 1);
}

static void facts_without_sense_are_told_as_far_as_they_go(void **state)
{
    (void)state;
    const uint32_t values[] = {0, 1, 77, INT32_MAX, UINT32_MAX};
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        uint32_t value = values[i];
        struct sample sample;
        damaged_begin(&sample);
        for (uint32_t kind = 0; kind < 40; kind++) {
            struct snarl_fact_misuse fact;
            for (size_t word = 0; word < sizeof fact / sizeof value; word++)
                memcpy((char *)&fact + word * sizeof value, &value, sizeof value);
            fact.misuse = kind == 39 ? UINT32_MAX : kind;
            sample_misuse(&sample, fact);
        }
        tell_nonsense_of_locks(&sample, value);
        tell_nonsense_of_threads(&sample, value);
        struct snarl_report *report = damaged_end(&sample);
        size_t misuses = 0, deadlocks = 0;
        for (size_t j = 0; j < report->finding_count; j++) {
            misuses += report->findings[j].kind >= SNARL_FINDING_UNLOCK_NOT_LOCKED &&
                       report->findings[j].kind <= SNARL_FINDING_SIGNAL_WITHOUT_LOCK;
            deadlocks += report->findings[j].kind == SNARL_FINDING_DEADLOCK;
        }
        assert_int_equal(misuses, 18);
        assert_int_equal(deadlocks, 1);
        assert_int_equal(report->loss_count, 1); /* the misuses that there are no words for */
        snarl_report_free(report);
    }
}

/* The first to introduce an id has it. */
static void ids_are_introduced_once(void **state)
{
    (void)state;
    struct sample sample;
    damaged_begin(&sample);
    sample_tell_bank(&sample);
    for (uint64_t address = 0; address < 100; address++)
        sample_lock(&sample, SAMPLE_ALICE, address, 0, 0);
    sample_thread(&sample, SAMPLE_PAYER, "impostor", bank_refunder);
    sample_tell_relock(&sample);
    struct snarl_report *report = damaged_end(&sample);
    assert_int_equal(report->finding_count, 1);
    assert_int_equal(report->lock_count, 1);
    assert_int_equal(report->locks[0].address, (uintptr_t)&bank_alice);
    assert_int_equal(report->threads[0].tid, 4000 + SAMPLE_PAYER);
    assert_string_equal(report->threads[0].name, "impostor"); /* but a name is for changing */
    snarl_report_free(report);
}

static void threads_that_made_each_other(void **state)
{
    (void)state;
    struct sample sample;
    damaged_begin(&sample);
    for (uint32_t thread = 1; thread <= 3; thread++) {
        struct snarl_fact_thread fact = {.header.kind = SNARL_FACT_THREAD,
                                         .thread = thread,
                                         .parent = thread % 3 + 1,
                                         .parent_segment = UINT32_MAX};
        sample_append(&sample, &fact, sizeof fact, NULL, 0);
        struct snarl_fact_join join = {.header.kind = SNARL_FACT_JOIN,
                                       .thread = thread,
                                       .segment = UINT32_MAX,
                                       .joined = thread};
        sample_append(&sample, &join, sizeof join, NULL, 0);
    }
    sample_tell_cycle(&sample, false);
    struct snarl_report *report = damaged_end(&sample);
    assert_int_equal(report->finding_count, 1);
    assert_int_equal(report->thread_count, 2);
    snarl_report_free(report);
}

/* To take a lock again is no want, and the same lock many times over is one. */
static void locks_held_twice_make_no_cycle(void **state)
{
    (void)state;
    struct sample sample;
    damaged_begin(&sample);
    for (uint32_t thread = 1; thread <= 2; thread++) {
        struct snarl_held held[] = {{1, 1, 0}, {1, 2, 0}, {2, 3, 0}};
        struct snarl_fact_dependency fact = {.header.kind = SNARL_FACT_DEPENDENCY,
                                             .dependency = thread,
                                             .thread = thread,
                                             .lock = thread,
                                             .held_count = 3};
        sample_append(&sample, &fact, sizeof fact, held, sizeof held);
    }
    struct snarl_report *report = damaged_end(&sample);
    assert_int_equal(report->finding_count, 0);
    assert_int_equal(report->statistics.dependencies, 0);
    snarl_report_free(report);
}

static void starts_that_fail_without_beginning(void **state)
{
    (void)state;
    struct sample sample;
    damaged_begin(&sample);
    sample_start_failed(&sample);
    for (int round = 0; round < 9; round++) {
        sample_start(&sample, SNARL_START_EXEC, "/bin/false", 1);
        sample_start(&sample, SNARL_START_SPAWN, "/bin/true", 2);
        sample_start_failed(&sample);
        sample_start_failed(&sample);
    }
    struct snarl_report *report = damaged_end(&sample);
    assert_int_equal(report->process_count, 1 + 9);
    for (size_t i = 1; i < report->process_count; i++)
        assert_string_equal(report->processes[i].argv[0], "/bin/true");
    snarl_report_free(report);
}

/* Strings may stand behind one another without the fact's other numbers agreeing. */
static void strings_beyond_those_counted_are_ignored(void **state)
{
    (void)state;
    struct sample sample;
    damaged_begin(&sample);
    struct snarl_fact_process fact = {
        .header.kind = SNARL_FACT_PROCESS, .argument_count = 1, .strings_size = 8};
    sample_append(&sample, &fact, sizeof fact, "\0\0a\0b\0c", 8);
    struct snarl_report *report = damaged_end(&sample);
    assert_int_equal(report->argc, 1);
    assert_string_equal(report->argv[0], "a");
    assert_null(report->argv[1]);
    snarl_report_free(report);
}

/* Each takes a pair of locks of its own one way, and another thread the other way: as many cycles,
 * all in one place, so of one id; and chains of locks, so that there is something to walk. */
static void very_many_cycles_are_told_in_time(void **state)
{
    (void)state;
    enum {
        CYCLES = 10000,
        DEADLOCKS = 1000
    };
    struct sample sample;
    damaged_begin(&sample);
    for (uint32_t i = 0; i < CYCLES; i++) {
        uint32_t left = 10 + 2 * i, right = left + 1;
        sample_dependency(&sample, SAMPLE_PAYER, 0, sample_held(left, 1), sample_held(right, 2));
        sample_dependency(&sample, SAMPLE_REFUNDER, 0, sample_held(right, 3), sample_held(left, 4));
    }
    for (uint32_t i = 0; i < DEADLOCKS; i++)
        sample_deadlock(
            &sample,
            (struct sample_step[]){{2, SNARL_WANTS_LOCK, 10 + 2 * i, 1, sample_held(0, 0), 0},
                                   {3, SNARL_WANTS_LOCK, 11 + 2 * i, 1, sample_held(0, 0), 0}},
            2);
    struct snarl_report *report = damaged_end(&sample);
    assert_int_equal(report->finding_count, 2);
    assert_int_equal(report->findings[0].kind, SNARL_FINDING_DEADLOCK);
    assert_int_equal(report->findings[0].also_count, 100);
    assert_int_equal(report->findings[1].also_count, 100);
    assert_int_equal(report->edge_count, 2 * CYCLES);
    for (size_t i = 0; i < report->edge_count; i++)
        assert_true(report->edges[i].in_cycle);
    assert_int_equal(report->statistics.dependencies, 2 * CYCLES);
    snarl_report_free(report);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_does_not_fit_is_refused),
        TEST(what_makes_no_sense_is_refused),
        TEST(steps_must_fit),
        TEST(facts_shorter_than_their_kind_are_refused),
        TEST(ids_of_nothing_find_nothing),
        TEST(facts_without_sense_are_told_as_far_as_they_go),
        TEST(ids_are_introduced_once),
        TEST(threads_that_made_each_other),
        TEST(locks_held_twice_make_no_cycle),
        TEST(starts_that_fail_without_beginning),
        TEST(strings_beyond_those_counted_are_ignored),
        TEST(very_many_cycles_are_told_in_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
