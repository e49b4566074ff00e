/* Corners that once ended in a crash, a hang or a deadlock that was none: all run unharmed. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/cmocka_all.h"
#include "watched.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static void shared_locks_held_over_a_fork(void **state)
{
    (void)state;
    static const char *const cases[] = {"shared-mutex", "shared-rwlock", "shared-mutex-of-a-thread",
                                        "shared-rwlock-of-a-thread"};
    for (size_t i = 0; i < COUNT(cases); i++)
        UNHARMED(2, "corners", cases[i]);
}

static void children_made_inside_of_calls(void **state)
{
    (void)state;
    static const char *const cases[] = {"in-once", "in-condition-wait", "in-semaphore-wait",
                                        "in-writer-wait"};
    for (size_t i = 0; i < COUNT(cases); i++)
        UNHARMED(4, "corners_forks", cases[i]);
    UNHARMED(2, "loader", "constructor-forks");
}

static void children_made_beside_an_initialisation(void **state)
{
    (void)state;
    UNHARMED(3, "corners_forks", "beside-once");
}

/* The child may do without libunwind, since the loader's lock may be taken for ever, and then says
 * so; but it does not hang. */
static void children_made_during_a_walk(void **state)
{
    (void)state;
    static const char *const cases[] = {"in-walk", "beside-walk"};
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct watched watched = WATCH(NULL, "corners_forks", cases[i]);
        assert_int_equal(watched.result.status, 0);
        assert_string_equal(watched.result.error, "");
        assert_string_equal(watched.result.output, "child 0\ngranted\n");
        assert_int_equal(watched.recording_count, 2);
        for (size_t k = 0; k < watched.report->loss_count; k++)
            assert_non_null(strstr(watched.report->losses[k], "libunwind"));
        assert_int_equal(watched.report->finding_count, 0);
        assert_true(watched.report->statistics.acquisitions >= 4);
        watched_free(&watched);
    }
}

static void memory_that_has_gone(void **state)
{
    (void)state;
    const struct watch destroyed = {
        .arguments = (const char *const[]){"corners", "destroyed-and-unmapped", NULL}};
    watched_check_same(&destroyed, 3, 1);
    UNHARMED(3, "corners", "coroutine-unmapped");
}

static void a_reader_whose_turn_another_ended(void **state)
{
    (void)state;
    const struct watch stale = {.arguments =
                                    (const char *const[]){"corners", "stale-reader", NULL}};
    watched_check_same(&stale, 5, 1);
}

static void an_initialisation_left_by_an_exception(void **state)
{
    (void)state;
    char *program = built_path("once_thrown");
    bool there = access(program, X_OK) == 0;
    free(program);
    if (!there) {
        print_message("SKIPPED: the build found no C++ compiler\n");
        skip();
    }
    UNHARMED(2, "once_thrown", "called-again");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shared_locks_held_over_a_fork),
        cmocka_unit_test(children_made_inside_of_calls),
        cmocka_unit_test(children_made_beside_an_initialisation),
        cmocka_unit_test(children_made_during_a_walk),
        cmocka_unit_test(memory_that_has_gone),
        cmocka_unit_test(a_reader_whose_turn_another_ended),
        cmocka_unit_test(an_initialisation_left_by_an_exception),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
