#include "usage.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "complain.h"
#include "exit_status.h"
#include "memory.h"
#include "usage_help.h"

enum {
    MOST_OPTIONS = 32,
    LONGEST_NAME = 32,
    FIRST_VALUE = 256, /* getopt's name for the first row: above every letter */
};

struct getopt_table {
    struct option rows[MOST_OPTIONS + 2];
    char names[MOST_OPTIONS][LONGEST_NAME];
    char letters[3 * MOST_OPTIONS + 8];
};

static int argument_of(const struct snarl_option *option)
{
    if (!option->value)
        return no_argument;
    return snarl_option_value_is_optional(option) ? optional_argument : required_argument;
}

static void fill_table(const struct snarl_usage *usage, struct getopt_table *table)
{
    *table = (struct getopt_table){0};
    char *letter = table->letters;
    if (usage->program_follows)
        *letter++ = '+';
    *letter++ = ':';
    *letter++ = 'h';
    size_t count = usage->option_count < MOST_OPTIONS ? usage->option_count : MOST_OPTIONS;
    for (size_t i = 0; i < count; i++) {
        const struct snarl_option *option = &usage->options[i];
        snarl_option_spell(option, table->names[i], LONGEST_NAME);
        table->rows[i] =
            (struct option){table->names[i], argument_of(option), NULL, FIRST_VALUE + (int)i};
        if (option->letter)
            *letter++ = option->letter;
        for (int colons = argument_of(option); option->letter && colons > 0; colons--)
            *letter++ = ':'; /* none, one, or two where it is optional */
    }
    table->rows[count] = (struct option){"help", no_argument, NULL, 'h'};
}

static const struct snarl_option *option_of(const struct snarl_usage *usage, int value)
{
    if (value >= FIRST_VALUE)
        return &usage->options[value - FIRST_VALUE];
    for (size_t i = 0; i < usage->option_count; i++)
        if (usage->options[i].letter == value)
            return &usage->options[i];
    return NULL;
}

static bool is_choice(const char *choices, const char *value, struct snarl_nearest *nearest)
{
    static char word[LONGEST_NAME]; /* outlives the search, as `nearest` asks */
    for (size_t length; *choices; choices += length + (choices[length] == '|')) {
        length = strcspn(choices, "|");
        if (strlen(value) == length && strncmp(choices, value, length) == 0)
            return true;
        char candidate[LONGEST_NAME];
        snprintf(candidate, sizeof candidate, "%.*s", (int)length, choices);
        size_t before = nearest->distance;
        snarl_nearest_try(nearest, candidate);
        if (nearest->distance < before)
            nearest->best = strcpy(word, candidate);
    }
    return false;
}

static bool complain_of_value(const char *spelling, const char *value, const char *expected)
{
    snarl_complain(SNARL_EXIT_TROUBLE, "--%s \"%s\": %s", spelling, value, expected);
    return false;
}

static bool store_choice(const struct snarl_option *option, const char *spelling, const char *value,
                         const char **field)
{
    struct snarl_nearest nearest = snarl_nearest_to(value);
    *field = value;
    if (is_choice(option->value, value, &nearest))
        return true;
    char expected[256];
    if (nearest.best)
        snprintf(expected, sizeof expected, "is not one of %s (did you mean \"%s\"?)",
                 option->value, nearest.best);
    else
        snprintf(expected, sizeof expected, "is not one of %s", option->value);
    return complain_of_value(spelling, value, expected);
}

static bool store_seed(const char *spelling, const char *value, const char **field)
{
    *field = value ? value : "";
    size_t digits = strspn(*field, "0123456789");
    return !value ||
           (digits >= 1 && digits <= 9 && !value[digits] && strtol(value, NULL, 10) > 0) ||
           complain_of_value(spelling, value, "is not a seed, 1 to 999999999");
}

static bool store_seconds(const char *spelling, const char *value, double *field)
{
    char *end;
    errno = 0;
    *field = strtod(value, &end);
    return (end != value && !*end && isfinite(*field) && *field > 0 && *field < 1e9) ||
           complain_of_value(spelling, value, "is not a number of seconds above 0");
}

static bool store_status(const char *spelling, const char *value, int *field)
{
    char *end;
    long number = strtol(value, &end, 10);
    *field = (int)number;
    return (isdigit((unsigned char)*value) && !*end && number <= 255) ||
           complain_of_value(spelling, value, "is not an exit status, 0 to 255");
}

static bool store_text(const char *spelling, const char *value, struct snarl_texts *field)
{
    if (field->count == SNARL_TEXTS_MOST)
        return complain_of_value(spelling, value, "is one too many");
    field->items[field->count++] = value;
    return *value || complain_of_value(spelling, value, "is empty");
}

static bool store(const struct snarl_option *option, const char *value, char *settings)
{
    void *field = settings + option->field;
    char spelling[LONGEST_NAME];
    snarl_option_spell(option, spelling, sizeof spelling);
    switch (option->kind) {
    case SNARL_OPTION_FLAG:
        *(bool *)field = true;
        return true;
    case SNARL_OPTION_TEXT:
        *(const char **)field = value;
        return *value || complain_of_value(spelling, value, "is empty");
    case SNARL_OPTION_TARGET:
        *(const char **)field = value ? value : "-";
        return !value || *value || complain_of_value(spelling, value, "is empty");
    case SNARL_OPTION_TEXTS:
        return store_text(spelling, value, field);
    case SNARL_OPTION_CHOICE:
        return store_choice(option, spelling, value, field);
    case SNARL_OPTION_NUMBER:
        *(const char **)field = value;
        return (*value && strspn(value, "0123456789") == strlen(value)) ||
               complain_of_value(spelling, value, "is not a number");
    case SNARL_OPTION_SEED:
        return store_seed(spelling, value, field);
    case SNARL_OPTION_SECONDS:
        return store_seconds(spelling, value, field);
    case SNARL_OPTION_STATUS:
        return store_status(spelling, value, field);
    }
    return false;
}

/* getopt said '?': an unknown or ambiguous word, or a flag that was given a value. */
static void complain_of_unknown(const struct snarl_usage *usage, const char *word)
{
    char look[64];
    snprintf(look, sizeof look, "see: snarl %s --help", usage->name);
    const struct snarl_option *flag = optopt ? option_of(usage, optopt) : NULL;
    if (flag || optopt == 'h') {
        snarl_complain(SNARL_EXIT_TROUBLE, "--%s takes no value (%s)", flag ? flag->name : "help",
                       look);
        return;
    }
    char wrong[64], spelled[MOST_OPTIONS + 1][LONGEST_NAME + 2] = {"--help"};
    if (optopt)
        snprintf(wrong, sizeof wrong, "-%c", optopt);
    else
        snprintf(wrong, sizeof wrong, "%.*s", (int)strcspn(word, "="), word);
    struct snarl_nearest nearest = snarl_nearest_to(wrong);
    for (size_t i = 0; !optopt && i < usage->option_count; i++) {
        strcpy(spelled[i + 1], "--");
        snarl_option_spell(&usage->options[i], spelled[i + 1] + 2, LONGEST_NAME);
        snarl_nearest_try(&nearest, spelled[i + 1]);
    }
    if (!optopt)
        snarl_nearest_try(&nearest, spelled[0]);
    snarl_complain_unknown("option", &nearest, look);
}

static bool take(const struct snarl_usage *usage, int value, char **argv, void *settings,
                 int *status)
{
    *status = SNARL_EXIT_TROUBLE;
    const struct snarl_option *option = option_of(usage, value == ':' ? optopt : value);
    char spelling[LONGEST_NAME];
    switch (value) {
    case 'h':
        snarl_usage_help(usage);
        *status = 0;
        return false;
    case ':':
        snarl_option_spell(option, spelling, sizeof spelling);
        snarl_complain(SNARL_EXIT_TROUBLE, "--%s needs a value: %s", spelling, option->value);
        return false;
    case '?':
        complain_of_unknown(usage, argv[optind - 1]);
        return false;
    default:
        return store(option, optarg, settings);
    }
}

bool snarl_usage_parse(const struct snarl_usage *usage, int argc, char **argv, void *settings,
                       int *first, int *status)
{
    struct getopt_table table;
    fill_table(usage, &table);
    opterr = 0;
    optind = 0; /* glibc: start anew */
    for (int value;
         optopt = 0, (value = getopt_long(argc, argv, table.letters, table.rows, NULL)) != -1;)
        if (!take(usage, value, argv, settings, status))
            return false;
    *first = optind;
    return true;
}

bool snarl_usage_operands(const struct snarl_usage *usage, int argc, int first, int least, int most)
{
    int count = argc - first;
    if (count >= least && count <= most)
        return true;
    snarl_complain(SNARL_EXIT_TROUBLE, "%s: %s (usage: snarl %s%s%s)", usage->name,
                   count < least ? "something is missing" : "too many words", usage->name,
                   *usage->arguments ? " " : "", usage->arguments);
    return false;
}
