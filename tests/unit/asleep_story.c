#include "asleep_story.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bank_ask.h"
#include "core/asleep.h"
#include "core/objects.h"
#include "recording_ask.h"
#include "report/format.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

void asleep_begin(struct asleep_story *story)
{
    memset(story, 0, sizeof *story);
    bank_begin(&story->sample);
    sample_thread(&story->sample, ASLEEP_CLERK, "clerk", bank_watch);
    sample_thread(&story->sample, ASLEEP_SCRIBE, "scribe", bank_watch);
    sample_tell_objects(&story->sample);
    story->waits = sample_stack(&story->sample, bank_refund);
    story->joins = story->closes = sample_stack(&story->sample, bank_close);
    story->signals = story->takes = sample_stack(&story->sample, bank_open);
    story->made = sample_stack(&story->sample, bank_watch);
    story->elsewhere = sample_stack(&story->sample, bank_pay);
}

static struct snarl_thread_row *add_row(struct asleep_story *story, uint32_t thread, uint32_t kind,
                                        uint32_t object, uint32_t stack)
{
    assert_true(story->row_count < ASLEEP_MOST);
    struct snarl_thread_row *row = &story->rows[story->row_count++];
    *row = (struct snarl_thread_row){
        .state = SNARL_ROW_ALIVE,
        .thread = thread,
        .tid = 4000 + thread,
        .sequence = 2 * thread + 1,
        .want_kind = kind,
        .want_object = object,
        .want_stack = stack,
        .want_since = 2000000000,
    };
    return row;
}

void asleep_joins(struct asleep_story *story, uint32_t thread, uint32_t joined)
{
    add_row(story, thread, SNARL_WANTS_THREAD, joined, story->joins);
}

void asleep_waits(struct asleep_story *story, uint32_t thread, uint32_t condition, uint32_t mutex)
{
    struct snarl_thread_row *row =
        add_row(story, thread, SNARL_WANTS_CONDITION, condition, story->waits);
    row->want_described =
        (struct snarl_row_object){.object = condition, .kind = SNARL_OBJECT_CONDITION};
    row->want_mutex = (struct snarl_row_object){.object = mutex, .kind = SNARL_OBJECT_MUTEX};
}

void asleep_wants(struct asleep_story *story, uint32_t thread, uint32_t lock)
{
    add_row(story, thread, SNARL_WANTS_LOCK, lock, story->elsewhere);
}

void asleep_counts(struct asleep_story *story, uint32_t thread)
{
    struct snarl_thread_row *row =
        add_row(story, thread, SNARL_WANTS_SEMAPHORE, SAMPLE_COUNTER, story->closes);
    row->want_described =
        (struct snarl_row_object){.object = SAMPLE_COUNTER, .kind = SNARL_OBJECT_SEMAPHORE};
}

void asleep_arrives(struct asleep_story *story, uint32_t thread, uint32_t parties)
{
    struct snarl_thread_row *row =
        add_row(story, thread, SNARL_WANTS_BARRIER, ASLEEP_GATE, story->elsewhere);
    row->want_described = (struct snarl_row_object){.object = ASLEEP_GATE,
                                                    .kind = SNARL_OBJECT_BARRIER,
                                                    .created = story->made,
                                                    .value = parties};
    asleep_wake(story, thread, ASLEEP_GATE, SNARL_ARRIVES);
}

static struct snarl_thread_row *row_of(struct asleep_story *story, uint32_t thread)
{
    for (uint32_t i = 0; i < story->row_count; i++)
        if (story->rows[i].thread == thread)
            return &story->rows[i];
    return NULL;
}

void asleep_holds(struct asleep_story *story, uint32_t thread, uint32_t lock)
{
    struct snarl_thread_row *row = row_of(story, thread);
    assert_non_null(row);
    row->held[row->depth++] = sample_held(lock, story->takes);
}

void asleep_wake(struct asleep_story *story, uint32_t thread, uint32_t object, uint32_t wake)
{
    struct snarl_thread_row *row = row_of(story, thread);
    if (row != NULL) {
        row->wakes[object % SNARL_ROW_WAKES] =
            (struct snarl_row_wake){.object = object, .stack = story->signals, .wake = wake};
        return;
    }
    assert_true(story->wake_count < ASLEEP_MOST);
    story->wakes[story->wake_count++] = (struct snarl_fact_wake){.header.kind = SNARL_FACT_WAKE,
                                                                 .thread = thread,
                                                                 .object = object,
                                                                 .stack = story->signals,
                                                                 .wake = wake};
}

void asleep_tell_lost(struct asleep_story *story)
{
    asleep_begin(story);
    asleep_joins(story, SAMPLE_MAIN, SAMPLE_REFUNDER);
    asleep_waits(story, SAMPLE_REFUNDER, SAMPLE_NEWS, SAMPLE_ALICE);
    asleep_wake(story, ASLEEP_CLERK, SAMPLE_NEWS, SNARL_WAKES_ONE | SNARL_WAKE_LOST);
}

static void tell_look(struct asleep_story *story)
{
    struct snarl_asleep_thread threads[ASLEEP_MOST];
    for (uint32_t i = 0; i < story->row_count; i++)
        threads[i] = (struct snarl_asleep_thread){.thread = story->rows[i].thread,
                                                  .tid = story->rows[i].tid,
                                                  .sequence = story->rows[i].sequence};
    struct snarl_fact_asleep fact = {
        .header.kind = SNARL_FACT_ASLEEP,
        .at = 5000000000,
        .doubts = story->doubts,
        .count = story->row_count,
        .sequences = snarl_asleep_sequences(threads, story->row_count),
    };
    sample_append(&story->sample, &fact, sizeof fact, NULL, 0);
}

struct snarl_report *asleep_report(struct asleep_story *story, uint64_t doubts)
{
    story->doubts |= doubts;
    for (size_t i = 0; i < story->wake_count; i++)
        sample_append(&story->sample, &story->wakes[i], sizeof story->wakes[i], NULL, 0);
    if (!story->unseen)
        tell_look(story);
    if (story->woken > 0)
        story->rows[story->woken - 1].sequence += 2;
    sample_table(&story->sample, story->rows, story->row_count);
    return bank_end(&story->sample, false);
}

/* The only finding of the story, in a report that the caller gives back. */
static json_t *finding_of(struct asleep_story *story)
{
    struct snarl_report *report = asleep_report(story, 0);
    char *text = NULL;
    size_t size;
    FILE *stream = open_memstream(&text, &size);
    assert_true(snarl_format_by_name("json")->write(stream, report,
                                                    &(struct snarl_format_options){.all = true}));
    fclose(stream);
    snarl_report_free(report);
    json_t *parsed = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(parsed);
    free(text);
    json_t *findings = json_object_get(parsed, "findings");
    assert_int_equal(json_array_size(findings), 1);
    json_t *finding = json_incref(json_array_get(findings, 0));
    json_decref(parsed);
    return finding;
}

static void print_differing(FILE *out, const char *path, const json_t *one, const json_t *other);

static void print_differing_items(FILE *out, const char *path, const json_t *one,
                                  const json_t *other)
{
    size_t ones = json_array_size(one), others = json_array_size(other);
    char below[256];
    for (size_t i = 0; i < ones || i < others; i++) {
        snprintf(below, sizeof below, "%s[%zu]", path, i);
        if (i >= ones || i >= others)
            fprintf(out, "%c%s ", i >= ones ? '+' : '-', below);
        else
            print_differing(out, below, json_array_get(one, i), json_array_get(other, i));
    }
}

static void print_differing(FILE *out, const char *path, const json_t *one, const json_t *other)
{
    const char *name = strrchr(path, '.');
    bool stack = name != NULL && (strcmp(name, ".stack") == 0 || strcmp(name, ".created") == 0);
    if (json_equal(one, other))
        return;
    if (json_is_array(one) && json_is_array(other) && !stack) {
        print_differing_items(out, path, one, other);
        return;
    }
    if (!json_is_object(one) || !json_is_object(other)) {
        fprintf(out, "%s ", path);
        return;
    }
    const char *key;
    json_t *value;
    char below[256];
    json_object_foreach((json_t *)(uintptr_t)one, key, value)
    {
        snprintf(below, sizeof below, "%s%s%s", path, *path != '\0' ? "." : "", key);
        if (json_object_get(other, key) == NULL)
            fprintf(out, "-%s ", below);
        else
            print_differing(out, below, value, json_object_get(other, key));
    }
    json_object_foreach((json_t *)(uintptr_t)other, key,
                        value) if (json_object_get(one, key) == NULL)
        fprintf(out, "+%s%s%s ", path, *path != '\0' ? "." : "", key);
}

void asleep_assert_twins(struct asleep_story *one, struct asleep_story *other,
                         const char *differing)
{
    json_t *left = finding_of(one), *right = finding_of(other);
    char *found = NULL;
    size_t size;
    FILE *out = open_memstream(&found, &size);
    print_differing(out, "", left, right);
    fclose(out);
    assert_string_equal(found, differing);
    free(found);
    json_decref(left);
    json_decref(right);
}

/* Words with lines for $names. The caller frees them. */
static char *with_lines(const char *words)
{
    static const struct {
        const char *name;
        unsigned (*line)(void);
    } functions[] = {
        {"$payer", bank_payer}, {"$pay", bank_pay},     {"$refund", bank_refund},
        {"$open", bank_open},   {"$close", bank_close}, {"$watch", bank_watch},
    };
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    while (*words != '\0') {
        size_t row = 0;
        while (row < COUNT(functions) &&
               strncmp(words, functions[row].name, strlen(functions[row].name)) != 0)
            row++;
        if (row == COUNT(functions)) {
            fputc(*words++, out);
            continue;
        }
        fprintf(out, "%u", functions[row].line());
        words += strlen(functions[row].name);
    }
    fclose(out);
    return text;
}

static void assert_words(const char *found, const char *expected)
{
    if (expected == NULL)
        return;
    char *words = with_lines(expected);
    assert_string_equal(found, words);
    free(words);
}

void asleep_assert_words(const struct snarl_report_finding *finding, const char *message,
                         const char *why, const char *fix)
{
    assert_int_equal(finding->kind, SNARL_FINDING_ALL_THREADS_BLOCKED);
    assert_words(finding->message, message);
    assert_words(finding->why, why);
    assert_words(finding->fix, fix);
}

static void print_wakers(FILE *out, const struct snarl_report *report,
                         const struct snarl_report_blocked *blocked)
{
    for (size_t i = 0; i < blocked->waker_count; i++) {
        const struct snarl_report_waker *waker = &blocked->wakers[i];
        fprintf(out, "; %u %s%s", bank_thread_number(report, waker->thread),
                snarl_waker_name(waker->how), waker->lost ? " in vain" : "");
        bank_print_stack(out, &waker->stack);
        fprintf(out, waker->ended ? " (ended)" : "");
    }
}

static void print_step(FILE *out, const struct snarl_report *report,
                       const struct snarl_report_step *step)
{
    static const char *const verbs[] = {
        [SNARL_TARGET_NONE] = "waits",
        [SNARL_TARGET_LOCK] = "wants",
        [SNARL_TARGET_THREAD] = "joins",
        [SNARL_TARGET_CONDITION] = "waits on",
        [SNARL_TARGET_SEMAPHORE] = "waits on",
        [SNARL_TARGET_BARRIER] = "waits at",
        [SNARL_TARGET_END_OF_WAITS] = "destroys",
    };
    const struct snarl_report_blocked *blocked = step->blocked;
    fprintf(out, "%u", bank_thread_number(report, step->thread));
    bank_print_holds(out, report, step->holds, step->hold_count);
    fprintf(out, " %s ", verbs[step->target]);
    if (step->target == SNARL_TARGET_THREAD)
        fprintf(out, "thread %u", bank_thread_number(report, step->wants));
    else
        fprintf(out, "%s",
                step->target == SNARL_TARGET_BARRIER ? "barrier"
                                                     : bank_lock_name(report, step->wants));
    if (blocked->mutex != 0)
        fprintf(out, " with %s", bank_lock_name(report, blocked->mutex));
    bank_print_stack(out, &step->stack);
    fprintf(out, ": %s", snarl_cause_name(blocked->cause));
    if (blocked->parties != 0)
        fprintf(out, " %u/%u", blocked->arrived, blocked->parties);
    fprintf(out, ", %g s", blocked->waiting_s);
    print_wakers(out, report, blocked);
    fprintf(out, "\n");
}

void asleep_assert_steps(const struct snarl_report *report, const char *expected)
{
    char *found = NULL;
    size_t size;
    FILE *out = open_memstream(&found, &size);
    for (size_t i = 0; i < report->findings[0].step_count; i++)
        print_step(out, report, &report->findings[0].steps[i]);
    fclose(out);
    assert_string_equal(found, expected);
    free(found);
}
