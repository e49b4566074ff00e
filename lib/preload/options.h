/*
 * SNARL_OPTIONS, parsed once at start: "key=value:key=value", as ThreadSanitizer's are written.
 *
 * No allocation: strings point into a copy kept here. An unknown key or a bad value is one line on
 * standard error and otherwise ignored: the program runs all the same.
 */
#ifndef SNARL_PRELOAD_OPTIONS_H
#define SNARL_PRELOAD_OPTIONS_H

#include <stdbool.h>

enum snarl_on_deadlock { /* in the order of the words in options.def */
    SNARL_ON_DEADLOCK_REPORT,
    SNARL_ON_DEADLOCK_ABORT,
    SNARL_ON_DEADLOCK_EDEADLK,
};

#define SNARL_OPTION_TYPE_FLAG long
#define SNARL_OPTION_TYPE_NUMBER long
#define SNARL_OPTION_TYPE_SEED long
#define SNARL_OPTION_TYPE_CHOICE long
#define SNARL_OPTION_TYPE_STRING const char *

struct snarl_options {
#define OPTION(field, name, type, preset, value, help, place) SNARL_OPTION_TYPE_##type field;
#include "preload/options.def"
#undef OPTION
};

extern struct snarl_options snarl_options;

/* Sets the defaults, then what `text` says (NULL: nothing). Complains about what it does not
 * understand by snarl_say; prints the list if help=1. */
void snarl_options_parse(const char *text);

#endif
