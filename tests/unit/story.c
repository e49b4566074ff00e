#include "story.h"

#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum {
    MOST_THREADS = 4096,
    MOST_LOCKS = 2048,
    LONGEST_WORD = 15,
};

struct story_thread {
    unsigned number;
    unsigned segment;
    unsigned held_count;
    struct snarl_held *held; /* outermost first */
    unsigned *times;         /* how often each of them is held */
    unsigned *since;         /* the segment in which it was taken */
    unsigned rounds;         /* of whatever barrier */
    bool is_made;
};

struct story {
    struct snarl_arena arena;
    struct snarl_lock_order *order;
    struct story_thread threads[MOST_THREADS];
    unsigned thread_count;
    char locks[MOST_LOCKS][LONGEST_WORD + 1]; /* by id - 1 */
    unsigned lock_count;
    bool polled[MOST_LOCKS], withdrawn[MOST_LOCKS]; /* likewise */
    char *added;
    size_t added_count;
};

static void *grow(void *memory, size_t size)
{
    memory = realloc(memory, size);
    assert_non_null(memory);
    return memory;
}

struct story *story_begin(bool keep_infeasible, size_t limit)
{
    struct story *story = calloc(1, sizeof *story);
    assert_non_null(story);
    snarl_arena_start(&story->arena, limit, false);
    story->order = snarl_lock_order_create(&story->arena, keep_infeasible);
    story->added = calloc(1, 1);
    assert_non_null(story->added);
    return story;
}

void story_end(struct story *story)
{
    for (unsigned i = 0; i < story->thread_count; i++) {
        free(story->threads[i].held);
        free(story->threads[i].times);
        free(story->threads[i].since);
    }
    snarl_arena_end(&story->arena);
    free(story->added);
    free(story);
}

static struct story_thread *thread_of(struct story *story, const char *number_word)
{
    unsigned number = (unsigned)strtoul(number_word, NULL, 10);
    assert_true(number > 0);
    for (unsigned i = 0; i < story->thread_count; i++)
        if (story->threads[i].number == number)
            return &story->threads[i];
    assert_true(story->thread_count < MOST_THREADS);
    struct story_thread *thread = &story->threads[story->thread_count++];
    thread->number = number;
    thread->segment = 1;
    return thread;
}

static unsigned lock_of(struct story *story, const char *word)
{
    assert_true(word[0] != '\0');
    for (unsigned i = 0; i < story->lock_count; i++)
        if (strcmp(story->locks[i], word) == 0)
            return i + 1;
    assert_true(story->lock_count < MOST_LOCKS);
    strcpy(story->locks[story->lock_count], word);
    return ++story->lock_count;
}

/* Where the thread holds the lock, or held_count. */
static unsigned place_of(const struct story_thread *thread, unsigned lock)
{
    unsigned place = 0;
    while (place < thread->held_count && thread->held[place].lock != lock)
        place++;
    return place;
}

static void note_added(struct story *story, char letter)
{
    story->added = grow(story->added, story->added_count + 2);
    story->added[story->added_count++] = letter;
    story->added[story->added_count] = '\0';
}

/* Whether all of it that the graph keeps is gone. */
static bool is_withdrawn(const struct story *story, const struct snarl_want *want)
{
    bool all = true;
    for (uint32_t i = 0; i < want->held_count; i++)
        all &= story->withdrawn[want->held[i].lock - 1];
    return all || story->withdrawn[want->lock - 1];
}

static void want(struct story *story, const struct story_thread *thread, unsigned lock,
                 unsigned stack, unsigned flags)
{
    if (thread->held_count == 0 || story->order == NULL)
        return;
    struct snarl_want want = {
        .thread = thread->number,
        .segment = thread->segment,
        .lock = lock,
        .stack = stack,
        .flags = flags,
        .held_count = thread->held_count,
        .held = thread->held,
    };
    struct snarl_dependency *dependency;
    bool known = snarl_lock_order_knows(story->order, &want);
    enum snarl_added added = snarl_lock_order_add(story->order, &want, &dependency);
    if (is_withdrawn(story, &want)) {
        assert_true(known);
        assert_int_equal(added, SNARL_ADDED_NOTHING);
        assert_null(dependency);
        note_added(story, 'W');
        return;
    }
    if (dependency == NULL && added == SNARL_ADDED_NOTHING) { /* as so many others did */
        assert_true(known);
        note_added(story, 'P');
        return;
    }
    assert_int_equal(dependency == NULL, added == SNARL_ADDED_FAILED);
    if (known)
        assert_int_equal(added, SNARL_ADDED_NOTHING);
    else if (added == SNARL_ADDED_NOTHING) /* but counted */
        assert_true(dependency->variant_count > SNARL_VARIANTS_KEPT);
    note_added(story, "NSVDF"[added]);
}

static void hold(struct story_thread *thread, unsigned lock, unsigned stack, bool shared)
{
    unsigned count = ++thread->held_count;
    thread->held = grow(thread->held, count * sizeof thread->held[0]);
    thread->times = grow(thread->times, count * sizeof thread->times[0]);
    thread->since = grow(thread->since, count * sizeof thread->since[0]);
    thread->since[count - 1] = thread->segment;
    thread->held[count - 1] = (struct snarl_held){lock, stack, shared};
    thread->times[count - 1] = 1;
}

static void release(struct story_thread *thread, unsigned lock)
{
    unsigned place = place_of(thread, lock);
    assert_true(place < thread->held_count);
    if (--thread->times[place] > 0)
        return;
    unsigned behind = --thread->held_count - place;
    memmove(&thread->held[place], &thread->held[place + 1], behind * sizeof thread->held[0]);
    memmove(&thread->times[place], &thread->times[place + 1], behind * sizeof thread->times[0]);
    memmove(&thread->since[place], &thread->since[place + 1], behind * sizeof thread->since[0]);
}

static void turn_out(struct story *story, char sign, unsigned lock)
{
    if (sign == '!')
        story->polled[lock - 1] = true;
    else
        story->withdrawn[lock - 1] = true;
    if (story->order != NULL && sign == '!')
        snarl_lock_order_polled(story->order, lock);
    else if (story->order != NULL)
        snarl_lock_order_withdraw(story->order, lock);
}

/* How a lock is wanted; `*name` is set to that of the lock. */
static unsigned manner_of(const char *word, const char **name)
{
    unsigned flags = word[0] == '~' ? SNARL_WANT_TIMED : word[0] == '*' ? SNARL_WANT_TRIED : 0;
    bool marked = word[1] != '\0' && word[2] == ':';
    *name = marked ? word + 3 : word + 1;
    if (!marked)
        return flags;
    assert_true(word[1] == 'r' || word[1] == 'q');
    flags |= SNARL_WANT_SHARED;
    return word[1] == 'q' ? flags | SNARL_WANT_BEHIND_WRITERS : flags;
}

static struct snarl_thread_order *orders_of(const struct story *story)
{
    return snarl_lock_order_threads(story->order);
}

static void make(struct story *story, struct story_thread *thread, const char *number)
{
    if (!thread->is_made)
        assert_true(snarl_thread_order_made(orders_of(story), thread->number, 0, 0));
    thread->is_made = true;
    unsigned parent = thread->number, segment = thread->segment++;
    struct story_thread *made = thread_of(story, number);
    assert_false(made->is_made);
    made->is_made = true;
    assert_true(snarl_thread_order_made(orders_of(story), made->number, parent, segment));
}

static void join_thread(struct story *story, struct story_thread *thread, const char *number)
{
    struct snarl_held_since held[MOST_LOCKS];
    for (unsigned i = 0; i < thread->held_count; i++)
        held[i] = (struct snarl_held_since){
            .lock = thread->held[i].lock,
            .since = thread->since[i],
            .shared = thread->held[i].shared,
        };
    thread->segment++;
    assert_true(snarl_thread_order_joined(orders_of(story), thread->number, thread->segment,
                                          (unsigned)strtoul(number, NULL, 10), held,
                                          thread->held_count));
}

static void arrive(struct story *story, struct story_thread *thread, const char *barrier)
{
    char name[2] = {barrier[0], '\0'};
    assert_true(snarl_thread_order_arrived(orders_of(story), lock_of(story, name),
                                           (unsigned)strtoul(barrier + 1, NULL, 10),
                                           ++thread->rounds, thread->number, thread->segment++));
}

/* What orders threads; false where the word is another. */
static bool order_threads(struct story *story, struct story_thread *thread, const char *word)
{
    const char *object = word + 1;
    switch (word[0]) {
    case '>':
        thread->segment++;
        return true;
    case '(':
        make(story, thread, object);
        return true;
    case ')':
        join_thread(story, thread, object);
        return true;
    case '|':
        arrive(story, thread, object);
        return true;
    case '%':
        return snarl_thread_order_found_done(orders_of(story), lock_of(story, object),
                                             thread->number, ++thread->segment);
    case '^':
        return snarl_thread_order_gave(orders_of(story), lock_of(story, object), thread->number,
                                       thread->segment++);
    case 'v':
        return snarl_thread_order_took(orders_of(story), lock_of(story, object), thread->number,
                                       ++thread->segment);
    default:
        return false;
    }
}

static void act(struct story *story, struct story_thread *thread, const char *word, unsigned stack)
{
    if (order_threads(story, thread, word))
        return;
    if (strchr("+~?*-!/x", word[0]) == NULL)
        fail_msg("no such deed in a story: %s", word);

    const char *name;
    unsigned flags = manner_of(word, &name);
    unsigned lock = lock_of(story, name);
    unsigned place = place_of(thread, lock);
    if (word[0] == 'x') {
        snarl_lock_order_ended(story->order, lock);
    } else if (word[0] == '!' || word[0] == '/') {
        turn_out(story, word[0], lock);
    } else if (word[0] == '-') {
        release(thread, lock);
    } else if (place < thread->held_count) {
        thread->times[place]++;
    } else {
        if (word[0] != '?')
            want(story, thread, lock, stack, flags);
        hold(thread, lock, stack, flags & SNARL_WANT_SHARED);
    }
}

void story_tell(struct story *story, const char *text)
{
    struct story_thread *thread = NULL;
    for (unsigned position = 1;; position++) {
        char word[LONGEST_WORD + 1];
        int taken = 0;
        if (sscanf(text, " %15[^ ;]%n", word, &taken) != 1)
            break;
        if (word[0] == 'T' && thread == NULL) {
            thread = thread_of(story, word + 1);
        } else {
            assert_non_null(thread);
            act(story, thread, word, position);
        }
        text += taken;
        text += strspn(text, " ");
        if (*text == ';') {
            text++;
            thread = NULL;
        }
    }
    assert_string_equal(text, "");
}

const char *story_added(const struct story *story)
{
    return story->added;
}

struct snarl_lock_order *story_order(const struct story *story)
{
    return story->order;
}

struct snarl_arena *story_arena(struct story *story)
{
    return &story->arena;
}

const char *story_lock_name(const struct story *story, unsigned lock)
{
    assert_in_range(lock, 1, story->lock_count);
    return story->locks[lock - 1];
}

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
        lines = grow(lines, (count + 1) * sizeof lines[0]);
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
