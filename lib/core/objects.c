#include "core/objects.h"

#include <string.h>

enum {
    PAGE_SHIFT = 12
};

/* A page in which objects live. */
struct snarl_object_page {
    uint64_t number;
    struct snarl_object *objects;
    UT_hash_handle by_number;
};

static struct snarl_object_page *find_page(const struct snarl_objects *objects, uint64_t number)
{
    struct snarl_object_page *page;
    HASH_FIND(by_number, objects->pages, &number, sizeof number, page);
    return page;
}

static struct snarl_object_page *add_page(struct snarl_objects *objects, uint64_t number)
{
    struct snarl_arena *arena = objects->arena;
    struct snarl_object_page *page = snarl_arena_allocate(arena, sizeof *page);
    if (page == NULL)
        return NULL;
    page->number = number;
    HASH_ADD(by_number, objects->pages, number, sizeof number, page);
    if (SNARL_TABLE_HAS(page, by_number))
        return page;
    snarl_arena_free(arena, page, sizeof *page);
    return NULL;
}

static void push(struct snarl_object **list, struct snarl_object *object)
{
    object->next = *list;
    object->link = list;
    if (*list != NULL)
        (*list)->link = &object->next;
    *list = object;
}

/* Takes it out of the list that it is in. */
static void unlink_object(struct snarl_object *object)
{
    *object->link = object->next;
    if (object->next != NULL)
        object->next->link = object->link;
}

/* Puts it into the books; false on exhaustion. */
static bool enter(struct snarl_objects *objects, struct snarl_object *object)
{
    struct snarl_arena *arena = objects->arena;
    uint64_t number = object->address >> PAGE_SHIFT;
    struct snarl_object_page *page = find_page(objects, number);
    if (page == NULL && (page = add_page(objects, number)) == NULL)
        return false;
    push(&page->objects, object);
    HASH_ADD(by_address, objects->by_address, address, sizeof object->address, object);
    if (SNARL_TABLE_HAS(object, by_address))
        return true;
    unlink_object(object); /* an empty page does no harm */
    return false;
}

/* Takes it out of them. */
static void leave(struct snarl_objects *objects, struct snarl_object *object)
{
    struct snarl_arena *arena = objects->arena;
    struct snarl_object_page *page = find_page(objects, object->address >> PAGE_SHIFT);
    HASH_DELETE(by_address, objects->by_address, object);
    unlink_object(object);
    if (page->objects == NULL) {
        HASH_DELETE(by_number, objects->pages, page);
        snarl_arena_free(arena, page, sizeof *page);
    }
}

struct snarl_object *snarl_objects_find(const struct snarl_objects *objects, uint64_t address)
{
    struct snarl_object *object;
    HASH_FIND(by_address, objects->by_address, &address, sizeof address, object);
    return object;
}

struct snarl_visitor {
    struct snarl_visitor *next;
    uint32_t thread;
    uint32_t times;
};

uint32_t snarl_objects_visit(struct snarl_objects *objects, struct snarl_object *object,
                             uint32_t thread)
{
    struct snarl_visitor *visitor = object->visitors;
    while (visitor != NULL && visitor->thread != thread)
        visitor = visitor->next;
    if (visitor != NULL)
        return ++visitor->times;
    visitor = snarl_arena_allocate(objects->arena, sizeof *visitor);
    if (visitor == NULL)
        return 0;
    *visitor = (struct snarl_visitor){object->visitors, thread, 1};
    object->visitors = visitor;
    object->visitor_count++;
    return 1;
}

static void drop_name(struct snarl_objects *objects, struct snarl_object *object)
{
    if (object->name == NULL)
        return;
    snarl_arena_free(objects->arena, object->name, strlen(object->name) + 1);
    object->name = NULL;
    objects->named--;
}

static void discard(struct snarl_objects *objects, struct snarl_object *object)
{
    while (object->visitors != NULL) {
        struct snarl_visitor *visitor = object->visitors;
        object->visitors = visitor->next;
        snarl_arena_free(objects->arena, visitor, sizeof *visitor);
    }
    drop_name(objects, object);
    snarl_arena_free(objects->arena, object, sizeof *object);
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
    if (!enter(objects, object)) {
        snarl_arena_free(arena, object, sizeof *object);
        return NULL;
    }
    object->lock = ++objects->last_lock;
    return object;
}

bool snarl_objects_name(struct snarl_objects *objects, struct snarl_object *object,
                        const char *name)
{
    size_t size = strlen(name) + 1;
    drop_name(objects, object);
    object->name = snarl_arena_allocate(objects->arena, size);
    if (object->name == NULL)
        return false;
    memcpy(object->name, name, size);
    objects->named++;
    return true;
}

void snarl_objects_end(struct snarl_objects *objects, uint64_t address)
{
    struct snarl_object *object = snarl_objects_find(objects, address);
    if (object == NULL)
        return;
    leave(objects, object);
    discard(objects, object);
}

/* Moves those of a page that live in the range to the list; an empty page is gone then. */
static void take(struct snarl_objects *objects, struct snarl_object_page *page, uint64_t start,
                 uint64_t end, struct snarl_object **list)
{
    for (struct snarl_object *object = page->objects, *next; object != NULL; object = next) {
        next = object->next;
        if (object->address < start || object->address >= end)
            continue;
        leave(objects, object);
        object->next = *list;
        *list = object;
    }
}

struct snarl_object *snarl_objects_put_aside(struct snarl_objects *objects, uint64_t start,
                                             uint64_t end)
{
    struct snarl_object *list = NULL;
    if (start >= end)
        return NULL;
    uint64_t first = start >> PAGE_SHIFT, last = (end - 1) >> PAGE_SHIFT;
    if (last - first >= HASH_CNT(by_number, objects->pages)) {
        for (struct snarl_object_page *page = objects->pages, *next; page != NULL; page = next) {
            next = page->by_number.next;
            take(objects, page, start, end, &list);
        }
        return list;
    }
    for (uint64_t number = first; number <= last; number++) {
        struct snarl_object_page *page = find_page(objects, number);
        if (page != NULL)
            take(objects, page, start, end, &list);
    }
    return list;
}

void snarl_objects_drop(struct snarl_objects *objects, struct snarl_object **list)
{
    struct snarl_object *object = *list;
    *list = object->next;
    discard(objects, object);
}

bool snarl_objects_put_back(struct snarl_objects *objects, struct snarl_object **list)
{
    struct snarl_object *object = *list, *rest = object->next;
    if (snarl_objects_find(objects, object->address) == NULL && enter(objects, object)) {
        *list = rest;
        return true;
    }
    snarl_objects_drop(objects, list);
    return false;
}
