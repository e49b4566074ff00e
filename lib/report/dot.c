/* The lock-order graph for Graphviz: what was held, what was wanted while it was; cycles in red. */
#include <inttypes.h>

#include "report/paths.h"
#include "report/pool.h"
#include "report/utf8.h"
#include "report/words.h"
#include "report/writers.h"

/* A quoted string in which every character stands for itself. */
static void write_quoted(FILE *stream, struct snarl_words *words, const char *text)
{
    for (text = snarl_utf8_printable(words->pool, text); *text != '\0'; text++) {
        if (*text == '"' || *text == '\\')
            fputc('\\', stream);
        fputc(*text, stream);
    }
}

/* A label of one or two lines. */
static void write_label(FILE *stream, struct snarl_words *words, const char *first,
                        const char *second)
{
    fputs("label=\"", stream);
    write_quoted(stream, words, first);
    if (*second != '\0')
        fputs("\\n", stream);
    write_quoted(stream, words, second);
    fputs("\"", stream);
}

static void write_nodes(FILE *stream, struct snarl_words *words, size_t process)
{
    for (size_t index = 0; index < words->report->lock_count; index++) {
        const struct snarl_report_lock *lock = &words->report->locks[index];
        if (lock->process != process)
            continue;
        fprintf(stream, "  lock%u [", lock->id);
        write_label(stream, words, snarl_words_lock(words, lock->id),
                    lock->name != NULL && lock->kind != NULL ? lock->kind : "");
        fputs("];\n", stream);
    }
}

static void write_clusters(FILE *stream, struct snarl_words *words)
{
    for (size_t index = 0; index < words->report->process_count; index++) {
        const struct snarl_report_process *process = &words->report->processes[index];
        if (!process->watched)
            continue;
        fprintf(stream, "  subgraph cluster_%zu {\n  ", index);
        write_label(stream, words, snarl_words_command(words, process->argv, process->argc),
                    snarl_pool_format(words->pool, "pid %" PRIu64, process->pid));
        fputs(";\n", stream);
        write_nodes(stream, words, index);
        fputs("  }\n", stream);
    }
}

/* Of edges between the same two locks one is drawn: the first on a cycle, else the first. */
static bool is_drawn(const struct snarl_report *report, size_t drawn)
{
    const struct snarl_report_edge *edge = &report->edges[drawn];
    for (size_t index = 0; index < report->edge_count; index++) {
        const struct snarl_report_edge *other = &report->edges[index];
        if (other->from != edge->from || other->to != edge->to)
            continue;
        if (other->in_cycle > edge->in_cycle ||
            (other->in_cycle == edge->in_cycle && index < drawn))
            return false;
    }
    return true;
}

static void write_edge(FILE *stream, struct snarl_words *words,
                       const struct snarl_report_edge *edge)
{
    fprintf(stream, "  lock%u -> lock%u [", edge->from, edge->to);
    write_label(stream, words, snarl_words_thread(words, edge->thread),
                edge->place != NULL ? snarl_words_spot(words, edge->place) : "");
    if (edge->in_cycle)
        fputs(", color=red, fontcolor=red, style=bold", stream);
    fputs("];\n", stream);
}

bool snarl_format_write_dot(FILE *stream, const struct snarl_report *report,
                            const struct snarl_format_options *options)
{
    struct snarl_pool pool = {0};
    struct snarl_words words = {
        .report = report,
        .pool = &pool,
        .paths = snarl_paths_of(report, options->strip_path_prefix, &pool),
    };
    fputs(
        "digraph \"lock order\" {\n"
        "  node [shape=box, style=rounded, fontname=\"sans-serif\"];\n"
        "  edge [fontname=\"sans-serif\", fontsize=10];\n",
        stream);
    if (report->process_count > 1)
        write_clusters(stream, &words);
    else
        write_nodes(stream, &words, 0);
    for (size_t index = 0; index < report->edge_count; index++)
        if (is_drawn(report, index))
            write_edge(stream, &words, &report->edges[index]);
    fputs("}\n", stream);
    snarl_pool_free(&pool);
    return snarl_format_finish(stream);
}
