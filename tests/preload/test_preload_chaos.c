/* Random delays inside correct programs, which stay what they are. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "support/cmocka_all.h"
#include "watched.h"

/* The same as without snarl, by two seeds. */
static void check(uint64_t acquisitions, size_t misuses, const char *const *arguments)
{
    static const char *const options[] = {"chaos=1", "chaos=999999999"};
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++)
        watched_check_same(&(struct watch){.arguments = arguments, .options = options[i]},
                           acquisitions, misuses);
}

#define CHECK_CHAOS(acquisitions, misuses, ...)                                                    \
    check(acquisitions, misuses, (const char *const[]){__VA_ARGS__, NULL})

static void every_call_returns_what_it_should(void **state)
{
    (void)state;
    CHECK_CHAOS(18, 5, "values", "all");
    CHECK_CHAOS(25, 0, "returns", "all");
}

static void children_of_every_make(void **state)
{
    (void)state;
    CHECK_CHAOS(4, 0, "forks", "child-of-a-child");
    CHECK_CHAOS(6, 0, "forks", "raw");
    CHECK_CHAOS(6, 0, "forks", "vfork");
    CHECK_CHAOS(200, 0, "forks", "under-signals");
}

static void signal_handlers(void **state)
{
    (void)state;
    CHECK_CHAOS(6000, 0, "signals", "locking");
    CHECK_CHAOS(3000, 0, "signals", "jumping");
}

static void cancelled_threads(void **state)
{
    (void)state;
    CHECK_CHAOS(0, 0, "cancelled", "in-a-join");
    CHECK_CHAOS(20, 0, "cancelled", "pending");
    CHECK_CHAOS(100, 0, "cancelled", "small-stacks");
}

static void a_lock_in_the_allocator(void **state)
{
    (void)state;
    const char *const arguments[] = {"own_allocator", NULL};
    watched_check_unharmed(&(struct watch){.arguments = arguments, .options = "chaos=3"},
                           4 * 10 * 1000 * 7);
}

/* A compressor with threads; what it wrote, in short. */
static void a_stranger(void **state)
{
    (void)state;
    if (access("/usr/bin/xz", X_OK) != 0) {
        print_message("SKIPPED: there is no xz (package xz-utils)\n");
        skip();
    }
    CHECK_CHAOS(100, 0, "/bin/sh", "-c",
                "seq 300000 | /usr/bin/xz -T3 --block-size=100KiB | cksum");
}

/* What it predicts does not depend on whether it happens. */
static void findings_are_the_same(void **state)
{
    (void)state;
    struct watched watched = WATCH("chaos=4:on-deadlock=edeadlk", "orders", "gated");
    assert_int_equal(watched.report->finding_count, 0);
    assert_int_equal(watched.report->chaos_seed, 4);
    watched_free(&watched);
    watched = WATCH("chaos=4", "orders", "abba");
    watched_only_finding(&watched, SNARL_FINDING_LOCK_ORDER_CYCLE, SNARL_PREDICTED, SNARL_ERROR,
                         (const char *const[]){"alice", "bob", NULL});
    assert_int_equal(watched.report->chaos_seed, 4);
    watched_free(&watched);
    watched = WATCH(NULL, "orders", "abba");
    assert_int_equal(watched.report->chaos_seed, 0);
    watched_free(&watched);
}

static void the_seed_is_named_beside_the_recording(void **state)
{
    (void)state;
    struct watched watched =
        watched_run(&(struct watch){.arguments = (const char *const[]){"orders", "ordered", NULL},
                                    .options = "chaos=12",
                                    .loud = true});
    char line[4096];
    snprintf(line, sizeof line,
             "snarl: nothing found, recording in %s (read it with: snarl report FILE; random "
             "delays, chaos=12)\n",
             watched.recordings[0]);
    assert_string_equal(watched.result.error, line);
    watched_free(&watched);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_call_returns_what_it_should),
        cmocka_unit_test(children_of_every_make),
        cmocka_unit_test(signal_handlers),
        cmocka_unit_test(cancelled_threads),
        cmocka_unit_test(a_lock_in_the_allocator),
        cmocka_unit_test(a_stranger),
        cmocka_unit_test(findings_are_the_same),
        cmocka_unit_test(the_seed_is_named_beside_the_recording),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
