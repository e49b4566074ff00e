/* Use that looks like misuse and is none: memory used again, threads on their way out, children. */
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "program.h"

enum {
    ROUNDS = 200,
    WAITERS = 3,
};

/* What C++ makes of a static buffer: an object that was destroyed begins again without a call, and
 * one that is never destroyed makes room for another kind. */
static void used_again(void)
{
    static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
    static union {
        pthread_mutex_t mutex;
        pthread_rwlock_t rwlock;
    } place;
    for (int i = 0; i < ROUNDS; i++) {
        MUST(pthread_cond_broadcast(&condition) == 0);
        MUST(pthread_cond_destroy(&condition) == 0);
        condition = (pthread_cond_t)PTHREAD_COND_INITIALIZER;

        place.mutex = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
        lock(&place.mutex);
        unlock(&place.mutex);
        place.rwlock = (pthread_rwlock_t)PTHREAD_RWLOCK_INITIALIZER;
        MUST(pthread_rwlock_rdlock(&place.rwlock) == 0);
        MUST(pthread_rwlock_unlock(&place.rwlock) == 0);
    }
}

/* A pool's memory is initialised again and again, and nothing in it is destroyed. */
static void pooled(void)
{
    char *pool = malloc(4096);
    for (int i = 0; i < ROUNDS; i++) {
        char *place = pool + 128 * (i % 2);
        MUST(pthread_mutex_init((pthread_mutex_t *)place, NULL) == 0);
        lock((pthread_mutex_t *)place);
        unlock((pthread_mutex_t *)place);
        MUST(pthread_rwlock_init((pthread_rwlock_t *)place, NULL) == 0);
        MUST(pthread_rwlock_wrlock((pthread_rwlock_t *)place) == 0);
        MUST(pthread_rwlock_unlock((pthread_rwlock_t *)place) == 0);
        MUST(sem_init((sem_t *)place, 0, 1) == 0);
        MUST(sem_wait((sem_t *)place) == 0 && sem_post((sem_t *)place) == 0);
    }
    free(pool);
}

struct meeting {
    pthread_mutex_t mutex;
    pthread_cond_t condition;
    pthread_barrier_t barrier;
    int come;
    bool open;
};

static void *come_and_wait(void *data)
{
    struct meeting *meeting = data;
    lock(&meeting->mutex);
    meeting->come++;
    while (!meeting->open)
        MUST(pthread_cond_wait(&meeting->condition, &meeting->mutex) == 0);
    unlock(&meeting->mutex);
    pthread_barrier_wait(&meeting->barrier);
    return NULL;
}

/* Destroyed while those that it has woken are still on their way out of it. */
static void destroyed_at_once(void)
{
    for (int i = 0; i < ROUNDS; i++) {
        struct meeting meeting = {.mutex = PTHREAD_MUTEX_INITIALIZER,
                                  .condition = PTHREAD_COND_INITIALIZER};
        MUST(pthread_barrier_init(&meeting.barrier, NULL, WAITERS + 1) == 0);
        pthread_t threads[WAITERS];
        for (int k = 0; k < WAITERS; k++)
            threads[k] = start(come_and_wait, &meeting);
        for (bool complete = false; !complete;) {
            lock(&meeting.mutex);
            complete = meeting.come == WAITERS;
            meeting.open = complete;
            if (complete)
                MUST(pthread_cond_broadcast(&meeting.condition) == 0);
            unlock(&meeting.mutex);
        }
        MUST(pthread_cond_destroy(&meeting.condition) == 0);
        pthread_barrier_wait(&meeting.barrier);
        MUST(pthread_barrier_destroy(&meeting.barrier) == 0);
        MUST(pthread_mutex_destroy(&meeting.mutex) == 0);
        for (int k = 0; k < WAITERS; k++)
            finish(threads[k]);
    }
}

static pthread_t main_thread;

static void *join_main(void *unused)
{
    finish(main_thread);
    puts("joined");
    exit(0);
    return unused;
}

static void main_is_joined(void)
{
    main_thread = pthread_self();
    start(join_main, NULL);
    pthread_exit(NULL);
}

static pthread_mutex_t busy = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t ours = PTHREAD_MUTEX_INITIALIZER;
static int held[2], enough[2]; /* pipes */

static void *hold(void *unused)
{
    char byte;
    lock(&busy);
    MUST(write(held[1], "", 1) == 1);
    MUST(read(enough[0], &byte, 1) == 1);
    unlock(&busy);
    return unused;
}

static void await(pid_t child)
{
    int status;
    MUST(waitpid(child, &status, 0) == child && status == 0);
}

/* A child makes the locks anew that were held at the fork. */
static void child_begins_anew(void)
{
    char byte;
    MUST(pipe(held) == 0 && pipe(enough) == 0);
    pthread_t holder = start(hold, NULL);
    MUST(read(held[0], &byte, 1) == 1);
    lock(&ours);
    pid_t child = fork();
    if (child == 0) {
        pthread_mutex_t *both[] = {&busy, &ours};
        for (int i = 0; i < 2; i++) {
            pthread_mutex_destroy(both[i]);
            MUST(pthread_mutex_init(both[i], NULL) == 0);
            lock(both[i]);
            unlock(both[i]);
        }
        exit(0);
    }
    await(child);
    unlock(&ours);
    MUST(write(enough[1], "", 1) == 1);
    finish(holder);
}

/* What is shared may be initialised elsewhere. */
static void initialised_elsewhere(void)
{
    struct {
        sem_t semaphore;
        pthread_mutex_t mutex;
    } *shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    MUST(shared != MAP_FAILED);
    pid_t child = fork();
    if (child == 0) {
        pthread_mutexattr_t attributes;
        MUST(pthread_mutexattr_init(&attributes) == 0);
        MUST(pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED) == 0);
        MUST(pthread_mutex_init(&shared->mutex, &attributes) == 0);
        MUST(sem_init(&shared->semaphore, 0, 0) == 0); /* all zeros, as if it had never been */
        exit(0);
    }
    await(child);
    MUST(sem_post(&shared->semaphore) == 0 && sem_wait(&shared->semaphore) == 0);
    lock(&shared->mutex);
    unlock(&shared->mutex);
    MUST(sem_destroy(&shared->semaphore) == 0);
}

static sem_t permits;

static void *take_and_keep(void *unused)
{
    MUST(sem_wait(&permits) == 0);
    return unused;
}

/* A semaphore has no owner: who took it may end, and another may post it. */
static void permit_is_kept(void)
{
    MUST(sem_init(&permits, 0, 1) == 0);
    for (int i = 0; i < ROUNDS; i++) {
        finish(start(take_and_keep, NULL));
        MUST(sem_post(&permits) == 0);
    }
    MUST(sem_destroy(&permits) == 0);
}

static pthread_rwlock_t shelf = PTHREAD_RWLOCK_INITIALIZER;

/* Destroyed, and made anew without a call. */
static void made_by_its_initialiser(void)
{
    MUST(pthread_rwlock_rdlock(&shelf) == 0 && pthread_rwlock_unlock(&shelf) == 0);
    MUST(pthread_rwlock_destroy(&shelf) == 0);
    shelf = (pthread_rwlock_t)PTHREAD_RWLOCK_INITIALIZER;
    MUST(pthread_rwlock_wrlock(&shelf) == 0 && pthread_rwlock_unlock(&shelf) == 0);
}

int main(int argc, char **argv)
{
    static const struct program_case cases[] = {
        {"made-by-its-initialiser", made_by_its_initialiser},
        {"used-again", used_again},
        {"pooled", pooled},
        {"destroyed-at-once", destroyed_at_once},
        {"main-is-joined", main_is_joined},
        {"child-begins-anew", child_begins_anew},
        {"initialised-elsewhere", initialised_elsewhere},
        {"permit-is-kept", permit_is_kept},
    };
    return RUN_CASE(cases);
}
