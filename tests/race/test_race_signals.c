/* A program that uses SIGTRAP and SIGPROF itself does under --races what it does without. */
#include "race_run.h"
#include "support/cmocka_all.h"

enum {
    RUNS = 3,
};

#define PROGRAM SNARL_RACE_PROGRAMS "/signals"

/* `line`: what is said on standard error. */
static void check(const char *name, const char *line)
{
    if (!race_has_watchpoints())
        skip();
    struct command_result natively = COMMAND(PROGRAM, name);
    assert_string_equal(natively.error, "");
    assert_int_equal(natively.status, 7);
    for (int i = 0; i < RUNS; i++) {
        struct race_run run = race_run((const char *const[]){PROGRAM, name, NULL}, NULL);
        assert_string_equal(run.result.error, line);
        assert_string_equal(run.result.output, natively.output);
        assert_int_equal(run.result.status, natively.status);
        race_run_free(&run);
    }
    command_free(&natively);
}

#define CASE(name)                                                                                 \
    static void name(void **state)                                                                 \
    {                                                                                              \
        (void)state;                                                                               \
        check(#name, "");                                                                          \
    }

#define CASES(CASE)                                                                                \
    CASE(old_actions)                                                                              \
    CASE(flags)                                                                                    \
    CASE(handler_masks)                                                                            \
    CASE(own_traps)                                                                                \
    CASE(timers)                                                                                   \
    CASE(masks)                                                                                    \
    CASE(inherited_masks)                                                                          \
    CASE(raw_masks)                                                                                \
    CASE(exec_mask)                                                                                \
    CASE(directed)                                                                                 \
    CASE(jumps)                                                                                    \
    CASE(sleeps)                                                                                   \
    CASE(processes)                                                                                \
    CASE(cancelled)                                                                                \
    CASE(interruptions)

CASES(CASE)
#undef CASE

static void waits(void **state)
{
    (void)state;
    check("waits",
          "snarl: not looking for data races: the program waits for a signal that is needed "
          "for it\n");
}

int main(void)
{
#define CASE(name) cmocka_unit_test(name),
    const struct CMUnitTest tests[] = {CASES(CASE) CASE(waits)};
    return cmocka_run_group_tests(tests, race_set_up, race_tear_down);
}
