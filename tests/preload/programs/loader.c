/* The loader's locks: held while constructors and destructors run, and while dl_iterate_phdr calls
 * back. */
#include <dlfcn.h>
#include <link.h>
#include <sys/wait.h>

#include "sides.h"

static pthread_mutex_t plugins = PTHREAD_MUTEX_INITIALIZER;
static bool locking, hanging, forking;
static pid_t child;
static char library[4096];

/* Called by constructed.so, with the loader's lock held. */
__attribute__((visibility("default"))) void constructed_lock(void);
void constructed_lock(void)
{
    if (hanging)
        meet();
    if (locking) {
        MUST(pthread_mutex_lock(&plugins) == 0);
        unlock(&plugins);
    }
    if (forking) {
        forking = false;
        child = fork();
        MUST(child >= 0);
    }
}

static void load(void)
{
    void *handle = dlopen(library, RTLD_NOW);
    MUST(handle != NULL);
    MUST(dlclose(handle) == 0);
}
static void load_with_lock(void)
{
    MUST(pthread_mutex_lock(&plugins) == 0);
    if (hanging)
        meet();
    MUST(dlclose(dlopen("libm.so.6", RTLD_NOW)) == 0);
    unlock(&plugins);
}

static void abba(void)
{
    locking = true;
    in_turn(load, load_with_lock);
}
static void constructor_without_lock(void)
{
    in_turn(load, load_with_lock);
}
static void live_abba(void)
{
    locking = hanging = true;
    together(load, load_with_lock);
}

static int visit(struct dl_phdr_info *info, size_t size, void *taken)
{
    (void)info, (void)size;
    if (hanging)
        meet();
    if (locking) {
        MUST(pthread_mutex_lock(&plugins) == 0);
        unlock(&plugins);
    }
    *(int *)taken = 1;
    return 7;
}
static void look_at_libraries(void)
{
    int taken = 0;
    /* Else another's unwinding may wait for the lock that is held here, and the visitor's for that
     * unwinding: a stack cut short, and said. */
    if (!hanging)
        side_be_alone();
    MUST(dl_iterate_phdr(visit, &taken) == 7 && taken == 1);
}
static void visit_abba(void)
{
    locking = true;
    in_turn(look_at_libraries, load_with_lock);
}
static void visit_without_lock(void)
{
    in_turn(look_at_libraries, load_with_lock);
}

/* Nothing but the loader itself. */
static void loads(void)
{
    in_turn(load, load);
}

/* A child is made by a constructor, and goes on loading. */
static void constructor_forks(void)
{
    int status;
    forking = true;
    load();
    if (child == 0)
        alarm(LIMIT_S);
    load_with_lock();
    if (child == 0)
        _exit(0);
    MUST(waitpid(child, &status, 0) == child);
    printf("child %d\n", status);
}

int main(int argc, char **argv)
{
    static const struct program_case cases[] = {
        {"abba", abba},
        {"constructor-without-lock", constructor_without_lock},
        {"visit-abba", visit_abba},
        {"visit-without-lock", visit_without_lock},
        {"loads", loads},
        {"live-abba", live_abba},
        {"constructor-forks", constructor_forks},
    };
    ssize_t length = readlink("/proc/self/exe", library, sizeof library - 32);
    MUST(length > 0);
    library[length] = '\0';
    strcpy(strrchr(library, '/'), "/constructed.so");
    return RUN_SIDES(cases);
}
