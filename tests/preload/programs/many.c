/* So many threads, or mutexes, one after the other; then says how large the process is, in KiB. */
#include <sched.h>

#include "program.h"

static long resident_kib(void)
{
    long size, resident;
    FILE *file = fopen("/proc/self/statm", "r");
    MUST(file != NULL && fscanf(file, "%ld %ld", &size, &resident) == 2);
    fclose(file);
    return resident * (sysconf(_SC_PAGESIZE) / 1024);
}

static pthread_mutex_t alice = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t bob = PTHREAD_MUTEX_INITIALIZER;
static sem_t ended;

static void *lock_once(void *unused)
{
    (void)unused;
    lock(&alice);
    unlock(&alice);
    sem_post(&ended);
    return NULL;
}

static void joined(int count)
{
    for (int i = 0; i < count; i++)
        finish(start(lock_once, NULL));
}

static void *nest(void *unused)
{
    (void)unused;
    lock(&alice);
    lock(&bob);
    unlock(&bob);
    unlock(&alice);
    return NULL;
}

/* Each would be in the lock-order graph. */
static void nested(int count)
{
    for (int i = 0; i < count; i++)
        finish(start(nest, NULL));
}

static void detached(int count)
{
    for (int i = 0; i < count; i++) {
        pthread_detach(start(lock_once, NULL));
        MUST(sem_wait(&ended) == 0);
    }
    usleep(50 * 1000); /* for the last one to be gone */
}

static void joined_unseen(int count)
{
    for (int i = 0; i < count; i++) {
        pthread_t thread = start(lock_once, NULL);
        MUST(sem_wait(&ended) == 0);
        while (pthread_tryjoin_np(thread, NULL) == EBUSY)
            sched_yield();
    }
}

static void mutexes(int count)
{
    for (int i = 0; i < count; i++) {
        pthread_mutex_t *mutex = malloc(sizeof *mutex);
        MUST(pthread_mutex_init(mutex, NULL) == 0);
        lock(&bob);
        if (i % 1000 == 0)
            lock(mutex); /* some come into the lock-order graph, as long as they live */
        else
            MUST(pthread_mutex_trylock(mutex) == 0);
        unlock(mutex);
        unlock(&bob);
        MUST(pthread_mutex_destroy(mutex) == 0);
        free(mutex);
    }
}

/* All of them come into the lock-order graph, as long as they live. */
static void wanted(int count)
{
    for (int i = 0; i < count; i++) {
        pthread_mutex_t mutex;
        MUST(pthread_mutex_init(&mutex, NULL) == 0);
        lock(&bob);
        lock(&mutex);
        unlock(&mutex);
        unlock(&bob);
        MUST(pthread_mutex_destroy(&mutex) == 0);
    }
}

/* No call ends these: their memory does, or the frame they lie in. */
static void freed(int count)
{
    for (int i = 0; i < count; i++) {
        pthread_mutex_t *mutex = malloc((size_t)(64 + i % 64 * 16));
        MUST(mutex != NULL);
        *mutex = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
        lock(mutex);
        unlock(mutex);
        free(mutex);
    }
}

static __attribute__((noinline)) void lock_in_frame(int i)
{
    pthread_mutex_t mutexes[8];
    mutexes[i % 8] = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
    lock(&mutexes[i % 8]);
    unlock(&mutexes[i % 8]);
}

static void left(int count)
{
    for (int i = 0; i < count; i++) {
        lock_in_frame(i);
        lock(&alice);
        unlock(&alice);
    }
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*run)(int count);
    } cases[] = {{"joined", joined},     {"nested", nested},
                 {"detached", detached}, {"joined-unseen", joined_unseen},
                 {"mutexes", mutexes},   {"freed", freed},
                 {"left", left},         {"wanted", wanted}};
    sem_init(&ended, 0, 0);
    for (size_t i = 0; argc == 4 && i < sizeof cases / sizeof cases[0]; i++)
        if (strcmp(cases[i].name, argv[1]) == 0) {
            cases[i].run(atoi(argv[2]));
            long before = resident_kib();
            cases[i].run(atoi(argv[3]));
            printf("%ld\n", resident_kib() - before);
        }
    return 0;
}
