#include "core/objects.h"

struct snarl_object *snarl_objects_find(const struct snarl_objects *objects, uint64_t address)
{
    struct snarl_object *object;
    HASH_FIND(by_address, objects->by_address, &address, sizeof address, object);
    return object;
}

struct snarl_object *snarl_objects_begin(struct snarl_objects *objects, uint64_t address,
                                         uint32_t kind, uint32_t flags, uint32_t created)
{
    struct snarl_arena *arena = objects->arena;
    snarl_objects_end(objects, address);
    struct snarl_object *object = snarl_arena_allocate(arena, sizeof *object);
    if (object == NULL)
        return NULL;
    object->address = address;
    object->kind = kind;
    object->flags = flags;
    object->created = created;
    HASH_ADD(by_address, objects->by_address, address, sizeof address, object);
    if (!SNARL_TABLE_HAS(object, by_address)) {
        snarl_arena_free(arena, object, sizeof *object);
        return NULL;
    }
    object->lock = ++objects->last_lock;
    return object;
}

void snarl_objects_end(struct snarl_objects *objects, uint64_t address)
{
    struct snarl_arena *arena = objects->arena;
    struct snarl_object *object = snarl_objects_find(objects, address);
    if (object == NULL)
        return;
    HASH_DELETE(by_address, objects->by_address, object);
    snarl_arena_free(arena, object, sizeof *object);
}

void snarl_objects_end_within(struct snarl_objects *objects, uint64_t start, uint64_t end)
{
    for (struct snarl_object *object = objects->by_address, *next; object != NULL; object = next) {
        next = object->by_address.next;
        if (object->address >= start && object->address < end)
            snarl_objects_end(objects, object->address);
    }
}
