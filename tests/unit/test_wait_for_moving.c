/* The wait-for graph of a world that moves while it is read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/wait_for.h"

enum {
    WORLDS = 50000,
    DEEDS = 60, /* per world */
    MOST_THREADS = 5,
    MOST_LOCKS = 6,
};

/*
 * Threads take locks, to read or to write, release them and wait for them. The world takes steps
 * while it is read. What a thread wants is published before it looks for a circle, and it blocks
 * only thereafter.
 */
enum doing {
    RUNS,
    LOOKS, /* for a circle: it has published a want and does nothing else */
    BLOCKS,
    TAKES, /* has the lock, and has yet to withdraw its want */
};

struct model_thread {
    enum doing doing;
    uint64_t sequence;
    unsigned wanted; /* lock, while it does not run */
    bool writes;
    uint64_t visited;
    unsigned place; /* of the reader, among the threads that it needs */
};

struct model_lock {
    bool holders[MOST_THREADS];
    bool written; /* by the only holder */
};

struct world {
    struct model_thread threads[MOST_THREADS];
    struct model_lock locks[MOST_LOCKS];
    unsigned thread_count, lock_count;
    unsigned hurry; /* how many steps it may take between two reads */
    uint64_t dice;
    uint64_t searches;
    struct snarl_wait_step steps[MOST_THREADS];
};

static unsigned throw(struct world * world, unsigned sides)
{
    world->dice = world->dice * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(world->dice >> 33) % sides;
}

static bool holds(const struct world *world, const struct model_thread *thread,
                  const struct model_lock *lock)
{
    return lock->holders[thread - world->threads];
}

/* Whether what `thread` wants is kept from it by `other`, which may be itself. */
static bool is_kept_by(const struct world *world, const struct model_thread *thread,
                       const struct model_thread *other)
{
    const struct model_lock *lock = &world->locks[thread->wanted];
    return holds(world, other, lock) && (thread->writes || lock->written);
}

static bool can_take(const struct world *world, const struct model_thread *thread)
{
    for (unsigned i = 0; i < world->thread_count; i++)
        if (is_kept_by(world, thread, &world->threads[i]))
            return false;
    return true;
}

/* Releases what it holds, or wants it anew: then to write what it reads. */
static void run_on(struct world *world, struct model_thread *thread)
{
    unsigned chosen = throw(world, world->lock_count);
    struct model_lock *lock = &world->locks[chosen];
    bool upgrades = holds(world, thread, lock) && !lock->written && throw(world, 16) == 0;
    if (holds(world, thread, lock) && !upgrades) {
        lock->holders[thread - world->threads] = false;
        lock->written = false;
        return;
    }
    thread->wanted = chosen;
    thread->writes = upgrades || throw(world, 2) == 0;
    thread->sequence++;
    thread->doing = LOOKS;
}

static void step(struct world *world)
{
    struct model_thread *thread = &world->threads[throw(world, world->thread_count)];
    if (thread->doing == RUNS) {
        run_on(world, thread);
    } else if (thread->doing == BLOCKS && can_take(world, thread)) {
        world->locks[thread->wanted].holders[thread - world->threads] = true;
        world->locks[thread->wanted].written = thread->writes;
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

static uint64_t read_sequence(void *context, void *thread)
{
    steps(context);
    return ((struct model_thread *)thread)->sequence;
}

/* As a reader of live memory has to: the sequence before and after says that it is one instant. */
static bool read_need(struct world *world, const struct model_thread *thread,
                      const struct model_thread *other)
{
    uint64_t sequence;
    bool needed;
    do {
        steps(world);
        sequence = thread->sequence;
        struct model_thread seen = *thread;
        steps(world);
        needed = seen.doing != RUNS && is_kept_by(world, &seen, other);
        steps(world);
    } while (sequence != thread->sequence);
    return needed;
}

static void *read_needs(void *context, void *which, size_t index)
{
    struct world *world = context;
    struct model_thread *thread = which;
    if (index == 0)
        thread->place = 0;
    while (thread->place < world->thread_count) {
        struct model_thread *other = &world->threads[thread->place++];
        if (read_need(world, thread, other))
            return other;
    }
    return NULL;
}

static bool visit(void *context, void *which, uint64_t search)
{
    (void)context;
    struct model_thread *thread = which;
    bool first = thread->visited != search;
    thread->visited = search;
    return first;
}

/* The truth, with the world standing still. */
static bool truly_needs(const struct world *world, const struct model_thread *thread,
                        const struct model_thread *other)
{
    return thread->doing != RUNS && thread->doing != TAKES && is_kept_by(world, thread, other);
}

static bool is_on_circle(const struct world *world, const struct model_thread *start)
{
    bool reached[MOST_THREADS] = {false};
    for (unsigned round = 0; round < world->thread_count; round++)
        for (unsigned from = 0; from < world->thread_count; from++)
            for (unsigned to = 0; to < world->thread_count; to++)
                reached[to] |= (reached[from] || &world->threads[from] == start) &&
                               truly_needs(world, &world->threads[from], &world->threads[to]);
    return reached[start - world->threads];
}

static void check_circle(const struct world *world, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        const struct model_thread *thread = world->steps[i].thread;
        assert_true(truly_needs(world, thread, world->steps[(i + 1) % length].thread));
        assert_int_equal(world->steps[i].sequence, thread->sequence);
        for (size_t j = 0; j < i; j++)
            assert_ptr_not_equal(world->steps[j].thread, thread);
    }
}

struct tally {
    unsigned circles, closed_while_reading, quiet_worlds;
    unsigned of_length[MOST_THREADS + 1];
};

/* One thread looks. True if it found a circle. */
static bool look(struct world *world, struct model_thread *thread, struct tally *tally)
{
    const struct snarl_wait_reader reader = {
        .sequence = read_sequence,
        .needs = read_needs,
        .first_visit = visit,
        .context = world,
        .search = world->searches++,
        .steps = world->steps,
        .room = world->thread_count,
    };
    bool before = is_on_circle(world, thread);
    size_t length = snarl_wait_for_circle(&reader, thread);
    bool after = is_on_circle(world, thread);
    thread->doing = BLOCKS;
    if (before)
        assert_true(length > 0); /* a circle that was there is found */
    check_circle(world, length); /* one that was found is there, since none ever opens */
    tally->circles += length > 0;
    tally->of_length[length]++;
    tally->closed_while_reading += !before && after;
    return length > 0;
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
            assert_false(is_on_circle(world, &world->threads[i])); /* none went unseen */
        step(world);
    }
    tally->quiet_worlds++;
}

static void a_world_that_moves_while_it_is_read(void **state)
{
    (void)state;
    struct tally tally = {0};
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
    for (unsigned length = 1; length <= 3; length++)
        assert_true(tally.of_length[length] >= WORLDS / 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_world_that_moves_while_it_is_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
