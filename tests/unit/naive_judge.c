#include "naive_judge.h"

#include <stdint.h>
#include <string.h>

enum {
    MOST_EVENTS = PROGRAM_THREADS * PROGRAM_DEEDS, /* 64: sets of them are words */
};

struct hold {
    unsigned thread, lock;
    unsigned begin, end; /* events */
    bool reads;
};

struct want {
    unsigned thread, lock, event;
    bool reads;
    uint64_t own, around; /* holds: of its thread; and all that it is inside of */
};

struct case_file {
    const struct lock_program *program;
    uint64_t before[MOST_EVENTS]; /* the events that come before each in every run */
    struct hold holds[MOST_EVENTS];
    unsigned hold_count;
    struct want wants[MOST_EVENTS];
    unsigned want_count;
    struct naive_judgement *judgement;
};

static unsigned event_of(unsigned thread, unsigned deed)
{
    return thread * PROGRAM_DEEDS + deed;
}

static bool comes_before(const struct case_file *file, unsigned first, unsigned second)
{
    return file->before[second] >> first & 1;
}

static unsigned last_of(const struct case_file *file, unsigned thread)
{
    return event_of(thread, file->program->threads[thread].deed_count - 1);
}

static void order_events(struct case_file *file)
{
    for (unsigned i = 0; i < file->program->thread_count; i++) {
        const struct lock_program_thread *thread = &file->program->threads[i];
        for (unsigned j = 0; j < thread->deed_count; j++) {
            struct deed deed = thread->deeds[j];
            if (j > 0)
                file->before[event_of(i, j)] |= UINT64_C(1) << event_of(i, j - 1);
            if (deed.kind == DEED_MAKE)
                file->before[event_of(deed.object, 0)] |= UINT64_C(1) << event_of(i, j);
            else if (deed.kind == DEED_JOIN && file->program->threads[deed.object].deed_count > 0)
                file->before[event_of(i, j)] |= UINT64_C(1) << last_of(file, deed.object);
        }
    }
    for (unsigned middle = 0; middle < MOST_EVENTS; middle++)
        for (unsigned event = 0; event < MOST_EVENTS; event++)
            if (comes_before(file, middle, event))
                file->before[event] |= file->before[middle];
}

static unsigned release_of(const struct lock_program_thread *thread, unsigned deed)
{
    unsigned lock = thread->deeds[deed].object;
    do
        deed++;
    while (thread->deeds[deed].kind != DEED_RELEASE || thread->deeds[deed].object != lock);
    return deed;
}

static void list_holds(struct case_file *file)
{
    for (unsigned i = 0; i < file->program->thread_count; i++) {
        const struct lock_program_thread *thread = &file->program->threads[i];
        for (unsigned j = 0; j < thread->deed_count; j++) {
            struct deed deed = thread->deeds[j];
            if (deed.kind != DEED_ACQUIRE && deed.kind != DEED_READ)
                continue;
            bool reads = deed.kind == DEED_READ;
            file->holds[file->hold_count++] =
                (struct hold){.thread = i,
                              .lock = deed.object,
                              .begin = event_of(i, j),
                              .end = event_of(i, release_of(thread, j)),
                              .reads = reads};
            file->wants[file->want_count++] = (struct want){
                .thread = i, .lock = deed.object, .event = event_of(i, j), .reads = reads};
        }
    }
    for (unsigned i = 0; i < file->want_count; i++)
        for (unsigned j = 0; j < file->hold_count; j++) {
            struct want *want = &file->wants[i];
            const struct hold *hold = &file->holds[j];
            if (!comes_before(file, hold->begin, want->event) ||
                !comes_before(file, want->event, hold->end))
                continue;
            want->around |= UINT64_C(1) << j;
            want->own |= (uint64_t)(hold->thread == want->thread) << j;
        }
}

static bool has_in_the_way(const struct case_file *file, const struct want *holder,
                           const struct want *want)
{
    for (unsigned i = 0; i < file->hold_count; i++)
        if (holder->own >> i & 1 && file->holds[i].lock == want->lock &&
            !(file->holds[i].reads && want->reads))
            return true;
    return false;
}

static bool are_gated(const struct case_file *file, const struct want *left,
                      const struct want *right)
{
    for (unsigned i = 0; i < file->hold_count; i++)
        for (unsigned j = 0; j < file->hold_count; j++)
            if (i != j && left->around >> i & 1 && right->around >> j & 1 &&
                file->holds[i].lock == file->holds[j].lock &&
                !(file->holds[i].reads && file->holds[j].reads))
                return true;
    return false;
}

static bool can_meet(const struct case_file *file, const struct want *left,
                     const struct want *right)
{
    return left->thread != right->thread && !comes_before(file, left->event, right->event) &&
           !comes_before(file, right->event, left->event) && !are_gated(file, left, right);
}

struct chain {
    const struct want *steps[PROGRAM_THREADS];
    unsigned length;
};

/* Whether each waits for the next one alone, the last for the first. */
static bool is_ring(const struct case_file *file, const struct chain *chain)
{
    for (unsigned i = 0; i < chain->length; i++)
        for (unsigned j = 0; j < chain->length; j++)
            if (i != j && has_in_the_way(file, chain->steps[j], chain->steps[i]) !=
                              (j == (i + 1) % chain->length))
                return false;
    return true;
}

static void follow(struct case_file *file, struct chain *chain)
{
    if (chain->length > 1 && is_ring(file, chain)) {
        unsigned wanted = 0;
        for (unsigned i = 0; i < chain->length; i++)
            wanted |= 1u << chain->steps[i]->lock;
        file->judgement->deadlocks[wanted] = true;
    }
    if (chain->length == PROGRAM_THREADS)
        return;
    for (unsigned i = 0; i < file->want_count; i++) {
        const struct want *next = &file->wants[i];
        bool joins =
            chain->length == 0 || has_in_the_way(file, next, chain->steps[chain->length - 1]);
        for (unsigned j = 0; joins && j < chain->length; j++)
            joins = can_meet(file, chain->steps[j], next);
        if (!joins)
            continue;
        chain->steps[chain->length++] = next;
        follow(file, chain);
        chain->length--;
    }
}

/* Whether each lock of the set leads to one of the set alone, and all of them round. */
static bool is_round(const unsigned *edges, unsigned set)
{
    unsigned first = (unsigned)__builtin_ctz(set), lock = first, passed = 0;
    do {
        unsigned next = edges[lock] & set;
        if (next == 0 || (next & (next - 1)) != 0)
            return false;
        passed |= 1u << lock;
        lock = (unsigned)__builtin_ctz(next);
    } while ((passed >> lock & 1) == 0);
    return lock == first && passed == set;
}

static void list_rings(struct case_file *file)
{
    unsigned edges[PROGRAM_LOCKS] = {0};
    for (unsigned i = 0; i < file->want_count; i++)
        for (unsigned j = 0; j < file->hold_count; j++)
            if (file->wants[i].own >> j & 1)
                edges[file->holds[j].lock] |= 1u << file->wants[i].lock;
    for (unsigned set = 1; set < PROGRAM_LOCK_SETS; set++)
        file->judgement->rings[set] = (set & (set - 1)) != 0 && is_round(edges, set);
}

void naive_judge(const struct lock_program *program, struct naive_judgement *judgement)
{
    struct case_file file = {.program = program, .judgement = judgement};
    struct chain chain = {.length = 0};
    memset(judgement, 0, sizeof *judgement);
    order_events(&file);
    list_holds(&file);
    list_rings(&file);
    follow(&file, &chain);
}
