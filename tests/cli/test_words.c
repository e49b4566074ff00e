/* Words on the command line: right ones, wrong ones, and what is said about them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/cmocka_all.h"
#include "support/command.h"

#define TROUBLE(line, ...) CHECK(125, "", "snarl: error: " line "\n", SNARL_COMMAND, __VA_ARGS__)

static void version_and_help(void **state)
{
    (void)state;
    CHECK(0, "snarl " SNARL_VERSION "\n", "", SNARL_COMMAND, "--version");
    struct command_result option = COMMAND(SNARL_COMMAND, "--help");
    struct command_result word = COMMAND(SNARL_COMMAND, "help");
    assert_int_equal(option.status, 0);
    assert_int_equal(word.status, 0);
    assert_string_equal(option.output, word.output);
    assert_string_equal(option.error, "");
    command_free(&option);
    command_free(&word);
}

static void wrong_subcommands(void **state)
{
    (void)state;
    CHECK(125, "", "snarl: error: no subcommand given (see: snarl --help)\n", SNARL_COMMAND);
    TROUBLE("unknown subcommand \"rnu\" (did you mean \"run\"?)", "rnu");
    TROUBLE("unknown subcommand \"compere\" (did you mean \"compare\"?)", "compere", "x");
    TROUBLE("unknown subcommand \"frobnicate\" (see: snarl --help)", "frobnicate");
    TROUBLE("unknown subcommand \"reprot\" (did you mean \"report\"?)", "help", "reprot");
    TROUBLE("unknown subcommand \"\" (see: snarl --help)", "");
    TROUBLE("unknown option \"--verson\" (did you mean \"--version\"?)", "--verson");
}

static void wrong_options(void **state)
{
    (void)state;
    TROUBLE("unknown option \"--fromat\" (did you mean \"--format\"?)", "run", "--fromat", "json",
            "true");
    TROUBLE("unknown option \"--fromat\" (did you mean \"--format\"?)", "run", "--fromat=json",
            "true");
    TROUBLE("unknown option \"--on-deadlok\" (did you mean \"--on-deadlock\"?)", "run",
            "--on-deadlok", "abort", "true");
    TROUBLE("unknown option \"--zzz\" (see: snarl run --help)", "run", "--zzz", "true");
    TROUBLE("unknown option \"-z\" (see: snarl run --help)", "run", "-z", "true");
    TROUBLE("unknown option \"--hepl\" (did you mean \"--help\"?)", "doctor", "--hepl");
    TROUBLE("--all takes no value (see: snarl run --help)", "run", "--all=3", "true");
    TROUBLE("--help takes no value (see: snarl run --help)", "run", "--help=3");
}

static void wrong_values(void **state)
{
    (void)state;
    TROUBLE("--format \"jsn\": is not one of text|json|dot (did you mean \"json\"?)", "run",
            "--format", "jsn", "true");
    TROUBLE("--format \"yaml\": is not one of text|json|dot", "report", "--format=yaml", "x");
    TROUBLE(
        "--on-deadlock \"abrot\": is not one of report|abort|edeadlk (did you mean "
        "\"abort\"?)",
        "run", "--on-deadlock", "abrot", "true");
    TROUBLE("--colour \"yes\": is not one of auto|always|never", "run", "--colour=yes", "true");
    TROUBLE("--stack-depth \"deep\": is not a number", "run", "--stack-depth", "deep", "true");
    TROUBLE("--output \"\": is empty", "run", "--output", "", "true");
    TROUBLE("--chaos \"deep\": is not a seed, 1 to 999999999", "run", "--chaos=deep", "true");
    TROUBLE("--chaos \"\": is not a seed, 1 to 999999999", "run", "--chaos=", "true");
    TROUBLE("--chaos \"0\": is not a seed, 1 to 999999999", "run", "--chaos=0", "true");
    TROUBLE("--chaos \"1000000000\": is not a seed, 1 to 999999999", "run", "--chaos=1000000000",
            "true");
    TROUBLE("--keep needs a value: DIR", "run", "--keep");
    TROUBLE("--timeout needs a value: SECONDS", "run", "-t");
}

static void wrong_numbers(void **state)
{
    (void)state;
    static const char *const seconds[] = {"x", "0", "-1", "1s", "nan", "inf", "1e300", ""};
    for (size_t i = 0; i < sizeof seconds / sizeof *seconds; i++) {
        char line[128];
        snprintf(line, sizeof line,
                 "snarl: error: --timeout \"%s\": is not a number of seconds above 0\n",
                 seconds[i]);
        CHECK(125, "", line, SNARL_COMMAND, "run", "--timeout", seconds[i], "true");
    }
    static const char *const statuses[] = {"256", "-1", "x", "1x", "", "99999999999999999999"};
    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++) {
        char line[128];
        snprintf(line, sizeof line,
                 "snarl: error: --error-exitcode \"%s\": is not an exit status, 0 to 255\n",
                 statuses[i]);
        CHECK(125, "", line, SNARL_COMMAND, "run", "--error-exitcode", statuses[i], "true");
    }
}

static void missing_and_superfluous_words(void **state)
{
    (void)state;
    TROUBLE("run: no program given (usage: snarl run [options] [--] PROGRAM [ARGUMENT...])", "run");
    TROUBLE("run: no program given (usage: snarl run [options] [--] PROGRAM [ARGUMENT...])", "run",
            "--all", "--");
    TROUBLE("report: no recording given (usage: snarl report [options] RECORDING...)", "report");
    TROUBLE("baseline: no recording given (usage: snarl baseline [options] RECORDING...)",
            "baseline");
    TROUBLE("diff: something is missing (usage: snarl diff [options] OLD NEW)", "diff", "x");
    TROUBLE("diff: too many words (usage: snarl diff [options] OLD NEW)", "diff", "x", "y", "z");
    TROUBLE(
        "scenario: something is missing (usage: snarl scenario list | show NAME | run "
        "[options] [NAME...])",
        "scenario");
    TROUBLE(
        "scenario: something is missing (usage: snarl scenario list | show NAME | run "
        "[options] [NAME...])",
        "scenario", "show");
    TROUBLE("doctor: too many words (usage: snarl doctor)", "doctor", "x");
    TROUBLE("help: too many words (usage: snarl help [SUBCOMMAND])", "help", "run", "report");
}

static void wrong_scenarios(void **state)
{
    (void)state;
    TROUBLE("unknown scenario \"deadlock_aba\" (did you mean \"deadlock_abba\"?)", "scenario",
            "show", "deadlock_aba");
    TROUBLE("unknown scenario \"counter_rcae\" (did you mean \"counter_race\"?)", "scenario", "run",
            "counter_rcae");
    TROUBLE("unknown scenario \"counter_rcae\" (did you mean \"counter_race\"?)", "compare",
            "thread_join", "counter_rcae");
    TROUBLE("unknown scenario \"x\" (see: snarl scenario list)", "scenario", "show", "x");
    TROUBLE("unknown word after scenario \"shwo\" (did you mean \"show\"?)", "scenario", "shwo");
}

static void unwritable_output_is_told_before_the_run(void **state)
{
    (void)state;
    TROUBLE("cannot write \"/nonexistent/report\": No such file or directory", "run", "-o",
            "/nonexistent/report", "echo", "must not run");
}

/* Reads all of the manual, its formatting taken away. */
static char *read_manual(void)
{
    FILE *file = fopen(SNARL_MANUAL, "re");
    assert_non_null(file);
    char *manual = calloc(1, 65536);
    size_t length = 0;
    for (int character; (character = fgetc(file)) != EOF && length < 65535;) {
        if (character == '\\' && (character = fgetc(file)) == 'f') {
            fgetc(file);
            continue;
        }
        manual[length++] = (char)character;
    }
    fclose(file);
    return manual;
}

/* Every "--option" of the help stands in the manual too. */
static void check_manual(const char *manual, const char *subcommand)
{
    struct command_result help = COMMAND(SNARL_COMMAND, subcommand, "--help");
    assert_int_equal(help.status, 0);
    char usage[64];
    snprintf(usage, sizeof usage, "usage: snarl %s", subcommand);
    assert_memory_equal(help.output, usage, strlen(usage));
    struct command_result other = COMMAND(SNARL_COMMAND, "help", subcommand);
    assert_string_equal(help.output, other.output);
    size_t found = 0;
    char *rest = strstr(help.output, "\noptions:");
    assert_non_null(rest);
    for (; (rest = strstr(rest, " --")); found++) {
        char option[64];
        assert_int_equal(sscanf(++rest, "%63[-a-z]", option), 1);
        if (!strstr(manual, option))
            fail_msg("%s of snarl %s is missing in the manual", option, subcommand);
    }
    assert_true(found >= 1); /* --help at least */
    command_free(&help);
    command_free(&other);
}

static void the_manual_knows_all_options(void **state)
{
    (void)state;
    static const char *const subcommands[] = {"run",      "confirm", "report", "baseline", "diff",
                                              "scenario", "compare", "doctor", "help"};
    char *manual = read_manual();
    for (size_t i = 0; i < sizeof subcommands / sizeof *subcommands; i++)
        check_manual(manual, subcommands[i]);
    assert_non_null(strstr(manual, "snarl " SNARL_VERSION));
    free(manual);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(version_and_help),
        cmocka_unit_test(wrong_subcommands),
        cmocka_unit_test(wrong_options),
        cmocka_unit_test(wrong_values),
        cmocka_unit_test(wrong_numbers),
        cmocka_unit_test(missing_and_superfluous_words),
        cmocka_unit_test(wrong_scenarios),
        cmocka_unit_test(unwritable_output_is_told_before_the_run),
        cmocka_unit_test(the_manual_knows_all_options),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
