/* What is set aside: known from a baseline, or suppressed. */
#include <string.h>

#include "report/text_parts.h"

enum {
    ITEM_INDENT = 2,
    ITEM_HANGING = 4,
};

size_t snarl_text_count_known(const struct snarl_text_writer *writer)
{
    size_t count = 0;
    for (size_t index = 0; index < writer->report->finding_count; index++)
        count += writer->report->findings[index].news == SNARL_NEWS_KNOWN;
    return count;
}

static void write_paragraph(struct snarl_text_writer *writer, const char *text)
{
    snarl_page_paragraph(&writer->page, 0, SNARL_PAGE_MARGIN, SNARL_STYLE_PLAIN, text);
}

void snarl_text_write_known(struct snarl_text_writer *writer)
{
    const struct snarl_report *report = writer->report;
    if (snarl_text_count_known(writer) == 0)
        return;
    snarl_page_gap(&writer->page);
    write_paragraph(writer, snarl_pool_format(&writer->pool, "Known, from %s:", report->baseline));
    for (size_t index = 0; index < report->finding_count; index++) {
        const struct snarl_report_finding *finding = &report->findings[index];
        if (finding->news != SNARL_NEWS_KNOWN)
            continue;
        const char *text = snarl_pool_format(
            &writer->pool, "[%s] %s%s: %s", finding->id, snarl_finding_name(finding->kind),
            finding->status == SNARL_OCCURRED ? " (it happened)" : "",
            finding->message != NULL ? finding->message : snarl_finding_headline(finding->kind));
        snarl_page_paragraph(&writer->page, ITEM_INDENT, ITEM_HANGING, SNARL_STYLE_PLAIN, text);
    }
}

/* "a.txt and b.txt": the files of the rules that took findings out, each once. */
static const char *files_used(struct snarl_text_writer *writer)
{
    const struct snarl_report *report = writer->report;
    const char **files = snarl_pool_allocate(&writer->pool, report->rule_count, sizeof *files);
    size_t count = 0;
    for (size_t index = 0; index < report->rule_count; index++) {
        const struct snarl_report_rule *rule = &report->rules[index];
        bool listed = rule->used == 0;
        for (size_t file = 0; !listed && file < count; file++)
            listed = strcmp(files[file], rule->file) == 0;
        if (!listed)
            files[count++] = rule->file;
    }
    return snarl_words_list(&writer->words, files, count);
}

/* "took out 2 findings"; "was not used" */
static const char *deed(struct snarl_text_writer *writer, const struct snarl_report_rule *rule)
{
    struct snarl_words *words = &writer->words;
    if (rule->idle)
        return "has no effect: snarl has no such findings";
    if (rule->used > 0)
        return snarl_pool_format(&writer->pool, "took out %s",
                                 snarl_words_count(words, rule->used, "finding"));
    if (rule->partly > 0)
        return snarl_pool_format(&writer->pool, "was not used: %s %s other ways in, too",
                                 snarl_words_count(words, rule->partly, "finding"),
                                 rule->partly == 1 ? "has" : "have");
    return "was not used";
}

/* Rules are never shortened, so that they can be looked for. */
static void write_rules(struct snarl_text_writer *writer)
{
    const struct snarl_report *report = writer->report;
    for (size_t index = 0; index < report->rule_count; index++) {
        const struct snarl_report_rule *rule = &report->rules[index];
        const char *text = snarl_pool_format(&writer->pool, "%s:%u: %s %s", rule->file, rule->line,
                                             rule->text, deed(writer, rule));
        snarl_page_paragraph(&writer->page, ITEM_INDENT, ITEM_HANGING, SNARL_STYLE_PLAIN, text);
    }
}

/* Whoever hides that a program stands still is reminded that it did. */
static const char *standstill(const struct snarl_report *report)
{
    for (size_t index = 0; index < report->process_count; index++)
        if (report->processes[index].ended && report->processes[index].explained)
            return "; a process stood still because of that";
    return "";
}

void snarl_text_write_suppressed(struct snarl_text_writer *writer)
{
    const struct snarl_report *report = writer->report;
    bool list = writer->options->rules;
    if (report->suppressed > 0) {
        const char *count = snarl_words_count(&writer->words, report->suppressed, "finding");
        snarl_page_gap(&writer->page);
        write_paragraph(writer,
                        snarl_pool_format(&writer->pool, "%s suppressed by %s%s%s", count,
                                          files_used(writer), standstill(report), list ? ":" : ""));
    } else if (list) {
        snarl_page_gap(&writer->page);
        write_paragraph(writer, report->rule_count > 0 ? "No finding was suppressed:"
                                                       : "No suppressions were given.");
    }
    if (list)
        write_rules(writer);
}
