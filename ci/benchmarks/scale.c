/*
 * Writes a recording as a large program would leave it:
 *
 *     scale FILE [LOCKS DEPENDENCIES CYCLES DECOYS [TANGLED]]
 *
 * 1,000 threads take locks in nests, by an order that nearly all keep: some outer and some
 * innermost locks are used from everywhere, the others by neighbours. Among the dependencies stand
 * CYCLES that can happen and DECOYS that cannot, of several kinds each; `snarl report` must find
 * exactly the former, each with an id of its own. The same arguments give the same facts. TANGLED
 * more locks, none by default, are taken in any order, but always under one of the outer locks:
 * they are all on cycles with each other, of which none can happen.
 *
 * The order is by ranks, eight of which are a slot. A nest leads from slot to later slot, and what
 * breaks the order stays within its own, which nothing else does: so no other cycles come about.
 * Ids follow no order, and facts stand in that of time, as the library writes them.
 */
#include <stdio.h>
#include <stdlib.h>

#include "scale_facts.h"

enum {
    MOST_PLANTS = 10000,
    SLOT = 8,            /* ranks */
    OUTER = 8 * SLOT,    /* locks that are taken around all else: the first */
    CHILDREN = 8 * SLOT, /* threads that main makes and joins under a lock of its own, next */
    FIRST = OUTER + CHILDREN,
    INNER = 32 * SLOT, /* locks that are taken within all else: the last */
    EARLY = 200,       /* threads that have ended when the others begin */
    LATE = 999 - EARLY - CHILDREN,
    FIRST_EARLY = MAIN + 1,
    FIRST_LATE = FIRST_EARLY + EARLY,
    FIRST_CHILD = FIRST_LATE + LATE,
    THREADS = FIRST_CHILD + CHILDREN - MAIN,
};

static uint32_t ordered_count = MOST_LOCKS, dependency_target = 5000000;
static uint32_t cycle_count = 100, decoy_count = 1000, tangled_count;

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define DEPEND(thread, wanted, ...)                                                                \
    facts_depend(thread, wanted, (const uint32_t[]){__VA_ARGS__},                                  \
                 COUNT(((const uint32_t[]){__VA_ARGS__})))

enum phase {
    ALONE, /* main has made no thread yet */
    WITH_EARLY,
    WITH_CHILD, /* the plant's */
    WITH_LATE,
};

struct plant {
    void (*tell)(struct plant *plant, enum phase phase);
    uint32_t number;
    uint32_t slot;       /* its first rank: the locks are there */
    uint32_t child;      /* of those that main makes under a lock */
    uint32_t first_said; /* id of a dependency */
};

static bool lets_go(uint32_t child)
{
    return child % 2 == 1;
}

static uint32_t late(const struct plant *plant, uint32_t index)
{
    return FIRST_LATE + (plant->number + index) % LATE;
}

/* The cycles that can happen. */
static void plant_pair(struct plant *plant, enum phase phase)
{
    if (phase != WITH_LATE)
        return;
    DEPEND(late(plant, 0), plant->slot + 1, plant->slot);
    DEPEND(late(plant, 1), plant->slot, plant->slot + 1);
}

static void plant_ring(struct plant *plant, enum phase phase)
{
    uint32_t length = 3 + plant->slot / SLOT % 3;
    for (uint32_t i = 0; i < length && phase == WITH_LATE; i++)
        DEPEND(late(plant, i), plant->slot + (i + 1) % length, plant->slot + i);
}

static void plant_own_gates(struct plant *plant, enum phase phase)
{
    if (phase != WITH_LATE)
        return;
    DEPEND(late(plant, 0), plant->slot + 3, plant->slot, plant->slot + 2);
    DEPEND(late(plant, 1), plant->slot + 2, plant->slot + 1, plant->slot + 3);
}

static void plant_gate_once(struct plant *plant, enum phase phase)
{
    if (phase != WITH_LATE)
        return;
    DEPEND(late(plant, 0), plant->slot + 2, plant->slot, plant->slot + 1);
    DEPEND(late(plant, 1), plant->slot + 1, plant->slot, plant->slot + 2);
    DEPEND(late(plant, 1), plant->slot + 1, plant->slot + 2);
}

static void plant_second_segment(struct plant *plant, enum phase phase)
{
    if (phase == ALONE)
        plant->first_said = DEPEND(MAIN, plant->slot + 1, plant->slot);
    if (phase != WITH_LATE)
        return;
    DEPEND(late(plant, 0), plant->slot, plant->slot + 1);
    facts_again(plant->first_said);
}

static void plant_writers(struct plant *plant, enum phase phase)
{
    if (phase != WITH_LATE)
        return;
    DEPEND(late(plant, 0), plant->slot + 1, READ | plant->slot);
    DEPEND(late(plant, 1), plant->slot, READ | (plant->slot + 1));
}

/* The decoys. */
static void plant_gate(struct plant *plant, enum phase phase)
{
    if (phase != WITH_LATE)
        return;
    DEPEND(late(plant, 0), plant->slot + 2, plant->slot, plant->slot + 1);
    DEPEND(late(plant, 1), plant->slot + 1, plant->slot, plant->slot + 2);
}

static void plant_one_thread(struct plant *plant, enum phase phase)
{
    if (phase != WITH_LATE)
        return;
    DEPEND(late(plant, 0), plant->slot + 1, plant->slot);
    DEPEND(late(plant, 0), plant->slot, plant->slot + 1);
}

static void plant_joined(struct plant *plant, enum phase phase)
{
    if (phase == WITH_EARLY)
        DEPEND(FIRST_EARLY + plant->number % EARLY, plant->slot + 1, plant->slot);
    else if (phase == WITH_LATE)
        DEPEND(late(plant, 0), plant->slot, plant->slot + 1);
}

static void plant_not_yet_made(struct plant *plant, enum phase phase)
{
    if (phase == ALONE)
        DEPEND(MAIN, plant->slot + 1, plant->slot);
    else if (phase == WITH_LATE)
        DEPEND(late(plant, 0), plant->slot, plant->slot + 1);
}

static void plant_readers(struct plant *plant, enum phase phase)
{
    if (phase != WITH_LATE)
        return;
    DEPEND(late(plant, 0), READ | (plant->slot + 1), READ | plant->slot);
    DEPEND(late(plant, 1), READ | plant->slot, READ | (plant->slot + 1));
}

/* The child's side, and that of one who takes what main holds, or held, meanwhile. */
static void plant_creators_gate(struct plant *plant, enum phase phase)
{
    if (phase == WITH_CHILD)
        DEPEND(FIRST_CHILD + plant->child, plant->slot + 1, plant->slot);
    else if (phase == WITH_LATE)
        DEPEND(late(plant, 0), plant->slot, OUTER + plant->child, plant->slot + 1);
}

static void plant_gate_let_go(struct plant *plant, enum phase phase)
{
    plant_creators_gate(plant, phase);
}

static void (*const cycles[])(struct plant *, enum phase) = {
    plant_pair,           plant_ring,    plant_own_gates,  plant_gate_once,
    plant_second_segment, plant_writers, plant_gate_let_go};
static void (*const decoys[])(struct plant *, enum phase) = {plant_gate,    plant_one_thread,
                                                             plant_joined,  plant_not_yet_made,
                                                             plant_readers, plant_creators_gate};

static struct plant plants[MOST_PLANTS];
static uint32_t plant_count;
static bool readers[MOST_LOCKS / SLOT + 1]; /* whose locks have them, by slot */

static void choose_plants(void)
{
    plant_count = cycle_count + decoy_count;
    uint32_t slots = (ordered_count - FIRST - INNER) / SLOT;
    for (uint32_t i = 0; i < plant_count; i++) {
        plants[i].tell =
            i < cycle_count ? cycles[i % COUNT(cycles)] : decoys[(i - cycle_count) % COUNT(decoys)];
        plants[i].number = i;
        plants[i].child = 2 * i % CHILDREN + (plants[i].tell == plant_gate_let_go);
        plants[i].slot =
            FIRST + SLOT * (uint32_t)((uint64_t)(i * SHUFFLER % plant_count) * slots / plant_count);
        readers[plants[i].slot / SLOT] =
            plants[i].tell == plant_writers || plants[i].tell == plant_readers;
    }
}

static bool is_rwlock(uint32_t rank)
{
    return rank < ordered_count && readers[rank / SLOT];
}

static void tell_plants(enum phase phase)
{
    for (uint32_t i = 0; i < plant_count; i++)
        plants[i].tell(&plants[i], phase);
}

/* A lock of a later slot: nearby, or one in eight anywhere. */
static uint32_t later(uint32_t rank)
{
    uint32_t next = (rank / SLOT + 1) * SLOT, last = ordered_count - INNER;
    if (throw(8) == 0 && next < last)
        next += throw(last - next);
    else
        next += throw(64 * SLOT);
    return next < last ? next : last + throw(INNER);
}

/* One of `thread_count` threads takes a few locks. No two nests are of the same thread and have the
 * same lock for their base, which is in each of the dependencies. */
static void tell_nest(uint32_t first_thread, uint32_t thread_count, uint32_t most)
{
    static uint64_t nest_count;
    uint32_t held[MOST_HELD], count = 0;
    uint32_t thread = first_thread + (uint32_t)(nest_count % thread_count);
    uint32_t base = FIRST + (uint32_t)(nest_count * SHUFFLER % (ordered_count - FIRST - INNER));
    nest_count++;
    if (throw(4) == 0)
        held[count++] = throw(1 + throw(OUTER));
    held[count++] = base;
    uint32_t depth = count + 1 + throw(MOST_HELD - count);
    if (count == 2 && most-- > 0)
        facts_depend(thread, base, held, 1);
    while (count < depth && most-- > 0 && held[count - 1] < ordered_count - INNER) {
        held[count] =
            throw(8) == 0 ? ordered_count - 1 - throw(1 + throw(INNER)) : later(held[count - 1]);
        facts_depend(thread, held[count], held, count);
        count++;
    }
}

/* One of the late threads takes a few of the tangled locks. */
static void tell_tangle(void)
{
    uint32_t thread = FIRST_LATE + throw(LATE), held[MOST_HELD] = {0};
    for (uint32_t i = 1; i < MOST_HELD; i++) {
        held[i] = ordered_count + throw(tangled_count);
        for (uint32_t j = 1; j < i; j++)
            if (held[j] == held[i])
                return;
        facts_depend(thread, held[i], held, i);
    }
}

/* Nests until there are `target` dependencies. */
static void tell_nests(uint32_t first_thread, uint32_t thread_count, uint32_t target)
{
    while (facts_dependency_count() < target)
        tell_nest(first_thread, thread_count, target - facts_dependency_count());
}

static void make_threads(uint32_t first, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        facts_make_thread(first + i, NOTHING);
}

static void join_threads(uint32_t first, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        facts_join_thread(first + i, NOTHING, 0);
}

/* Main makes a child under a lock, which it gives back after it has joined it, or before. */
static void tell_child(uint32_t child)
{
    uint32_t gate = OUTER + child;
    uint32_t since = facts_make_thread(FIRST_CHILD + child, gate);
    for (uint32_t i = 0; i < plant_count; i++)
        if (plants[i].child == child)
            plants[i].tell(&plants[i], WITH_CHILD);
    facts_join_thread(FIRST_CHILD + child, lets_go(child) ? NOTHING : gate, since);
}

static void tell_threads(void)
{
    tell_plants(ALONE);
    make_threads(FIRST_EARLY, EARLY);
    tell_plants(WITH_EARLY);
    tell_nests(FIRST_EARLY, EARLY, dependency_target / 5);
    join_threads(FIRST_EARLY, EARLY);
    make_threads(FIRST_LATE, LATE);
    for (uint32_t i = 0; i < CHILDREN; i++)
        tell_child(i);
    /* The cycles and decoys stand among the rest. */
    uint32_t first = facts_dependency_count(), room = dependency_target - first;
    for (uint32_t i = 0; i < plant_count; i++) {
        tell_nests(FIRST_LATE, LATE, first + (uint32_t)((uint64_t)room * i / plant_count));
        plants[i].tell(&plants[i], WITH_LATE);
    }
    tell_nests(FIRST_LATE, LATE, dependency_target);
    for (uint32_t i = 0; i < 2 * tangled_count; i++)
        tell_tangle();
    join_threads(FIRST_LATE, LATE);
}

/* Whether there is room for the plants, and for what stands around them. */
static bool fits(void)
{
    uint32_t most = cycle_count + decoy_count;
    return ordered_count <= MOST_LOCKS && tangled_count <= MOST_LOCKS - ordered_count &&
           cycle_count <= MOST_PLANTS && decoy_count <= MOST_PLANTS && most <= MOST_PLANTS &&
           most > 0 && ordered_count >= FIRST + INNER + SLOT * (most + 64) &&
           dependency_target >= 20 * most;
}

int main(int argc, char **argv)
{
    uint32_t *const numbers[] = {&ordered_count, &dependency_target, &cycle_count, &decoy_count,
                                 &tangled_count};
    for (int i = 2; i < argc && i < 7; i++)
        *numbers[i - 2] = (uint32_t)strtoul(argv[i], NULL, 10);
    if (argc < 2 || !fits())
        return 2;
    choose_plants();
    if (!facts_begin(argv[1], ordered_count + tangled_count, THREADS, is_rwlock)) {
        perror(argv[1]);
        return 1;
    }
    tell_threads();
    return facts_end() ? 0 : 1;
}
