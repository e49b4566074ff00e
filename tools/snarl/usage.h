/*
 * How a subcommand is used: its options: one row each serves the parsing, the complaints and the
 * help.
 *
 * A '_' in an option's name is spelled '-' on the command line.
 */
#ifndef SNARL_USAGE_H
#define SNARL_USAGE_H

#include <stdbool.h>
#include <stddef.h>

/* What an option's value may be, and the type of the field in the settings that receives it. */
enum snarl_option_kind {
    SNARL_OPTION_FLAG,    /* no value; bool */
    SNARL_OPTION_TEXT,    /* anything but ""; const char * */
    SNARL_OPTION_TEXTS,   /* the same, again and again; struct snarl_texts */
    SNARL_OPTION_TARGET,  /* a path, or no value at all; const char *, then "-" */
    SNARL_OPTION_CHOICE,  /* one of the words in `value`, split by '|'; const char * */
    SNARL_OPTION_NUMBER,  /* decimal digits; const char * */
    SNARL_OPTION_SEED,    /* 1 to 999999999, or no value at all; const char *, then "" */
    SNARL_OPTION_SECONDS, /* more than 0, fractions allowed; double */
    SNARL_OPTION_STATUS,  /* 0 to 255; int */
};

enum {
    SNARL_TEXTS_MOST = 16,
};

/* The values of an option that was given several times, in order. */
struct snarl_texts {
    const char *items[SNARL_TEXTS_MOST];
    size_t count;
};

struct snarl_option {
    const char *name;
    char letter;       /* 0 for none */
    const char *value; /* what the value is called in the help; NULL for a flag */
    const char *help;  /* NULL: another spelling, not listed */
    enum snarl_option_kind kind;
    size_t field; /* offset into the settings */
};

/* Whether the value may be left out, and else follows a '='. */
static inline bool snarl_option_value_is_optional(const struct snarl_option *option)
{
    return option->kind == SNARL_OPTION_TARGET || option->kind == SNARL_OPTION_SEED;
}

struct snarl_usage {
    const char *name;        /* of the subcommand */
    const char *arguments;   /* "[options] RECORDING..." */
    const char *description; /* a paragraph, without line breaks */
    const struct snarl_option *options;
    size_t option_count;
    bool program_follows; /* options end at the first word that is none */
};

/*
 * Reads the options of `argv` (argv[0] is the subcommand) into `settings`, which points to what
 * the rows' offsets are of. Values are not copied. --help (-h) is always there.
 *
 * Returns true with the index of the first operand in `*first`; operands are then last in `argv`.
 * Returns false where the subcommand is done, with its exit status in `*status`: 0 after the help,
 * 125 after a complaint.
 */
bool snarl_usage_parse(const struct snarl_usage *usage, int argc, char **argv, void *settings,
                       int *first, int *status);

/* Complains where there are fewer than `least` or more than `most` operands from `first` on. */
bool snarl_usage_operands(const struct snarl_usage *usage, int argc, int first, int least,
                          int most);

#endif
