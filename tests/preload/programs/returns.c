/* As values.c, for all kinds but mutexes: what calls return, and what they leave in errno. */
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <threads.h>
#include <time.h>

#include "program.h"

#define SHOW(call)                                                                                 \
    do {                                                                                           \
        errno = 77;                                                                                \
        int result = call;                                                                         \
        printf("%s = %d, errno %d\n", #call, result, errno);                                       \
    } while (0)

static const struct timespec past = {1, 0}, invalid = {1, -1};
static sem_t taken, done;

static void hold_while(void *(*hold)(void *), void (*act)(void))
{
    pthread_t thread = start(hold, NULL);
    sem_wait(&taken);
    act();
    sem_post(&done);
    finish(thread);
}

static void held(void)
{
    sem_post(&taken);
    sem_wait(&done);
}

static pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;

static void show_readers(void)
{
    SHOW(pthread_rwlock_tryrdlock(&rwlock));
    SHOW(pthread_rwlock_timedrdlock(&rwlock, &past));
    SHOW(pthread_rwlock_timedrdlock(&rwlock, &invalid));
    SHOW(pthread_rwlock_clockrdlock(&rwlock, CLOCK_MONOTONIC, &past));
    SHOW(pthread_rwlock_clockrdlock(&rwlock, 12345, &past));
}
static void show_writers(void)
{
    SHOW(pthread_rwlock_trywrlock(&rwlock));
    SHOW(pthread_rwlock_timedwrlock(&rwlock, &past));
    SHOW(pthread_rwlock_timedwrlock(&rwlock, &invalid));
    SHOW(pthread_rwlock_clockwrlock(&rwlock, CLOCK_MONOTONIC, &past));
    SHOW(pthread_rwlock_clockwrlock(&rwlock, 12345, &past));
}
static void show_both(void)
{
    show_readers();
    show_writers();
}
static void *hold_to_write(void *unused)
{
    SHOW(pthread_rwlock_wrlock(&rwlock));
    held();
    SHOW(pthread_rwlock_unlock(&rwlock));
    return unused;
}
static void *hold_to_read(void *unused)
{
    SHOW(pthread_rwlock_rdlock(&rwlock));
    held();
    SHOW(pthread_rwlock_unlock(&rwlock));
    return unused;
}
static void of_rwlocks(void)
{
    static pthread_rwlock_t other;
    hold_while(hold_to_write, show_both);
    hold_while(hold_to_read, show_writers);
    SHOW(pthread_rwlock_rdlock(&rwlock));
    SHOW(pthread_rwlock_rdlock(&rwlock));
    SHOW(pthread_rwlock_tryrdlock(&rwlock));
    SHOW(pthread_rwlock_timedrdlock(&rwlock, &past));
    for (int i = 0; i < 4; i++)
        SHOW(pthread_rwlock_unlock(&rwlock));
    SHOW(pthread_rwlock_timedwrlock(&rwlock, &past));
    SHOW(pthread_rwlock_unlock(&rwlock));
    SHOW(pthread_rwlock_init(&other, NULL));
    SHOW(pthread_rwlock_clockwrlock(&other, CLOCK_REALTIME, &past));
    SHOW(pthread_rwlock_unlock(&other));
    SHOW(pthread_rwlock_destroy(&other));
}

/* What libc itself refuses, and the program must see refused. */
static void of_own_writer(void)
{
    SHOW(pthread_rwlock_wrlock(&rwlock));
    SHOW(pthread_rwlock_wrlock(&rwlock));
    SHOW(pthread_rwlock_rdlock(&rwlock));
    SHOW(pthread_rwlock_timedrdlock(&rwlock, &past));
    SHOW(pthread_rwlock_timedwrlock(&rwlock, &past));
    SHOW(pthread_rwlock_unlock(&rwlock));
}

static pthread_spinlock_t spin;

static void show_spin(void)
{
    SHOW(pthread_spin_trylock(&spin));
}
static void *hold_spin(void *unused)
{
    SHOW(pthread_spin_lock(&spin));
    held();
    SHOW(pthread_spin_unlock(&spin));
    return unused;
}
static void of_spins(void)
{
    SHOW(pthread_spin_init(&spin, PTHREAD_PROCESS_PRIVATE));
    hold_while(hold_spin, show_spin);
    SHOW(pthread_spin_trylock(&spin));
    SHOW(pthread_spin_unlock(&spin));
    SHOW(pthread_spin_destroy(&spin));
}

static void of_semaphores(void)
{
    static sem_t semaphore;
    int value;
    SHOW(sem_init(&semaphore, 0, (unsigned)SEM_VALUE_MAX + 1));
    SHOW(sem_init(&semaphore, 0, 1));
    SHOW(sem_wait(&semaphore));
    SHOW(sem_trywait(&semaphore));
    SHOW(sem_timedwait(&semaphore, &past));
    SHOW(sem_timedwait(&semaphore, &invalid));
    SHOW(sem_clockwait(&semaphore, CLOCK_MONOTONIC, &past));
    SHOW(sem_clockwait(&semaphore, 12345, &past));
    SHOW(sem_post(&semaphore));
    SHOW(sem_timedwait(&semaphore, &past));
    SHOW(sem_post(&semaphore));
    SHOW(sem_trywait(&semaphore));
    SHOW(sem_post(&semaphore));
    SHOW(sem_getvalue(&semaphore, &value));
    SHOW(value);
    SHOW(sem_destroy(&semaphore));
    SHOW(sem_init(&semaphore, 0, SEM_VALUE_MAX));
    SHOW(sem_post(&semaphore));
    SHOW(sem_destroy(&semaphore));
}

static void of_named_semaphores(void)
{
    char name[64];
    int value;
    snprintf(name, sizeof name, "/snarl-returns-%d", (int)getpid());
    SHOW(sem_open("/snarl-of-nobody", 0) == SEM_FAILED);
    SHOW(sem_open("", O_CREAT, 0600, 1) == SEM_FAILED);
    sem_t *semaphore = sem_open(name, O_CREAT | O_EXCL, 0600, 3);
    SHOW(semaphore != SEM_FAILED);
    SHOW(sem_open(name, O_CREAT | O_EXCL, 0600, 3) == SEM_FAILED);
    SHOW(sem_open(name, 0) == semaphore);
    SHOW(sem_getvalue(semaphore, &value));
    SHOW(value);
    SHOW(sem_close(semaphore));
    SHOW(sem_wait(semaphore));
    SHOW(sem_post(semaphore));
    SHOW(sem_close(semaphore));
    SHOW(sem_unlink(name));
    SHOW(sem_unlink(name));
}

static void of_barriers(void)
{
    pthread_barrier_t barrier;
    SHOW(pthread_barrier_init(&barrier, NULL, 0));
    SHOW(pthread_barrier_init(&barrier, NULL, 1));
    SHOW(pthread_barrier_wait(&barrier));
    SHOW(pthread_barrier_wait(&barrier));
    SHOW(pthread_barrier_destroy(&barrier));
}

static int called;

static void call(void)
{
    called++;
}

static void of_once(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    static once_flag flag = ONCE_FLAG_INIT;
    SHOW(pthread_once(&once, call));
    SHOW(pthread_once(&once, call));
    SHOW((call_once(&flag, call), called));
    SHOW((call_once(&flag, call), called));
}

static mtx_t mutex;

static void show_mutex(void)
{
    SHOW(mtx_trylock(&mutex));
    SHOW(mtx_timedlock(&mutex, &past));
    SHOW(mtx_timedlock(&mutex, &invalid));
}
static void *hold_mutex(void *unused)
{
    SHOW(mtx_lock(&mutex));
    held();
    SHOW(mtx_unlock(&mutex));
    return unused;
}
static int return_five(void *unused)
{
    (void)unused;
    return 5;
}
static int exit_with_six(void *unused)
{
    (void)unused;
    thrd_exit(6);
}
static void of_c11(void)
{
    static cnd_t condition;
    thrd_t thread;
    int value;
    static mtx_t other;
    SHOW(mtx_init(&other, 99));
    SHOW(mtx_init(&mutex, mtx_timed));
    SHOW(cnd_init(&condition));
    hold_while(hold_mutex, show_mutex);
    SHOW(mtx_trylock(&mutex));
    SHOW(cnd_timedwait(&condition, &mutex, &past));
    SHOW(cnd_timedwait(&condition, &mutex, &invalid));
    SHOW(cnd_signal(&condition));
    SHOW(cnd_broadcast(&condition));
    SHOW(mtx_unlock(&mutex));
    SHOW(mtx_timedlock(&mutex, &past));
    SHOW(mtx_unlock(&mutex));
    cnd_destroy(&condition);
    mtx_destroy(&mutex);
    SHOW(thrd_create(&thread, return_five, NULL));
    SHOW(thrd_join(thread, &value));
    SHOW(value);
    SHOW(thrd_create(&thread, exit_with_six, NULL));
    SHOW(thrd_join(thread, &value));
    SHOW(value);
    SHOW(thrd_create(&thread, return_five, NULL));
    SHOW(thrd_detach(thread));
}

static void show_stream(void)
{
    SHOW(ftrylockfile(stdin) != 0);
}
static void *hold_stream(void *unused)
{
    SHOW((flockfile(stdin), 0));
    held();
    SHOW((funlockfile(stdin), 0));
    return unused;
}
static void of_streams(void)
{
    hold_while(hold_stream, show_stream);
    SHOW(ftrylockfile(stdin));
    SHOW(ftrylockfile(stdin));
    SHOW((funlockfile(stdin), 0));
    SHOW((funlockfile(stdin), 0));
}

static pthread_t joined;

static void show_joins(void)
{
    SHOW(pthread_tryjoin_np(joined, NULL));
    SHOW(pthread_timedjoin_np(joined, NULL, &past));
    SHOW(pthread_clockjoin_np(joined, NULL, CLOCK_MONOTONIC, &past));
    SHOW(pthread_clockjoin_np(joined, NULL, 12345, &past));
}
static void *hold_nothing(void *unused)
{
    (void)unused;
    held();
    return &joined;
}
static pthread_t start_nothing(void)
{
    joined = start(hold_nothing, NULL);
    sem_wait(&taken);
    return joined;
}
static void of_joins(void)
{
    const struct timespec far = {INT_MAX, 0};
    void *value;
    start_nothing();
    show_joins();
    sem_post(&done);
    SHOW(pthread_timedjoin_np(joined, &value, &far));
    SHOW(value == &joined);
    start_nothing();
    sem_post(&done);
    SHOW(pthread_clockjoin_np(joined, &value, CLOCK_REALTIME, &far));
    SHOW(value == &joined);
    start_nothing();
    sem_post(&done);
    while (pthread_tryjoin_np(joined, &value) != 0)
        usleep(1000);
    SHOW(value == &joined);
    start_nothing();
    SHOW(pthread_cancel(joined));
    SHOW(pthread_join(joined, &value));
    SHOW(value == PTHREAD_CANCELED);
}

static void of_libraries(void)
{
    SHOW(dlopen("/nonexistent.so", RTLD_NOW) == NULL);
    printf("%s\n", dlerror());
    void *library = dlopen("libm.so.6", RTLD_NOW);
    SHOW(dlclose(library));
    SHOW(dlopen(NULL, RTLD_NOW) != NULL);
}

static void end_quickly(void)
{
    printf("quickly\n");
    fflush(stdout);
}
static void of_quick_exit(void)
{
    SHOW(at_quick_exit(end_quickly));
    fflush(stdout);
    quick_exit(0);
}

static void all(void)
{
    of_rwlocks();
    of_spins();
    of_semaphores();
    of_named_semaphores();
    of_barriers();
    of_once();
    of_c11();
    of_streams();
    of_joins();
    of_libraries();
}

int main(int argc, char **argv)
{
    static const struct program_case cases[] = {
        {"all", all}, {"own-writer", of_own_writer}, {"quick-exit", of_quick_exit}};
    MUST(sem_init(&taken, 0, 0) == 0 && sem_init(&done, 0, 0) == 0);
    return RUN_CASE(cases);
}
