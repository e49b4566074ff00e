#include "preload/options.h"

#include <stddef.h>
#include <string.h>

#include "base/text.h"
#include "preload/say.h"

struct snarl_options snarl_options;

enum type {
    FLAG,
    NUMBER,
    SEED,
    STRING,
    CHOICE
};

static const struct row {
    const char *name;
    enum type type;
    const char *preset;
    const char *value; /* what may be given */
    const char *help;
    size_t offset;
} rows[] = {
#define OPTION(field, name, type, preset, value, help, place)                                      \
    {name, type, preset, value, help, offsetof(struct snarl_options, field)},
#include "preload/options.def"
#undef OPTION
};

enum {
    ROWS = sizeof rows / sizeof rows[0]
};

static char copy[4096];

static bool parse_number(const char *text, long *number)
{
    *number = 0;
    if (text[0] == '\0' || strlen(text) > 9)
        return false;
    for (; *text != '\0'; text++) {
        if (*text < '0' || *text > '9')
            return false;
        *number = *number * 10 + (*text - '0');
    }
    return true;
}

/* The position of `text` among the words of "one|two|three". */
static bool parse_choice(const char *text, const char *words, long *number)
{
    size_t length = strlen(text);
    for (*number = 0;; ++*number) {
        size_t word = strcspn(words, "|");
        if (word == length && memcmp(text, words, length) == 0)
            return true;
        if (words[word] == '\0')
            return false;
        words += word + 1;
    }
}

static bool set(const struct row *row, const char *text)
{
    void *field = (char *)&snarl_options + row->offset;
    long number = 0;
    switch (row->type) {
    case STRING:
        *(const char **)field = text;
        return text[0] != '\0';
    case FLAG:
        if (!parse_number(text, &number) || number > 1)
            return false;
        break;
    case NUMBER:
    case SEED:
        if (!parse_number(text, &number))
            return false;
        break;
    case CHOICE:
        if (!parse_choice(text, row->value, &number))
            return false;
        break;
    }
    *(long *)field = number;
    return true;
}

/* One key=value, terminated. */
static void parse_pair(char *pair)
{
    char *value = strchr(pair, '=');
    if (value == NULL) {
        snarl_say("SNARL_OPTIONS: expected key=value, ignoring: ", pair, NULL);
        return;
    }
    *value++ = '\0';
    for (size_t i = 0; i < ROWS; i++) {
        if (strcmp(rows[i].name, pair) != 0)
            continue;
        if (!set(&rows[i], value)) {
            set(&rows[i], rows[i].preset);
            snarl_say("SNARL_OPTIONS: bad value, using the default: ", pair, NULL);
        }
        return;
    }
    snarl_say("SNARL_OPTIONS: unknown key, ignoring (help=1 lists them): ", pair, NULL);
}

static void print_help(void)
{
    snarl_say("SNARL_OPTIONS=\"key=value:key=value\", where key is one of", NULL, NULL);
    for (size_t i = 0; i < ROWS; i++) {
        char buffer[512];
        struct snarl_text line = snarl_text_over(buffer, sizeof buffer);
        snarl_text_add(&line, "  ");
        snarl_text_add(&line, rows[i].name);
        snarl_text_add_char(&line, '=');
        snarl_text_add(&line, rows[i].value);
        snarl_text_add(&line, "  ");
        snarl_text_add(&line, rows[i].help);
        snarl_text_add(&line, " [");
        snarl_text_add(&line, rows[i].preset);
        snarl_text_add(&line, "]");
        snarl_say(buffer, NULL, NULL);
    }
}

void snarl_options_parse(const char *text)
{
    for (size_t i = 0; i < ROWS; i++)
        set(&rows[i], rows[i].preset);
    if (text == NULL)
        return;
    struct snarl_text options = snarl_text_over(copy, sizeof copy);
    snarl_text_add(&options, text);
    for (char *pair = copy; pair != NULL;) {
        char *next = strchr(pair, ':');
        if (next != NULL)
            *next++ = '\0';
        if (pair[0] != '\0')
            parse_pair(pair);
        pair = next;
    }
    if (snarl_options.stack_depth < 1 || snarl_options.stack_depth > 128)
        snarl_options.stack_depth = snarl_options.stack_depth < 1 ? 1 : 128;
    if (snarl_options.help)
        print_help();
}
