/* Locks that processes share: one lock to all of them, wherever they map it. */
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "sides.h"

/* In memory of all processes. */
struct shared {
    pthread_mutex_t alice, bob;
    pthread_rwlock_t table, list;
    sem_t turn;
};

static struct shared *shared;
static int file = -1;

static struct shared *map(void)
{
    void *memory = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE,
                        file < 0 ? MAP_SHARED | MAP_ANONYMOUS : MAP_SHARED, file, 0);
    MUST(memory != MAP_FAILED);
    return memory;
}

static void init(int sharing)
{
    pthread_mutexattr_t mutex;
    pthread_rwlockattr_t rwlock;
    MUST(pthread_mutexattr_init(&mutex) == 0 && pthread_rwlockattr_init(&rwlock) == 0);
    MUST(pthread_mutexattr_setpshared(&mutex, sharing) == 0);
    MUST(pthread_rwlockattr_setpshared(&rwlock, sharing) == 0);
    MUST(pthread_mutex_init(&shared->alice, &mutex) == 0);
    MUST(pthread_mutex_init(&shared->bob, &mutex) == 0);
    MUST(pthread_rwlock_init(&shared->table, &rwlock) == 0);
    MUST(pthread_rwlock_init(&shared->list, &rwlock) == 0);
    MUST(sem_init(&shared->turn, 1, 0) == 0);
}

#define NEST(name, TAKE, outer, inner, GIVE)                                                       \
    static void name(void)                                                                         \
    {                                                                                              \
        MUST(TAKE(&shared->outer) == 0);                                                           \
        MUST(TAKE(&shared->inner) == 0);                                                           \
        MUST(GIVE(&shared->inner) == 0);                                                           \
        MUST(GIVE(&shared->outer) == 0);                                                           \
    }

NEST(pay, pthread_mutex_lock, alice, bob, pthread_mutex_unlock)
NEST(refund, pthread_mutex_lock, bob, alice, pthread_mutex_unlock)
NEST(write_both, pthread_rwlock_wrlock, table, list, pthread_rwlock_unlock)
NEST(write_back, pthread_rwlock_wrlock, list, table, pthread_rwlock_unlock)
NEST(read_both, pthread_rwlock_rdlock, table, list, pthread_rwlock_unlock)
NEST(read_back, pthread_rwlock_rdlock, list, table, pthread_rwlock_unlock)

/* The child first, then the parent, both alive to the end. */
static void in_two_processes(void (*first)(void), void (*second)(void), bool map_anew)
{
    pid_t child = fork();
    MUST(child >= 0);
    if (child == 0) {
        alarm(LIMIT_S);
        if (map_anew)
            shared = map();
        first();
        MUST(sem_post(&shared->turn) == 0);
        pause();
    }
    MUST(sem_wait(&shared->turn) == 0);
    second();
    MUST(kill(child, SIGKILL) == 0 && waitpid(child, NULL, 0) == child);
}

static void set_up(bool in_file, int sharing)
{
    if (in_file) {
        file = memfd_create("shared", MFD_CLOEXEC);
        MUST(file >= 0 && ftruncate(file, sizeof *shared) == 0);
    }
    shared = map();
    init(sharing);
}

static void mutexes(void)
{
    set_up(false, PTHREAD_PROCESS_SHARED);
    in_two_processes(pay, refund, false);
}
static void mutexes_of_each(void)
{
    set_up(false, PTHREAD_PROCESS_PRIVATE);
    in_two_processes(pay, refund, false);
}
static void mutexes_in_one_order(void)
{
    set_up(false, PTHREAD_PROCESS_SHARED);
    in_two_processes(pay, pay, false);
}
static void mutexes_mapped_anew(void)
{
    set_up(true, PTHREAD_PROCESS_SHARED);
    in_two_processes(pay, refund, true);
}
static void rwlocks(void)
{
    set_up(false, PTHREAD_PROCESS_SHARED);
    in_two_processes(write_both, write_back, false);
}
static void readers(void)
{
    set_up(false, PTHREAD_PROCESS_SHARED);
    in_two_processes(read_both, read_back, false);
}
int main(int argc, char **argv)
{
    static const struct program_case cases[] = {
        {"mutexes", mutexes},
        {"mutexes-of-each", mutexes_of_each},
        {"mutexes-in-one-order", mutexes_in_one_order},
        {"mutexes-mapped-anew", mutexes_mapped_anew},
        {"rwlocks", rwlocks},
        {"readers", readers},
    };
    return RUN_SIDES(cases);
}
