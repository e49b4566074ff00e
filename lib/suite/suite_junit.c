/*
 * The results of a suite as JUnit's report, as Jenkins, GitLab and others read it:
 * https://github.com/testmoapp/junitxml tells what they have in common.
 */
#include <libxml/xmlwriter.h>
#include <stdarg.h>
#include <string.h>

#include "report/pool.h"
#include "report/utf8.h"
#include "suite/suite.h"

struct junit {
    const struct snarl_suite *suite;
    xmlTextWriterPtr writer;
    struct snarl_pool pool;
};

static void begin(struct junit *junit, const char *element)
{
    xmlTextWriterStartElement(junit->writer, BAD_CAST element);
}

static void end(struct junit *junit)
{
    xmlTextWriterEndElement(junit->writer);
}

/* What a program has printed may hold anything; XML has no way to say a control character. */
static const xmlChar *safe(struct junit *junit, const char *text)
{
    char *repaired = (char *)(uintptr_t)snarl_utf8_repair(&junit->pool, text);
    for (char *place = repaired; *place; place++) {
        if ((unsigned char)*place < ' ' && !strchr("\t\n\r", *place))
            *place = '?';
        /* U+FFFE and U+FFFF are no characters. */
        if (strncmp(place, "\xef\xbf\xbe", 3) == 0 || strncmp(place, "\xef\xbf\xbf", 3) == 0)
            memcpy(place, "???", 3);
    }
    return BAD_CAST repaired;
}

__attribute__((format(printf, 3, 4))) static void attribute(struct junit *junit, const char *name,
                                                            const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    const char *value = snarl_pool_format_list(&junit->pool, format, arguments);
    va_end(arguments);
    xmlTextWriterWriteAttribute(junit->writer, BAD_CAST name, safe(junit, value));
}

/* "k of n", where there was more than one run. */
static void note_runs(struct junit *junit, const struct snarl_suite_leg *leg)
{
    if (leg->done < 2)
        return;
    begin(junit, "system-out");
    xmlTextWriterWriteFormatString(junit->writer, "as expected in %u of %u runs", leg->met,
                                   leg->done);
    end(junit);
}

static void write_case(struct junit *junit, const struct snarl_suite_row *row, int kind)
{
    static const char *const elements[] = {[SNARL_VERDICT_UNMET] = "failure",
                                           [SNARL_VERDICT_SKIPPED] = "skipped",
                                           [SNARL_VERDICT_FAILED] = "error"};
    const struct snarl_suite_leg *leg = &row->legs[kind];
    enum snarl_verdict verdict = snarl_suite_verdict(row->scenario, leg);
    if (verdict == SNARL_VERDICT_NONE)
        return;
    begin(junit, "testcase");
    attribute(junit, "classname", "%s", row->scenario->name);
    attribute(junit, "name", "%s", snarl_leg_name((enum snarl_leg_kind)kind));
    attribute(junit, "time", "%.3f", leg->wall_s);
    if (verdict != SNARL_VERDICT_MET) {
        begin(junit, elements[verdict]);
        attribute(junit, "message", "%s", leg->why);
        if (verdict == SNARL_VERDICT_UNMET)
            xmlTextWriterWriteString(junit->writer, safe(junit, leg->outcome->details));
        end(junit);
    }
    note_runs(junit, leg);
    end(junit);
}

/* The rows from `first` on that belong to one lesson; returns the index behind them. */
static size_t write_lesson(struct junit *junit, size_t first)
{
    const struct snarl_suite *suite = junit->suite;
    const char *lesson = suite->rows[first].scenario->lesson;
    size_t counts[SNARL_VERDICT_FAILED + 1] = {0}, next = first;
    double seconds = 0;
    for (; next < suite->count && strcmp(suite->rows[next].scenario->lesson, lesson) == 0; next++)
        for (int kind = 0; kind < SNARL_LEG_KINDS; kind++) {
            const struct snarl_suite_leg *leg = &suite->rows[next].legs[kind];
            counts[snarl_suite_verdict(suite->rows[next].scenario, leg)]++;
            seconds += leg->wall_s;
        }
    begin(junit, "testsuite");
    attribute(junit, "name", "%s", lesson);
    attribute(junit, "tests", "%zu",
              counts[SNARL_VERDICT_MET] + counts[SNARL_VERDICT_UNMET] +
                  counts[SNARL_VERDICT_SKIPPED] + counts[SNARL_VERDICT_FAILED]);
    attribute(junit, "failures", "%zu", counts[SNARL_VERDICT_UNMET]);
    attribute(junit, "errors", "%zu", counts[SNARL_VERDICT_FAILED]);
    attribute(junit, "skipped", "%zu", counts[SNARL_VERDICT_SKIPPED]);
    attribute(junit, "time", "%.3f", seconds);
    for (size_t i = first; i < next; i++)
        for (int kind = 0; kind < SNARL_LEG_KINDS; kind++)
            write_case(junit, &suite->rows[i], kind);
    end(junit);
    return next;
}

bool snarl_suite_write_junit(const struct snarl_suite *suite, FILE *stream)
{
    struct junit junit = {.suite = suite};
    xmlBufferPtr buffer = xmlBufferCreate();
    junit.writer = buffer ? xmlNewTextWriterMemory(buffer, 0) : NULL;
    if (junit.writer == NULL)
        snarl_pool_exhausted();
    xmlTextWriterSetIndent(junit.writer, 1);
    xmlTextWriterStartDocument(junit.writer, NULL, "UTF-8", NULL);
    begin(&junit, "testsuites");
    attribute(&junit, "time", "%.3f", suite->wall_s);
    for (size_t i = 0; i < suite->count;)
        i = write_lesson(&junit, i);
    xmlTextWriterEndDocument(junit.writer);
    xmlFreeTextWriter(junit.writer);
    fwrite(xmlBufferContent(buffer), 1, (size_t)xmlBufferLength(buffer), stream);
    xmlBufferFree(buffer);
    snarl_pool_free(&junit.pool);
    return fflush(stream) == 0 && !ferror(stream);
}
