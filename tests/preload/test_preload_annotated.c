/* Locks that programs have made by hand, as they tell of them to us and to other tools; and the
 * header by which they do. */
#include <stdlib.h>
#include <string.h>

#include "described.h"
#include "recording/reader.h"
#include "support/cmocka_all.h"
#include "watched.h"

#define CYCLE "lock-order-cycle predicted error\n"
#define PAYS "  first holds lock alice.taken in pay; wants lock bob.taken in pay\n"
#define REFUNDS "  second holds lock bob.taken in refund; wants lock alice.taken in refund\n"

static const struct described_case own_locks[] = {
    {"abba", CYCLE PAYS REFUNDS},
    {"one-order", ""},
    {"untold", ""},
    {"one-thread", ""},
    {"tried", ""},
    {"timed", "lock-order-cycle predicted warning\n" PAYS
              "  second holds lock bob.taken in timed_refund; wants lock alice.taken timed in "
              "timed_refund\n"},
    {"given-up", ""},
    {"not-given-up", CYCLE "  first holds lock alice.taken in not_give_up; wants lock bob.taken in "
                           "not_give_up\n" REFUNDS},
    {"readers", ""},
    {"readers-and-a-writer",
     CYCLE "  first holds lock alice.taken to read in read_both; wants lock bob.taken to read in "
           "read_both\n"
           "  second holds lock bob.taken in read_both; wants lock alice.taken in read_both\n"},
    {"destroyed", ""},
    {"recreated", ""},
    {"forgotten", ""},
    {"recursive", CYCLE
     "  first holds lock alice.taken in take_twice; wants lock bob.taken in take_twice\n" REFUNDS},
    {"recursive-given-back", ""},
    {"given-by-another", ""},
    {"given-by-itself",
     CYCLE "  first holds lock alice.taken in take_only; wants lock bob.taken in take_only\n"
           "  third holds lock bob.taken in refund; wants lock alice.taken in refund\n"},
    {"kept", "exit-holding-lock occurred warning\n  first\n  first\n"},
    {"hurried", ""},
    {"watched-already",
     CYCLE "  first holds mutex first_mutex in lock; wants mutex second_mutex in lock\n"
           "  second holds mutex second_mutex in lock; wants mutex first_mutex in lock\n"},
};

static void locks_of_one_s_own_are_judged_in_advance(void **state)
{
    (void)state;
    DESCRIBED("annotated", own_locks);
}

static const struct described_case own_locks_that_hang[] = {
    {"live-abba",
     "deadlock occurred error\n"
     "  first holds lock alice.taken in live_pay; wants lock bob.taken in live_pay\n"
     "  second holds lock bob.taken in live_refund; wants lock alice.taken in live_refund\n"},
    {"live-mixed",
     "deadlock occurred error\n"
     "  first holds lock alice.taken in live_mixed_pay; wants mutex first_mutex in lock\n"
     "  second holds mutex first_mutex in lock; wants lock alice.taken in live_mixed_refund\n"},
    {"live-within",
     "deadlock occurred error\n"
     "  first holds lock bob.taken in wait_within; wants lock alice.taken in wait_within\n"
     "  second holds lock alice.taken in wait_after; wants lock bob.taken in wait_after\n"},
    {"live-write",
     "self-deadlock occurred error\n"
     "  main holds lock alice.taken to read in live_write; wants lock alice.taken in live_write\n"},
    {"not-recursive",
     "self-deadlock occurred error\n"
     "  main holds lock alice.taken in take_twice; wants lock alice.taken in take_twice\n"},
};

static void locks_of_one_s_own_that_hang_are_explained(void **state)
{
    (void)state;
    DESCRIBED_STUCK("annotated", own_locks_that_hang);
}

static const struct described_case forked[] = {
    {"held-at-fork",
     "child 66\n"
     "deadlock occurred error\n"
     "  absent (unnamed) holds lock alice.taken\n"
     "  main; wants lock alice.taken in take_alice\n"},
    {"given-before-fork", "child 0\n"},
};

static void children_inherit_what_is_held(void **state)
{
    (void)state;
    DESCRIBED("annotated", forked);
}

#define HOLDS_AND_WANTS(thread, held, wanted, place)                                               \
    "  " thread " holds lock " held " in " place "; wants lock " wanted " in " place "\n"
#define FOREIGN_CYCLE                                                                              \
    CYCLE HOLDS_AND_WANTS("first", "alice", "bob", "pay")                                          \
        HOLDS_AND_WANTS("second", "bob", "alice", "refund")
#define FOREIGN_CYCLE_IN(function)                                                                 \
    CYCLE HOLDS_AND_WANTS("first", "alice", "bob", function)                                       \
        HOLDS_AND_WANTS("second", "bob", "alice", "refund")

static const struct described_case foreign_locks[] = {
    {"abba", FOREIGN_CYCLE},
    {"one-order", ""},
    {"readers", ""},
    {"readers-and-a-writer",
     CYCLE "  first holds lock alice to read in read_pay; wants lock bob to read in read_pay\n"
           "  second holds lock bob in refund; wants lock alice in refund\n"},
    {"tried", ""},
    {"try-failed", ""},
    {"try-succeeded", FOREIGN_CYCLE_IN("fail_to_take")},
    {"recursive", FOREIGN_CYCLE_IN("take_thrice")},
    {"recursive-at-last", ""},
    {"recursive-at-once", ""},
    {"reentrant-by-lock", ""},
    {"destroyed", ""},
    {"destroyed-linker-init", FOREIGN_CYCLE},
    {"destroyed-static", FOREIGN_CYCLE},
    {"destroyed-not-static", ""},
    {"diverted", ""},
    {"left-waiting", "exit-holding-lock occurred warning\n  leave\n  leave\n"},
    {"signalled", ""},
    {"writers", CYCLE HOLDS_AND_WANTS("first", "alice", "bob", "annotated_both")
                    HOLDS_AND_WANTS("second", "bob", "alice", "annotated_both")},
    {"sharers", ""},
    {"writer-destroyed", ""},
    {"writer-static", CYCLE HOLDS_AND_WANTS("first", "alice", "bob", "annotated_both")
                          HOLDS_AND_WANTS("second", "bob", "alice", "annotated_both")},
    {"released", FOREIGN_CYCLE},
    {"released-another", FOREIGN_CYCLE},
    {"handed-over", FOREIGN_CYCLE},
    {"handed-over-often", ""},
};

static const struct described_case foreign_locks_that_hang[] = {
    {"live-abba", "deadlock occurred error\n" HOLDS_AND_WANTS("first", "alice", "bob", "live_pay")
                      HOLDS_AND_WANTS("second", "bob", "alice", "live_refund")},
    {"resumed", "deadlock occurred error\n" HOLDS_AND_WANTS("first", "alice", "bob", "diverted_pay")
                    HOLDS_AND_WANTS("second", "bob", "alice", "divert")},
    {"relock",
     "self-deadlock occurred error\n" HOLDS_AND_WANTS("main", "alice", "alice", "relock")},
};

static void what_other_tools_are_told_is_heard(void **state)
{
    (void)state;
    DESCRIBED("annotated_foreign", foreign_locks);
    DESCRIBED_STUCK("annotated_foreign", foreign_locks_that_hang);
}

/* Whether the finding of the case says that it was ordered by carol, which is no lock there. */
static bool is_ordered_by_carol(const char *what)
{
    struct watched watched = WATCH(NULL, "annotated_foreign", what);
    assert_int_equal(watched.report->finding_count, 1);
    const char *why = watched.report->findings[0].why;
    bool ordered = strstr(why, "In this run they were ordered by hand-over carol;") != NULL;
    if (!ordered)
        assert_null(strstr(why, "hand-over"));
    watched_free(&watched);
    return ordered;
}

static void a_hand_over_is_said_of_what_it_orders(void **state)
{
    (void)state;
    assert_true(is_ordered_by_carol("released"));
    assert_true(is_ordered_by_carol("handed-over"));
    assert_false(is_ordered_by_carol("released-another"));
}

static void a_flood_of_hand_overs_is_not(void **state)
{
    (void)state;
    struct watched watched = WATCH(NULL, "annotated_foreign", "handed-over-often");
    struct snarl_reader reader;
    char error[256];
    size_t count = 0;
    assert_true(snarl_reader_open(&reader, watched.recordings[0], error, sizeof error));
    for (const struct snarl_fact_header *fact; (fact = snarl_reader_next(&reader)) != NULL;)
        count += fact->kind == SNARL_FACT_HAND_OFF;
    snarl_reader_close(&reader);
    assert_int_equal(count, 2);
    watched_free(&watched);
}

static void without_snarl_nothing_is_told(void **state)
{
    (void)state;
    struct watched watched = watched_run(&(struct watch){
        .arguments = (const char *const[]){"annotated_foreign", "abba", NULL}, .plain = true});
    assert_string_equal(watched.result.output, "not watched\n");
    assert_string_equal(watched.result.error, "");
    assert_int_equal(watched.result.status, 0);
    watched_free(&watched);
}

/* Where ThreadSanitizer's runtime is a library it comes after ours: it hears all of it, and we
 * leave that to it. */
static void a_sanitizer_keeps_its_own(void **state)
{
    (void)state;
    char *runtime = built_path("other_runtime.so");
    struct watched watched = watched_run(
        &(struct watch){.arguments = (const char *const[]){"annotated_foreign", "abba", NULL},
                        .preload_after = runtime});
    assert_string_equal(watched.result.error, "");
    assert_string_equal(watched.result.output, "granted\n40404 calls\n");
    assert_int_equal(watched.result.status, 0);
    watched_check_complete(&watched);
    assert_int_equal(watched.report->finding_count, 0);
    watched_free(&watched);
    free(runtime);
}

/* Each calls everything once; what it says of orders is known by name where it is heard. */
static void check_header(const char *program, bool heard)
{
    struct watched plain = watched_run(
        &(struct watch){.arguments = (const char *const[]){program, NULL}, .plain = true});
    assert_string_equal(plain.result.error, "");
    assert_int_equal(plain.result.status, 0);
    struct watched watched = WATCH(NULL, program);
    assert_string_equal(watched.result.error, "");
    assert_string_equal(watched.result.output, heard ? "1\n" : "0\n");
    assert_int_equal(watched.result.status, 0);
    char *found = described_findings(&watched);
    const char *expected =
        heard ? CYCLE
            "  declared holds mutex outer in say_everything; wants mutex the inner one "
            "in say_everything\n"
            "  main holds mutex the inner one in say_everything; wants mutex outer in "
            "say_everything\n"
              : "";
    if (strcmp(found, expected) != 0)
        fail_msg("%s: found:\n%sand not:\n%s", program, found, expected);
    free(found);
    watched_free(&watched);
    watched_free(&plain);
}

static void the_header_works_in_every_kind_of_program(void **state)
{
    (void)state;
    static const char *const programs[] = {SNARL_HEADER_PROGRAMS};
    for (size_t i = 0; i < sizeof programs / sizeof programs[0]; i++)
        if (strcmp(programs[i], "header_static") != 0)
            check_header(programs[i], strcmp(programs[i], "header_off") != 0);
}

static void the_header_is_harmless_in_a_static_program(void **state)
{
    (void)state;
    struct watched watched = WATCH(NULL, "header_static");
    assert_string_equal(watched.result.output, "0\n");
    assert_int_equal(watched.result.status, 0);
    assert_int_equal(watched.recording_count, 0);
    watched_free(&watched);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(locks_of_one_s_own_are_judged_in_advance),
        cmocka_unit_test(locks_of_one_s_own_that_hang_are_explained),
        cmocka_unit_test(children_inherit_what_is_held),
        cmocka_unit_test(what_other_tools_are_told_is_heard),
        cmocka_unit_test(a_hand_over_is_said_of_what_it_orders),
        cmocka_unit_test(a_flood_of_hand_overs_is_not),
        cmocka_unit_test(without_snarl_nothing_is_told),
        cmocka_unit_test(a_sanitizer_keeps_its_own),
        cmocka_unit_test(the_header_works_in_every_kind_of_program),
        cmocka_unit_test(the_header_is_harmless_in_a_static_program),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
