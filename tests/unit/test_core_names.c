/* The names that formats use for what the core counts in numbers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/blocked.h"
#include "core/finding.h"
#include "core/objects.h"

static void kinds_of_objects(void **state)
{
    (void)state;
    assert_string_equal(snarl_object_kind_name(SNARL_OBJECT_MUTEX), "mutex");
    assert_string_equal(snarl_object_kind_name(SNARL_OBJECT_SPIN), "spin lock");
    assert_string_equal(snarl_object_kind_name(SNARL_OBJECT_G_ONCE), "GOnce");
    assert_string_equal(snarl_object_kind_name(SNARL_OBJECT_NONE), "lock");
    assert_string_equal(snarl_object_kind_name(SNARL_OBJECT_G_ONCE + 1000), "lock");
    assert_string_equal(snarl_object_kind_name(UINT32_MAX), "lock");
}

static void kinds_that_may_be_taken_again(void **state)
{
    (void)state;
    assert_false(snarl_object_kind_recursive(SNARL_OBJECT_NONE));
    assert_false(snarl_object_kind_recursive(SNARL_OBJECT_MUTEX));
    assert_true(snarl_object_kind_recursive(SNARL_OBJECT_FILE));
    assert_true(snarl_object_kind_recursive(SNARL_OBJECT_LOADER));
    assert_false(snarl_object_kind_recursive(SNARL_OBJECT_G_MUTEX));
    assert_true(snarl_object_kind_recursive(SNARL_OBJECT_G_REC_MUTEX));
    assert_false(snarl_object_kind_recursive(UINT32_MAX));
}

static void causes_and_wakers(void **state)
{
    (void)state;
    assert_string_equal(snarl_cause_name(SNARL_CAUSE_UNKNOWN), "unknown");
    assert_string_equal(snarl_cause_name(SNARL_CAUSE_BARRIER_SHORT), "barrier-short");
    assert_string_equal(snarl_cause_name(SNARL_CAUSE_KINDS - 1), "still-in-use");
    assert_string_equal(snarl_waker_name(SNARL_WAKER_SIGNALLED), "signalled");
    assert_string_equal(snarl_waker_name(SNARL_WAKER_NEEDS_LOCK), "needs-lock");
    assert_string_equal(snarl_waker_name(SNARL_WAKER_KINDS - 1), "waits-there");
}

/* Rows of another table included, the numbers and the names still go together. */
static void findings(void **state)
{
    (void)state;
    assert_string_equal(snarl_finding_name(SNARL_FINDING_LOCK_ORDER_CYCLE), "lock-order-cycle");
    assert_string_equal(snarl_finding_name(SNARL_FINDING_ALL_THREADS_BLOCKED),
                        "all-threads-blocked");
    assert_string_equal(snarl_finding_name(SNARL_FINDING_JOIN_SELF), "join-self");
    assert_string_equal(snarl_finding_name(SNARL_FINDING_KINDS - 1), "other");
    for (unsigned kind = 0; kind < SNARL_FINDING_KINDS; kind++) {
        assert_true(strlen(snarl_finding_headline(kind)) > 0);
        for (unsigned other = 0; other < kind; other++)
            assert_string_not_equal(snarl_finding_name(kind), snarl_finding_name(other));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kinds_of_objects),
        cmocka_unit_test(kinds_that_may_be_taken_again),
        cmocka_unit_test(causes_and_wakers),
        cmocka_unit_test(findings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
