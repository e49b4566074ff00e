#include "explorer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* What a thread has before each of its deeds, and after the last. Locks are bits. */
struct line {
    unsigned length;
    const struct deed *deeds;
    unsigned char has[PROGRAM_DEEDS + 1];   /* locks, in whatever mode */
    unsigned char reads[PROGRAM_DEEDS + 1]; /* of these, as a reader */
    unsigned maker, made_at;                /* the maker's deed; of the first thread, none */
};

struct exploration {
    struct line lines[PROGRAM_THREADS];
    unsigned thread_count;
    size_t weight[PROGRAM_THREADS]; /* of a thread's position, in the number of a state */
    unsigned char *visited;         /* by the number: 0, or 1 + the thread that led there */
    size_t *pending, pending_count;
    struct explored *explored;
};

enum {
    NOT_VISITED = 0,
    BEGINNING = PROGRAM_THREADS + 1,
};

static void draw_lines(struct exploration *exploration, const struct lock_program *program)
{
    exploration->thread_count = program->thread_count;
    for (unsigned i = 0; i < program->thread_count; i++) {
        const struct lock_program_thread *thread = &program->threads[i];
        struct line *line = &exploration->lines[i];
        line->length = thread->deed_count;
        line->deeds = thread->deeds;
        unsigned has = 0, reads = 0;
        for (unsigned j = 0; j < thread->deed_count; j++) {
            struct deed deed = thread->deeds[j];
            line->has[j] = (unsigned char)has;
            line->reads[j] = (unsigned char)reads;
            if (deed.kind == DEED_MAKE) {
                exploration->lines[deed.object].maker = i;
                exploration->lines[deed.object].made_at = j;
            } else if (deed.kind == DEED_RELEASE) {
                has &= ~(1u << deed.object);
                reads &= ~(1u << deed.object);
            } else if (deed.kind != DEED_JOIN) {
                has |= 1u << deed.object;
                reads |= (unsigned)(deed.kind == DEED_READ) << deed.object;
            }
        }
        line->has[line->length] = (unsigned char)has;
        line->reads[line->length] = (unsigned char)reads;
    }
}

static bool is_there(const struct exploration *exploration, const unsigned *at, unsigned thread)
{
    const struct line *line = &exploration->lines[thread];
    return thread == 0 || at[line->maker] > line->made_at;
}

/* Whether `other`, where it is, keeps `thread` from its next deed. */
static bool blocks(const struct exploration *exploration, const unsigned *at, unsigned thread,
                   unsigned other)
{
    const struct line *line = &exploration->lines[thread], *holder = &exploration->lines[other];
    if (thread == other || at[thread] == line->length)
        return false;
    struct deed deed = line->deeds[at[thread]];
    switch (deed.kind) {
    case DEED_ACQUIRE:
        return holder->has[at[other]] >> deed.object & 1;
    case DEED_READ:
        return (holder->has[at[other]] & ~holder->reads[at[other]]) >> deed.object & 1;
    case DEED_JOIN:
        return deed.object == other && at[other] < holder->length;
    default:
        return false;
    }
}

/* The threads that keep each from its next deed, as bits. */
static void look_round(const struct exploration *exploration, const unsigned *at,
                       unsigned blockers[PROGRAM_THREADS])
{
    for (unsigned i = 0; i < exploration->thread_count; i++) {
        blockers[i] = 0;
        if (!is_there(exploration, at, i))
            continue;
        for (unsigned j = 0; j < exploration->thread_count; j++)
            blockers[i] |= (unsigned)blocks(exploration, at, i, j) << j;
    }
}

/* Whether the threads of the set wait for each other in a ring, each for one alone. */
static bool is_ring(const unsigned *blockers, unsigned set)
{
    unsigned first = (unsigned)__builtin_ctz(set), thread = first, passed = 0;
    do {
        unsigned next = blockers[thread] & set;
        if (next == 0 || (next & (next - 1)) != 0)
            return false;
        passed |= 1u << thread;
        thread = (unsigned)__builtin_ctz(next);
    } while ((passed >> thread & 1) == 0);
    return thread == first && passed == set;
}

static void note_ring(struct exploration *exploration, const unsigned *at, unsigned set)
{
    struct explored *explored = exploration->explored;
    unsigned wanted = 0;
    for (unsigned i = 0; i < exploration->thread_count; i++) {
        if ((set >> i & 1) == 0)
            continue;
        struct deed deed = exploration->lines[i].deeds[at[i]];
        if (deed.kind == DEED_JOIN) {
            explored->stuck_in_join = true;
            return;
        }
        wanted |= 1u << deed.object;
    }
    explored->deadlock_count += !explored->deadlocks[wanted];
    explored->deadlocks[wanted] = true;
}

static void note_rings(struct exploration *exploration, const unsigned *at,
                       const unsigned *blockers)
{
    unsigned blocked = 0;
    for (unsigned i = 0; i < exploration->thread_count; i++)
        blocked |= (unsigned)(blockers[i] != 0) << i;
    for (unsigned set = blocked; set != 0; set = (set - 1) & blocked)
        if ((set & (set - 1)) != 0 && is_ring(blockers, set))
            note_ring(exploration, at, set);
}

static void place(const struct exploration *exploration, size_t state, unsigned *at)
{
    for (unsigned i = 0; i < exploration->thread_count; i++)
        at[i] = (unsigned)(state / exploration->weight[i] % (exploration->lines[i].length + 1));
}

static void visit(struct exploration *exploration, size_t state)
{
    struct explored *explored = exploration->explored;
    unsigned at[PROGRAM_THREADS], blockers[PROGRAM_THREADS];
    place(exploration, state, at);
    look_round(exploration, at, blockers);
    note_rings(exploration, at, blockers);
    explored->states++;
    for (unsigned i = 0; i < exploration->thread_count; i++) {
        size_t next = state + exploration->weight[i];
        if (at[i] == exploration->lines[i].length || blockers[i] != 0 ||
            !is_there(exploration, at, i) || exploration->visited[next] != NOT_VISITED)
            continue;
        exploration->visited[next] = (unsigned char)(1 + i);
        exploration->pending[exploration->pending_count++] = next;
    }
}

/* Back from the end to the beginning. */
static void write_schedule(const struct exploration *exploration, size_t last)
{
    struct explored *explored = exploration->explored;
    unsigned left = 0;
    for (unsigned i = 0; i < exploration->thread_count; i++)
        left += exploration->lines[i].length;
    explored->can_end = true;
    explored->length = left;
    while (left > 0) {
        unsigned thread = exploration->visited[last] - 1u;
        explored->schedule[--left] = (unsigned char)thread;
        last -= exploration->weight[thread];
    }
}

void explore(const struct lock_program *program, struct explored *explored)
{
    struct exploration exploration = {.explored = explored};
    size_t states = 1;
    memset(explored, 0, sizeof *explored);
    draw_lines(&exploration, program);
    for (unsigned i = 0; i < program->thread_count; i++) {
        exploration.weight[i] = states;
        states *= exploration.lines[i].length + 1;
    }
    exploration.visited = calloc(states, 1);
    exploration.pending = malloc(states * sizeof *exploration.pending);
    assert_non_null(exploration.visited);
    assert_non_null(exploration.pending);

    exploration.visited[0] = BEGINNING;
    exploration.pending[exploration.pending_count++] = 0;
    while (exploration.pending_count > 0)
        visit(&exploration, exploration.pending[--exploration.pending_count]);
    if (exploration.visited[states - 1] != NOT_VISITED)
        write_schedule(&exploration, states - 1);
    free(exploration.visited);
    free(exploration.pending);
}
