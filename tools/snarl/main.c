/* The command: finds the subcommand and hands over. */
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "complain.h"
#include "exit_status.h"
#include "usage.h"

static const struct command {
    const char *name;
    const char *summary;
    int (*run)(int argc, char **argv);
} commands[] = {
#define COMMAND(name, summary) {#name, summary, snarl_command_##name},
#include "commands.def"
#undef COMMAND
};

enum {
    COMMANDS = sizeof commands / sizeof *commands,
};

static int show_help(void)
{
    puts(
        "usage: snarl SUBCOMMAND [options] ...\n"
        "       snarl --version | --help\n\n"
        "Finds deadlocks in programs that use POSIX threads: those that happen, and those\n"
        "that could. The program needs no rebuild: snarl run -- PROGRAM [ARGUMENTS]\n\n"
        "subcommands:");
    for (size_t i = 0; i < COMMANDS; i++)
        printf("  %-10s %s\n", commands[i].name, commands[i].summary);
    puts("\nsnarl help SUBCOMMAND says more.");
    return 0;
}

static int run_command(int argc, char **argv)
{
    struct snarl_nearest nearest = snarl_nearest_to(argv[0]);
    for (size_t i = 0; i < COMMANDS; i++) {
        if (strcmp(commands[i].name, argv[0]) == 0)
            return commands[i].run(argc, argv);
        snarl_nearest_try(&nearest, commands[i].name);
    }
    return snarl_complain_unknown("subcommand", &nearest, "see: snarl --help");
}

int snarl_command_help(int argc, char **argv)
{
    static const struct snarl_usage usage = {
        .name = "help",
        .arguments = "[SUBCOMMAND]",
        .description = "Explains a subcommand; without one, lists them.",
    };
    int first, status;
    if (!snarl_usage_parse(&usage, argc, argv, NULL, &first, &status))
        return status;
    if (!snarl_usage_operands(&usage, argc, first, 0, 1))
        return SNARL_EXIT_TROUBLE;
    if (first == argc)
        return show_help();
    char *arguments[] = {argv[first], (char[]){"--help"}, NULL};
    return run_command(2, arguments);
}

static int run_option(const char *option)
{
    if (strcmp(option, "--version") == 0 || strcmp(option, "-V") == 0)
        return printf("snarl " SNARL_VERSION "\n") < 0;
    if (strcmp(option, "--help") == 0 || strcmp(option, "-h") == 0)
        return show_help();
    struct snarl_nearest nearest = snarl_nearest_to(option);
    snarl_nearest_try(&nearest, "--version");
    snarl_nearest_try(&nearest, "--help");
    return snarl_complain_unknown("option", &nearest, "see: snarl --help");
}

int main(int argc, char **argv)
{
    if (argc < 2)
        return snarl_complain(SNARL_EXIT_TROUBLE, "no subcommand given (see: snarl --help)");
    int status = argv[1][0] == '-' ? run_option(argv[1]) : run_command(argc - 1, argv + 1);
    if (fflush(stdout) != 0 || ferror(stdout))
        return snarl_complain(SNARL_EXIT_TROUBLE, "standard output cannot be written");
    return status;
}
