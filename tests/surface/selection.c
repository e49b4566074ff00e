#include "selection.h"

#include <fnmatch.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What a name begins with, after underscores and "_IO_", and what may stand anywhere in it. */
static const char *const beginnings[] = {
    "pthread", "sem_", "semop", "semtimedop", "mtx_", "cnd_", "thrd_", "tss_",       "aio_",
    "lio_",    "gai_", "mq_",   "dl",         "nptl", "lll_", "exit",  "quick_exit",
};
static const char *const words[] = {
    "lock",   "mutex", "cond",  "barrier", "once",  "spin",       "futex",     "wait",    "wake",
    "thread", "sleep", "pause", "park",    "yield", "suspend",    "timed",     "sigtime", "fork",
    "Fork",   "spawn", "exec",  "join",    "clone", "quick_exit", "semaphore",
};

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* Adds to what is wrong. */
__attribute__((format(printf, 2, 3))) static void add(char **lines, const char *format, ...)
{
    char *line, *longer;
    va_list arguments;
    va_start(arguments, format);
    if (vasprintf(&line, format, arguments) < 0 || asprintf(&longer, "%s%s", *lines, line) < 0)
        abort();
    va_end(arguments);
    free(line);
    free(*lines);
    *lines = longer;
}

bool surface_is_synchronisation(const char *name)
{
    const char *begin = name + strspn(name, "_");
    if (strncmp(begin, "IO_", 3) == 0)
        begin += 3;
    for (size_t i = 0; i < COUNT(beginnings); i++)
        if (strncmp(begin, beginnings[i], strlen(beginnings[i])) == 0)
            return true;
    for (size_t i = 0; i < COUNT(words); i++)
        if (strstr(name, words[i]) != NULL)
            return true;
    return false;
}

bool surface_matches(const char *pattern, const struct export_symbol *symbol)
{
    char full[512];
    snprintf(full, sizeof full, "%s@%s", symbol->name, symbol->version);
    return fnmatch(pattern, strchr(pattern, '@') != NULL ? full : symbol->name, 0) == 0;
}

static const struct surface_row *row_of(const struct surface *surface, const char *name)
{
    for (size_t i = 0; i < surface->row_count; i++)
        if (strcmp(surface->rows[i].name, name) == 0)
            return &surface->rows[i];
    return NULL;
}

/* The next one from `from` on that is for it, or NULL. */
static const struct surface_left_alone *left_from(const struct surface *surface, size_t from,
                                                  const struct export_symbol *symbol)
{
    for (size_t i = from; i < surface->left_count; i++)
        if (surface_matches(surface->left[i].pattern, symbol))
            return &surface->left[i];
    return NULL;
}

/* The version of a row's name that its pointer leads to, or NULL. */
static const struct export_symbol *target(const struct surface *surface,
                                          const struct surface_row *row)
{
    for (size_t i = 0; i < surface->exports->count; i++) {
        const struct export_symbol *symbol = &surface->exports->symbols[i];
        if (strcmp(symbol->name, row->name) == 0 &&
            (row->version != NULL ? strcmp(symbol->version, row->version) == 0 : symbol->preferred))
            return symbol;
    }
    return NULL;
}

/* An older name for what the same name leads to today. */
static bool is_alias(const struct surface *surface, const struct export_symbol *symbol)
{
    const struct export_symbol *today =
        target(surface, &(struct surface_row){.name = symbol->name, .version = NULL});
    return today != NULL && today != symbol && today->function == symbol->function;
}

char *surface_unaccounted(const struct surface *surface)
{
    char *lines = strdup("");
    for (size_t i = 0; i < surface->exports->count; i++) {
        const struct export_symbol *symbol = &surface->exports->symbols[i];
        if (surface_is_synchronisation(symbol->name) && !is_alias(surface, symbol) &&
            row_of(surface, symbol->name) == NULL && left_from(surface, 0, symbol) == NULL)
            add(&lines,
                "%s@%s looks like synchronisation: intercept it by a row of "
                "lib/preload/calls.def, or say in tests/surface/left_alone.def why no thread "
                "can wait, release or order through it\n",
                symbol->name, symbol->version);
    }
    return lines;
}

char *surface_other_versions(const struct surface *surface)
{
    char *lines = strdup("");
    for (size_t i = 0; i < surface->exports->count; i++) {
        const struct export_symbol *symbol = &surface->exports->symbols[i];
        const struct surface_row *row = row_of(surface, symbol->name);
        const struct export_symbol *wrapped = row != NULL ? target(surface, row) : NULL;
        if (wrapped != NULL && symbol->function != wrapped->function &&
            left_from(surface, 0, symbol) == NULL)
            add(&lines,
                "%s@%s is another function than the %s that is intercepted: say in "
                "tests/surface/left_alone.def, by name and version, what its callers get\n",
                symbol->name, symbol->version, wrapped->version);
    }
    return lines;
}

char *surface_overlaps(const struct surface *surface)
{
    char *lines = strdup("");
    for (size_t i = 0; i < surface->exports->count; i++) {
        const struct export_symbol *symbol = &surface->exports->symbols[i];
        const struct surface_row *row = row_of(surface, symbol->name);
        const struct surface_left_alone *left = left_from(surface, 0, symbol), *second = NULL;
        if (left == NULL)
            continue;
        if (row != NULL && symbol == target(surface, row))
            add(&lines, "%s@%s is a row of calls.def, and left alone as \"%s\"\n", symbol->name,
                symbol->version, left->pattern);
        second = left_from(surface, (size_t)(left - surface->left) + 1, symbol);
        if (second != NULL && strchr(left->pattern, '@') == NULL)
            add(&lines, "%s@%s is left alone twice, as \"%s\" and as \"%s\"\n", symbol->name,
                symbol->version, left->pattern, second->pattern);
    }
    return lines;
}

/* The first glibc that has what the pattern is for; 0 for none. 2.31 and before are one. */
static int first_minor(const struct exports *exports, const char *pattern)
{
    int first = 0;
    for (size_t i = 0; i < exports->count; i++) {
        int minor = 0;
        if (!surface_matches(pattern, &exports->symbols[i]))
            continue;
        if (sscanf(exports->symbols[i].version, "GLIBC_2.%d", &minor) != 1 || minor < 31)
            minor = 31;
        if (first == 0 || minor < first)
            first = minor;
    }
    return first;
}

static void check_known(char **lines, const struct surface *surface, const char *table,
                        const char *name, int since)
{
    int first = first_minor(surface->exports, name);
    int stated = since == 0 ? 31 : since;
    if (stated > surface->minor && first != 0)
        add(lines, "%s: %s is said to come with glibc 2.%d, and is there in 2.%d\n", table, name,
            stated, surface->minor);
    else if (stated <= surface->minor && first == 0)
        add(lines, "%s: glibc 2.%d has no %s: take the row away, or say since when it is there\n",
            table, surface->minor, name);
    else if (first > stated)
        add(lines, "%s: %s is there since glibc 2.%d only: say so\n", table, name, first);
}

static void check_row(char **lines, const struct surface *surface, const struct surface_row *row)
{
    check_known(lines, surface, "calls.def", row->name, row->since);
    if (first_minor(surface->exports, row->name) != 0 && target(surface, row) == NULL)
        add(lines, "calls.def: %s has no %s: look-ups find nothing, so name a version it has\n",
            row->name, row->version != NULL ? row->version : "preferred version");
}

char *surface_strangers(const struct surface *surface)
{
    char *lines = strdup("");
    for (size_t i = 0; i < surface->row_count; i++)
        check_row(&lines, surface, &surface->rows[i]);
    for (size_t i = 0; i < surface->left_count; i++)
        check_known(&lines, surface, "left_alone.def", surface->left[i].pattern,
                    surface->left[i].since);
    return lines;
}
