/* Locks of libraries: stdio, the dynamic loader, GLib. None of their calls can be refused. */
#include "described.h"
#include "support/cmocka_all.h"

static const struct described_case stdio_locks_that_end[] = {
    {"abba",
     "lock-order-cycle predicted error\n"
     "  first holds stdio lock #0001 in copy; wants stdio lock #0002 in copy\n"
     "  second holds stdio lock #0002 in copy_back; wants stdio lock #0001 in copy_back\n"},
    {"one-order", ""},
    {"tried", ""},
    {"recursion", ""},
    {"recursion-abba",
     "lock-order-cycle predicted error\n"
     "  first holds stdio lock #0001 in unlock_once_and_copy; wants stdio lock #0002 in "
     "unlock_once_and_copy\n"
     "  second holds stdio lock #0002 in copy_back; wants stdio lock #0001 in copy_back\n"},
    {"busy", ""},
};

static void stdio_locks_are_judged_in_advance(void **state)
{
    (void)state;
    DESCRIBED("stdio_locks", stdio_locks_that_end);
}

static const struct described_case stdio_locks_that_hang[] = {
    {"live-abba",
     "deadlock occurred error\n"
     "  first holds stdio lock #0001 in live_copy; wants stdio lock #0002 in live_copy\n"
     "  second holds stdio lock #0002 in live_copy_back; wants stdio lock #0001 in "
     "live_copy_back\n"},
};

static void stdio_locks_that_hang_are_explained(void **state)
{
    (void)state;
    DESCRIBED_STUCK("stdio_locks", stdio_locks_that_hang);
}

static const struct described_case loader_that_end[] = {
    {"abba",
     "lock-order-cycle predicted error\n"
     "  first holds loader lock the loader's lock in load; wants mutex plugins in "
     "constructed_lock\n"
     "  second holds mutex plugins in load_with_lock; wants loader lock the loader's lock in "
     "load_with_lock\n"},
    {"constructor-without-lock", ""},
    {"visit-abba",
     "lock-order-cycle predicted error\n"
     "  first holds loader lock the loader's lock in look_at_libraries; wants mutex plugins in "
     "visit\n"
     "  second holds mutex plugins in load_with_lock, loader lock the loader's lock in "
     "load_with_lock; wants loader lock the loader's lock in load_with_lock\n"},
    {"visit-without-lock", ""},
    {"loads", ""},
};

static void loader_locks_are_judged_in_advance(void **state)
{
    (void)state;
    DESCRIBED("loader", loader_that_end);
}

static const struct described_case loader_that_hang[] = {
    {"live-abba",
     "deadlock occurred error\n"
     "  first holds loader lock the loader's lock in load; wants mutex plugins in "
     "constructed_lock\n"
     "  second holds mutex plugins in load_with_lock; wants loader lock the loader's lock in "
     "load_with_lock\n"},
};

static void loader_locks_that_hang_are_explained(void **state)
{
    (void)state;
    DESCRIBED_STUCK("loader", loader_that_hang);
}

static const struct described_case glib_that_end[] = {
    {"abba",
     "lock-order-cycle predicted error\n"
     "  first holds GMutex alice.p in pay; wants GMutex bob.p in pay\n"
     "  second holds GMutex bob.p in refund; wants GMutex alice.p in refund\n"},
    {"one-order", ""},
    {"tried", ""},
    {"cleared-between", ""},
    {"condition",
     "lock-order-cycle predicted error\n"
     "  first holds GMutex alice.p in wait_with_both; wants GMutex bob.p in wait_with_both\n"
     "  second holds GMutex bob.p in refund; wants GMutex alice.p in refund\n"},
    {"condition-alone", ""},
    {"signalled", ""},
    {"recursive",
     "lock-order-cycle predicted error\n"
     "  first holds recursive mutex #0001 in go_deep; wants recursive mutex #0002 in go_deep\n"
     "  second holds recursive mutex #0002 in go_deep_back; wants recursive mutex #0001 in "
     "go_deep_back\n"},
    {"recursive-tried", ""},
    {"writers",
     "lock-order-cycle predicted error\n"
     "  first holds rwlock #0001 in g_rw_lock_writer_lock; wants rwlock #0002 to read in "
     "g_rw_lock_reader_lock\n"
     "  second holds rwlock #0002 in g_rw_lock_writer_lock; wants rwlock #0001 to read in "
     "g_rw_lock_reader_lock\n"},
    {"readers", ""},
    {"once",
     "lock-order-cycle predicted error\n"
     "  first holds GOnce settings.status in do_once; wants GMutex alice.p in load_settings\n"
     "  second holds GMutex alice.p in lock_and_do_once; wants GOnce settings.status in "
     "lock_and_do_once\n"},
    {"init",
     "lock-order-cycle predicted error\n"
     "  first holds GOnce location in init_once; wants GMutex alice.p in init_once\n"
     "  second holds GMutex alice.p in lock_and_init_once; wants GOnce location in "
     "lock_and_init_once\n"},
    {"once-one-order", ""},
};

static void glib_locks_are_judged_in_advance(void **state)
{
    (void)state;
    DESCRIBED("glib", glib_that_end);
}

static const struct described_case glib_that_hang[] = {
    {"live-abba",
     "deadlock occurred error\n"
     "  first holds GMutex alice.p in live_pay; wants GMutex bob.p in live_pay\n"
     "  second holds GMutex bob.p in live_refund; wants GMutex alice.p in live_refund\n"},
    {"relock",
     "self-deadlock occurred error\n"
     "  main holds GMutex alice.p in relock; wants GMutex alice.p in relock\n"},
    {"live-once",
     "deadlock occurred error\n"
     "  first holds GOnce settings.status in live_do_once; wants GMutex alice.p in load_settings\n"
     "  second holds GMutex alice.p in live_lock_and_do_once; wants GOnce settings.status in "
     "live_lock_and_do_once\n"},
    {"live-init",
     "deadlock occurred error\n"
     "  first holds GOnce location in live_init_once; wants GMutex alice.p in live_init_once\n"
     "  second holds GMutex alice.p in live_lock_and_init_once; wants GOnce location in "
     "live_lock_and_init_once\n"},
};

static void glib_locks_that_hang_are_explained(void **state)
{
    (void)state;
    DESCRIBED_STUCK("glib", glib_that_hang);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stdio_locks_are_judged_in_advance),
        cmocka_unit_test(stdio_locks_that_hang_are_explained),
        cmocka_unit_test(loader_locks_are_judged_in_advance),
        cmocka_unit_test(loader_locks_that_hang_are_explained),
        cmocka_unit_test(glib_locks_are_judged_in_advance),
        cmocka_unit_test(glib_locks_that_hang_are_explained),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
