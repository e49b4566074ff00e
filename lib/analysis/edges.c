/* The lock-order graph of a recording, as edges of the report. */
#include "analysis/builder.h"
#include "base/table.h"
#include "report/pool.h"

/* One edge between two locks, however many threads and call paths say so. */
struct between {
    uint32_t from, to; /* as in the recording */
};

struct drawn_edge {
    struct between locks;
    bool in_cycle;
    bool drawn;
    UT_hash_handle by_locks;
};

static struct drawn_edge *edge_between(struct snarl_arena *arena, struct drawn_edge **table,
                                       uint32_t from, uint32_t to)
{
    struct between locks = {from, to};
    struct drawn_edge *edge;
    HASH_FIND(by_locks, *table, &locks, sizeof locks, edge);
    if (edge != NULL)
        return edge;
    edge = snarl_arena_allocate(arena, sizeof *edge);
    if (edge == NULL)
        snarl_pool_exhausted();
    edge->locks = locks;
    HASH_ADD(by_locks, *table, locks, sizeof edge->locks, edge);
    return edge;
}

/* Marks the edges of a cycle: the step before wants what a step holds. */
static void mark_cycle(struct snarl_arena *arena, struct drawn_edge **table,
                       const struct snarl_cycle *cycle)
{
    for (uint32_t i = 0; i < cycle->length; i++) {
        uint32_t held = cycle->steps[(i + cycle->length - 1) % cycle->length]->lock;
        edge_between(arena, table, held, cycle->steps[i]->lock)->in_cycle = true;
    }
}

/* What draws the edges of the recording's dependencies. */
struct drawing {
    struct snarl_builder *builder;
    struct snarl_source *source;
    struct drawn_edge *table;
};

static void draw(struct drawing *drawing, const struct snarl_want *want, struct drawn_edge *edge)
{
    struct snarl_builder *builder = drawing->builder;
    struct snarl_source *source = drawing->source;
    struct snarl_stack stack = snarl_builder_stack(builder, source, want->stack);
    unsigned from = snarl_builder_lock(builder, source, edge->locks.from);
    unsigned to = snarl_builder_lock(builder, source, edge->locks.to);
    unsigned thread = snarl_builder_thread(builder, source, want->thread);
    *snarl_builder_add_edge(builder) = (struct snarl_report_edge){
        .from = from,
        .to = to,
        .thread = thread,
        .place = snarl_stack_place(&stack),
        .in_cycle = edge->in_cycle,
    };
    edge->drawn = true;
}

static bool draw_want(void *context, const struct snarl_want *want)
{
    struct drawing *drawing = context;
    for (uint32_t i = 0; i < want->held_count; i++) {
        struct drawn_edge *edge =
            edge_between(&drawing->builder->arena, &drawing->table, want->held[i].lock, want->lock);
        if (!edge->drawn)
            draw(drawing, want, edge);
    }
    return true;
}

void snarl_builder_edges(struct snarl_builder *builder, struct snarl_source *source)
{
    struct drawing drawing = {.builder = builder, .source = source};
    const struct snarl_cycle *cycle = snarl_lock_order_cycles(source->loaded.order);
    for (; cycle != NULL; cycle = cycle->next)
        if (cycle->status != SNARL_INFEASIBLE)
            mark_cycle(&builder->arena, &drawing.table, cycle);
    snarl_loaded_tell_wants(&source->loaded, draw_want, &drawing);
}
