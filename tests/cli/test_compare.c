/* snarl compare and snarl doctor: what they print is what was run. */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "report_words.h"
#include "support/cmocka_all.h"
#include "support/command.h"

/* Without the builds for ThreadSanitizer there is nothing to compare. */
static void require_thread_sanitizer(void)
{
    if (access(SNARL_SCENARIOS "/thread_join.tsan", X_OK) != 0)
        skip();
}

static void check_leg(const json_t *scenario, const char *name, const char *findings, bool hangs)
{
    json_t *leg = report_at(report_at(scenario, "legs"), name);
    json_t *kinds = report_at(leg, "findings");
    assert_string_equal(json_array_size(kinds) ? json_string_value(json_array_get(kinds, 0)) : "",
                        findings);
    assert_true(json_array_size(kinds) <= 1);
    assert_int_equal(json_is_true(report_at(leg, "hangs")), hangs);
    assert_true(json_is_true(report_at(leg, "as_expected")));
    assert_true(json_integer_value(report_at(leg, "peak_kib")) > 0);
    assert_true(json_real_value(report_at(leg, "seconds")) > 0);
}

/* Whether `snarl doctor` says that data races can be caught here. */
static bool has_watchpoints(void)
{
    struct command_result result = COMMAND(SNARL_COMMAND, "doctor");
    bool has = strstr(result.output, "perf breakpoints   ok\n") != NULL;
    command_free(&result);
    return has;
}

static void each_leg_finds_what_is_expected(void **state)
{
    (void)state;
    require_thread_sanitizer();
    struct command_result result = COMMAND(SNARL_COMMAND, "compare", "--format", "json",
                                           "counter_race", "deadlock_abba", "thread_join");
    assert_string_equal(result.error, "");
    assert_int_equal(result.status, 0);
    json_t *table = json_loads(result.output, 0, NULL);
    assert_string_equal(json_string_value(report_at(table, "schema")), "snarl-compare/1");
    assert_int_equal(json_array_size(report_at(table, "scenarios")), 3);
    const json_t *race = report_at(table, "scenarios.0");
    assert_string_equal(json_string_value(report_at(race, "name")), "counter_race");
    assert_true(json_is_true(report_at(race, "agrees")));
    check_leg(race, "native", "", false);
    check_leg(race, "snarl", "", false);
    if (has_watchpoints())
        check_leg(race, "races", "data-race", false);
    check_leg(race, "thread_sanitizer", "data-race", false);
    const json_t *deadlock = report_at(table, "scenarios.1");
    check_leg(deadlock, "native", "", true);
    check_leg(deadlock, "snarl", "deadlock", false);
    check_leg(deadlock, "thread_sanitizer", "", true);
    json_decref(table);
    command_free(&result);
}

/* The cells of the line that begins with `name`; the table's columns are as wide as that. */
static void check_cells(const char *table, const char *name, const char *cells)
{
    const char *line = table;
    while (line && strncmp(line, name, strlen(name)) != 0)
        line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL;
    assert_non_null(line);
    assert_memory_equal(line, cells, strlen(cells));
}

static void the_table_fits_its_width(void **state)
{
    (void)state;
    require_thread_sanitizer();
    struct command_result result =
        COMMAND(SNARL_COMMAND, "compare", "counter_race", "deadlock_abba_latent");
    assert_int_equal(result.status, 0);
    check_cells(result.output, "scenario",
                "scenario           expected      snarl finds   TSan finds    agrees");
    check_cells(result.output, "counter_race",
                has_watchpoints()
                    ? "counter_race       data-race     data-race     data-race     yes    time "
                    : "counter_race       data-race     nothing       data-race     yes    time ");
    check_cells(result.output, "deadlock_abba_",
                "deadlock_abba_     lock-order-   lock-order-   lock-order-   yes    time ");
    check_cells(result.output, "latent",
                "latent             cycle         cycle         cycle                memory ");
    for (const char *line = result.output; *line; line += *line == '\n') {
        assert_true(strcspn(line, "\n") <= 100);
        line += strcspn(line, "\n");
    }
    command_free(&result);
}

/* Ours turned off in the environment: the table says so, and ThreadSanitizer's leg is untouched. */
static void a_difference_is_told(void **state)
{
    (void)state;
    require_thread_sanitizer();
    struct command command = {
        .arguments = (const char *[]){SNARL_COMMAND, "compare", "deadlock_abba_latent", NULL},
        .environment = (const char *[]){"SNARL_OPTIONS=detect_deadlocks=0", NULL}};
    struct command_result result = command_run(&command);
    assert_int_equal(result.status, 1);
    check_cells(result.output, "deadlock_abba_",
                "deadlock_abba_     lock-order-   nothing       lock-order-   no     time ");
    assert_non_null(strstr(result.output,
                           "\ndeadlock_abba_latent, snarl: it found nothing instead of "
                           "lock-order-cycle\n"));
    command_free(&result);
}

static void the_doctor_finds_what_run_needs(void **state)
{
    (void)state;
    struct command_result result = COMMAND(SNARL_COMMAND, "doctor");
    assert_int_equal(result.status, 0);
    assert_string_equal(result.error, "");
    check_cells(result.output, "preload", "preload            ok\n");
    check_cells(result.output, "libunwind", "libunwind          ok\n");
    check_cells(result.output, "debug information", "debug information  ok\n");
    size_t lines = 0;
    for (const char *line = result.output; (line = strchr(line, '\n')); line++)
        lines++;
    assert_int_equal(lines, 6);
    command_free(&result);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_leg_finds_what_is_expected),
        cmocka_unit_test(the_table_fits_its_width),
        cmocka_unit_test(a_difference_is_told),
        cmocka_unit_test(the_doctor_finds_what_run_needs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
