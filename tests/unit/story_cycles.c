/* What came of a story: its cycles, each checked to be what it claims to be. */
#include "story_private.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Where the step holds the lock, or held_count. */
static uint32_t place_held(const struct snarl_dependency *step, uint32_t lock)
{
    uint32_t place = 0;
    while (place < step->held_count && snarl_order_node_lock(step->held[place]) != lock)
        place++;
    return place;
}

/* Whether they both hold a lock, and one of them for itself. */
static bool is_gated(const struct story *story, const struct snarl_dependency *left,
                     const struct snarl_dependency *right)
{
    for (uint32_t i = 0; i < left->held_count; i++) {
        uint32_t lock = snarl_order_node_lock(left->held[i]), place = place_held(right, lock);
        if (story->withdrawn[lock - 1])
            continue;
        if (place < right->held_count && !(snarl_dependency_holds_shared(left, i) &&
                                           snarl_dependency_holds_shared(right, place)))
            return true;
    }
    return false;
}

static void check_cycle(const struct story *story, const struct snarl_cycle *cycle)
{
    bool one_thread = false, gate = false, readers = false, weak = false;
    for (uint32_t i = 0; i < cycle->length; i++) {
        const struct snarl_dependency *step = cycle->steps[i];
        const struct snarl_dependency *next = cycle->steps[(i + 1) % cycle->length];
        assert_true(step->id > 0);
        assert_false(story->withdrawn[step->lock - 1]);
        uint32_t place = place_held(next, step->lock);
        assert_true(place < next->held_count);
        if (step->flags & SNARL_WANT_SHARED && snarl_dependency_holds_shared(next, place)) {
            readers |= !(step->flags & SNARL_WANT_BEHIND_WRITERS);
            weak = true;
        }
        weak |= step->flags & SNARL_WANT_TIMED || story->polled[step->lock - 1];
        for (uint32_t j = 0; j < i; j++) {
            one_thread |= step->thread == cycle->steps[j]->thread;
            gate |= is_gated(story, step, cycle->steps[j]);
        }
    }
    if (cycle->reason == SNARL_REASON_ORDERED)
        assert_false(one_thread || gate || readers);
    bool ordered = cycle->reason == SNARL_REASON_ORDERED, kept_apart = !one_thread && !readers;
    if (ordered || (cycle->reason == SNARL_REASON_GATE_LOCK && kept_apart && !gate)) {
        assert_int_equal(cycle->status, SNARL_INFEASIBLE);
        assert_int_equal(cycle->severity, SNARL_NOTE);
        return;
    }
    bool predicted = cycle->status == SNARL_PREDICTED;
    assert_int_equal(predicted, !one_thread && !gate && !readers);
    assert_int_equal(cycle->reason, predicted    ? SNARL_REASON_NONE
                                    : one_thread ? SNARL_REASON_SINGLE_THREAD
                                    : gate       ? SNARL_REASON_GATE_LOCK
                                                 : SNARL_REASON_SHARED_MODE);
    assert_int_equal(cycle->severity, !predicted ? SNARL_NOTE : weak ? SNARL_WARNING : SNARL_ERROR);
}

static int compare_strings(const void *left, const void *right)
{
    return strcmp(*(char *const *)left, *(char *const *)right);
}

static char *join(char **parts, size_t count, const char *separator)
{
    char *text = NULL;
    size_t size;
    FILE *stream = open_memstream(&text, &size);
    assert_non_null(stream);
    qsort(parts, count, sizeof parts[0], compare_strings);
    for (size_t i = 0; i < count; i++) {
        fprintf(stream, "%s%s", i == 0 ? "" : separator, parts[i]);
        free(parts[i]);
    }
    fclose(stream);
    return text;
}

static char *line_of(const struct story *story, const struct snarl_cycle *cycle)
{
    char *names[MOST_LOCKS], *line;
    assert_true(cycle->length <= MOST_LOCKS);
    for (uint32_t i = 0; i < cycle->length; i++)
        names[i] = strdup(story_lock_name(story, cycle->steps[i]->lock));
    char *locks = join(names, cycle->length, " ");
    const char *what = cycle->status == SNARL_PREDICTED ? snarl_severity_name(cycle->severity)
                                                        : snarl_reason_name(cycle->reason);
    assert_true(asprintf(&line, "%s %s %s", snarl_status_name(cycle->status), what, locks) > 0);
    free(locks);
    return line;
}

char *story_cycles(const struct story *story)
{
    const struct snarl_cycle *first =
        story->order == NULL ? NULL : snarl_lock_order_cycles(story->order);
    char **lines = NULL;
    size_t count = 0;
    for (const struct snarl_cycle *cycle = first; cycle != NULL; cycle = cycle->next) {
        check_cycle(story, cycle);
        for (const struct snarl_cycle *also = cycle->also; also != NULL; also = also->next)
            check_cycle(story, also);
        lines = story_grow(lines, (count + 1) * sizeof lines[0]);
        lines[count++] = line_of(story, cycle);
    }
    char *text = count == 0 ? strdup("") : join(lines, count, "\n");
    free(lines);
    return text;
}

void story_assert(const char *text, bool all, const char *expected, const char *file, int line)
{
    struct story *story = story_begin(all, 0);
    story_tell(story, text);
    char *cycles = story_cycles(story);
    if (strcmp(cycles, expected) != 0)
        print_error("in the story: %s\n", text);
    _assert_string_equal(cycles, expected, file, line);
    free(cycles);
    story_end(story);
}
