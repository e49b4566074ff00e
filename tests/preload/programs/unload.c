/* Two libraries, one after the other in the same place: their locks are two, with two names. */
#include <dlfcn.h>

#include "program.h"

static pthread_mutex_t host = PTHREAD_MUTEX_INITIALIZER;
static const char *directory;
static uintptr_t last_address;

struct visit {
    const char *name;
    int host_first;
    int *after; /* not before this is 1, or at once; and is done when the other one is */
    int *done;
};

static void *visit_library(void *data)
{
    const struct visit *visit = data;
    char path[4096];
    void (*nest)(pthread_mutex_t *, int);
    pthread_mutex_t *(*get)(void);
    snprintf(path, sizeof path, "%s/plugin_%s.so", directory, visit->name);
    while (visit->after != NULL && !__atomic_load_n(visit->after, __ATOMIC_ACQUIRE))
        usleep(100);
    void *library = dlopen(path, RTLD_NOW);
    MUST(library != NULL);
    *(void **)&nest = dlsym(library, "plugin_nest");
    *(void **)&get = dlsym(library, "plugin_lock");
    MUST(nest != NULL && get != NULL);
    nest(&host, visit->host_first);
    last_address = (uintptr_t)get();
    /* ... by this program's own hand too. */
    lock(&host);
    if (visit->host_first) {
        lock(get());
        unlock(get());
    }
    unlock(&host);
    MUST(dlclose(library) == 0);
    if (visit->done != NULL)
        __atomic_store_n(visit->done, 1, __ATOMIC_RELEASE);
    return NULL;
}

/* host -> red in one thread; blue -> host in another, where red was: no circle. */
static void two(void)
{
    struct visit red = {"red", 1, NULL, NULL}, blue = {"blue", 0, NULL, NULL};
    finish(start(visit_library, &red));
    uintptr_t address = last_address;
    finish(start(visit_library, &blue));
    printf("%s\n", address == last_address ? "same place" : "other place");
}

/* host -> blue and blue -> host in the same life: a circle, of that name. */
static void one(void)
{
    int blue_done = 0;
    struct visit red = {"red", 1, NULL, NULL}, blue = {"blue", 0, NULL, &blue_done};
    struct visit again = {"blue", 1, &blue_done, NULL};
    finish(start(visit_library, &red));
    char path[4096];
    snprintf(path, sizeof path, "%s/plugin_blue.so", directory);
    void *kept = dlopen(path, RTLD_NOW);
    MUST(kept != NULL);
    pthread_t first = start(visit_library, &blue), second = start(visit_library, &again);
    finish(first);
    finish(second);
    puts("kept");
}

int main(int argc, char **argv)
{
    static const struct program_case cases[] = {{"two", two}, {"one", one}};
    directory = argc > 2 ? argv[2] : ".";
    return RUN_CASE(cases);
}
