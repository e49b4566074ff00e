/* Semaphores as locks and as signals. No semaphore ever closes a circle while the program runs. */
#include "described.h"
#include "support/cmocka_all.h"

static const struct described_case semaphores_that_end[] = {
    {"abba",
     "lock-order-cycle predicted error\n"
     "  first holds semaphore alice in pay; wants semaphore bob in pay\n"
     "  second holds semaphore bob in refund; wants semaphore alice in refund\n"},
    {"one-order", ""},
    {"two-at-a-time", ""},
    {"one-thread", ""},
    {"tried",
     "lock-order-cycle predicted error\n"
     "  first holds semaphore alice in pay; wants semaphore bob in pay\n"
     "  second holds semaphore bob in try_refund; wants semaphore alice by trywait in "
     "try_refund\n"},
    {"only-tried",
     "lock-order-cycle predicted error\n"
     "  first holds semaphore alice in pay; wants semaphore bob in pay\n"
     "  second holds semaphore bob in try_all_refund; wants semaphore alice by trywait in "
     "try_all_refund\n"},
    {"timed",
     "lock-order-cycle predicted warning\n"
     "  first holds semaphore alice in pay; wants semaphore bob in pay\n"
     "  second holds semaphore bob in timed_refund; wants semaphore alice timed in timed_refund\n"},
    {"clocked",
     "lock-order-cycle predicted warning\n"
     "  first holds semaphore alice in pay; wants semaphore bob in pay\n"
     "  second holds semaphore bob in clocked_refund; wants semaphore alice timed in "
     "clocked_refund\n"},
    {"polled",
     "lock-order-cycle predicted warning\n"
     "  first holds semaphore alice in pay; wants semaphore bob in pay\n"
     "  second holds semaphore bob in refund; wants semaphore alice in refund\n"},
    {"tried-then-waited-for",
     "lock-order-cycle predicted error\n"
     "  first holds semaphore alice in pay; wants semaphore bob in pay\n"
     "  second holds semaphore bob in refund; wants semaphore alice in refund\n"},
    {"signalled-after", ""},
    {"signalled-before", ""},
    {"signalled-between", ""},
    {"with-a-mutex",
     "lock-order-cycle predicted error\n"
     "  first holds semaphore alice in wait_then_lock; wants mutex count in lock\n"
     "  second holds mutex count in lock; wants semaphore alice in lock_then_wait\n"},
    {"named",
     "lock-order-cycle predicted error\n"
     "  first holds semaphore #0001 in pay_named; wants semaphore #0002 in pay_named\n"
     "  second holds semaphore #0002 in refund_named; wants semaphore #0001 in refund_named\n"},
    {"named-two-at-a-time", ""},
    {"cancelled", ""},
};

static void semaphores_are_judged_in_advance(void **state)
{
    (void)state;
    DESCRIBED("semaphores", semaphores_that_end);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(semaphores_are_judged_in_advance),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
