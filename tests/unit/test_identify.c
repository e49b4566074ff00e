/* The id of a finding: what changes it, and what must not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "analysis/identify.h"

/* Two threads, two locks, opposite order: each step holds one and wants the other. */
struct story {
    struct snarl_frame frames[5];
    struct snarl_report_lock locks[2];
    struct snarl_report_hold holds[2];
    struct snarl_report_step steps[2];
    unsigned lock_ids[2];
    struct snarl_report_finding finding;
    struct snarl_report report;
};

static void tell(struct story *story)
{
    *story = (struct story){
        .frames = {{.function = "pthread_mutex_lock", .foreign = true},
                   {.function = "pay", .file = "bank.c", .line = 21, .module = "/bin/bank"},
                   {.function = "worker", .file = "bank.c", .line = 40, .module = "/bin/bank"},
                   {.function = "refund", .file = "bank.c", .line = 33, .module = "/bin/bank"},
                   {.function = "start_thread", .foreign = true}},
        .locks = {{.id = 1, .name = "alice", .address = 0x1000},
                  {.id = 2, .name = "bob", .address = 0x2000}},
        .holds = {{.lock = 1}, {.lock = 2}},
        .steps = {{.thread = 2, .hold_count = 1, .target = SNARL_TARGET_LOCK, .wants = 2},
                  {.thread = 3, .hold_count = 1, .target = SNARL_TARGET_LOCK, .wants = 1}},
        .lock_ids = {2, 1},
        .finding = {.kind = SNARL_FINDING_LOCK_ORDER_CYCLE,
                    .message = "words",
                    .lock_count = 2,
                    .step_count = 2},
    };
    story->steps[0].holds = &story->holds[0];
    story->steps[1].holds = &story->holds[1];
    story->steps[0].stack = (struct snarl_stack){&story->frames[0], 3};
    story->steps[1].stack = (struct snarl_stack){&story->frames[3], 2};
    story->finding.locks = story->lock_ids;
    story->finding.steps = story->steps;
    story->report.locks = story->locks;
    story->report.lock_count = 2;
}

static const char *identify(struct story *story)
{
    snarl_finding_identify(&story->finding, &story->report);
    assert_int_equal(strlen(story->finding.id), 16);
    assert_int_equal(strspn(story->finding.id, "0123456789abcdef"), 16);
    return story->finding.id;
}

static void addresses_lines_numbers_and_order_do_not_count(void **state)
{
    (void)state;
    struct story first;
    struct story second;
    tell(&first);
    tell(&second);
    second.locks[0].address = 0x3000;
    second.frames[1].line = 22;
    second.frames[1].offset = 7;
    second.finding.message = "other words";
    second.finding.threads = (unsigned[]){9};
    second.finding.thread_count = 1;
    struct snarl_report_step step = second.steps[0];
    second.steps[0] = second.steps[1];
    second.steps[1] = step;
    second.steps[0].thread = 8;
    second.lock_ids[0] = 1;
    second.lock_ids[1] = 2;
    assert_string_equal(identify(&first), identify(&second));
}

static void foreign_and_repeated_frames_do_not_count(void **state)
{
    (void)state;
    struct story first;
    struct story second;
    tell(&first);
    tell(&second);
    struct snarl_frame deeper[] = {second.frames[0], second.frames[1], second.frames[1],
                                   second.frames[2], second.frames[4]};
    second.steps[0].stack = (struct snarl_stack){deeper, 5};
    assert_string_equal(identify(&first), identify(&second));
}

static void kind_locks_and_functions_count(void **state)
{
    (void)state;
    struct story first;
    tell(&first);
    identify(&first);
    for (int change = 0; change < 6; change++) {
        struct story other;
        struct snarl_stack held = {&first.frames[1], 1};
        tell(&other);
        if (change == 0)
            other.finding.kind = SNARL_FINDING_DEADLOCK;
        else if (change == 1)
            other.locks[0].name = "carol";
        else if (change == 2)
            other.frames[2].function = "clerk";
        else if (change == 3)
            other.finding.step_count = 1;
        else if (change == 4)
            other.holds[0].stack = held;
        else
            other.steps[0].target = SNARL_TARGET_THREAD;
        assert_string_not_equal(first.finding.id, identify(&other));
    }
}

static void nameless_lock_is_known_by_its_creation(void **state)
{
    (void)state;
    struct snarl_frame frame = {.function = "open_account", .module = "/usr/lib/libbank.so"};
    struct story first;
    struct story second;
    tell(&first);
    tell(&second);
    first.locks[0].created = (struct snarl_stack){&frame, 1};
    first.locks[0].name = "mutex of bank.c:12";
    second.locks[0].created = (struct snarl_stack){&frame, 1};
    second.locks[0].name = "mutex of bank.c:13";
    assert_string_equal(identify(&first), identify(&second));

    struct snarl_frame moved = {.function = "open_account", .module = "/opt/lib/libbank.so"};
    second.locks[0].created.frames = &moved;
    assert_string_equal(first.finding.id, identify(&second));
    moved.module = "/opt/lib/libshop.so";
    assert_string_not_equal(first.finding.id, identify(&second));
    moved = frame;
    moved.function = "close_account";
    assert_string_not_equal(first.finding.id, identify(&second));

    second.locks[0].first_taken = first.locks[0].created;
    second.locks[0].created.count = 0;
    first.locks[0].first_taken = first.locks[0].created;
    first.locks[0].created.count = 0;
    first.locks[0].name = NULL;
    assert_string_equal(identify(&first), identify(&second));
}

/* Whatever it looks like, and wherever the lock was made. */
static void a_name_that_the_program_gives_counts(void **state)
{
    (void)state;
    struct snarl_frame frame = {.function = "open_account", .module = "/usr/lib/libbank.so"};
    struct story first;
    struct story second;
    tell(&first);
    tell(&second);
    first.locks[0].name = second.locks[0].name = "account 7 of bank.c:12";
    first.locks[0].named = second.locks[0].named = true;
    second.locks[0].created = (struct snarl_stack){&frame, 1};
    assert_string_equal(identify(&first), identify(&second));
    second.locks[0].name = "account 8 of bank.c:12";
    assert_string_not_equal(first.finding.id, identify(&second));
}

/* It has no variable, and may be taken anywhere first. */
static void the_loader_s_lock_is_always_the_same(void **state)
{
    (void)state;
    struct snarl_frame frame = {.function = "open_account", .module = "/usr/lib/libbank.so"};
    struct story first;
    struct story second;
    tell(&first);
    tell(&second);
    first.locks[0].name = SNARL_LOADER_LOCK_NAME;
    second.locks[0].name = SNARL_LOADER_LOCK_NAME;
    second.locks[0].first_taken = (struct snarl_stack){&frame, 1};
    assert_string_equal(identify(&first), identify(&second));
    second.locks[0].name = "the other's lock";
    assert_string_not_equal(first.finding.id, identify(&second));
}

static void race_is_known_by_its_object(void **state)
{
    (void)state;
    struct story first;
    struct story second;
    tell(&first);
    tell(&second);
    first.finding.kind = SNARL_FINDING_DATA_RACE;
    second.finding.kind = SNARL_FINDING_DATA_RACE;
    assert_string_equal(identify(&first), identify(&second));
    second.finding.message = "data race on global 'other'";
    assert_string_not_equal(first.finding.id, identify(&second));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_lines_numbers_and_order_do_not_count),
        cmocka_unit_test(foreign_and_repeated_frames_do_not_count),
        cmocka_unit_test(kind_locks_and_functions_count),
        cmocka_unit_test(nameless_lock_is_known_by_its_creation),
        cmocka_unit_test(a_name_that_the_program_gives_counts),
        cmocka_unit_test(the_loader_s_lock_is_always_the_same),
        cmocka_unit_test(race_is_known_by_its_object),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
