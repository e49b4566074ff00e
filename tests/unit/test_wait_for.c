/* The wait-for graph: circles that stand still, and a world that moves while it is read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/wait_for.h"

enum {
    LARGEST_CIRCLE = 64,
    WORLDS = 100000,
    DEEDS = 60, /* per world */
    MOST_THREADS = 5,
    MOST_LOCKS = 6,
};

/* A drawing: threads that wait as drawn, one of which changes just before a given read. */
struct drawing {
    struct snarl_wait waits[LARGEST_CIRCLE];
    unsigned reads;
    unsigned change_before; /* which read, from 1; 0 for none */
    unsigned changing;      /* which thread */
    struct snarl_wait changed;
};

static struct snarl_wait look_at(void *context, void *thread)
{
    struct drawing *drawing = context;
    if (++drawing->reads == drawing->change_before)
        drawing->waits[drawing->changing] = drawing->changed;
    return *(struct snarl_wait *)thread;
}

/* Each waits for the one after it, the last for `back_to`. */
static void draw(struct drawing *drawing, unsigned count, unsigned back_to)
{
    memset(drawing, 0, sizeof *drawing);
    for (unsigned i = 0; i < count; i++)
        drawing->waits[i] = (struct snarl_wait){
            .sequence = 2 * i + 1,
            .next = &drawing->waits[i + 1 < count ? i + 1 : back_to],
        };
}

static size_t circle_of(struct drawing *drawing, unsigned start, size_t threads)
{
    struct snarl_wait_reader reader = {look_at, drawing, threads};
    return snarl_wait_for_circle(&reader, &drawing->waits[start]);
}

static void circles_of_every_length(void **state)
{
    (void)state;
    const unsigned lengths[] = {1, 2, 3, LARGEST_CIRCLE};
    for (unsigned i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        struct drawing drawing;
        unsigned length = lengths[i];
        for (unsigned start = 0; start < length; start++) {
            draw(&drawing, length, 0);
            assert_int_equal(circle_of(&drawing, start, LARGEST_CIRCLE), length);
            assert_int_equal(drawing.reads, 2 * length);
        }
        assert_int_equal(circle_of(&drawing, 0, length), length);
        assert_int_equal(circle_of(&drawing, 0, length - 1), 0);
    }
}

static void a_path_into_a_circle_is_not_on_it(void **state)
{
    (void)state;
    struct drawing drawing;
    draw(&drawing, 5, 2);
    const size_t expected[] = {0, 0, 3, 3, 3};
    for (unsigned start = 0; start < 5; start++)
        assert_int_equal(circle_of(&drawing, start, LARGEST_CIRCLE), expected[start]);
    draw(&drawing, 2, 1); /* into one that waits for itself */
    assert_int_equal(circle_of(&drawing, 0, LARGEST_CIRCLE), 0);
    assert_int_equal(circle_of(&drawing, 1, LARGEST_CIRCLE), 1);
}

static void a_member_that_runs_opens_the_circle(void **state)
{
    (void)state;
    for (unsigned runs = 0; runs < 4; runs++) {
        struct drawing drawing;
        draw(&drawing, 4, 0);
        drawing.waits[runs].next = NULL;
        for (unsigned start = 0; start < 4; start++)
            assert_int_equal(circle_of(&drawing, start, LARGEST_CIRCLE), 0);
    }
}

/* Thread i of three is read first as read i + 1, then as read i + 4. */
static void a_sequence_that_changes_between_the_walks(void **state)
{
    (void)state;
    for (unsigned changing = 0; changing < 3; changing++) {
        for (unsigned before = 1; before <= 7; before++) {
            struct drawing drawing;
            draw(&drawing, 3, 0);
            drawing.change_before = before;
            drawing.changing = changing;
            drawing.changed = (struct snarl_wait){99, drawing.waits[changing].next};
            bool between = before > changing + 1 && before <= changing + 4;
            assert_int_equal(circle_of(&drawing, 0, LARGEST_CIRCLE), between ? 0 : 3);
        }
    }
}

/* 0 -> 1 -> 2 -> 0 becomes 0 -> 1 -> 0 at one read or another. */
static void a_target_that_changes_between_the_walks(void **state)
{
    (void)state;
    const size_t expected[] = {2, 2, 0, 0, 0, 3, 3};
    for (unsigned before = 1; before <= 7; before++) {
        struct drawing drawing;
        draw(&drawing, 3, 0);
        drawing.change_before = before;
        drawing.changing = 1;
        drawing.changed = (struct snarl_wait){drawing.waits[1].sequence, &drawing.waits[0]};
        assert_int_equal(circle_of(&drawing, 0, LARGEST_CIRCLE), expected[before - 1]);
    }
}

/* 0 -> 1 -> 0 becomes 0 -> 2 -> 0: as long, and no sequence has changed. */
static void another_circle_of_the_same_length(void **state)
{
    (void)state;
    struct drawing drawing;
    draw(&drawing, 3, 0);
    drawing.waits[1].next = &drawing.waits[0];
    drawing.waits[2].sequence = drawing.waits[1].sequence;
    drawing.change_before = 3;
    drawing.changing = 0;
    drawing.changed = (struct snarl_wait){drawing.waits[0].sequence, &drawing.waits[2]};
    assert_int_equal(circle_of(&drawing, 0, LARGEST_CIRCLE), 0);
    assert_int_equal(circle_of(&drawing, 0, LARGEST_CIRCLE), 2);
}

/*
 * A world of threads that take, release and wait for locks. It takes steps while it is read. What
 * a thread wants is published before it looks for a circle, and it blocks only thereafter.
 */
enum doing {
    RUNS,
    LOOKS, /* for a circle: it has published a want and does nothing else */
    BLOCKS,
    TAKES, /* owns the lock, and has yet to withdraw its want */
};

struct model_thread {
    enum doing doing;
    uint64_t sequence;
    int wanted; /* lock, while it does not run */
};

struct world {
    struct model_thread threads[MOST_THREADS];
    struct model_thread *owners[MOST_LOCKS];
    unsigned thread_count, lock_count;
    unsigned hurry; /* how many steps it may take between two reads */
    uint64_t dice;
};

static unsigned throw(struct world * world, unsigned sides)
{
    world->dice = world->dice * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(world->dice >> 33) % sides;
}

static void run_on(struct world *world, struct model_thread *thread)
{
    int lock = (int) throw(world, world->lock_count);
    if (world->owners[lock] == thread) {
        world->owners[lock] = NULL;
    } else {
        thread->wanted = lock;
        thread->sequence++;
        thread->doing = LOOKS;
    }
}

static void step(struct world *world)
{
    struct model_thread *thread = &world->threads[throw(world, world->thread_count)];
    if (thread->doing == RUNS) {
        run_on(world, thread);
    } else if (thread->doing == BLOCKS && world->owners[thread->wanted] == NULL) {
        world->owners[thread->wanted] = thread;
        thread->doing = TAKES;
    } else if (thread->doing == TAKES) {
        thread->sequence++;
        thread->doing = RUNS;
    }
}

static void steps(struct world *world)
{
    for (unsigned i = throw(world, world->hurry + 1); i > 0; i--)
        step(world);
}

/* As a reader of live memory has to: the sequence before and after says that it is one instant. */
static struct snarl_wait read_world(void *context, void *which)
{
    struct world *world = context;
    const struct model_thread *thread = which;
    struct snarl_wait wait;
    do {
        steps(world);
        wait.sequence = thread->sequence;
        bool waits = thread->doing != RUNS;
        int wanted = thread->wanted;
        steps(world);
        wait.next = waits ? world->owners[wanted] : NULL;
        steps(world);
    } while (wait.sequence != thread->sequence);
    return wait;
}

/* The truth, with the world standing still. */
static size_t true_circle(const struct world *world, const struct model_thread *start)
{
    const struct model_thread *thread = start;
    for (size_t length = 1; length <= world->thread_count; length++) {
        if (thread->doing == RUNS || thread->doing == TAKES)
            return 0;
        thread = world->owners[thread->wanted];
        if (thread == NULL)
            return 0;
        if (thread == start)
            return length;
    }
    return 0;
}

struct tally {
    unsigned circles, closed_while_reading, quiet_worlds;
};

/* One thread looks. True if it found a circle. */
static bool look(struct world *world, struct model_thread *thread, struct tally *tally)
{
    struct snarl_wait_reader reader = {read_world, world, world->thread_count};
    size_t before = true_circle(world, thread);
    size_t seen = snarl_wait_for_circle(&reader, thread);
    size_t after = true_circle(world, thread);
    thread->doing = BLOCKS;
    if (before != 0)
        assert_int_equal(seen, before); /* a circle that was there is found */
    if (seen != 0)
        assert_int_equal(seen, after); /* one that was found is there, since none ever opens */
    tally->circles += seen != 0;
    tally->closed_while_reading += before == 0 && after != 0;
    return seen != 0;
}

static struct model_thread *one_that_looks(struct world *world)
{
    unsigned first = throw(world, world->thread_count);
    for (unsigned i = 0; i < world->thread_count; i++) {
        struct model_thread *thread = &world->threads[(first + i) % world->thread_count];
        if (thread->doing == LOOKS)
            return thread;
    }
    return NULL;
}

/* Lets the world go on until somebody finds a circle, or for a while. */
static void live(struct world *world, struct tally *tally)
{
    for (unsigned deeds = 0; deeds < DEEDS; deeds++) {
        struct model_thread *thread = one_that_looks(world);
        if (thread != NULL) {
            if (look(world, thread, tally))
                return;
            continue;
        }
        for (unsigned i = 0; i < world->thread_count; i++)
            assert_int_equal(true_circle(world, &world->threads[i]), 0); /* none went unseen */
        step(world);
    }
    tally->quiet_worlds++;
}

static void a_world_that_moves_while_it_is_read(void **state)
{
    (void)state;
    struct tally tally = {0, 0, 0};
    for (unsigned i = 0; i < WORLDS; i++) {
        struct world world = {.dice = i};
        world.thread_count = 2 + throw(&world, MOST_THREADS - 1);
        world.lock_count = 1 + throw(&world, MOST_LOCKS);
        world.hurry = throw(&world, 40);
        live(&world, &tally);
    }
    print_message("%d worlds: %u circles, %u closed while another looked, %u without\n", WORLDS,
                  tally.circles, tally.closed_while_reading, tally.quiet_worlds);
    assert_true(tally.circles >= WORLDS / 10);
    assert_true(tally.closed_while_reading >= WORLDS / 100);
    assert_true(tally.quiet_worlds >= WORLDS / 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(circles_of_every_length),
        cmocka_unit_test(a_path_into_a_circle_is_not_on_it),
        cmocka_unit_test(a_member_that_runs_opens_the_circle),
        cmocka_unit_test(a_sequence_that_changes_between_the_walks),
        cmocka_unit_test(a_target_that_changes_between_the_walks),
        cmocka_unit_test(another_circle_of_the_same_length),
        cmocka_unit_test(a_world_that_moves_while_it_is_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
