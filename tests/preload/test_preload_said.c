/* What programs say of locks: what leaves no order, which order is to be kept, and their names. */
#include <stdlib.h>
#include <string.h>

#include "described.h"
#include "recording/reader.h"
#include "support/cmocka_all.h"
#include "watched.h"

#define CYCLE "lock-order-cycle predicted error\n"
#define PAYS "  first holds lock alice.taken in pay; wants lock bob.taken in pay\n"
#define REFUNDS "  second holds lock bob.taken in refund; wants lock alice.taken in refund\n"

static const struct described_case forgiven[] = {
    {"forgiven", ""},
    {"forgiven-nested", ""},
    {"forgiven-once", CYCLE PAYS REFUNDS},
    {"forgiven-elsewhere",
     CYCLE REFUNDS "  third holds lock alice.taken in pay; wants lock bob.taken in pay\n"},
};

static void what_is_forgiven_leaves_no_order(void **state)
{
    (void)state;
    DESCRIBED("said", forgiven);
}

#define DECLARED                                                                                   \
    "  declared holds mutex first_mutex in declare; wants mutex second_mutex in declare\n"
#define AGAINST "  main holds mutex second_mutex in lock; wants mutex first_mutex in lock\n"

static const struct described_case ordered[] = {
    {"ordered-against", CYCLE DECLARED AGAINST},
    {"ordered-late", CYCLE DECLARED AGAINST},
    {"ordered-kept", ""},
    {"ordered-not", ""},
    /* What was never taken is of no kind yet. */
    {"ordered-transitively",
     CYCLE "  declared holds lock second_mutex in ordered_transitively; wants mutex third_mutex in "
           "ordered_transitively\n"
           "  declared holds mutex first_mutex in declare; wants lock second_mutex in declare\n"
           "  main holds mutex third_mutex in lock; wants mutex first_mutex in lock\n"},
    {"ordered-both-ways",
     CYCLE "  declared holds lock first_mutex in declare; wants lock second_mutex in declare\n"
           "  declared holds lock second_mutex in ordered_both_ways; wants lock first_mutex in "
           "ordered_both_ways\n"},
    {"ordered-and-taken",
     CYCLE "  first holds mutex second_mutex in lock; wants mutex first_mutex in lock\n"
           "  second holds mutex first_mutex in lock; wants mutex second_mutex in lock\n"},
    {"ordered-own",
     CYCLE "  declared holds lock bob.taken in ordered_own; wants lock alice.taken in ordered_own\n"
           "  main holds lock alice.taken in pay; wants lock bob.taken in pay\n"},
    {"ordered-before-init",
     CYCLE "  declared holds mutex ordered_before_init::outer in ordered_before_init; wants mutex "
           "ordered_before_init::inner in ordered_before_init\n"
           "  main holds mutex ordered_before_init::inner in lock; wants mutex "
           "ordered_before_init::outer in lock\n"},
};

static void declared_orders_are_to_be_kept(void **state)
{
    (void)state;
    DESCRIBED("said", ordered);
}

static void what_goes_against_a_declaration_is_said_to(void **state)
{
    (void)state;
    static const char *const words[][2] = {
        {"ordered-against",
         "thread 1 (main) takes second_mutex before first_mutex, against the declared order"},
        {"ordered-transitively",
         "thread 1 (main) takes third_mutex before first_mutex, against the declared order"},
        {"ordered-both-ways",
         "the declared orders of first_mutex and second_mutex contradict each other"},
        {"ordered-and-taken",
         "thread 2 \"first\" and thread 3 \"second\" take second_mutex and "
         "first_mutex in opposite order"},
    };
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        struct watched watched = WATCH(NULL, "said", words[i][0]);
        assert_int_equal(watched.report->finding_count, 1);
        const struct snarl_report_finding *finding = &watched.report->findings[0];
        assert_string_equal(finding->message, words[i][1]);
        /* A declaration is no thread, and is not counted as one. */
        assert_int_equal(watched.report->statistics.threads, i == 3 ? 3 : 1);
        watched_free(&watched);
    }
}

#define LEFT_FIRST                                                                                 \
    "  first holds mutex the left one[3] in lock; wants mutex the right one[4] in lock\n"
#define RIGHT_FIRST                                                                                \
    "  second holds mutex the right one[4] in lock; wants mutex the left one[3] in lock\n"
#define UNNAMED                                                                                    \
    "  first holds mutex #0001 in lock; wants mutex #0002 in lock\n"                               \
    "  second holds mutex #0002 in lock; wants mutex #0001 in lock\n"

static const struct described_case named[] = {
    {"named", CYCLE LEFT_FIRST RIGHT_FIRST},
    {"named-late", CYCLE LEFT_FIRST RIGHT_FIRST},
    {"named-not", CYCLE UNNAMED},
    {"named-former", CYCLE UNNAMED},
    {"named-alike",
     CYCLE "  first holds mutex the same one[1] in lock; wants mutex the same one[1] in lock\n"
           "  second holds mutex the same one[1] in lock; wants mutex the same one[1] in lock\n"},
    {"named-by-parent", "child 0\n" CYCLE LEFT_FIRST RIGHT_FIRST},
    {"named-before-use",
     CYCLE "  first holds mutex the left one[3] in lock; wants mutex second_mutex in lock\n"
           "  second holds mutex second_mutex in lock; wants mutex the left one[3] in lock\n"},
};

static void locks_are_called_as_they_are_named(void **state)
{
    (void)state;
    DESCRIBED("said", named);
}

static void a_name_is_written_down_once(void **state)
{
    (void)state;
    struct watched watched = WATCH(NULL, "said", "named-often");
    struct snarl_reader reader;
    char error[256];
    size_t count = 0;
    assert_true(snarl_reader_open(&reader, watched.recordings[0], error, sizeof error));
    for (const struct snarl_fact_header *fact; (fact = snarl_reader_next(&reader)) != NULL;)
        count += fact->kind == SNARL_FACT_LOCK_NAME;
    snarl_reader_close(&reader);
    assert_int_equal(count, 2);
    watched_free(&watched);
}

static const struct described_case named_and_hanging[] = {
    {"named-live",
     "deadlock occurred error\n"
     "  first holds mutex the left one[3] in lock; wants mutex the right one[4] in lock\n"
     "  second holds mutex the right one[4] in lock; wants mutex the left one[3] in lock\n"},
};

static void so_are_locks_that_hang(void **state)
{
    (void)state;
    DESCRIBED_STUCK("said", named_and_hanging);
}

static void locks_of_one_name_are_told_apart(void **state)
{
    (void)state;
    struct watched watched = WATCH(NULL, "said", "named-alike");
    assert_int_equal(watched.report->finding_count, 1);
    assert_string_equal(watched.report->findings[0].message,
                        "thread 2 \"first\" and thread 3 \"second\" take the same one[1] (2) and "
                        "the same one[1] (1) in opposite order");
    watched_free(&watched);
}

/* The id of the only finding of a case. */
static char *id_of(const char *what)
{
    struct watched watched = WATCH(NULL, "said", what);
    assert_int_equal(watched.report->finding_count, 1);
    char *id = strdup(watched.report->findings[0].id);
    watched_free(&watched);
    return id;
}

static void a_name_is_part_of_a_finding_s_id(void **state)
{
    (void)state;
    char *once = id_of("named"), *again = id_of("named"), *late = id_of("named-late");
    char *alike = id_of("named-alike"), *without = id_of("named-not");
    assert_string_equal(once, again);
    assert_string_equal(once, late);
    assert_string_not_equal(once, alike);
    assert_string_not_equal(once, without);
    free(once);
    free(again);
    free(late);
    free(alike);
    free(without);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_forgiven_leaves_no_order),
        cmocka_unit_test(declared_orders_are_to_be_kept),
        cmocka_unit_test(what_goes_against_a_declaration_is_said_to),
        cmocka_unit_test(locks_are_called_as_they_are_named),
        cmocka_unit_test(a_name_is_written_down_once),
        cmocka_unit_test(so_are_locks_that_hang),
        cmocka_unit_test(locks_of_one_name_are_told_apart),
        cmocka_unit_test(a_name_is_part_of_a_finding_s_id),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
