/* The report for people: a summary line, the findings, what hung, what was not seen. */
#include <inttypes.h>

#include "report/text_parts.h"
#include "report/timeline.h"
#include "report/writers.h"

const char *snarl_text_process(struct snarl_text_writer *writer,
                               const struct snarl_report_process *process)
{
    return snarl_pool_format(&writer->pool, "%s (pid %" PRIu64 ")",
                             snarl_words_command(&writer->words, process->argv, process->argc),
                             process->pid);
}

/* "2 errors, 1 warning and 1 note", "nothing found", "nothing new found, 2 known,"; nobody knows
 * what there was in a recording that was cut off. */
static const char *verdict(struct snarl_text_writer *writer)
{
    static const enum snarl_severity severities[] = {SNARL_ERROR, SNARL_WARNING, SNARL_NOTE};
    const char *counts[sizeof severities / sizeof severities[0]];
    size_t kinds = 0;
    for (size_t row = 0; row < sizeof severities / sizeof severities[0]; row++) {
        size_t count = 0;
        for (size_t index = 0; index < writer->report->finding_count; index++) {
            const struct snarl_report_finding *finding = &writer->report->findings[index];
            count += finding->severity == severities[row] && finding->news != SNARL_NEWS_KNOWN &&
                     snarl_format_shows(writer->options, finding);
        }
        if (count > 0)
            counts[kinds++] =
                snarl_words_count(&writer->words, count, snarl_severity_name(severities[row]));
    }
    const char *text =
        kinds > 0 ? snarl_words_list(&writer->words, counts, kinds)
                  : snarl_pool_format(&writer->pool, "nothing %sfound%s",
                                      writer->report->baseline != NULL ? "new " : "",
                                      writer->report->cut ? " (not all could be read)" : "");
    size_t known = snarl_text_count_known(writer);
    return known == 0 ? text : snarl_pool_format(&writer->pool, "%s, %zu known,", text, known);
}

/* "pid 4711 and 2 more processes, 9 threads, 4 locks, 4 s" */
static const char *extent(struct snarl_text_writer *writer)
{
    const struct snarl_report *report = writer->report;
    struct snarl_words *words = &writer->words;
    uint64_t threads = 0, locks = 0, watched = 0;
    for (size_t index = 0; index < report->process_count; index++) {
        const struct snarl_report_process *process = &report->processes[index];
        threads += process->threads;
        locks += process->locks;
        watched += process->watched;
    }
    const char *text =
        snarl_pool_format(&writer->pool, "%s, %s", snarl_words_count(words, threads, "thread"),
                          snarl_words_count(words, locks, "lock"));
    if (report->process_count == 0)
        return text;
    const struct snarl_report_process *first = &report->processes[0];
    const char *others = "";
    if (watched > first->watched)
        others =
            snarl_pool_format(&writer->pool, " and %s",
                              snarl_words_count(words, watched - first->watched, "more process"));
    const char *duration = "";
    if (first->duration_s > 0)
        duration = snarl_pool_format(&writer->pool, ", %s",
                                     snarl_words_duration(words, first->duration_s));
    if (first->runs > 0)
        return snarl_pool_format(&writer->pool, "%s%s, %s",
                                 snarl_words_count(words, first->runs, "run"), others, text);
    return snarl_pool_format(&writer->pool, "pid %" PRIu64 "%s, %s%s", first->pid, others, text,
                             duration);
}

static void write_summary(struct snarl_text_writer *writer)
{
    const struct snarl_report *report = writer->report;
    const char *program = snarl_words_command(&writer->words, report->argv, report->argc > 0);
    const char *text = snarl_pool_format(&writer->pool, "snarl: %s in %s (%s)", verdict(writer),
                                         program, extent(writer));
    snarl_page_paragraph(&writer->page, 0, SNARL_PAGE_MARGIN, SNARL_STYLE_PLAIN, text);
}

/* The same delays do not make the same run, but a like one. */
static void write_chaos(struct snarl_text_writer *writer)
{
    uint64_t seed = writer->report->chaos_seed;
    if (seed == 0)
        return;
    const char *text = snarl_pool_format(
        &writer->pool, "Random delays, seed %" PRIu64 ". The same delays again: --chaos=%" PRIu64,
        seed, seed);
    snarl_page_paragraph(&writer->page, 0, SNARL_PAGE_MARGIN, SNARL_STYLE_PLAIN, text);
}

/* A deadlock explains why its threads stood still; what they were doing is in the finding. */
static bool has_deadlock(const struct snarl_report *report, size_t process)
{
    for (size_t index = 0; index < report->finding_count; index++) {
        const struct snarl_report_finding *finding = &report->findings[index];
        if (!snarl_finding_stands_still(finding) || finding->thread_count == 0)
            continue;
        const struct snarl_report_thread *thread =
            snarl_report_thread_by_id(report, finding->threads[0]);
        if (thread != NULL && thread->process == process)
            return true;
    }
    return false;
}

static void write_unseen(struct snarl_text_writer *writer)
{
    const struct snarl_report *report = writer->report;
    bool first = true;
    for (size_t index = 0; index < report->process_count + report->loss_count; index++) {
        const char *text;
        if (index >= report->process_count) {
            text = snarl_pool_format(&writer->pool, "Not seen: %s",
                                     report->losses[index - report->process_count]);
        } else if (!report->processes[index].watched) {
            const struct snarl_report_process *process = &report->processes[index];
            text = snarl_pool_format(
                &writer->pool, "Not watched: %s: %s", snarl_text_process(writer, process),
                process->unwatched_reason != NULL ? process->unwatched_reason : "reason unknown");
        } else {
            continue;
        }
        if (first)
            snarl_page_gap(&writer->page);
        first = false;
        snarl_page_paragraph(&writer->page, 0, SNARL_PAGE_MARGIN, SNARL_STYLE_PLAIN, text);
    }
}

/* A child that was ended while it ran is of no interest to a person, unless it was stuck. */
static bool tells_states(const struct snarl_report *report, size_t index)
{
    const struct snarl_report_process *process = &report->processes[index];
    if (!process->ended || process->explained || has_deadlock(report, index))
        return false;
    for (size_t state = 0; state < process->state_count; state++)
        if (process->states[state].target != SNARL_TARGET_NONE ||
            process->states[state].now.count > 0)
            return true;
    return index == 0;
}

static void write_timeline(struct snarl_text_writer *writer)
{
    if (writer->report->event_count == 0)
        return;
    struct snarl_timeline_options options = {.width = writer->page.width};
    snarl_page_gap(&writer->page);
    snarl_page_headline(&writer->page, SNARL_STYLE_BOLD, "TIMELINE",
                        "what each thread held, and waited for", NULL);
    snarl_timeline_write(writer->page.stream, writer->report, &options);
}

bool snarl_format_write_text(FILE *stream, const struct snarl_report *report,
                             const struct snarl_format_options *options)
{
    struct snarl_text_writer writer = {.report = report, .options = options};
    writer.page = snarl_page_over(stream, options->width, options->colour, &writer.pool);
    writer.words = (struct snarl_words){
        .report = report,
        .pool = &writer.pool,
        .paths = snarl_paths_of(report, options->strip_path_prefix, &writer.pool),
    };

    write_summary(&writer);
    write_chaos(&writer);
    for (size_t index = 0; index < report->finding_count; index++)
        if (snarl_format_shows(options, &report->findings[index]) &&
            report->findings[index].news != SNARL_NEWS_KNOWN)
            snarl_text_write_finding(&writer, &report->findings[index]);
    for (size_t index = 0; index < report->process_count; index++)
        if (tells_states(report, index))
            snarl_text_write_states(&writer, index);
    write_timeline(&writer);
    write_unseen(&writer);
    snarl_text_write_known(&writer);
    snarl_text_write_suppressed(&writer);
    snarl_pool_free(&writer.pool);
    return snarl_format_finish(stream);
}
