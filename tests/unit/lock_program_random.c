/* Random programs. Threads are written last to first: whom a thread has made, and left to others to
 * join, is known by the time that its maker is written. */
#include <string.h>

#include "lock_program.h"

enum {
    MOST_HELD = 3,
};

struct writing {
    struct lock_program *program;
    struct dice *dice;
    const struct habits *habits;
    unsigned made_by[PROGRAM_THREADS];  /* threads, as bits */
    unsigned left_by[PROGRAM_THREADS];  /* not joined by it, nor by those it has joined */
    unsigned taken_by[PROGRAM_THREADS]; /* locks: by it, and by whom it makes */
    unsigned number;                    /* of the thread that is being written */
    struct lock_program_thread *thread;
    unsigned held[MOST_HELD], held_count;
    unsigned to_make, to_join; /* threads */
    bool releasing;            /* in its second phase */
    bool too_long;
};

static void write(struct writing *writing, enum deed_kind kind, unsigned object)
{
    struct lock_program_thread *thread = writing->thread;
    if (thread->deed_count == PROGRAM_DEEDS)
        writing->too_long = true;
    else
        thread->deeds[thread->deed_count++] = (struct deed){kind, object};
}

static bool holds(const struct writing *writing, unsigned lock)
{
    for (unsigned i = 0; i < writing->held_count; i++)
        if (writing->held[i] == lock)
            return true;
    return false;
}

static void take(struct writing *writing)
{
    const struct habits *habits = writing->habits;
    if (writing->held_count == MOST_HELD || writing->releasing)
        return;
    bool gate = habits->gates > 0 && writing->held_count == 0 && dice_one_in(writing->dice, 2);
    unsigned lock = gate ? dice_throw(writing->dice, habits->gates)
                         : habits->gates + dice_throw(writing->dice, habits->locks - habits->gates);
    if (holds(writing, lock))
        return;
    bool reads = habits->reads && dice_one_in(writing->dice, 3);
    write(writing, reads ? DEED_READ : DEED_ACQUIRE, lock);
    writing->held[writing->held_count++] = lock;
    writing->taken_by[writing->number] |= 1u << lock;
}

static void give_back(struct writing *writing)
{
    if (writing->held_count == 0)
        return;
    bool last = writing->habits->discipline != LOOSE || !dice_one_in(writing->dice, 3);
    unsigned place =
        last ? writing->held_count - 1 : dice_throw(writing->dice, writing->held_count);
    write(writing, DEED_RELEASE, writing->held[place]);
    writing->held_count--;
    memmove(&writing->held[place], &writing->held[place + 1],
            (writing->held_count - place) * sizeof writing->held[0]);
    bool in_gate = writing->held_count == 1 && writing->held[0] < writing->habits->gates;
    writing->releasing =
        writing->habits->discipline == TWO_PHASES && writing->held_count > 0 && !in_gate;
}

/* One of the threads of a set. */
static unsigned pick(struct writing *writing, unsigned set)
{
    unsigned thread;
    do
        thread = dice_throw(writing->dice, PROGRAM_THREADS);
    while ((set >> thread & 1) == 0);
    return thread;
}

static void make(struct writing *writing)
{
    unsigned thread = pick(writing, writing->to_make);
    for (unsigned i = 0; i < writing->held_count; i++)
        if (!writing->habits->handshakes && writing->taken_by[thread] >> writing->held[i] & 1)
            return;
    writing->taken_by[writing->number] |= writing->taken_by[thread];
    write(writing, DEED_MAKE, thread);
    writing->to_make &= ~(1u << thread);
    writing->to_join |= 1u << thread;
}

static void join(struct writing *writing)
{
    unsigned thread = pick(writing, writing->to_join);
    write(writing, DEED_JOIN, thread);
    writing->to_join &= ~(1u << thread);
    writing->to_join |= writing->left_by[thread];
}

static void write_thread(struct writing *writing, unsigned number)
{
    struct dice *dice = writing->dice;
    writing->number = number;
    writing->thread = &writing->program->threads[number];
    writing->to_make = writing->made_by[number];
    writing->to_join = 0;
    unsigned deeds = 2 + dice_throw(dice, writing->habits->most_deeds - 1);
    while (writing->thread->deed_count + writing->held_count < deeds) {
        if (writing->to_make != 0 && dice_one_in(dice, 3))
            make(writing);
        else if (writing->to_join != 0 && dice_one_in(dice, writing->held_count > 0 ? 3 : 6))
            join(writing);
        else if (dice_one_in(dice, 4))
            give_back(writing);
        else
            take(writing);
    }
    while (writing->to_make != 0 || writing->held_count > 0) {
        if (writing->to_make != 0 && dice_one_in(dice, 2))
            make(writing);
        else if (writing->to_join != 0 && dice_one_in(dice, 3))
            join(writing);
        else
            give_back(writing);
    }
    while (writing->to_join != 0 && !dice_one_in(dice, 4))
        join(writing);
    writing->left_by[number] = writing->to_join;
}

bool lock_program_throw(struct lock_program *program, struct dice *dice,
                        const struct habits *habits)
{
    struct writing writing = {.program = program, .dice = dice, .habits = habits};
    memset(program, 0, sizeof *program);
    program->thread_count = habits->threads;
    program->lock_count = habits->locks;
    for (unsigned i = 1; i < habits->threads; i++)
        writing.made_by[dice_one_in(dice, 3) ? dice_throw(dice, i) : 0] |= 1u << i;
    for (unsigned i = habits->threads; i-- > 0;)
        write_thread(&writing, i);
    return !writing.too_long;
}
