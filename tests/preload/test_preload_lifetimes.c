/* Locks end with their memory: the next one there is another, and to hold one then is a misuse. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/cmocka_all.h"
#include "watched.h"

static const char *const jemalloc = "/usr/lib/x86_64-linux-gnu/libjemalloc.so.2";

/* Alice before bob, then bob before alice: in the same life a cycle, else none. */
static void check_program(const char *program, const char *what, bool renewed, const char *library)
{
    const char *const arguments[] = {program, what, renewed ? "renewed" : "kept", NULL};
    struct watched watched =
        watched_run(&(struct watch){.arguments = arguments, .preload_after = library});
    assert_string_equal(watched.result.error, "");
    assert_int_equal(watched.result.status, 0);
    if (strcmp(watched.result.output, "same place\n") != 0 && library == NULL)
        fail_msg("%s: says nothing: %s", what, watched.result.output);
    watched_check_complete(&watched);
    const struct snarl_report *report = watched.report;
    if (report->finding_count != (renewed ? 0 : 1))
        fail_msg("%s %s: %zu findings", what, arguments[2], report->finding_count);
    if (!renewed) {
        assert_int_equal(report->findings[0].kind, SNARL_FINDING_LOCK_ORDER_CYCLE);
        assert_int_equal(report->findings[0].severity, SNARL_ERROR);
    }
    assert_int_equal(report->edge_count, 2);
    watched_free(&watched);
}

static void check_both(const char *what)
{
    check_program("lifetimes", what, false, NULL);
    check_program("lifetimes", what, true, NULL);
}

static void blocks_of_the_heap(void **state)
{
    (void)state;
    check_both("freed");
    check_both("moved");
    check_both("shrunk");
    check_both("large");
}

static void blocks_of_another_allocator(void **state)
{
    (void)state;
    if (access(jemalloc, R_OK) != 0) {
        print_message("SKIPPED: there is no %s (package libjemalloc2)\n", jemalloc);
        skip();
    }
    check_program("lifetimes", "freed", false, jemalloc);
    check_program("lifetimes", "freed", true, jemalloc);
}

static void mappings(void **state)
{
    (void)state;
    check_both("unmapped");
    check_both("remapped");
    check_both("overlaid");
}

static void stacks_and_variables_of_threads(void **state)
{
    (void)state;
    check_both("thread-stack");
    check_both("thread-local");
}

static void frames_of_the_stack(void **state)
{
    (void)state;
    check_both("frame");
    check_both("quiet-frame");
    check_both("loop");
}

static void no_frames_are_left_for_another_stack(void **state)
{
    (void)state;
    check_program("lifetimes", "signal-stack", false, NULL);
    check_program("lifetimes", "coroutine", false, NULL);
}

static void pools_that_say_so(void **state)
{
    (void)state;
    check_both("pooled");
    check_program("lifetimes_fixed", "pooled", false, NULL);
    check_program("lifetimes_fixed", "pooled", true, NULL);
}

/* How many locks a program had. */
static unsigned long locks(const char *how)
{
    struct watched watched = WATCH(NULL, "lifetimes", "alternating", how);
    assert_string_equal(watched.result.error, "");
    assert_int_equal(watched.result.status, 0);
    watched_check_complete(&watched);
    assert_int_equal(watched.report->finding_count, 0);
    unsigned long count = watched.report->statistics.locks;
    watched_free(&watched);
    return count;
}

/* Two functions, by turns, ten times each: one lock that they share, or twenty. */
static void each_call_of_a_function_has_locks_of_its_own(void **state)
{
    (void)state;
    assert_int_equal(locks("renewed") - locks("kept"), 19);
}

/* How many KiB the process grows by over so many locks. */
static long growth(const char *what, bool plain)
{
    struct watched watched = watched_run(&(struct watch){
        .arguments = (const char *const[]){"many", what, "10000", "300000", NULL}, .plain = plain});
    assert_string_equal(watched.result.error, "");
    assert_int_equal(watched.result.status, 0);
    if (!plain) {
        watched_check_complete(&watched);
        assert_int_equal(watched.report->finding_count, 0);
        assert_true(watched.report->statistics.locks >= 300 * 1000);
    }
    long kib = strtol(watched.result.output, NULL, 10);
    watched_free(&watched);
    return kib;
}

static void memory_is_flat_over_lives(void **state)
{
    (void)state;
    assert_true(growth("freed", false) - growth("freed", true) < 1024);
    assert_true(growth("left", false) - growth("left", true) < 1024);
}

/* NULL: nothing is to be found. */
static void check_locked(const char *what, const char *how, const char *who, const char *place)
{
    struct watched watched = WATCH(NULL, "free_locked", what, how, who);
    assert_string_equal(watched.result.error, "");
    assert_string_equal(watched.result.output, "done\n");
    assert_int_equal(watched.result.status, 0);
    watched_check_complete(&watched);
    const struct snarl_report *report = watched.report;
    if (report->finding_count != (place != NULL ? 1 : 0))
        fail_msg("%s %s by %s: %zu findings", what, how, who, report->finding_count);
    if (place != NULL) {
        const struct snarl_report_finding *finding = &report->findings[0];
        assert_string_equal(snarl_finding_name(finding->kind), "free-locked");
        assert_int_equal(finding->severity, SNARL_ERROR);
        assert_int_equal(finding->status, SNARL_OCCURRED);
        assert_int_equal(finding->lock_count, 1);
        assert_int_equal(finding->step_count, 2);
        assert_string_equal(watched_function(&finding->steps[0].stack), place);
        assert_string_equal(watched_function(&finding->steps[1].stack), "take");
        bool same = finding->steps[0].thread == finding->steps[1].thread;
        assert_int_equal(same, strcmp(who, "self") == 0);
    }
    watched_free(&watched);
}

static void a_held_lock_whose_memory_goes_is_a_misuse(void **state)
{
    (void)state;
    static const struct {
        const char *name, *place;
    } cases[] = {
        {"freed", "freed"},
        {"freed-rwlock", "freed_rwlock"},
        {"freed-spin", "freed_spin"},
        {"reallocated", "reallocated"},
        {"unmapped", "unmapped"},
        {"pooled", "pooled"},
        {"left", "left"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        check_locked(cases[i].name, "held", "self", cases[i].place);
        check_locked(cases[i].name, "held", "other", cases[i].place);
        check_locked(cases[i].name, "released", "self", NULL);
        check_locked(cases[i].name, "released", "other", NULL);
    }
}

static void what_is_no_held_lock_is_none(void **state)
{
    (void)state;
    check_locked("freed-semaphore", "held", "other", NULL);
    check_locked("reused-for-zeros", "held", "other", NULL);
    check_locked("reused-for-text", "held", "other", NULL);
    check_locked("reused-for-text", "released", "other", NULL);
    check_locked("kept", "held", "other", NULL);
    check_locked("kept", "held", "self", NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_of_the_heap),
        cmocka_unit_test(blocks_of_another_allocator),
        cmocka_unit_test(mappings),
        cmocka_unit_test(stacks_and_variables_of_threads),
        cmocka_unit_test(frames_of_the_stack),
        cmocka_unit_test(no_frames_are_left_for_another_stack),
        cmocka_unit_test(pools_that_say_so),
        cmocka_unit_test(each_call_of_a_function_has_locks_of_its_own),
        cmocka_unit_test(memory_is_flat_over_lives),
        cmocka_unit_test(a_held_lock_whose_memory_goes_is_a_misuse),
        cmocka_unit_test(what_is_no_held_lock_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
