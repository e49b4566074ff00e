/* Prints a report as the user asked: the options that `run` and `report` share. */
#ifndef SNARL_PRINT_H
#define SNARL_PRINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "analysis/analysis.h"
#include "report/model.h"
#include "usage.h"

struct snarl_print_settings {
    const char *format;
    const char *output; /* path; "-" for standard output; NULL for the subcommand's own choice */
    const char *colour; /* "auto", "always" or "never" */
    const char *strip_path_prefix;
    bool all;
    bool by_class;
    bool rules;
};

/* PRINT_OPTION(name, letter, value, help, kind, member): for the tables of options of subcommands
 * whose settings hold a struct snarl_print_settings. */
#define SNARL_PRINT_OPTIONS(PRINT_OPTION)                                                          \
    PRINT_OPTION("format", 'f', SNARL_PRINT_FORMATS, "how to write the report", CHOICE, format)    \
    PRINT_OPTION("output", 'o', "FILE", "write the report to FILE; - is standard output", TEXT,    \
                 output)                                                                           \
    PRINT_OPTION("all", 'a', NULL, "also show the cycles that cannot happen, and why not", FLAG,   \
                 all)                                                                              \
    PRINT_OPTION("by_class", 0, NULL, "also find orders of locks made at the same place", FLAG,    \
                 by_class)                                                                         \
    PRINT_OPTION("colour", 0, "auto|always|never", "colours; auto: on a terminal only", CHOICE,    \
                 colour)                                                                           \
    PRINT_OPTION("color", 0, "auto|always|never", NULL, CHOICE, colour)                            \
    PRINT_OPTION("strip_path_prefix", 0, "PREFIX", "cut PREFIX off the front of file names", TEXT, \
                 strip_path_prefix)                                                                \
    PRINT_OPTION("print_suppressions", 0, NULL, "say what each suppression did", FLAG, rules)

#define SNARL_PRINT_DEFAULTS                                                                       \
    {                                                                                              \
        .format = "text", .colour = "auto"                                                         \
    }

/* The formats' names: "text|json|...". */
#define SNARL_PRINT_FORMATS (snarl_print_barred_formats + 1)
extern const char snarl_print_barred_formats[];

/* What the report has to hold to be printed so. */
struct snarl_analysis_options snarl_print_analysis(const struct snarl_print_settings *settings);

/* Opens what --output says, or takes `usual`. NULL after a complaint. */
FILE *snarl_print_open(const struct snarl_print_settings *settings, FILE *usual);

/*
 * Writes the report and closes `stream`, unless it is a standard one (then it is flushed).
 * Returns false after a complaint where it could not be written.
 */
bool snarl_print_report(const struct snarl_print_settings *settings, FILE *stream,
                        const struct snarl_report *report);

#endif
