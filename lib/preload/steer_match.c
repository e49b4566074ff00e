#include "preload/steer_match.h"

#include <string.h>

#include "preload/session.h"
#include "preload/steer.h"

enum {
    REMEMBERED = 1 + SNARL_MEMO_FRAMES, /* frames by which a thread's memo knows a call path */
};

/* The innermost frames of a stack, by its number. */
struct kept_stack {
    uint32_t stack;
    uint32_t count;
    uintptr_t addresses[SNARL_SCHEDULE_FRAMES];
    UT_hash_handle by_stack;
};

static const struct snarl_schedule *schedule;
static struct kept_stack *kept;
static struct {
    bool mapped;
    uint64_t bias;
} modules[SNARL_SCHEDULE_MODULES];

uint32_t snarl_steer_dull[SNARL_STEER_DULL];

void snarl_steer_match_start(const struct snarl_schedule *read)
{
    schedule = read;
}

void snarl_steer_match_in_child(void)
{
    kept = NULL;
    memset(snarl_steer_dull, 0, sizeof snarl_steer_dull);
}

/* A build-id says which file it is, wherever it lies. */
static bool is_module(const struct snarl_schedule_module *wanted,
                      const struct snarl_fact_module *mapped, const char *path)
{
    if (wanted->build_id_size > 0)
        return mapped->build_id_size == wanted->build_id_size &&
               memcmp(mapped->build_id, wanted->build_id, wanted->build_id_size) == 0;
    return strcmp(wanted->path, path) == 0;
}

void snarl_steer_note_module(const struct snarl_fact_module *module, const char *path)
{
    for (uint32_t i = 0; i < schedule->module_count; i++)
        if (is_module(&schedule->modules[i], module, path)) {
            modules[i].mapped = true;
            modules[i].bias = module->bias;
        }
}

static bool is_place(struct snarl_schedule_place place, uintptr_t address)
{
    return place.module == 0 || (modules[place.module - 1].mapped &&
                                 modules[place.module - 1].bias + place.offset == address);
}

/* Compares `most` frames at most. */
static bool is_path(struct snarl_schedule_path path, const struct kept_stack *stack, uint32_t most)
{
    uint32_t count = path.count < most ? path.count : most;
    if (stack == NULL || path.count == 0 || stack->count < count)
        return false;
    for (uint32_t i = 0; i < count; i++)
        if (!is_place(schedule->places[path.first + i], stack->addresses[i]))
            return false;
    return true;
}

static const struct kept_stack *find(uint32_t stack)
{
    const struct kept_stack *found;
    HASH_FIND(by_stack, kept, &stack, sizeof stack, found);
    return found;
}

/* Whether a thread with this stack may be where it is to be held. As far as memos can tell: they
 * may take two paths for one that differ further out. */
static bool is_of_interest(const struct kept_stack *stack)
{
    for (uint32_t i = 0; i < schedule->step_count; i++)
        for (uint32_t way = 0; way < schedule->steps[i].way_count; way++)
            if (is_path(schedule->steps[i].ways[way].wanted, stack, REMEMBERED) ||
                is_path(schedule->steps[i].ways[way].taken, stack, REMEMBERED))
                return true;
    return false;
}

void snarl_steer_note_stack(uint32_t stack, const uintptr_t *addresses, uint32_t count)
{
    struct snarl_arena *arena = &snarl_session.arena;
    struct kept_stack *new = snarl_session_allocate(sizeof *new);
    if (new == NULL)
        return;
    new->stack = stack;
    new->count = count < SNARL_SCHEDULE_FRAMES ? count : SNARL_SCHEDULE_FRAMES;
    memcpy(new->addresses, addresses, new->count * sizeof *addresses);
    HASH_ADD(by_stack, kept, stack, sizeof new->stack, new);
    if (!is_of_interest(new))
        __atomic_store_n(&snarl_steer_dull[stack % SNARL_STEER_DULL], stack, __ATOMIC_RELAXED);
}

static bool is_lock(const struct snarl_schedule_step *step, uintptr_t address)
{
    if (step->holds == SNARL_LOCK_VARIABLE)
        return is_place(step->variable, address);
    if (step->holds == SNARL_LOCK_ANY)
        return true;
    const struct snarl_object *object = snarl_object_known(address);
    return object != NULL && is_path(step->lock_made, find(object->created), SNARL_SCHEDULE_FRAMES);
}

bool snarl_steer_is_thread(const struct snarl_thread *thread, uint32_t index)
{
    const struct snarl_schedule_step *step = &schedule->steps[index];
    switch (step->thread) {
    case SNARL_THREAD_MAIN:
        return thread->id == 1;
    case SNARL_THREAD_MADE:
        return is_path(step->thread_made, find(thread->created), SNARL_SCHEDULE_FRAMES);
    case SNARL_THREAD_ANY:
        break;
    }
    return true;
}

/* By one of the ways; with a want, by one that goes on to it. */
static bool is_taken_at(const struct snarl_schedule_step *step, uint32_t taken,
                        const struct kept_stack *wanted)
{
    const struct kept_stack *stack = find(taken);
    for (uint32_t i = 0; i < step->way_count; i++)
        if (is_path(step->ways[i].taken, stack, REMEMBERED) &&
            (wanted == NULL || is_path(step->ways[i].wanted, wanted, SNARL_SCHEDULE_FRAMES)))
            return true;
    return false;
}

static bool holds(struct snarl_thread *thread, const struct snarl_schedule_step *step,
                  uintptr_t address, const struct kept_stack *wanted)
{
    for (uint32_t i = 0; i < thread->depth; i++) {
        const struct snarl_holding *holding = &thread->holdings[i];
        if (holding->address != 0 && (address == 0 || holding->address == address) &&
            is_lock(step, holding->address) && is_taken_at(step, holding->stack, wanted))
            return true;
    }
    return false;
}

bool snarl_steer_holds(struct snarl_thread *thread, uint32_t step, uintptr_t address)
{
    return holds(thread, &schedule->steps[step], address, NULL);
}

uint32_t snarl_steer_steps_wanting(struct snarl_thread *thread, struct snarl_thing thing,
                                   uint32_t stack)
{
    uint32_t steps = 0;
    const struct kept_stack *wanted = find(stack);
    for (uint32_t i = 0; wanted != NULL && i < schedule->step_count; i++) {
        const struct snarl_schedule_step *next = &schedule->steps[(i + 1) % schedule->step_count];
        if (snarl_schedule_holds_at_want(schedule, i) && is_lock(next, thing.address) &&
            holds(thread, &schedule->steps[i], 0, wanted) && snarl_steer_is_thread(thread, i))
            steps |= 1u << i;
    }
    return steps;
}

uint32_t snarl_steer_steps_taken(struct snarl_thread *thread, struct snarl_thing thing)
{
    uint32_t steps = 0;
    for (uint32_t i = 0; i < schedule->step_count; i++)
        if (!snarl_schedule_holds_at_want(schedule, i) &&
            holds(thread, &schedule->steps[i], thing.address, NULL) &&
            snarl_steer_is_thread(thread, i))
            steps |= 1u << i;
    return steps;
}
