/* The installed prefix is whole: the command finds its library and its scenarios there. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report_words.h"
#include "support/cmocka_all.h"
#include "support/command.h"

static char *prefix;

static int install(void **state)
{
    (void)state;
    prefix = directory_make();
    struct command_result result =
        COMMAND(SNARL_CMAKE, "--install", SNARL_BUILD, "--prefix", prefix);
    int status = result.status;
    command_free(&result);
    return status;
}

static int uninstall(void **state)
{
    (void)state;
    directory_remove(prefix);
    return 0;
}

static void a_program_is_watched(void **state)
{
    (void)state;
    char *command = path_in(prefix, "bin/snarl"), *path = path_in(prefix, "report.json");
    char *program = path_in(prefix, "libexec/snarl/scenarios/deadlock_relock");
    struct command_result result =
        COMMAND(command, "run", "--format", "json", "-o", path, "--", program);
    assert_string_equal(result.error, "");
    assert_int_equal(result.status, 66);
    json_t *report = report_load(path);
    char *findings = report_findings(report);
    assert_string_equal(
        findings,
        "self-deadlock occurred error\n"
        "  teller holds account_lock (withdraw) wants account_lock (may_withdraw)\n");
    free(findings);
    json_decref(report);
    command_free(&result);
    free(program);
    free(path);
    free(command);
}

static void scenarios_are_found(void **state)
{
    (void)state;
    char *command = path_in(prefix, "bin/snarl");
    struct command_result result = COMMAND(command, "scenario", "run", "deadlock_abba_latent");
    assert_int_equal(result.status, 0);
    const char *last = "\ndeadlock_abba_latent: snarl found lock-order-cycle, as expected\n";
    assert_true(result.output_size > strlen(last));
    assert_string_equal(result.output + result.output_size - strlen(last), last);
    command_free(&result);
    free(command);
}

static void the_library_works_alone(void **state)
{
    (void)state;
    char *library = path_in(prefix, SNARL_LIBDIR "/libsnarl.so");
    char *program = path_in(prefix, "libexec/snarl/scenarios/deadlock_abba_latent");
    char preload[1024], options[1024];
    snprintf(preload, sizeof preload, "LD_PRELOAD=%s", library);
    snprintf(options, sizeof options, "SNARL_OPTIONS=log_path=%s/alone", prefix);
    struct command watched = {.arguments = (const char *const[]){program, NULL},
                              .environment = (const char *const[]){preload, options, NULL}};
    struct command_result result = command_run(&watched);
    assert_int_equal(result.status, 0);
    char path[1024];
    assert_int_equal(
        sscanf(result.error, "snarl: 1 finding in %1023s (read it with: snarl report FILE)", path),
        1);
    assert_string_equal(strchr(result.error, '\n'), "\n"); /* that line, and no more */
    command_free(&result);

    char *command = path_in(prefix, "bin/snarl"), *out = path_in(prefix, "alone.json");
    CHECK(0, "", "", command, "report", "--format", "json", "-o", out, path);
    json_t *report = report_load(out);
    char *findings = report_findings(report);
    assert_string_equal(findings,
                        "lock-order-cycle predicted error\n"
                        "  payer holds alice.lock (pay) wants bob.lock (pay)\n"
                        "  refunder holds bob.lock (refund) wants alice.lock (refund)\n");
    free(findings);
    json_decref(report);
    free(out);
    free(command);
    free(program);
    free(library);
}

/* What a program says by the installed header is heard by the installed library. */
static void the_header_is_found(void **state)
{
    (void)state;
    static const char source[] =
        "#include <pthread.h>\n"
        "#include <snarl/annotate.h>\n"
        "int main(void)\n"
        "{\n"
        "    static pthread_mutex_t a, b;\n"
        "    SNARL_NAME(&a, \"the outer one\");\n"
        "    SNARL_NAME(&b, \"the inner one\");\n"
        "    SNARL_ORDER(&a, &b);\n"
        "    return pthread_mutex_lock(&b) || pthread_mutex_lock(&a);\n"
        "}\n";
    char *file = path_in(prefix, "ordered.c"), *program = path_in(prefix, "ordered");
    char *include = path_in(prefix, SNARL_INCLUDEDIR), *command = path_in(prefix, "bin/snarl");
    char *path = path_in(prefix, "ordered.json");
    file_write(file, source, strlen(source), 0600);
    CHECK(0, "", "", SNARL_CC, "-Wall", "-Werror", "-pthread", "-I", include, "-o", program, file);
    CHECK(66, "", "", command, "run", "--format", "json", "-o", path, "--", program);
    json_t *report = report_load(path);
    assert_string_equal(
        json_string_value(report_at(report, "findings.0.message")),
        "thread 1 (main) takes the inner one before the outer one, against the declared order");
    json_decref(report);

    /* There is nothing to make happen. */
    CHECK(0, "", "", command, "confirm", "--format", "json", "-o", path, "--", program);
    report = report_load(path);
    assert_int_equal(json_integer_value(report_at(report, "findings.0.confirmation.runs")), 0);
    assert_string_equal(json_string_value(report_at(report, "findings.0.confirmation.reason")),
                        "It was not tried: it goes against a declared order, and no thread has to "
                        "take the locks in that one.");
    json_decref(report);
    free(path);
    free(command);
    free(include);
    free(program);
    free(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_program_is_watched),
        cmocka_unit_test(scenarios_are_found),
        cmocka_unit_test(the_library_works_alone),
        cmocka_unit_test(the_header_is_found),
    };
    return cmocka_run_group_tests(tests, install, uninstall);
}
