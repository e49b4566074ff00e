/*
 * Objects: which lock lives at an address now.
 *
 * An address may house many locks one after another; each life has an id of its own. Memory is
 * flat: a life that ends is forgotten here at once (the lock-order graph remembers the ids that it
 * has edges for).
 *
 * Pure. Not thread-safe: the owner serialises calls. Memory comes from the arena.
 */
#ifndef SNARL_CORE_OBJECTS_H
#define SNARL_CORE_OBJECTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/table.h"

enum snarl_object_kind {
    SNARL_OBJECT_NONE, /* not met yet: only named, or in a declared order */
#define OBJECT(identifier, number, name, recursive) SNARL_OBJECT_##identifier = number,
#include "core/object.def"
#undef OBJECT
};

/* What the kind is called in every format: "lock" for one that is not known. A static string. */
const char *snarl_object_kind_name(uint32_t kind);

/* Whether the thread that has such a lock may always take it again. */
bool snarl_object_kind_recursive(uint32_t kind);

struct snarl_object {
    uint64_t address;
    uint32_t lock; /* id, from 1; never given twice */
    uint32_t kind; /* enum snarl_object_kind */
    uint32_t flags;
    uint32_t value;       /* a semaphore's first value, a barrier's count */
    uint32_t created;     /* stack id; 0 where it was never initialised by a call */
    uint32_t creator;     /* thread id; 0 likewise */
    uint32_t first_taken; /* stack id; 0 until then */
    bool written;         /* for the caller: whether its fact is in the recording */
    bool is_signal;       /* likewise: a semaphore that is no lock */
    bool unproven;        /* likewise: a semaphore that may be one */
    uint64_t partner;     /* likewise: of a condition variable, the mutex it was last used with */
    char *name;           /* what the program calls it, or NULL; goes with it */
    bool unheld;          /* likewise: nobody has it, as its memory said when that went */
    struct snarl_visitor *visitors; /* who came to it, and how often */
    uint32_t visitor_count;
    struct snarl_object *next, **link; /* among those of its page, or of those put aside */
    UT_hash_handle by_address;
};

struct snarl_object_page;
struct snarl_visitor;

struct snarl_objects {
    struct snarl_arena *arena;
    struct snarl_object *by_address;
    struct snarl_object_page *pages; /* those of 4 KiB in which an object lives */
    uint32_t last_lock;              /* ids given so far */
    uint32_t named;                  /* lives that have a name */
};

/* The object that lives at the address, or NULL. */
struct snarl_object *snarl_objects_find(const struct snarl_objects *objects, uint64_t address);

/* Begins a new life at the address, ending one that was there. NULL on exhaustion. */
struct snarl_object *snarl_objects_begin(struct snarl_objects *objects, uint64_t address,
                                         uint32_t kind, uint32_t flags, uint32_t created);

/* Calls it so from now on; the string is copied. False on exhaustion: it is called nothing then. */
bool snarl_objects_name(struct snarl_objects *objects, struct snarl_object *object,
                        const char *name);

/* Ends the life at the address, if there is one. */
void snarl_objects_end(struct snarl_objects *objects, uint64_t address);

/* A thread comes to the object: how often it has done so by now; 0 on exhaustion. Linear in the
 * threads that came to it. */
uint32_t snarl_objects_visit(struct snarl_objects *objects, struct snarl_object *object,
                             uint32_t thread);

/* Takes the lives from `start` up to `end` out of the books without ending them: a list by `next`.
 * What is then begun at their addresses is new. Looks at the pages of the range, or at all that
 * have objects, whichever are fewer. */
struct snarl_object *snarl_objects_put_aside(struct snarl_objects *objects, uint64_t start,
                                             uint64_t end);

/* Each of the list is put back in its place, unless another has begun there; whether it was. An
 * object that is not put back is gone. `*list` is what is left of it. */
bool snarl_objects_put_back(struct snarl_objects *objects, struct snarl_object **list);

/* Ends the first of the list. */
void snarl_objects_drop(struct snarl_objects *objects, struct snarl_object **list);

#endif
