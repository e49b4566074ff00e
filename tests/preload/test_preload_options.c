/* SNARL_OPTIONS: what each says and does, without the command. */
#include <stdio.h>
#include <string.h>

#include "support/cmocka_all.h"
#include "watched.h"

static size_t lines_of(const char *text)
{
    size_t count = 0;
    for (; *text != '\0'; text++)
        count += *text == '\n';
    return count;
}

static void help_lists_every_row(void **state)
{
    (void)state;
    struct watched watched = WATCH("help=1", "orders", "one-thread");
    assert_int_equal(watched.result.status, 0);
    size_t rows = 0;
#define OPTION(field, name, type, preset, value, help, place)                                      \
    assert_non_null(                                                                               \
        strstr(watched.result.error, "snarl:   " name "=" value "  " help " [" preset "]\n"));     \
    rows++;
#include "preload/options.def"
#undef OPTION
    assert_int_equal(lines_of(watched.result.error), rows + 1);
    watched_free(&watched);
}

static void check_complaint(const char *options, const char *complaint)
{
    struct watched watched = WATCH(options, "orders", "one-thread");
    assert_string_equal(watched.result.error, complaint);
    assert_string_equal(watched.result.output, "");
    assert_int_equal(watched.result.status, 0);
    watched_check_complete(&watched);
    assert_int_equal(watched.report->statistics.acquisitions, 4);
    watched_free(&watched);
}

static void what_is_not_understood_is_one_line_each(void **state)
{
    (void)state;
    check_complaint("colour=red",
                    "snarl: SNARL_OPTIONS: unknown key, ignoring (help=1 lists them): colour\n");
    check_complaint("exitcode=many",
                    "snarl: SNARL_OPTIONS: bad value, using the default: exitcode\n");
    check_complaint("on-deadlock=explode",
                    "snarl: SNARL_OPTIONS: bad value, using the default: on-deadlock\n");
    check_complaint("environment",
                    "snarl: SNARL_OPTIONS: expected key=value, ignoring: environment\n");
    check_complaint("stack_depth=0", "");
    check_complaint("stack_depth=999", "");
    check_complaint("", "");
}

static void a_finding_sets_the_exit_status_that_is_asked_for(void **state)
{
    (void)state;
    struct watched watched = WATCH("exitcode=9", "orders", "abba");
    assert_int_equal(watched.result.status, 9);
    watched_free(&watched);
    watched = WATCH("exitcode=9", "orders", "ordered");
    assert_int_equal(watched.result.status, 0);
    watched_free(&watched);
    watched = WATCH("exitcode=9", "values", "programs"); /* children too end as they would */
    assert_int_equal(watched.result.status, 0);
    watched_free(&watched);
}

/* What the program has written and not flushed is not lost. */
static void the_exit_status_does_not_cost_output(void **state)
{
    (void)state;
    struct watched watched = WATCH("exitcode=9:on-deadlock=edeadlk", "deadlocks", "relock");
    assert_int_equal(watched.result.status, 9);
    assert_string_equal(watched.result.output, "refused 1\n");
    watched_free(&watched);
}

static void by_default_one_line_names_the_recording(void **state)
{
    (void)state;
    static const struct {
        const char *what, *found;
    } rows[] = {{"ordered", "nothing found, recording in "}, {"abba", "1 finding in "}};
    for (size_t i = 0; i < 2; i++) {
        struct watched watched = watched_run(&(struct watch){
            .arguments = (const char *const[]){"orders", rows[i].what, NULL}, .loud = true});
        char line[4096];
        snprintf(line, sizeof line, "snarl: %s%s (read it with: snarl report FILE)\n",
                 rows[i].found, watched.recordings[0]);
        assert_string_equal(watched.result.error, line);
        assert_int_equal(watched.result.status, 0);
        watched_free(&watched);
    }
}

static void stacks_are_as_deep_as_asked_for(void **state)
{
    (void)state;
    struct watched watched = WATCH("stack_depth=1", "orders", "abba");
    assert_int_equal(watched.report->finding_count, 1);
    assert_int_equal(watched.report->findings[0].steps[0].stack.count, 1);
    watched_free(&watched);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(help_lists_every_row),
        cmocka_unit_test(what_is_not_understood_is_one_line_each),
        cmocka_unit_test(a_finding_sets_the_exit_status_that_is_asked_for),
        cmocka_unit_test(the_exit_status_does_not_cost_output),
        cmocka_unit_test(by_default_one_line_names_the_recording),
        cmocka_unit_test(stacks_are_as_deep_as_asked_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
