/* What programs say of themselves, by snarl/annotate.h and by what other tools are told. */
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
           "  main holds lock bob.taken in refund; wants lock alice.taken in refund\n"},
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
    {"named-live",
     "deadlock occurred error\n"
     "  first holds mutex the left one[3] in lock; wants mutex the right one[4] in lock\n"
     "  second holds mutex the right one[4] in lock; wants mutex the left one[3] in lock\n"},
};

static void locks_of_one_s_own_that_hang_are_explained(void **state)
{
    (void)state;
    DESCRIBED_STUCK("annotated", own_locks_that_hang);
}

static const struct described_case forgiven[] = {
    {"forgiven", ""},
    {"forgiven-nested", ""},
    {"forgiven-once", CYCLE PAYS REFUNDS},
    {"forgiven-elsewhere",
     CYCLE "  main holds lock alice.taken in pay; wants lock bob.taken in pay\n" REFUNDS},
};

static void what_is_forgiven_leaves_no_order(void **state)
{
    (void)state;
    DESCRIBED("annotated", forgiven);
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
    DESCRIBED("annotated", ordered);
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
        struct watched watched = WATCH(NULL, "annotated", words[i][0]);
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
    {"named-before-use",
     CYCLE "  first holds mutex the left one[3] in lock; wants mutex second_mutex in lock\n"
           "  second holds mutex second_mutex in lock; wants mutex the left one[3] in lock\n"},
};

static void locks_are_called_as_they_are_named(void **state)
{
    (void)state;
    DESCRIBED("annotated", named);
}

/* The id of the only finding of a case. */
static char *id_of(const char *what)
{
    struct watched watched = WATCH(NULL, "annotated", what);
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
    {"handed-over", ""},
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

/* The hand-overs of a recording, in order. */
static size_t read_happens(const char *path, struct snarl_fact_happens *facts, size_t room)
{
    struct snarl_reader reader;
    char error[256];
    size_t count = 0;
    assert_true(snarl_reader_open(&reader, path, error, sizeof error));
    for (const struct snarl_fact_header *fact; (fact = snarl_reader_next(&reader)) != NULL;)
        if (fact->kind == SNARL_FACT_HAPPENS && count++ < room)
            memcpy(&facts[count - 1], fact, sizeof facts[0]);
    snarl_reader_close(&reader);
    return count;
}

static void hand_overs_are_written_down(void **state)
{
    (void)state;
    struct watched watched = WATCH(NULL, "annotated_foreign", "handed-over");
    struct snarl_fact_happens facts[4];
    assert_int_equal(read_happens(watched.recordings[0], facts, 4), 4);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(facts[i].after, i / 2);
        assert_int_equal(facts[i].thread, 2 + i / 2);
        assert_true(facts[i].stack != 0);
    }
    /* By the segment that ends with the one, and that begins with the other. */
    assert_int_equal(facts[0].segment, 1);
    assert_int_equal(facts[1].segment, 2);
    assert_int_equal(facts[2].segment, 2);
    assert_int_equal(facts[3].segment, 3);
    assert_true(facts[0].address == facts[3].address && facts[1].address == facts[2].address);
    assert_true(facts[0].address != facts[1].address);
    watched_free(&watched);
}

static void a_flood_of_hand_overs_is_not(void **state)
{
    (void)state;
    struct watched watched = WATCH(NULL, "annotated_foreign", "handed-over-often");
    struct snarl_fact_happens fact;
    assert_int_equal(read_happens(watched.recordings[0], &fact, 1), 16);
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
        cmocka_unit_test(what_is_forgiven_leaves_no_order),
        cmocka_unit_test(declared_orders_are_to_be_kept),
        cmocka_unit_test(what_goes_against_a_declaration_is_said_to),
        cmocka_unit_test(locks_are_called_as_they_are_named),
        cmocka_unit_test(a_name_is_part_of_a_finding_s_id),
        cmocka_unit_test(what_other_tools_are_told_is_heard),
        cmocka_unit_test(hand_overs_are_written_down),
        cmocka_unit_test(a_flood_of_hand_overs_is_not),
        cmocka_unit_test(without_snarl_nothing_is_told),
        cmocka_unit_test(a_sanitizer_keeps_its_own),
        cmocka_unit_test(the_header_works_in_every_kind_of_program),
        cmocka_unit_test(the_header_is_harmless_in_a_static_program),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
