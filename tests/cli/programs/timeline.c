/* One thread makes every kind of call that a timeline tells of, in one order. */
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <sys/mman.h>
#include <threads.h>
#include <time.h>
#include <unistd.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t held = PTHREAD_MUTEX_INITIALIZER; /* by main, all along */
static pthread_mutex_t contended = PTHREAD_MUTEX_INITIALIZER;
static pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static pthread_spinlock_t spin;
static pthread_barrier_t barrier;
static sem_t semaphore;
static mtx_t plain;

static const struct timespec long_ago = {1, 0};

static void use_locks(void)
{
    pthread_mutex_lock(&mutex);
    pthread_mutex_unlock(&mutex);
    pthread_mutex_trylock(&mutex);
    pthread_mutex_unlock(&mutex);
    pthread_mutex_trylock(&held);
    pthread_mutex_timedlock(&held, &long_ago);
    pthread_rwlock_rdlock(&rwlock);
    pthread_rwlock_unlock(&rwlock);
    pthread_rwlock_wrlock(&rwlock);
    pthread_rwlock_unlock(&rwlock);
    pthread_spin_lock(&spin);
    pthread_spin_unlock(&spin);
    mtx_lock(&plain);
    mtx_unlock(&plain);
    pthread_mutex_lock(&contended);
    pthread_mutex_unlock(&contended);
}

static void *work(void *unused)
{
    use_locks();
    sem_wait(&semaphore);
    sem_trywait(&semaphore);
    sem_post(&semaphore);
    pthread_mutex_lock(&mutex);
    pthread_cond_timedwait(&condition, &mutex, &long_ago);
    pthread_cond_signal(&condition);
    pthread_cond_broadcast(&condition);
    pthread_mutex_unlock(&mutex);
    pthread_barrier_wait(&barrier);
    return unused;
}

enum {
    OTHERS = 3,
};

struct meeting {
    pthread_barrier_t barrier;
    pthread_mutex_t mutex;
    pthread_cond_t *condition; /* in memory of its own */
    int there, woken;
};

static void *meet(void *data)
{
    struct meeting *meeting = data;
    pthread_barrier_wait(&meeting->barrier);
    return NULL;
}

static void *doze(void *data)
{
    struct meeting *meeting = data;
    pthread_mutex_lock(&meeting->mutex);
    meeting->there++;
    while (!meeting->woken)
        pthread_cond_wait(meeting->condition, &meeting->mutex);
    pthread_mutex_unlock(&meeting->mutex);
    return NULL;
}

static void *map(size_t size)
{
    return mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static struct meeting *map_meeting(void)
{
    struct meeting *meeting = map(sizeof *meeting);
    meeting->condition = map(sizeof *meeting->condition);
    pthread_barrier_init(&meeting->barrier, NULL, OTHERS + 1);
    pthread_mutex_init(&meeting->mutex, NULL);
    pthread_cond_init(meeting->condition, NULL);
    return meeting;
}

static void part_from_barrier(int again)
{
    pthread_t others[OTHERS];
    struct meeting *meeting = map_meeting();
    for (int i = 0; i < OTHERS; i++)
        pthread_create(&others[i], NULL, meet, meeting);
    pthread_barrier_wait(&meeting->barrier);
    pthread_barrier_destroy(&meeting->barrier);
    if (again)
        pthread_barrier_init(&meeting->barrier, NULL, 2);
    else
        munmap(meeting, sizeof *meeting);
    for (int i = 0; i < OTHERS; i++)
        pthread_join(others[i], NULL);
}

static void part_from_condition(int again)
{
    pthread_t others[OTHERS];
    struct meeting *meeting = map_meeting();
    for (int i = 0; i < OTHERS; i++)
        pthread_create(&others[i], NULL, doze, meeting);
    usleep(300); /* some of them sleep by then */
    pthread_mutex_lock(&meeting->mutex);
    meeting->woken = 1;
    pthread_cond_broadcast(meeting->condition);
    while (meeting->there < OTHERS) {
        pthread_mutex_unlock(&meeting->mutex);
        usleep(100);
        pthread_mutex_lock(&meeting->mutex);
    }
    pthread_mutex_unlock(&meeting->mutex);
    pthread_cond_destroy(meeting->condition);
    if (again)
        pthread_cond_init(meeting->condition, NULL);
    else
        munmap(meeting->condition, sizeof *meeting->condition);
    for (int i = 0; i < OTHERS; i++)
        pthread_join(others[i], NULL);
}

/* What was waited on is destroyed, begun anew, or gone, before the threads that waited have looked
 * around: POSIX allows it. Seldom so soon that it matters, hence often. */
static void part_at_once(int again)
{
    for (int i = 0; i < 150; i++) {
        part_from_barrier(again);
        part_from_condition(again);
    }
}

int main(int argc, char **argv)
{
    if (argc > 1)
        return part_at_once(**++argv == 'a'), 0;
    pthread_t worker;
    pthread_spin_init(&spin, PTHREAD_PROCESS_PRIVATE);
    pthread_barrier_init(&barrier, NULL, 1);
    sem_init(&semaphore, 0, 1);
    mtx_init(&plain, mtx_plain);
    pthread_mutex_lock(&held);
    pthread_mutex_lock(&contended);
    pthread_create(&worker, NULL, work, NULL);
    /* Until somebody waits for it: glibc's mark of that. */
    while (__atomic_load_n(&contended.__data.__lock, __ATOMIC_RELAXED) != 2)
        usleep(1000);
    pthread_mutex_unlock(&contended);
    pthread_join(worker, NULL);
    pthread_mutex_unlock(&held);
    return 0;
}
