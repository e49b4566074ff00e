#include "report/timeline.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "report/page.h"
#include "report/timeline_state.h"
#include "report/utf8.h"
#include "report/words.h"

enum {
    USUAL_WIDTH = 80,
    TIME_WIDTH = 10,
    MOST_COLUMNS = 12, /* threads beside each other */
    FIRST_ROWS = 50,   /* events that are shown where there are too many, */
    LAST_ROWS = 30,    /* first ones and last ones */
    NAMED_COLUMN = 8,  /* a column that is as wide has its thread's name above it */
    LETTERS = 52,
    LONGEST_NAME = 24, /* of a lock, on the lines */
    CELL = 64,
};

struct writer {
    FILE *stream;
    const struct snarl_timeline_options *options;
    const struct snarl_report *report;
    struct snarl_words words;
    struct snarl_timeline_state state;
    const struct snarl_report_event *events; /* of one process */
    size_t count;
    size_t process;
    unsigned columns[MOST_COLUMNS]; /* threads */
    size_t column_count;
    unsigned column_width, width;
    unsigned letters[LETTERS]; /* locks, in the order in which they are told of */
    size_t letter_count;
};

static const char *thread_name(struct writer *writer, unsigned id)
{
    const struct snarl_report_thread *thread = snarl_report_thread_by_id(writer->report, id);
    if (thread == NULL)
        return "a thread";
    const char *name = thread->name != NULL ? thread->name : thread->start;
    return name != NULL ? snarl_utf8_printable(writer->words.pool, name)
                        : snarl_pool_format(writer->words.pool, "thread %u", thread->number);
}

static unsigned thread_number(const struct writer *writer, unsigned id)
{
    const struct snarl_report_thread *thread = snarl_report_thread_by_id(writer->report, id);
    return thread != NULL ? thread->number : 0;
}

static const char *lock_name(struct writer *writer, unsigned id)
{
    return snarl_utf8_printable(writer->words.pool, snarl_words_lock(&writer->words, id));
}

/* A, B, C ... by the order of appearance; '*' where the letters have run out. */
static char letter_of(struct writer *writer, unsigned lock)
{
    size_t i = 0;
    while (i < writer->letter_count && writer->letters[i] != lock)
        i++;
    if (i == LETTERS)
        return '*';
    if (i == writer->letter_count)
        writer->letters[writer->letter_count++] = lock;
    return (char)(i < LETTERS / 2 ? 'A' + (char)i : 'a' + (char)(i - LETTERS / 2));
}

/* A long name stands in the legend alone. */
static const char *short_lock_name(struct writer *writer, unsigned lock)
{
    const char *name = lock_name(writer, lock);
    return snarl_utf8_count(name) <= LONGEST_NAME
               ? name
               : snarl_pool_format(writer->words.pool, "%c", letter_of(writer, lock));
}

static bool ends_in(const char *path, const char *end)
{
    size_t length = strlen(path), end_length = strlen(end);
    return length >= end_length && strcmp(path + length - end_length, end) == 0;
}

/* The innermost frame in that file. */
static const struct snarl_frame *frame_in(const struct snarl_stack *stack, const char *file)
{
    for (size_t i = 0; file != NULL && i < stack->count; i++)
        if (stack->frames[i].file != NULL && ends_in(stack->frames[i].file, file))
            return &stack->frames[i];
    return NULL;
}

static bool is_left_out(const struct writer *writer, const struct snarl_report_event *event)
{
    const struct snarl_frame *place = snarl_stack_place(&event->stack);
    return writer->options->leave != NULL && place != NULL && place->file != NULL &&
           ends_in(place->file, writer->options->leave);
}

/* " :21" in the file that the options name; " bank.c:21" */
static const char *place_of(struct writer *writer, const struct snarl_report_event *event)
{
    const struct snarl_frame *own = frame_in(&event->stack, writer->options->within);
    if (own != NULL)
        return snarl_pool_format(writer->words.pool, " :%u", own->line);
    const char *place = snarl_words_place(&writer->words, &event->stack);
    return *place ? snarl_pool_format(writer->words.pool, " %s",
                                      snarl_utf8_printable(writer->words.pool, place))
                  : "";
}

static const char *sentence_of(struct writer *writer, const struct snarl_report_event *event)
{
    const char *object = event->other != 0  ? thread_name(writer, event->other)
                         : event->lock != 0 ? short_lock_name(writer, event->lock)
                                            : "";
    bool ends = event->event == SNARL_EVENT_JOINS;
    return snarl_pool_format(writer->words.pool, "%s %s%s%s%s%s%s",
                             thread_name(writer, event->thread), snarl_event_words(event->event),
                             *object ? " " : "", object, ends ? " to end" : "",
                             event->shared ? " to read" : "", place_of(writer, event));
}

static void add_text(char cell[CELL], const char *text)
{
    size_t used = strlen(cell);
    snprintf(cell + used, CELL - used, "%s", text);
}

static void add_letter(struct writer *writer, char cell[CELL], unsigned lock)
{
    add_text(cell, (char[]){letter_of(writer, lock), '\0'});
}

/* AB?C: holds A and B, waits for C; ?2: waits for the end of thread 2; |: nothing of that. */
static void fill_cell(struct writer *writer, unsigned column, char cell[CELL])
{
    const struct snarl_timeline_thread *thread =
        snarl_timeline_thread_of(&writer->state, writer->columns[column]);
    *cell = '\0';
    if (thread == NULL || !thread->alive)
        return;
    for (size_t i = 0; i < thread->hold_count; i++)
        add_letter(writer, cell, thread->holds[i]);
    if (thread->waits_for != 0) {
        add_text(cell, "?");
        add_letter(writer, cell, thread->waits_for);
    }
    if (thread->joins != 0)
        add_text(cell, snarl_pool_format(writer->words.pool, "?%u",
                                         thread_number(writer, thread->joins)));
    if (*cell == '\0')
        add_text(cell, "|");
}

/* A line with what goes before the sentence; without cells where `cells` is false. */
static void write_columns(struct writer *writer, double at_s, bool cells)
{
    char cell[CELL];
    if (cells && at_s >= 0)
        fprintf(writer->stream, "%*.3f  ", TIME_WIDTH - 2, at_s * 1e3);
    else
        fprintf(writer->stream, "%*s", TIME_WIDTH, "");
    for (unsigned column = 0; column < writer->column_count; column++) {
        *cell = '\0';
        if (cells)
            fill_cell(writer, column, cell);
        size_t most = writer->column_width - 1;
        if (strlen(cell) > most)
            strcpy(cell + most - 1, "+"); /* there is more of it */
        fprintf(writer->stream, "%-*s ", (int)most, cell);
    }
}

/* How many bytes of the text fit in so many columns, up to a blank. */
static size_t fitting(const char *text, size_t room)
{
    const char *end = snarl_utf8_skip(text, room);
    if (*end == '\0')
        return (size_t)(end - text);
    for (const char *blank = end; blank > text; blank--)
        if (*blank == ' ')
            return (size_t)(blank - text);
    return strcspn(text, " ");
}

static void write_row(struct writer *writer, double at_s, const char *sentence)
{
    unsigned before = TIME_WIDTH + (unsigned)writer->column_count * writer->column_width;
    size_t room = writer->width > before + 16 ? writer->width - before : 16;
    for (bool first = true; first || *sentence; first = false) {
        size_t length = fitting(sentence, room);
        write_columns(writer, at_s, first);
        fprintf(writer->stream, "%.*s\n", (int)length, sentence);
        sentence += length;
        sentence += strspn(sentence, " ");
    }
}

static bool is_column(const struct writer *writer, unsigned thread)
{
    for (size_t i = 0; i < writer->column_count; i++)
        if (writer->columns[i] == thread)
            return true;
    return false;
}

static void add_column(struct writer *writer, unsigned thread)
{
    if (writer->column_count < MOST_COLUMNS && thread != 0 && !is_column(writer, thread))
        writer->columns[writer->column_count++] = thread;
}

/* Whether it is something that happened in this process, at the end of its timeline. */
static bool is_end(const struct writer *writer, const struct snarl_report_finding *finding)
{
    const struct snarl_report_thread *thread =
        finding->step_count > 0
            ? snarl_report_thread_by_id(writer->report, finding->steps[0].thread)
            : NULL;
    return finding->status == SNARL_OCCURRED && snarl_finding_stands_still(finding) &&
           thread != NULL && thread->process == writer->process;
}

static int compare_columns(const void *left, const void *right)
{
    unsigned a = *(const unsigned *)left, b = *(const unsigned *)right;
    return (a > b) - (a < b);
}

/* Those that take part in what happened have a column, and then whoever does something first. */
static void choose_columns(struct writer *writer)
{
    static const unsigned widths[] = {12, 12, 12, 10, 9, 8, 6};
    for (size_t i = 0; i < writer->report->finding_count; i++)
        if (is_end(writer, &writer->report->findings[i]))
            for (size_t j = 0; j < writer->report->findings[i].step_count; j++)
                add_column(writer, writer->report->findings[i].steps[j].thread);
    for (size_t i = 0; i < writer->count; i++)
        if (!is_left_out(writer, &writer->events[i])) {
            add_column(writer, writer->events[i].thread);
            add_column(writer, writer->events[i].other); /* it may do nothing that is told of */
        }
    qsort(writer->columns, writer->column_count, sizeof *writer->columns, compare_columns);
    size_t most = sizeof widths / sizeof *widths - 1;
    writer->column_width = writer->column_count <= most ? widths[writer->column_count]
                           : writer->column_count > 8   ? 4
                                                        : 5;
}

/* One that is too long keeps its last letter: names that begin alike are numbered. */
static void write_name(struct writer *writer, const char *name, size_t most)
{
    size_t count = snarl_utf8_count(name);
    if (count <= most) {
        fprintf(writer->stream, "%s%*s", name, (int)(most - count + 1), "");
        return;
    }
    const char *end = snarl_utf8_skip(name, most - 2), *last = snarl_utf8_skip(name, count - 1);
    fprintf(writer->stream, "%.*s~%s ", (int)(end - name), name, last);
}

static void write_names(struct writer *writer)
{
    bool named = writer->column_width >= NAMED_COLUMN;
    fprintf(writer->stream, "%*s  ", TIME_WIDTH - 2, "ms");
    for (size_t i = 0; i < writer->column_count; i++) {
        unsigned id = writer->columns[i];
        const char *name = snarl_pool_format(writer->words.pool, "%u %s", thread_number(writer, id),
                                             named ? thread_name(writer, id) : "");
        write_name(writer, name, writer->column_width - 1);
    }
    fputc('\n', writer->stream);
}

/* Of what is told: which rows there are, by their indices. */
static size_t *choose_rows(struct writer *writer, size_t *count)
{
    size_t *rows = snarl_pool_allocate(writer->words.pool, writer->count, sizeof *rows);
    *count = 0;
    for (size_t i = 0; i < writer->count; i++) {
        const struct snarl_report_event *event = &writer->events[i];
        if (!is_left_out(writer, event) &&
            (is_column(writer, event->thread) || is_column(writer, event->other)))
            rows[(*count)++] = i;
    }
    return rows;
}

/* What the letters and signs stand for. */
static void write_legend(struct writer *writer, struct snarl_page *page)
{
    const char *text = "";
    for (size_t i = 0; i < writer->letter_count; i++) {
        const struct snarl_report_lock *lock =
            snarl_report_lock_by_id(writer->report, writer->letters[i]);
        text = snarl_pool_format(writer->words.pool, "%s%c=%s (%s), ", text,
                                 letter_of(writer, writer->letters[i]),
                                 lock_name(writer, writer->letters[i]),
                                 lock != NULL && lock->kind != NULL ? lock->kind : "lock");
    }
    if (writer->letter_count > 0)
        text = snarl_pool_format(writer->words.pool, "%sA: holds it, ?A: waits for it, %s", text,
                                 writer->letter_count == LETTERS ? "*: one more, " : "");
    text = snarl_pool_format(writer->words.pool, "%s?2: waits for thread 2 to end.", text);
    if (writer->options->within != NULL)
        text = snarl_pool_format(writer->words.pool, "%s Numbers behind a colon are lines of %s.",
                                 text, writer->options->within);
    if (writer->state.count > writer->column_count)
        text =
            snarl_pool_format(writer->words.pool, "%s %s no column.", text,
                              writer->state.count - writer->column_count == 1
                                  ? "1 more thread has"
                                  : snarl_pool_format(writer->words.pool, "%zu more threads have",
                                                      writer->state.count - writer->column_count));
    snarl_page_gap(page);
    snarl_page_paragraph(page, 0, 0, SNARL_STYLE_PLAIN, text);
}

static void write_events(struct writer *writer)
{
    size_t count, next = 0;
    size_t *rows = choose_rows(writer, &count);
    size_t gap = count > FIRST_ROWS + LAST_ROWS ? count - LAST_ROWS : 0;
    for (size_t i = 0; i < writer->count; i++) {
        if (!is_left_out(writer, &writer->events[i]))
            snarl_timeline_apply(&writer->state, &writer->events[i]);
        if (next == count || rows[next] != i)
            continue;
        size_t row = next++;
        if (gap && row == FIRST_ROWS)
            fprintf(writer->stream, "%*s... %zu more ...\n", TIME_WIDTH, "", gap - FIRST_ROWS);
        if (!gap || row < FIRST_ROWS || row >= gap)
            write_row(writer, writer->events[i].at_s, sentence_of(writer, &writer->events[i]));
    }
}

static void write_ends(struct writer *writer)
{
    for (size_t i = 0; i < writer->report->finding_count; i++) {
        const struct snarl_report_finding *finding = &writer->report->findings[i];
        if (!is_end(writer, finding))
            continue;
        snarl_timeline_apply_finding(&writer->state, finding);
        char *name = snarl_pool_format(writer->words.pool, "%s", snarl_finding_name(finding->kind));
        for (char *letter = name; *letter; letter++)
            *letter = *letter == '-' ? ' ' : (char)toupper((unsigned char)*letter);
        write_row(writer, -1,
                  snarl_pool_format(writer->words.pool, "%s: %s", name,
                                    snarl_finding_headline(finding->kind)));
    }
}

static size_t process_of(const struct snarl_report *report, const struct snarl_report_event *event)
{
    const struct snarl_report_thread *thread = snarl_report_thread_by_id(report, event->thread);
    return thread != NULL ? thread->process : 0;
}

static void write_process(struct writer *writer)
{
    writer->state =
        snarl_timeline_begin(writer->report, writer->events, writer->count, writer->words.pool);
    choose_columns(writer);
    write_names(writer);
    write_events(writer);
    write_ends(writer);
    struct snarl_page page =
        snarl_page_over(writer->stream, writer->width, false, writer->words.pool);
    write_legend(writer, &page);
}

bool snarl_timeline_write(FILE *stream, const struct snarl_report *report,
                          const struct snarl_timeline_options *options)
{
    for (size_t first = 0, next; first < report->event_count; first = next) {
        struct snarl_pool pool = {0};
        struct writer writer = {.stream = stream, .options = options, .report = report};
        writer.words = (struct snarl_words){.report = report, .pool = &pool};
        writer.words.paths = snarl_paths_of(report, NULL, &pool);
        writer.width = options->width ? options->width : USUAL_WIDTH;
        writer.process = process_of(report, &report->events[first]);
        writer.events = &report->events[first];
        for (next = first; next < report->event_count &&
                           process_of(report, &report->events[next]) == writer.process;
             next++)
            writer.count++;
        if (first > 0)
            fputc('\n', stream);
        write_process(&writer);
        snarl_pool_free(&pool);
    }
    return fflush(stream) == 0 && !ferror(stream);
}
