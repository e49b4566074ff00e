#include "usage_help.h"

#include <stdio.h>
#include <string.h>

enum {
    WIDTH = 80,
    HELP_COLUMN = 30,
};

void snarl_option_spell(const struct snarl_option *option, char *spelling, size_t size)
{
    snprintf(spelling, size, "%s", option->name);
    for (char *place = spelling; (place = strchr(place, '_'));)
        *place = '-';
}

void snarl_help_fill(const char *text, unsigned column, unsigned indent)
{
    for (bool first = true; *text; first = false) {
        unsigned length = (unsigned)strcspn(text, " ");
        if (!first && column + 1 + length > WIDTH) {
            printf("\n%*s", (int)indent, "");
            column = indent;
        } else if (!first) {
            putchar(' ');
            column++;
        }
        printf("%.*s", (int)length, text);
        column += length;
        text += length;
        text += strspn(text, " ");
    }
    putchar('\n');
}

static void help_row(const struct snarl_option *option)
{
    char spelling[64];
    snarl_option_spell(option, spelling, sizeof spelling);
    int column = option->letter ? printf("  -%c, --%s", option->letter, spelling)
                                : printf("      --%s", spelling);
    if (option->value)
        column += printf(snarl_option_value_is_optional(option) ? "[=%s]" : " %s", option->value);
    if (column < HELP_COLUMN - 1)
        printf("%*s", HELP_COLUMN - column, "");
    else
        printf("\n%*s", HELP_COLUMN, "");
    snarl_help_fill(option->help, HELP_COLUMN, HELP_COLUMN);
}

void snarl_usage_help(const struct snarl_usage *usage)
{
    static const struct snarl_option help = {"help", 'h', NULL, "show this help", 0, 0};
    printf("usage: snarl %s%s%s\n\n", usage->name, *usage->arguments ? " " : "", usage->arguments);
    snarl_help_fill(usage->description, 0, 0);
    printf("\noptions:\n");
    for (size_t i = 0; i < usage->option_count; i++)
        if (usage->options[i].help)
            help_row(&usage->options[i]);
    help_row(&help);
}
