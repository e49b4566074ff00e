/* The leg that is ThreadSanitizer's own: nothing preloaded, and again without randomisation. */
#include "sanitized.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "support/cmocka_all.h"
#include "support/command.h"
#include "support/place.h"

#define FATAL "FATAL: ThreadSanitizer: unexpected memory mapping 0x5500-0x5600"

static bool run_plainly(char *const *arguments, struct snarl_sanitized *sanitized, char *reason,
                        size_t reason_size)
{
    struct snarl_sanitized_plan plan = {.arguments = arguments, .time_limit_s = 10, .output = -1};
    return snarl_sanitized_run(&plan, sanitized, reason, reason_size);
}

/* Runs a shell script in the program's place. */
static struct snarl_sanitized run(const struct place *place, const char *script)
{
    struct snarl_sanitized sanitized;
    char reason[256] = "";
    char *arguments[] = {place->path, NULL};
    file_write(place->path, script, strlen(script), 0700);
    if (!run_plainly(arguments, &sanitized, reason, sizeof reason))
        fail_msg("%s", reason);
    snarl_report_free(sanitized.report);
    return sanitized;
}

static void nothing_of_snarl_s_comes_along(void **state)
{
    setenv("LD_PRELOAD", "libm.so.6", 1);
    setenv("SNARL_OPTIONS", "quiet=1", 1);
    setenv("TSAN_OPTIONS", "exitcode=77", 1);
    struct snarl_sanitized sanitized =
        run(*state,
            "#!/bin/sh\n"
            "test -z \"${LD_PRELOAD+x}${SNARL_OPTIONS+x}\" || exit 1\n"
            "case $TSAN_OPTIONS in *exitcode=77*) exit 2;; log_path=*) exit 3;; esac\n");
    assert_string_equal(getenv("LD_PRELOAD"), "libm.so.6"); /* our own stays */
    unsetenv("LD_PRELOAD");
    unsetenv("SNARL_OPTIONS");
    unsetenv("TSAN_OPTIONS");
    assert_int_equal(sanitized.end.exit_code, 3);
    assert_false(sanitized.fixed_addresses);
    assert_false(sanitized.broken);
}

static void randomisation_is_switched_off_where_it_breaks(void **state)
{
    struct snarl_sanitized sanitized =
        run(*state,
            "#!/bin/sh\n"
            "test \"$(cat /proc/$$/personality)\" = 00040000 && exit 5\n"
            "echo '" FATAL
            "' >&2\n"
            "exit 66\n");
    assert_int_equal(sanitized.end.exit_code, 5);
    assert_true(sanitized.fixed_addresses);
    assert_false(sanitized.broken);
}

static void what_stays_broken_is_told(void **state)
{
    struct snarl_sanitized sanitized = run(*state, "#!/bin/sh\necho '" FATAL "' >&2\nexit 66\n");
    assert_int_equal(sanitized.end.exit_code, 66);
    assert_true(sanitized.fixed_addresses);
    assert_true(sanitized.broken);
}

static void the_log_is_read(void **state)
{
    static const char script[] =
        "#!/bin/sh\n"
        "log=${TSAN_OPTIONS#*log_path=\\'}\n"
        "cat > \"${log%%\\'*}.$$\" <<'END'\n"
        "==================\n"
        "WARNING: ThreadSanitizer: data race (pid=9)\n"
        "  Write of size 8 at 0x000000404050 by thread T2:\n"
        "    #0 count /src/count.c:10 (count+0x1234)\n\n"
        "  Previous write of size 8 at 0x000000404050 by thread T1:\n"
        "    #0 count /src/count.c:10 (count+0x1234)\n\n"
        "SUMMARY: ThreadSanitizer: data race /src/count.c:10 in count\n"
        "==================\n"
        "END\n";
    const struct place *place = *state;
    struct snarl_sanitized sanitized;
    char reason[256], *arguments[] = {place->path, NULL};
    file_write(place->path, script, strlen(script), 0700);
    assert_true(run_plainly(arguments, &sanitized, reason, sizeof reason));
    assert_int_equal(sanitized.report->finding_count, 1);
    assert_int_equal(sanitized.report->findings[0].kind, SNARL_FINDING_DATA_RACE);
    snarl_report_free(sanitized.report);
}

/* The report stands where it was made, between what the program has printed. */
static void output_and_report_can_be_kept_together(void **state)
{
    static const char script[] =
        "#!/bin/sh\n"
        "case $TSAN_OPTIONS in log_path=stderr:*) ;; *) exit 1 ;; esac\n"
        "echo one\n"
        "echo WARNING: ThreadSanitizer: thread leak >&2\n"
        "echo two\n";
    const struct place *place = *state;
    struct snarl_sanitized sanitized;
    char reason[256], *arguments[] = {place->path, NULL}, text[256] = "";
    file_write(place->path, script, strlen(script), 0700);
    int output = memfd_create("output", MFD_CLOEXEC);
    struct snarl_sanitized_plan plan = {
        .arguments = arguments, .time_limit_s = 10, .output = output, .together = true};
    assert_true(snarl_sanitized_run(&plan, &sanitized, reason, sizeof reason));
    assert_int_equal(sanitized.end.exit_code, 0);
    assert_true(pread(output, text, sizeof text - 1, 0) > 0);
    assert_string_equal(text, "one\nWARNING: ThreadSanitizer: thread leak\ntwo\n");
    close(output);
    snarl_report_free(sanitized.report);
}

static void one_that_cannot_start_is_told(void **state)
{
    (void)state;
    struct snarl_sanitized sanitized;
    char reason[256], program[] = "/no/such/program", *arguments[] = {program, NULL};
    assert_false(run_plainly(arguments, &sanitized, reason, sizeof reason));
    assert_string_equal(reason,
                        "\"/no/such/program\" cannot be started: No such file or directory");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_of_snarl_s_comes_along),
        cmocka_unit_test(randomisation_is_switched_off_where_it_breaks),
        cmocka_unit_test(what_stays_broken_is_told),
        cmocka_unit_test(the_log_is_read),
        cmocka_unit_test(output_and_report_can_be_kept_together),
        cmocka_unit_test(one_that_cannot_start_is_told),
    };
    return cmocka_run_group_tests(tests, place_set_up, place_tear_down);
}
