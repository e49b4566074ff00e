#include "sleepers.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/clock.h"
#include "base/table.h"
#include "memory.h"
#include "sleeper.h"

enum {
    SECOND = 1000000000,
    TRIES = 20, /* looks at a recording that has no header yet; its process may have been ended */
    LOOKS = 3,  /* at most, from a first sight of the rows to a verdict */
};

/* A file in the directory. */
struct known {
    UT_hash_handle by_name;
    unsigned tries;
    bool taken;
    char name[];
};

struct snarl_sleepers {
    const struct snarl_recordings *recordings;
    struct snarl_arena arena;
    struct known *known;
    struct timespec changed; /* the directory, when it was read last */
    bool settled;            /* that was long ago enough for any later change to show */
    struct snarl_sleeper **items;
    size_t count;
};

struct snarl_sleepers *snarl_sleepers_watch(const struct snarl_recordings *recordings)
{
    struct snarl_sleepers *sleepers = snarl_memory_zeroed(1, sizeof *sleepers);
    sleepers->recordings = recordings;
    snarl_arena_start(&sleepers->arena, 0, false);
    return sleepers;
}

static struct known *know(struct snarl_sleepers *sleepers, const char *name)
{
    struct snarl_arena *arena = &sleepers->arena;
    struct known *known;
    size_t length = strlen(name);
    HASH_FIND(by_name, sleepers->known, name, length, known);
    if (known)
        return known;
    known = snarl_arena_allocate(arena, sizeof *known + length + 1);
    if (!known)
        return NULL;
    memset(known, 0, sizeof *known);
    memcpy(known->name, name, length + 1);
    HASH_ADD_KEYPTR(by_name, sleepers->known, known->name, length, known);
    return known;
}

static void drop(struct snarl_sleeper *sleeper)
{
    snarl_sleeper_close(sleeper);
    free(sleeper);
}

/* A process that became another program has a new recording: the old one is not looked at any
 * more, unless there is something to be said of it. */
static void drop_predecessors(struct snarl_sleepers *sleepers, const struct snarl_sleeper *next)
{
    size_t kept = 0;
    for (size_t i = 0; i < sleepers->count; i++) {
        struct snarl_sleeper *sleeper = sleepers->items[i];
        if (sleeper->follower.pid == next->follower.pid &&
            sleeper->follower.started_real <= next->follower.started_real &&
            sleeper->fact.count == 0)
            drop(sleeper);
        else
            sleepers->items[kept++] = sleeper;
    }
    sleepers->count = kept;
}

static void add(struct snarl_sleepers *sleepers, struct snarl_sleeper sleeper)
{
    drop_predecessors(sleepers, &sleeper);
    struct snarl_sleeper *item = snarl_memory_zeroed(1, sizeof *item);
    *item = sleeper;
    sleepers->items =
        snarl_memory_resize(sleepers->items, sleepers->count + 1, sizeof *sleepers->items);
    sleepers->items[sleepers->count++] = item;
}

/* False where it has to be tried again. */
static bool take(struct snarl_sleepers *sleepers, const char *name)
{
    const char *end = strrchr(name, '.');
    if (!end || strcmp(end, ".rec") != 0)
        return true;
    struct known *known = know(sleepers, name);
    if (!known || known->taken)
        return true;
    struct snarl_sleeper sleeper;
    char *path = snarl_memory_string("%s/%s", sleepers->recordings->directory, name);
    bool opened = snarl_sleeper_open(&sleeper, path);
    free(path);
    known->taken = opened || ++known->tries == TRIES;
    if (!opened)
        return known->taken;
    if (sleeper.follower.started_real < sleepers->recordings->since ||
        !snarl_sleeper_alive(&sleeper))
        snarl_sleeper_close(&sleeper);
    else
        add(sleepers, sleeper);
    return true;
}

/* Reads the directory, where it may have changed. */
static void find_new(struct snarl_sleepers *sleepers)
{
    struct stat status;
    const char *path = sleepers->recordings->directory;
    if (stat(path, &status) != 0)
        return;
    bool same = status.st_mtim.tv_sec == sleepers->changed.tv_sec &&
                status.st_mtim.tv_nsec == sleepers->changed.tv_nsec;
    if (same && sleepers->settled)
        return;
    sleepers->changed = status.st_mtim;
    /* The time of a change is a coarse one: two may share it. */
    uint64_t changed = (uint64_t)status.st_mtim.tv_sec * SECOND + (uint64_t)status.st_mtim.tv_nsec;
    uint64_t now = snarl_clock_real();
    sleepers->settled = now > changed && now - changed > SECOND;
    DIR *directory = opendir(path);
    if (!directory)
        return;
    for (struct dirent *entry; (entry = readdir(directory));)
        if (!take(sleepers, entry->d_name))
            sleepers->settled = false;
    closedir(directory);
}

void snarl_sleepers_look(struct snarl_sleepers *sleepers, void (*each)(pid_t pid, void *context),
                         void *context)
{
    find_new(sleepers);
    size_t kept = 0;
    for (size_t i = 0; i < sleepers->count; i++) {
        struct snarl_sleeper *sleeper = sleepers->items[i];
        bool alive = snarl_sleeper_alive(sleeper);
        if (alive && snarl_sleeper_look(sleeper) && sleeper->fact.doubts == 0)
            each((pid_t)sleeper->follower.pid, context);
        if (alive || sleeper->fact.count > 0)
            sleepers->items[kept++] = sleeper;
        else
            drop(sleeper);
    }
    sleepers->count = kept;
}

static void add_fact(const struct snarl_sleeper *sleeper, struct snarl_recordings *recordings)
{
    if (sleeper->fact.count == 0)
        return;
    for (size_t i = 0; i < recordings->count; i++)
        if (strcmp(recordings->items[i].path, sleeper->follower.path) == 0) {
            bool alive = snarl_tasks_alive((pid_t)sleeper->follower.pid);
            struct snarl_fact_asleep fact = sleeper->fact;
            snarl_recording_add_fact(&recordings->items[i], &fact, sizeof fact, alive);
            return;
        }
}

void snarl_sleepers_add_facts(const struct snarl_sleepers *sleepers,
                              struct snarl_recordings *recordings)
{
    for (size_t i = 0; i < sleepers->count; i++)
        add_fact(sleepers->items[i], recordings);
}

void snarl_sleepers_free(struct snarl_sleepers *sleepers)
{
    if (!sleepers)
        return;
    for (size_t i = 0; i < sleepers->count; i++)
        drop(sleepers->items[i]);
    free(sleepers->items);
    snarl_arena_end(&sleepers->arena);
    free(sleepers);
}

static bool look_at_all(struct snarl_sleepers *sleepers)
{
    bool again = false;
    for (size_t i = 0; i < sleepers->count; i++) {
        snarl_sleeper_look(sleepers->items[i]);
        again = again || sleepers->items[i]->waiting;
    }
    return again;
}

void snarl_sleepers_judge(struct snarl_recordings *recordings)
{
    static const struct timespec interval = {.tv_nsec = SNARL_SLEEPER_INTERVAL * 1000000L};
    struct snarl_sleepers *sleepers = snarl_sleepers_watch(recordings);
    struct snarl_sleeper sleeper;
    for (size_t i = 0; i < recordings->count; i++)
        if (snarl_sleeper_open(&sleeper, recordings->items[i].path)) {
            if (snarl_sleeper_alive(&sleeper))
                add(sleepers, sleeper);
            else
                snarl_sleeper_close(&sleeper);
        }
    for (int look = 1; look_at_all(sleepers) && look < LOOKS; look++)
        nanosleep(&interval, NULL);
    snarl_sleepers_add_facts(sleepers, recordings);
    snarl_sleepers_free(sleepers);
}
