/* Several processes: locks inherited by fork, and locks that are shared. */
#include "described.h"
#include "support/cmocka_all.h"

static const struct described_case inherited[] = {
    {"mutex",
     "child 66\n"
     "deadlock occurred error\n"
     "  absent holder holds mutex alice\n"
     "  main; wants mutex alice in lock_alice\n"},
    {"mutex-released", "child 0\n"},
    {"writer",
     "child 66\n"
     "deadlock occurred error\n"
     "  absent holder holds rwlock table\n"
     "  main; wants rwlock table to read in read_table\n"},
    {"writer-released", "child 0\n"},
    {"reader",
     "child 66\n"
     "deadlock occurred error\n"
     "  absent holder holds rwlock table to read\n"
     "  main; wants rwlock table in write_table\n"},
    {"reader-and-reader", "child 0\n"},
    {"spinner",
     "child 66\n"
     "deadlock occurred error\n"
     "  absent holder holds spin lock spin\n"
     "  main; wants spin lock spin in take_spin\n"},
    {"spinner-released", "child 0\n"},
    {"handlers", "child 0\n"},
    {"own", "child 0\n"},
    {"own-again",
     "child 66\n"
     "self-deadlock occurred error\n"
     "  main holds mutex alice; wants mutex alice in lock_alice\n"},
    {"made-anew", "child 0\n"},
    {"only-tried", "child 0\n"},
    {"behind-another",
     "child 66\n"
     "deadlock occurred error\n"
     "  absent holder holds mutex alice\n"
     "  main holds mutex bob in lock; wants mutex alice in lock_alice\n"},
};

static void a_lock_that_stayed_behind_is_a_deadlock(void **state)
{
    (void)state;
    DESCRIBED("inherited", inherited);
}

/* The call of the child is refused, and it says so by its status. */
static void a_child_may_be_refused(void **state)
{
    (void)state;
    static const char *const cases[] = {"mutex",   "writer",    "reader",
                                        "spinner", "own-again", "behind-another"};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct watched watched = WATCH("on-deadlock=edeadlk", "inherited", cases[i]);
        assert_int_equal(watched.result.status, 0);
        assert_string_equal(watched.result.error, "");
        assert_string_equal(watched.result.output, "child 3\ngranted\n");
        watched_free(&watched);
    }
}

static const struct described_case shared[] = {
    {"mutexes",
     "lock-order-cycle predicted error\n"
     "  main holds mutex #0001 in pay; wants mutex #0002 in pay\n"
     "  main holds mutex #0002 in refund; wants mutex #0001 in refund\n"},
    {"mutexes-of-each", ""},
    {"mutexes-in-one-order", ""},
    {"mutexes-mapped-anew",
     "lock-order-cycle predicted error\n"
     "  main holds mutex #0001 in pay; wants mutex #0002 in pay\n"
     "  main holds mutex #0002 in refund; wants mutex #0001 in refund\n"},
    {"rwlocks",
     "lock-order-cycle predicted error\n"
     "  main holds rwlock #0001 in write_back; wants rwlock #0002 in write_back\n"
     "  main holds rwlock #0002 in write_both; wants rwlock #0001 in write_both\n"},
    {"readers", ""},
};

static void a_shared_lock_is_one_to_all_processes(void **state)
{
    (void)state;
    DESCRIBED("shared", shared);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_lock_that_stayed_behind_is_a_deadlock),
        cmocka_unit_test(a_child_may_be_refused),
        cmocka_unit_test(a_shared_lock_is_one_to_all_processes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
