#include "story_private.h"

#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

void *story_grow(void *memory, size_t size)
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
    story->added = story_grow(story->added, story->added_count + 2);
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
    thread->held = story_grow(thread->held, count * sizeof thread->held[0]);
    thread->times = story_grow(thread->times, count * sizeof thread->times[0]);
    thread->since = story_grow(thread->since, count * sizeof thread->since[0]);
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
