/* Reader-writer locks, by their real rules. */
#include "described.h"
#include "support/cmocka_all.h"

static const struct described_case rwlocks_that_end[] = {
    {"writers",
     "lock-order-cycle predicted error\n"
     "  first holds rwlock table in write_write; wants rwlock list in write_write\n"
     "  second holds rwlock list in write_write_back; wants rwlock table in write_write_back\n"},
    {"writers-in-one-order", ""},
    {"readers", ""},
    {"readers-then-write",
     "lock-order-cycle predicted error\n"
     "  first holds rwlock table to read in read_write; wants rwlock list in read_write\n"
     "  second holds rwlock list to read in read_write_back; wants rwlock table in "
     "read_write_back\n"},
    {"writers-then-read",
     "lock-order-cycle predicted error\n"
     "  first holds rwlock table in write_read; wants rwlock list to read in write_read\n"
     "  second holds rwlock list in write_read_back; wants rwlock table to read in "
     "write_read_back\n"},
    {"reader-against-writer",
     "lock-order-cycle predicted error\n"
     "  first holds rwlock table to read in read_read; wants rwlock list to read in read_read\n"
     "  second holds rwlock list in write_write_back; wants rwlock table in write_write_back\n"},
    {"reader-against-reader-who-writes", ""},
    {"tried-write", ""},
    {"tried-read", ""},
    {"behind-tried",
     "lock-order-cycle predicted error\n"
     "  first holds rwlock table in write_write; wants rwlock list in write_write\n"
     "  second holds rwlock list in write_behind_tried; wants rwlock table in "
     "write_behind_tried\n"},
    {"behind-tried-reader", ""},
    {"timed-writer",
     "lock-order-cycle predicted warning\n"
     "  first holds rwlock table in write_write; wants rwlock list in write_write\n"
     "  second holds rwlock list in timed_write; wants rwlock table timed in timed_write\n"},
    {"timed-reader",
     "lock-order-cycle predicted warning\n"
     "  first holds rwlock table in write_write; wants rwlock list in write_write\n"
     "  second holds rwlock list in timed_read; wants rwlock table to read timed in timed_read\n"},
    {"clock-writer",
     "lock-order-cycle predicted warning\n"
     "  first holds rwlock table in write_write; wants rwlock list in write_write\n"
     "  second holds rwlock list in clock_write; wants rwlock table timed in clock_write\n"},
    {"clock-reader",
     "lock-order-cycle predicted warning\n"
     "  first holds rwlock table in write_write; wants rwlock list in write_write\n"
     "  second holds rwlock list in clock_read; wants rwlock table to read timed in clock_read\n"},
    {"gate-of-writers", ""},
    {"gate-of-writer-and-reader", ""},
    {"gate-of-readers",
     "lock-order-cycle predicted error\n"
     "  first holds rwlock gate to read in gated_by_reader, rwlock table in write_write; wants "
     "rwlock list in write_write\n"
     "  second holds rwlock gate to read in gated_back_by_reader, rwlock list in write_write_back; "
     "wants rwlock table in write_write_back\n"},
    {"with-a-mutex",
     "lock-order-cycle predicted error\n"
     "  first holds rwlock table in write_then_count; wants mutex count in write_then_count\n"
     "  second holds mutex count in count_then_read; wants rwlock table to read in "
     "count_then_read\n"},
    {"recursive-reader-by-default", ""},
    {"recursive-reader-of-that-name", ""},
    {"recursive-reader-without-writers", ""},
    {"readers-behind-writers",
     "lock-order-cycle predicted warning\n"
     "  first holds rwlock table to read in read_read; wants rwlock list to read in read_read\n"
     "  second holds rwlock list to read in read_read_back; wants rwlock table to read in "
     "read_read_back\n"},
    {"readers-beside-writers", ""},
    {"live-readers", ""},
    {"two-readers", ""},
    {"live-recursive-reader-by-default", ""},
    {"behind-a-writer-by-default", ""},
};

static void rwlocks_are_judged_in_advance(void **state)
{
    (void)state;
    DESCRIBED("rwlocks", rwlocks_that_end);
}

static const struct described_case rwlocks_that_hang[] = {
    {"live-writers",
     "deadlock occurred error\n"
     "  first holds rwlock table in live_write_write; wants rwlock list in live_write_write\n"
     "  second holds rwlock list in live_write_write_back; wants rwlock table in "
     "live_write_write_back\n"},
    {"live-reader-and-writer",
     "deadlock occurred error\n"
     "  first holds rwlock table to read in live_read_read; wants rwlock list to read in "
     "live_read_read\n"
     "  second holds rwlock list in live_write_write_back; wants rwlock table in "
     "live_write_write_back\n"},
    {"upgrade",
     "self-deadlock occurred error\n"
     "  main holds rwlock table to read in upgrade; wants rwlock table in upgrade\n"},
    {"one-of-two-readers",
     "deadlock occurred error\n"
     "  second holds rwlock table to read in read_and_count; wants mutex count in read_and_count\n"
     "  third holds mutex count in write_with_count; wants rwlock table in write_with_count\n"},
    {"live-recursive-reader",
     "deadlock occurred error\n"
     "  first holds rwlock table to read in read_again_behind_writer; wants rwlock table to read "
     "in read_behind_writer\n"
     "  second; wants rwlock table in write_behind_reader\n"},
    {"behind-a-writer",
     "deadlock occurred error\n"
     "  first holds rwlock table to read in read_and_count; wants mutex count in read_and_count\n"
     "  second; wants rwlock table in write_behind_reader\n"
     "  third holds mutex count in read_with_count; wants rwlock table to read in "
     "read_behind_writer\n"},
};

static void rwlocks_that_hang_are_explained(void **state)
{
    (void)state;
    DESCRIBED_HANGS("rwlocks", rwlocks_that_hang);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rwlocks_are_judged_in_advance),
        cmocka_unit_test(rwlocks_that_hang_are_explained),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
