/* The wait-for graph: circles that stand still, and drawings that change at a given look. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/wait_for.h"

enum {
    MOST_THREADS = 64,
    MOST_NEEDS = 4,
    ATTEMPTS = 8, /* of one search */
    DRAWINGS = 50000,
};

struct drawn {
    uint64_t sequence;
    struct drawn *needs[MOST_NEEDS + 1];
    uint64_t visited;
};

/* Threads that wait as drawn, one of which changes just before a given look. */
struct drawing {
    struct drawn threads[MOST_THREADS];
    unsigned looks;
    unsigned change_before; /* which look, from 1; 0 for none */
    unsigned changing;      /* which thread */
    struct drawn changed;
    bool restless; /* ... and its sequence number at each look */
    uint64_t searches;
    struct snarl_wait_step steps[MOST_THREADS];
};

static void look(struct drawing *drawing)
{
    if (++drawing->looks == drawing->change_before) {
        drawing->threads[drawing->changing].sequence = drawing->changed.sequence;
        memcpy(drawing->threads[drawing->changing].needs, drawing->changed.needs,
               sizeof drawing->changed.needs);
    }
    drawing->threads[drawing->changing].sequence += drawing->restless;
}

static uint64_t sequence_of(void *context, void *thread)
{
    look(context);
    return ((struct drawn *)thread)->sequence;
}

static void *need_of(void *context, void *thread, size_t index)
{
    look(context);
    assert_in_range(index, 0, MOST_NEEDS);
    return ((struct drawn *)thread)->needs[index];
}

static bool first_visit(void *context, void *thread, uint64_t search)
{
    (void)context;
    struct drawn *drawn = thread;
    bool first = drawn->visited != search;
    drawn->visited = search;
    return first;
}

/* Each needs the one after it, the last `back_to`. */
static void draw(struct drawing *drawing, unsigned count, unsigned back_to)
{
    memset(drawing, 0, sizeof *drawing);
    for (unsigned i = 0; i < count; i++) {
        drawing->threads[i].sequence = 2 * i + 1;
        drawing->threads[i].needs[0] = &drawing->threads[i + 1 < count ? i + 1 : back_to];
    }
}

static void need(struct drawing *drawing, unsigned thread, unsigned other)
{
    unsigned place = 0;
    while (drawing->threads[thread].needs[place] != NULL)
        place++;
    assert_in_range(place, 0, MOST_NEEDS - 1);
    drawing->threads[thread].needs[place] = &drawing->threads[other];
}

static size_t circle_within(struct drawing *drawing, unsigned start, size_t room)
{
    const struct snarl_wait_reader reader = {
        .sequence = sequence_of,
        .needs = need_of,
        .first_visit = first_visit,
        .context = drawing,
        .search = drawing->searches++,
        .steps = drawing->steps,
        .room = room,
    };
    drawing->looks = 0;
    return snarl_wait_for_circle(&reader, &drawing->threads[start]);
}

static size_t circle_of(struct drawing *drawing, unsigned start)
{
    return circle_within(drawing, start, MOST_THREADS);
}

static void assert_step(const struct drawing *drawing, unsigned step, unsigned thread)
{
    assert_ptr_equal(drawing->steps[step].thread, &drawing->threads[thread]);
    assert_int_equal(drawing->steps[step].sequence, drawing->threads[thread].sequence);
}

static void circles_of_every_length(void **state)
{
    (void)state;
    const unsigned lengths[] = {1, 2, 3, MOST_THREADS};
    for (unsigned i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        struct drawing drawing;
        unsigned length = lengths[i];
        draw(&drawing, length, 0);
        for (unsigned start = 0; start < length; start++) {
            assert_int_equal(circle_of(&drawing, start), length);
            assert_int_equal(drawing.looks, 4 * length); /* two walks, two looks at each */
            for (unsigned step = 0; step < length; step++)
                assert_step(&drawing, step, (start + step) % length);
        }
        assert_int_equal(circle_within(&drawing, 0, length), length);
        assert_int_equal(circle_within(&drawing, 0, length - 1), 0);
    }
}

static void a_path_into_a_circle_is_not_on_it(void **state)
{
    (void)state;
    struct drawing drawing;
    draw(&drawing, 5, 2);
    const size_t expected[] = {0, 0, 3, 3, 3};
    for (unsigned start = 0; start < 5; start++)
        assert_int_equal(circle_of(&drawing, start), expected[start]);
    draw(&drawing, 2, 1); /* into one that waits for itself */
    assert_int_equal(circle_of(&drawing, 0), 0);
    assert_int_equal(circle_of(&drawing, 1), 1);
}

static void a_member_that_runs_opens_the_circle(void **state)
{
    (void)state;
    for (unsigned runs = 0; runs < 4; runs++) {
        struct drawing drawing;
        draw(&drawing, 4, 0);
        drawing.threads[runs].needs[0] = NULL;
        for (unsigned start = 0; start < 4; start++)
            assert_int_equal(circle_of(&drawing, start), 0);
    }
}

/* Thread 0 waits to write, threads 1 to 3 read; one of them waits for the writer. */
static void any_reader_among_several(void **state)
{
    (void)state;
    for (unsigned waits = 1; waits <= 3; waits++) {
        struct drawing drawing;
        draw(&drawing, 0, 0);
        for (unsigned reader = 1; reader <= 3; reader++)
            need(&drawing, 0, reader);
        assert_int_equal(circle_of(&drawing, 0), 0);
        need(&drawing, waits, 0);
        assert_int_equal(circle_of(&drawing, 0), 2);
        assert_step(&drawing, 0, 0);
        assert_step(&drawing, 1, waits);
        assert_int_equal(circle_of(&drawing, waits), 2);
        assert_int_equal(circle_of(&drawing, waits % 3 + 1), 0);
    }
}

/* The first reader leads astray, through another reader and into a circle of others. */
static void a_reader_that_leads_astray(void **state)
{
    (void)state;
    struct drawing drawing;
    draw(&drawing, 0, 0);
    need(&drawing, 0, 1);
    need(&drawing, 0, 2);
    need(&drawing, 1, 3);
    need(&drawing, 3, 4);
    need(&drawing, 4, 3);
    need(&drawing, 4, 1);
    assert_int_equal(circle_of(&drawing, 0), 0);
    assert_int_equal(circle_of(&drawing, 1), 3);
    need(&drawing, 2, 1);
    assert_int_equal(circle_of(&drawing, 0), 0);
    need(&drawing, 2, 0);
    assert_int_equal(circle_of(&drawing, 0), 2);
    assert_step(&drawing, 1, 2);
}

/* A reader that wants to write needs all readers to leave, itself too. */
static void an_upgrade(void **state)
{
    (void)state;
    struct drawing drawing;
    draw(&drawing, 0, 0);
    need(&drawing, 0, 1);
    need(&drawing, 0, 0);
    need(&drawing, 0, 2);
    assert_int_equal(circle_of(&drawing, 0), 1);
    assert_step(&drawing, 0, 0);
}

/* Of three in a circle: what is needed is looked at at 2, 4, 6 and again at 7, 8, 9; the sequence
 * numbers at 1, 3, 5 and again at 10, 11, 12. What did not stand is searched once more. */
static void a_sequence_that_changes_between_the_walks(void **state)
{
    (void)state;
    for (unsigned changing = 0; changing < 3; changing++) {
        unsigned first = 2 * changing + 1, second = changing + 10;
        for (unsigned before = 1; before <= 13; before++) {
            struct drawing drawing;
            draw(&drawing, 3, 0);
            drawing.change_before = before;
            drawing.changing = changing;
            drawing.changed = drawing.threads[changing];
            drawing.changed.sequence = 99;
            bool between = before > first && before <= second;
            assert_int_equal(circle_of(&drawing, 0), 3);
            assert_int_equal(drawing.looks, between ? second + 12 : 12);
        }
    }
}

static void a_sequence_that_changes_all_the_time(void **state)
{
    (void)state;
    struct drawing drawing;
    draw(&drawing, 3, 0);
    drawing.restless = true;
    drawing.changing = 1;
    assert_int_equal(circle_of(&drawing, 0), 0);
    assert_int_equal(drawing.looks, ATTEMPTS * 11);
}

/* 0 -> 1 -> 2 -> 0 becomes 0 -> 1 -> 0 at one look or another. */
static void a_need_that_changes_between_the_walks(void **state)
{
    (void)state;
    for (unsigned before = 1; before <= 13; before++) {
        struct drawing drawing;
        draw(&drawing, 3, 0);
        drawing.change_before = before;
        drawing.changing = 1;
        drawing.changed = drawing.threads[1];
        drawing.changed.needs[0] = &drawing.threads[0];
        assert_int_equal(circle_of(&drawing, 0), before <= 8 ? 2 : 3);
        assert_int_equal(drawing.looks, before <= 4 ? 8 : before <= 8 ? 17 : 12);
    }
}

/* ... and when 1 needs nobody any more there is no circle. */
static void a_need_that_ends_between_the_walks(void **state)
{
    (void)state;
    for (unsigned before = 1; before <= 13; before++) {
        struct drawing drawing;
        draw(&drawing, 3, 0);
        drawing.change_before = before;
        drawing.changing = 1;
        drawing.changed.sequence = drawing.threads[1].sequence;
        assert_int_equal(circle_of(&drawing, 0), before <= 8 ? 0 : 3);
    }
}

/* 0 needs 1 and 2, both need 0; 1 no longer when it is looked at again. */
static void another_circle_when_the_first_does_not_stand(void **state)
{
    (void)state;
    struct drawing drawing;
    draw(&drawing, 2, 0);
    need(&drawing, 0, 2);
    need(&drawing, 2, 0);
    drawing.change_before = 6;
    drawing.changing = 1;
    assert_int_equal(circle_of(&drawing, 0), 2);
    assert_step(&drawing, 1, 2);
}

/* 0 needs 1 and 2, 1 needs 2, 2 needs 0. When 1 needs nobody any more 0 -> 2 -> 0 still stands,
 * although the search has come by 2 already. */
static void a_circle_through_a_thread_of_a_path_that_does_not_stand(void **state)
{
    (void)state;
    struct drawing drawing;
    draw(&drawing, 3, 0);
    need(&drawing, 0, 2);
    drawing.change_before = 7;
    drawing.changing = 1;
    assert_int_equal(circle_of(&drawing, 0), 2);
    assert_step(&drawing, 0, 0);
    assert_step(&drawing, 1, 2);
}

static unsigned throw(uint64_t * dice, unsigned sides)
{
    *dice = *dice * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(*dice >> 33) % sides;
}

/* Against a table of who reaches whom. */
static void circles_are_found_where_a_thread_reaches_itself(void **state)
{
    (void)state;
    enum {
        THREADS = 8
    };
    unsigned circles = 0;
    for (unsigned i = 0; i < DRAWINGS; i++) {
        struct drawing drawing;
        uint64_t dice = i;
        bool reaches[THREADS][THREADS] = {{false}};
        draw(&drawing, 0, 0);
        for (unsigned from = 0; from < THREADS; from++) {
            for (unsigned left = throw(&dice, MOST_NEEDS); left > 0; left--) {
                unsigned to = throw(&dice, THREADS);
                need(&drawing, from, to);
                reaches[from][to] = true;
            }
        }
        for (unsigned via = 0; via < THREADS; via++)
            for (unsigned from = 0; from < THREADS; from++)
                for (unsigned to = 0; to < THREADS; to++)
                    reaches[from][to] |= reaches[from][via] && reaches[via][to];

        for (unsigned start = 0; start < THREADS; start++) {
            size_t length = circle_within(&drawing, start, THREADS);
            assert_int_equal(length > 0, reaches[start][start]);
            unsigned seen = 0;
            for (size_t step = 0; step < length; step++) {
                const struct drawn *thread = drawing.steps[step].thread;
                const struct drawn *next = drawing.steps[(step + 1) % length].thread;
                unsigned place = 0;
                while (place < MOST_NEEDS && thread->needs[place] != next)
                    place++;
                assert_in_range(place, 0, MOST_NEEDS - 1);
                assert_false(seen >> (thread - drawing.threads) & 1);
                seen |= 1u << (thread - drawing.threads);
            }
            if (length > 0)
                assert_step(&drawing, 0, start);
            circles += length > 0;
        }
    }
    assert_in_range(circles, DRAWINGS, DRAWINGS * (THREADS - 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(circles_of_every_length),
        cmocka_unit_test(a_path_into_a_circle_is_not_on_it),
        cmocka_unit_test(a_member_that_runs_opens_the_circle),
        cmocka_unit_test(any_reader_among_several),
        cmocka_unit_test(a_reader_that_leads_astray),
        cmocka_unit_test(an_upgrade),
        cmocka_unit_test(a_sequence_that_changes_between_the_walks),
        cmocka_unit_test(a_sequence_that_changes_all_the_time),
        cmocka_unit_test(a_need_that_changes_between_the_walks),
        cmocka_unit_test(a_need_that_ends_between_the_walks),
        cmocka_unit_test(another_circle_when_the_first_does_not_stand),
        cmocka_unit_test(a_circle_through_a_thread_of_a_path_that_does_not_stand),
        cmocka_unit_test(circles_are_found_where_a_thread_reaches_itself),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
