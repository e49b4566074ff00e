/* How to steer a run into a cycle: its schedule, from what one recording says. */
#include <string.h>

#include "analysis/builder.h"
#include "core/objects.h"
#include "recording/schedule.h"
#include "report/pool.h"

enum {
    MOST_SCHEDULES = 16, /* of one finding */
};

/* A schedule that is being made. */
struct making {
    struct snarl_schedule *schedule;
    const struct snarl_loaded *loaded;
    const struct snarl_fact_module *modules[SNARL_SCHEDULE_MODULES]; /* in their order there */
};

/* The number of a module in the schedule; 0 for none, or where there is no room. */
static uint32_t number_of(struct making *making, const struct snarl_fact_module *module)
{
    struct snarl_schedule *schedule = making->schedule;
    if (module == NULL)
        return 0;
    for (uint32_t i = 0; i < schedule->module_count; i++)
        if (making->modules[i] == module)
            return i + 1;
    if (schedule->module_count == SNARL_SCHEDULE_MODULES)
        return 0;
    making->modules[schedule->module_count] = module;
    struct snarl_schedule_module *added = &schedule->modules[schedule->module_count++];
    added->path = module->path;
    added->build_id_size = module->build_id_size;
    memcpy(added->build_id, module->build_id, module->build_id_size);
    return schedule->module_count;
}

static struct snarl_schedule_place place_of(struct making *making, uint64_t address,
                                            size_t modules_then)
{
    const struct snarl_fact_module *module =
        snarl_loaded_module(making->loaded, address, modules_then);
    uint32_t number = number_of(making, module);
    return (struct snarl_schedule_place){number, number > 0 ? address - module->bias : 0};
}

/* False where the recording does not have it. */
static bool path_of(struct making *making, uint32_t stack, struct snarl_schedule_path *path)
{
    size_t modules_then;
    const struct snarl_fact_stack *fact = snarl_loaded_stack(making->loaded, stack, &modules_then);
    *path = (struct snarl_schedule_path){0, 0};
    for (uint32_t i = 0; fact != NULL && i < fact->count; i++)
        if (!snarl_schedule_add_place(making->schedule, path,
                                      place_of(making, fact->address[i], modules_then)))
            break;
    return path->count > 0;
}

static void describe_thread(struct making *making, uint32_t thread,
                            struct snarl_schedule_step *step)
{
    size_t modules_then;
    const struct snarl_fact_thread *fact =
        snarl_loaded_thread(making->loaded, thread, &modules_then);
    if (thread == 1)
        step->thread = SNARL_THREAD_MAIN;
    else if (fact != NULL && path_of(making, fact->stack, &step->thread_made))
        step->thread = SNARL_THREAD_MADE;
}

/* Which call was the first to take it may be another one in another run: that does not say which
 * lock it is. */
static void describe_lock(struct making *making, uint32_t lock, struct snarl_schedule_step *step)
{
    size_t modules_then;
    const struct snarl_fact_lock *fact = snarl_loaded_lock(making->loaded, lock, &modules_then);
    if (fact == NULL)
        return;
    step->variable = place_of(making, fact->address, modules_then);
    if (step->variable.module != 0)
        step->holds = SNARL_LOCK_VARIABLE;
    else if (path_of(making, fact->created, &step->lock_made))
        step->holds = SNARL_LOCK_MADE;
}

/* Whether a thread can be held before it asks for this one: of the other kinds it waits elsewhere
 * than in front of a lock call (a semaphore, an initialisation, the loader). */
static bool can_be_steered(const struct making *making, uint32_t lock)
{
    size_t modules_then;
    const struct snarl_fact_lock *fact = snarl_loaded_lock(making->loaded, lock, &modules_then);
    return fact != NULL && (fact->kind == SNARL_OBJECT_MUTEX || fact->kind == SNARL_OBJECT_RWLOCK ||
                            fact->kind == SNARL_OBJECT_SPIN);
}

/* Where the lock stands among those that are held. */
static uint32_t index_of(const struct snarl_dependency *dependency, uint32_t lock)
{
    uint32_t i = 0;
    while (i < dependency->held_count && snarl_order_node_lock(dependency->held[i]) != lock)
        i++;
    return i;
}

static bool describe_step(struct making *making, const struct snarl_dependency *dependency,
                          uint32_t lock)
{
    struct snarl_schedule_step *step = &making->schedule->steps[making->schedule->step_count++];
    uint32_t held = index_of(dependency, lock);
    if (held == dependency->held_count || snarl_is_declared(dependency->thread) ||
        dependency->flags & SNARL_WANT_TIMED || !can_be_steered(making, dependency->lock))
        return false;
    describe_thread(making, dependency->thread, step);
    describe_lock(making, lock, step);
    const struct snarl_variant *variant = dependency->variants;
    for (; variant != NULL && step->way_count < SNARL_SCHEDULE_WAYS; variant = variant->next) {
        struct snarl_schedule_way *way = &step->ways[step->way_count];
        step->way_count += path_of(making, variant->held_stacks[held], &way->taken) &&
                           path_of(making, variant->stack, &way->wanted);
    }
    return step->way_count > 0;
}

static const char *schedule_of(struct snarl_builder *builder, const struct snarl_loaded *loaded,
                               const struct snarl_cycle *cycle)
{
    struct snarl_arena *arena = &builder->arena;
    if (cycle->length < 2 || cycle->length > SNARL_SCHEDULE_STEPS)
        return NULL;
    struct making making = {snarl_arena_allocate(arena, sizeof *making.schedule), loaded, {NULL}};
    char *buffer = snarl_arena_allocate(arena, SNARL_SCHEDULE_SIZE);
    if (making.schedule == NULL || buffer == NULL)
        snarl_pool_exhausted();
    making.schedule->bound_ms = SNARL_SCHEDULE_BOUND;
    making.schedule->seed = 1;
    bool whole = true;
    for (uint32_t i = 0; whole && i < cycle->length; i++)
        whole = describe_step(&making, cycle->steps[i],
                              cycle->steps[(i + cycle->length - 1) % cycle->length]->lock);
    struct snarl_text text = snarl_text_over(buffer, SNARL_SCHEDULE_SIZE);
    snarl_schedule_write(making.schedule, &text);
    const char *result =
        whole && !text.truncated ? snarl_report_string(builder->report, "%s", text.buffer) : NULL;
    snarl_arena_free(arena, making.schedule, sizeof *making.schedule);
    snarl_arena_free(arena, buffer, SNARL_SCHEDULE_SIZE);
    return result;
}

static void add(struct snarl_builder *builder, struct snarl_report_finding *finding,
                const char *schedule)
{
    if (schedule == NULL || finding->schedule_count == MOST_SCHEDULES)
        return;
    for (size_t i = 0; i < finding->schedule_count; i++)
        if (strcmp(finding->schedules[i], schedule) == 0)
            return; /* like locks, made in the same place */
    if (finding->schedules == NULL)
        finding->schedules =
            snarl_report_allocate(builder->report, MOST_SCHEDULES, sizeof *finding->schedules);
    finding->schedules[finding->schedule_count++] = schedule;
}

void snarl_builder_add_schedules(struct snarl_builder *builder,
                                 struct snarl_report_finding *finding,
                                 const struct snarl_origins *origins,
                                 const struct snarl_cycle *cycle)
{
    if (!builder->make_schedules || origins->source == NULL || cycle->status != SNARL_PREDICTED)
        return;
    const struct snarl_cycle *also = cycle;
    for (; also != NULL; also = also == cycle ? cycle->also : also->next)
        add(builder, finding, schedule_of(builder, &origins->source->loaded, also));
}

void snarl_builder_move_schedules(struct snarl_builder *builder,
                                  const struct snarl_report_finding *from,
                                  struct snarl_report_finding *to)
{
    for (size_t i = 0; i < from->schedule_count; i++)
        add(builder, to, from->schedules[i]);
}
