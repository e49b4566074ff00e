/* The table of `snarl compare`: two lines or more for each scenario, at most 100 columns. */
#include <stdarg.h>
#include <string.h>

#include "compare.h"

enum {
    NAME,
    EXPECTED,
    BY_SNARL,
    BY_THREAD_SANITIZER,
    AGREES,
    COST,
    NATIVE_COST,
    SNARL_COST,
    THREAD_SANITIZER_COST,
    COLUMNS,
    LINE = 100,
    CELL = 128,
};

static const struct {
    const char *title;
    unsigned start, width;
    bool right;
} columns[COLUMNS] = {
    [NAME] = {"scenario", 0, 18, false},
    [EXPECTED] = {"expected", 19, 13, false},
    [BY_SNARL] = {"snarl finds", 33, 13, false},
    [BY_THREAD_SANITIZER] = {"TSan finds", 47, 13, false},
    [AGREES] = {"agrees", 61, 6, false},
    [COST] = {"", 68, 6, false},
    [NATIVE_COST] = {"native", 75, 9, true},
    [SNARL_COST] = {"snarl", 85, 7, true},
    [THREAD_SANITIZER_COST] = {"TSan", 93, 7, true},
};

struct row {
    char cells[COLUMNS][CELL];
};

__attribute__((format(printf, 3, 4))) static void set(struct row *row, int column,
                                                      const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(row->cells[column], CELL, format, arguments);
    va_end(arguments);
}

/* How much of `text` goes on a line of `width`: a cell breaks at a line break, else behind a
 * space, '_' or '-', else where it must. */
static size_t piece_of(const char *text, size_t width)
{
    size_t end = strcspn(text, "\n");
    if (end <= width)
        return end;
    for (size_t length = width; length > 0; length--)
        if (strchr(" _-", text[length - 1]))
            return length;
    return width;
}

static void write_row(FILE *stream, const struct row *row)
{
    const char *rest[COLUMNS];
    for (int column = 0; column < COLUMNS; column++)
        rest[column] = row->cells[column];
    for (bool more = true; more;) {
        char line[LINE + 1];
        size_t end = 0;
        more = false;
        memset(line, ' ', LINE);
        for (int column = 0; column < COLUMNS; column++) {
            size_t width = columns[column].width, length = piece_of(rest[column], width);
            size_t place = columns[column].start + (columns[column].right ? width - length : 0);
            memcpy(line + place, rest[column], length);
            end = length ? place + length : end;
            rest[column] += length + (rest[column][length] == '\n');
            more = more || *rest[column];
        }
        fprintf(stream, "%.*s\n", (int)end, line);
    }
}

/* What is wrong with the scenario, whoever should find it. */
static void set_expected(struct row *row, const struct snarl_comparison *comparison)
{
    snarl_kinds kinds = 0;
    for (int leg = 0; leg < SNARL_COMPARED; leg++)
        kinds |= comparison->scenario->expect.legs[leg].kinds;
    if (kinds || comparison->scenario->expect.ends)
        snarl_kinds_words(kinds, row->cells[EXPECTED], CELL);
    else
        set(row, EXPECTED, "hangs");
}

static void set_found(struct row *row, int column, const struct snarl_outcome *outcome,
                      snarl_kinds besides)
{
    snarl_kinds found = outcome->found | besides;
    snarl_kinds_words(found, row->cells[column], CELL);
    if (outcome->hung && !found)
        set(row, column, "nothing (hangs)");
}

static void set_costs(struct row *row, const struct snarl_comparison *comparison)
{
    static const int places[SNARL_COMPARED] = {
        [SNARL_LEG_SNARL] = SNARL_COST, [SNARL_LEG_THREAD_SANITIZER] = THREAD_SANITIZER_COST};
    const struct snarl_outcome *native = &comparison->legs[SNARL_LEG_NATIVE].outcome;
    double native_kib = (double)native->peak_kib;
    set(row, COST, "time\nmemory");
    if (native->hung)
        set(row, NATIVE_COST, "hangs\n%.1f MiB", native_kib / 1024);
    else
        set(row, NATIVE_COST, "%.1f ms\n%.1f MiB", native->wall_s * 1e3, native_kib / 1024);
    for (int leg = SNARL_LEG_SNARL; leg < SNARL_COMPARED; leg++) {
        const struct snarl_outcome *outcome = &comparison->legs[leg].outcome;
        if (leg == SNARL_LEG_RACES)
            continue; /* which is run again and again */
        char time[32] = "-";
        if (outcome->hung)
            strcpy(time, "hangs");
        else if (!native->hung && native->wall_s > 0)
            snprintf(time, sizeof time, "x%.1f", outcome->wall_s / native->wall_s);
        set(row, places[leg], "%s\nx%.1f", time,
            native_kib > 0 ? (double)outcome->peak_kib / native_kib : 0.0);
    }
}

static void write_comparison(FILE *stream, const struct snarl_comparison *comparison)
{
    struct row row = {0};
    set(&row, NAME, "%s", comparison->scenario->name);
    set_expected(&row, comparison);
    set_found(&row, BY_SNARL, &comparison->legs[SNARL_LEG_SNARL].outcome,
              comparison->legs[SNARL_LEG_RACES].outcome.found);
    set_found(&row, BY_THREAD_SANITIZER, &comparison->legs[SNARL_LEG_THREAD_SANITIZER].outcome, 0);
    set(&row, AGREES, "%s", snarl_comparison_agrees(comparison) ? "yes" : "no");
    set_costs(&row, comparison);
    write_row(stream, &row);
}

/* One line for each leg that did not go as the manifest expects. */
static void write_differences(FILE *stream, const struct snarl_comparison *comparison)
{
    for (int leg = 0; leg < SNARL_COMPARED; leg++)
        if (!comparison->legs[leg].as_expected)
            fprintf(stream, "%s, %s: %s\n", comparison->scenario->name, snarl_leg_title(leg),
                    comparison->legs[leg].why);
}

void snarl_compare_write_table(FILE *stream, const struct snarl_comparison *comparisons,
                               size_t count)
{
    struct row titles = {0};
    bool fixed_addresses = false;
    for (int column = 0; column < COLUMNS; column++)
        set(&titles, column, "%s", columns[column].title);
    write_row(stream, &titles);
    for (size_t i = 0; i < count; i++) {
        write_comparison(stream, &comparisons[i]);
        fixed_addresses = fixed_addresses ||
                          comparisons[i].legs[SNARL_LEG_THREAD_SANITIZER].outcome.fixed_addresses;
    }
    fputs(
        "\nTSan is ThreadSanitizer. agrees: all runs went as the scenarios' manifest "
        "expects.\nCosts of snarl and TSan are ratios to native; what hangs has no time.\n",
        stream);
    if (fixed_addresses)
        fputs("TSan had to be run without address randomisation (see: snarl doctor).\n", stream);
    for (size_t i = 0; i < count; i++)
        write_differences(stream, &comparisons[i]);
}
