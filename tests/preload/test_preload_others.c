/* Spin locks, barriers, what is done once, C11, joins and mixed circles. */
#include <stdlib.h>
#include <unistd.h>

#include "described.h"
#include "support/cmocka_all.h"

static const struct described_case spins_that_end[] = {
    {"abba",
     "lock-order-cycle predicted error\n"
     "  first holds spin lock alice in pay; wants spin lock bob in pay\n"
     "  second holds spin lock bob in refund; wants spin lock alice in refund\n"},
    {"one-order", ""},
    {"tried", ""},
    {"one-thread", ""},
    {"destroyed-between", ""},
};

static void spin_locks_are_judged_in_advance(void **state)
{
    (void)state;
    DESCRIBED("spins", spins_that_end);
}

static const struct described_case spins_that_hang[] = {
    {"live-abba",
     "deadlock occurred error\n"
     "  first holds spin lock alice in live_pay; wants spin lock bob in live_pay\n"
     "  second holds spin lock bob in live_refund; wants spin lock alice in live_refund\n"},
    {"relock",
     "self-deadlock occurred error\n"
     "  main holds spin lock alice in relock; wants spin lock alice in relock\n"},
};

static void spin_locks_that_hang_are_explained(void **state)
{
    (void)state;
    DESCRIBED_HANGS("spins", spins_that_hang);
}

static const struct described_case barriers_that_end[] = {
    {"three-parties", ""},
    {"with-a-lock", ""},
    {"two-barriers", ""},
    {"destroyed-at-once", ""},
};

static void barriers_have_no_order(void **state)
{
    (void)state;
    DESCRIBED("barriers", barriers_that_end);
}

static const struct described_case once_that_end[] = {
    {"abba",
     "lock-order-cycle predicted error\n"
     "  first holds once settings in do_once; wants mutex count in load_settings\n"
     "  second holds mutex count in lock; wants once settings in lock_and_do_once\n"},
    {"abba-with-flag",
     "lock-order-cycle predicted error\n"
     "  first holds once flag in do_flag; wants mutex count in load_settings\n"
     "  second holds mutex count in lock; wants once flag in lock_and_do_flag\n"},
    {"one-after-another", ""},
    {"nested", ""},
    {"cancelled", ""},
};

static void initialisations_are_judged_in_advance(void **state)
{
    (void)state;
    DESCRIBED("once", once_that_end);
}

static const struct described_case once_that_hang[] = {
    {"live-abba",
     "deadlock occurred error\n"
     "  first holds once settings in do_once; wants mutex count in load_settings\n"
     "  second holds mutex count in lock; wants once settings in lock_and_do_once\n"},
    {"live-each-other",
     "deadlock occurred error\n"
     "  first holds once cache in do_cache; wants once settings in load_cache\n"
     "  second holds once settings in do_settings_from_cache; wants once cache in "
     "load_settings_from_cache\n"},
    {"itself",
     "self-deadlock occurred error\n"
     "  main holds once settings in itself; wants once settings in load_again\n"},
};

static void initialisations_that_hang_are_explained(void **state)
{
    (void)state;
    DESCRIBED_HANGS("once", once_that_hang);
}

/* It has no way to refuse. */
static void call_once_that_hangs_is_explained(void **state)
{
    (void)state;
    static const struct described_case cases[] = {
        {"live-abba-with-flag",
         "deadlock occurred error\n"
         "  first holds once flag in do_flag; wants mutex count in load_settings\n"
         "  second holds mutex count in lock; wants once flag in lock_and_do_flag\n"},
    };
    DESCRIBED_STUCK("once", cases);
}

static void an_initialisation_that_throws_is_held_no_more(void **state)
{
    (void)state;
    static const struct described_case cases[] = {
        {"thrown", ""},
    };
    char *program = built_path("once_thrown");
    bool there = access(program, X_OK) == 0;
    free(program);
    if (!there) {
        print_message("SKIPPED: the build found no C++ compiler\n");
        skip();
    }
    DESCRIBED("once_thrown", cases);
    struct watched watched = WATCH(NULL, "once_thrown", "abba");
    watched_only_finding(&watched, SNARL_FINDING_LOCK_ORDER_CYCLE, SNARL_PREDICTED, SNARL_ERROR,
                         (const char *const[]){"count", "settings", NULL});
    watched_free(&watched);
}

static const struct described_case c11_that_end[] = {
    {"abba",
     "lock-order-cycle predicted error\n"
     "  first holds mutex alice in pay; wants mutex bob in pay\n"
     "  second holds mutex bob in refund; wants mutex alice in refund\n"},
    {"one-order", ""},
    {"tried", ""},
    {"timed",
     "lock-order-cycle predicted warning\n"
     "  first holds mutex alice in pay; wants mutex bob in pay\n"
     "  second holds mutex bob in timed_refund; wants mutex alice timed in timed_refund\n"},
    {"condition",
     "lock-order-cycle predicted error\n"
     "  first holds mutex alice in wait_with_both; wants mutex bob in wait_with_both\n"
     "  second holds mutex bob in refund; wants mutex alice in refund\n"},
    {"condition-alone", ""},
    {"signalled", ""},
    {"recursion",
     "lock-order-cycle predicted error\n"
     "  first holds recursive mutex deep in lock_deep_twice_then_alice; wants mutex alice in "
     "lock_deep_twice_then_alice\n"
     "  second holds mutex alice in pay_deep; wants recursive mutex deep in pay_deep\n"},
    {"threads-at-once",
     "lock-order-cycle predicted error\n"
     "  exit_in_thread holds mutex alice in pay; wants mutex bob in pay\n"
     "  main holds mutex bob in refund; wants mutex alice in refund\n"},
    {"join-without-need", ""},
};

static void c11_locks_are_judged_in_advance(void **state)
{
    (void)state;
    DESCRIBED("c11", c11_that_end);
}

static const struct described_case c11_that_hang[] = {
    {"live-abba",
     "deadlock occurred error\n"
     "  first holds mutex alice in live_pay; wants mutex bob in live_pay\n"
     "  second holds mutex bob in live_refund; wants mutex alice in live_refund\n"},
    {"relock",
     "self-deadlock occurred error\n"
     "  main holds mutex alice in relock; wants mutex alice in relock\n"},
    {"join-with-lock",
     "deadlock occurred error\n"
     "  lock_alice; wants mutex alice in lock_alice\n"
     "  main holds mutex alice in join_with_lock; wants lock_alice in join_with_lock\n"},
};

static void c11_locks_that_hang_are_explained(void **state)
{
    (void)state;
    DESCRIBED_HANGS("c11", c11_that_hang);
}

static const struct described_case joins_that_end[] = {
    {"try-with-lock", ""},
    {"timed-with-lock", ""},
    {"clock-with-lock", ""},
    {"cancelled-join", ""},
};

static void joins_are_judged_in_advance(void **state)
{
    (void)state;
    DESCRIBED("joins", joins_that_end);
}

static const struct described_case joins_that_hang[] = {
    {"join-with-lock",
     "deadlock occurred error\n"
     "  main holds mutex alice in lock; wants take_alice in join_with_lock\n"
     "  take_alice; wants mutex alice in lock_or_give_way\n"},
    {"mixed",
     "deadlock occurred error\n"
     "  first holds mutex alice in lock; wants rwlock table in lock_alice_want_table\n"
     "  second holds once settings in do_settings; wants mutex alice in load_settings\n"
     "  third holds rwlock table to read in read_and_want_settings; wants once settings in "
     "read_and_want_settings\n"},
    {"mixed-with-join",
     "deadlock occurred error\n"
     "  first holds mutex alice in lock; wants rwlock table in lock_alice_want_table\n"
     "  fourth; wants spin lock spin in spin_in_thread\n"
     "  second holds rwlock table in write_and_join; wants fourth in write_and_join\n"
     "  third holds spin lock spin in spin_want_alice; wants mutex alice in spin_want_alice\n"},
};

static void joins_that_hang_are_explained(void **state)
{
    (void)state;
    DESCRIBED_HANGS("joins", joins_that_hang);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(spin_locks_are_judged_in_advance),
        cmocka_unit_test(spin_locks_that_hang_are_explained),
        cmocka_unit_test(barriers_have_no_order),
        cmocka_unit_test(initialisations_are_judged_in_advance),
        cmocka_unit_test(initialisations_that_hang_are_explained),
        cmocka_unit_test(an_initialisation_that_throws_is_held_no_more),
        cmocka_unit_test(call_once_that_hangs_is_explained),
        cmocka_unit_test(c11_locks_are_judged_in_advance),
        cmocka_unit_test(c11_locks_that_hang_are_explained),
        cmocka_unit_test(joins_are_judged_in_advance),
        cmocka_unit_test(joins_that_hang_are_explained),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
