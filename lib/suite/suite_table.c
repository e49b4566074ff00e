/* The results of a suite for people: a table, what went wrong, and the sum of it. */
#include <string.h>

#include "suite/suite.h"

enum {
    NAME_WIDTH = 34,
    CELL_WIDTH = 11,
    CELL = 32,
};

/* Which legs there are at all: the table has no column for others. */
static bool has_column(const struct snarl_suite *suite, int leg)
{
    for (size_t i = 0; i < suite->count; i++)
        if (suite->rows[i].legs[leg].runs > 0)
            return true;
    return false;
}

static const char *cell_of(const struct snarl_scenario *scenario, const struct snarl_suite_leg *leg,
                           char cell[CELL])
{
    enum snarl_verdict verdict = snarl_suite_verdict(scenario, leg);
    bool unmet = verdict == SNARL_VERDICT_UNMET;
    switch (verdict) {
    case SNARL_VERDICT_NONE:
        return "-";
    case SNARL_VERDICT_SKIPPED:
        return "skipped";
    case SNARL_VERDICT_FAILED:
        return "FAILED";
    case SNARL_VERDICT_MET:
    case SNARL_VERDICT_UNMET:
        if (leg->done == 1)
            return unmet ? "NO" : "yes";
        snprintf(cell, CELL, "%s%u of %u", unmet ? "NO " : "", leg->met, leg->done);
        return cell;
    }
    return "";
}

static void write_row(const struct snarl_suite *suite, const struct snarl_suite_row *row,
                      FILE *stream)
{
    char cell[CELL];
    fprintf(stream, "  %-*s", NAME_WIDTH - 2, row->scenario->name);
    int blanks = 0; /* none at the end of a line */
    for (int leg = 0; leg < SNARL_LEG_KINDS; leg++) {
        if (!has_column(suite, leg))
            continue;
        const char *text = cell_of(row->scenario, &row->legs[leg], cell);
        fprintf(stream, "%*s %s", blanks, "", text);
        blanks = CELL_WIDTH - 1 - (int)strlen(text);
        blanks = blanks > 0 ? blanks : 0;
    }
    fputc('\n', stream);
}

static void write_heading(const struct snarl_suite *suite, FILE *stream)
{
    fprintf(stream, "%-*s", NAME_WIDTH, "as expected?");
    int blanks = 0;
    for (int leg = 0; leg < SNARL_LEG_KINDS; leg++) {
        if (!has_column(suite, leg))
            continue;
        fprintf(stream, "%*s %s", blanks, "", snarl_leg_title((enum snarl_leg_kind)leg));
        blanks = CELL_WIDTH - 1 - (int)strlen(snarl_leg_title((enum snarl_leg_kind)leg));
    }
    fputc('\n', stream);
}

static void write_reasons(const struct snarl_suite_row *row, FILE *stream)
{
    for (int leg = 0; leg < SNARL_LEG_KINDS; leg++) {
        enum snarl_verdict verdict = snarl_suite_verdict(row->scenario, &row->legs[leg]);
        if (verdict <= SNARL_VERDICT_MET)
            continue;
        fprintf(stream, "%s, %s%s: %s\n", row->scenario->name,
                snarl_leg_title((enum snarl_leg_kind)leg),
                verdict == SNARL_VERDICT_SKIPPED ? ", skipped" : "", row->legs[leg].why);
    }
}

static void write_sum(const struct snarl_suite *suite, FILE *stream)
{
    static const enum snarl_verdict shown[] = {SNARL_VERDICT_MET, SNARL_VERDICT_UNMET,
                                               SNARL_VERDICT_FAILED, SNARL_VERDICT_SKIPPED};
    static const char *const words[] = {"as expected", "not as expected", "failed to run",
                                        "skipped"};
    fprintf(stream, "%zu scenario%s", suite->count, suite->count == 1 ? "" : "s");
    if (suite->shards > 1)
        fprintf(stream, " (part %u of %u)", suite->shard, suite->shards);
    const char *before = ": ";
    for (size_t i = 0; i < sizeof shown / sizeof *shown; i++) {
        size_t count = snarl_suite_count(suite, shown[i]);
        if (i == 0 || count > 0)
            fprintf(stream, "%s%zu%s %s", before, count,
                    i            ? ""
                    : count == 1 ? " leg"
                                 : " legs",
                    words[i]);
        before = ", ";
    }
    fprintf(stream, "; %.1f s\n", suite->wall_s);
}

bool snarl_suite_write_table(const struct snarl_suite *suite, FILE *stream)
{
    const char *lesson = "";
    write_heading(suite, stream);
    for (size_t i = 0; i < suite->count; i++) {
        const struct snarl_suite_row *row = &suite->rows[i];
        if (strcmp(row->scenario->lesson, lesson) != 0)
            fprintf(stream, "%s\n", row->scenario->lesson);
        lesson = row->scenario->lesson;
        write_row(suite, row, stream);
    }
    fputc('\n', stream);
    for (size_t i = 0; i < suite->count; i++)
        write_reasons(&suite->rows[i], stream);
    write_sum(suite, stream);
    return fflush(stream) == 0 && !ferror(stream);
}
