/* The shapes and runs of a merged recording. */
#include <stdlib.h>

#include "analysis/loaded.h"
#include "base/table.h"

/* What is said of a lock or thread. */
struct identified {
    struct {
        uint32_t of, id;
    } key;
    const struct snarl_fact_identity *fact;
    uint32_t number; /* of a thread, in its shape */
    UT_hash_handle by_key;
};

struct snarl_loaded_runs {
    struct identified *identified;
    uint32_t threads; /* so far, in the shape at hand */
};

static uint32_t table_of(uint32_t of)
{
    return of == SNARL_IDENTITY_OF_MAIN ? SNARL_IDENTITY_OF_THREAD : of;
}

static struct identified *find(const struct snarl_loaded *loaded, uint32_t of, uint32_t id)
{
    struct identified wanted = {.key = {table_of(of), id}}, *found = NULL;
    if (loaded->runs != NULL)
        HASH_FIND(by_key, loaded->runs->identified, &wanted.key, sizeof wanted.key, found);
    return found;
}

static void note_identity(struct snarl_loaded *loaded, const struct snarl_fact_identity *fact)
{
    struct snarl_arena *arena = &loaded->arena;
    if (find(loaded, fact->of, fact->id) != NULL)
        return;
    struct identified *identified = snarl_arena_allocate(arena, sizeof *identified);
    if (identified == NULL)
        return;
    identified->key.of = table_of(fact->of);
    identified->key.id = fact->id;
    identified->fact = fact;
    if (identified->key.of == SNARL_IDENTITY_OF_THREAD)
        identified->number = ++loaded->runs->threads;
    HASH_ADD(by_key, loaded->runs->identified, key, sizeof identified->key, identified);
}

bool snarl_loaded_note_runs(struct snarl_loaded *loaded, const struct snarl_fact_header *fact)
{
    const void *whole = fact;
    if (fact->kind != SNARL_FACT_SHAPE && fact->kind != SNARL_FACT_RUN &&
        fact->kind != SNARL_FACT_IDENTITY)
        return false;
    if (loaded->runs == NULL)
        loaded->runs = snarl_arena_allocate(&loaded->arena, sizeof *loaded->runs);
    if (loaded->runs == NULL)
        return true;
    if (fact->kind == SNARL_FACT_SHAPE)
        loaded->runs->threads = 0;
    else if (fact->kind == SNARL_FACT_IDENTITY)
        note_identity(loaded, whole);
    return true;
}

bool snarl_loaded_is_merged(const struct snarl_loaded *loaded)
{
    return loaded->runs != NULL;
}

bool snarl_loaded_is_main(const struct snarl_loaded *loaded, uint32_t thread)
{
    if (loaded->runs == NULL)
        return thread == 1;
    const struct identified *identified = find(loaded, SNARL_IDENTITY_OF_THREAD, thread);
    return identified != NULL && identified->fact->of == SNARL_IDENTITY_OF_MAIN;
}

uint32_t snarl_loaded_thread_number(const struct snarl_loaded *loaded, uint32_t thread)
{
    const struct identified *identified = find(loaded, SNARL_IDENTITY_OF_THREAD, thread);
    return identified != NULL ? identified->number : thread;
}

const struct snarl_fact_identity *snarl_loaded_identity(const struct snarl_loaded *loaded,
                                                        enum snarl_identified of, uint32_t id)
{
    const struct identified *identified = find(loaded, of, id);
    return identified != NULL ? identified->fact : NULL;
}
