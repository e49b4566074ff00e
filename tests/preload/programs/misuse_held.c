/* The cases of misuse.c about locks that are held, or are not: releasing, destroying, ending. */
#include <sys/mman.h>

#include "misuse_objects.h"

void unlock_not_locked(bool wrong)
{
    take_mutex();
    give_mutex();
    if (!wrong)
        take_mutex();
    MUST(pthread_mutex_unlock(&mutex) == 0);
}

void unlock_not_locked_rwlock(bool wrong)
{
    if (!wrong)
        take_rwlock();
    MUST(pthread_rwlock_unlock(&rwlock) == 0);
}

void unlock_not_locked_spin(bool wrong)
{
    init_spin();
    if (!wrong)
        take_spin();
    MUST(pthread_spin_unlock(&spin) == 0);
}

void unlock_not_locked_c11(bool wrong)
{
    MUST(mtx_init(&c11, mtx_plain) == thrd_success);
    if (!wrong)
        take_c11();
    MUST(mtx_unlock(&c11) == thrd_success);
}

void unlock_not_locked_checked(bool wrong)
{
    if (!wrong)
        take_checked();
    MUST(pthread_mutex_unlock(&checked) == (wrong ? EPERM : 0));
}

void unlock_not_owner(bool wrong)
{
    wrong ? elsewhere(take_mutex, NULL) : take_mutex();
    MUST(pthread_mutex_unlock(&mutex) == 0);
}

void unlock_not_owner_rwlock(bool wrong)
{
    wrong ? elsewhere(take_rwlock, NULL) : take_rwlock();
    MUST(pthread_rwlock_unlock(&rwlock) == 0);
}

void unlock_not_owner_reader(bool wrong)
{
    wrong ? elsewhere(read_rwlock, NULL) : read_rwlock();
    MUST(pthread_rwlock_unlock(&rwlock) == 0);
}

void unlock_not_owner_spin(bool wrong)
{
    init_spin();
    wrong ? elsewhere(take_spin, NULL) : take_spin();
    MUST(pthread_spin_unlock(&spin) == 0);
}

void destroy_locked(bool wrong)
{
    elsewhere(take_mutex, wrong ? NULL : give_mutex);
    MUST(pthread_mutex_destroy(&mutex) == (wrong ? EBUSY : 0));
}

void destroy_locked_rwlock(bool wrong)
{
    elsewhere(take_rwlock, wrong ? NULL : give_rwlock);
    MUST(pthread_rwlock_destroy(&rwlock) == 0);
}

void destroy_locked_reader(bool wrong)
{
    elsewhere(read_rwlock, wrong ? NULL : give_rwlock);
    MUST(pthread_rwlock_destroy(&rwlock) == 0);
}

void destroy_locked_spin(bool wrong)
{
    init_spin();
    elsewhere(take_spin, wrong ? NULL : give_spin);
    MUST(pthread_spin_destroy(&spin) == 0);
}

/* libc's pthread_cond_destroy waits for those who wait there: one that gives up, here. */
static void wait_a_moment(void)
{
    struct timespec soon;
    clock_gettime(CLOCK_REALTIME, &soon);
    soon.tv_sec += 1;
    take_mutex();
    announce();
    int result = pthread_cond_timedwait(&condition, &mutex, &soon);
    MUST(result == 0 || result == ETIMEDOUT);
    give_mutex();
}

void destroy_waited_on(bool wrong)
{
    pthread_t waiter = begin_and_await_sleep(wait_a_moment);
    if (!wrong)
        MUST(pthread_cond_broadcast(&condition) == 0 && pthread_join(waiter, NULL) == 0);
    MUST(pthread_cond_destroy(&condition) == 0);
}

void destroy_waited_on_semaphore(bool wrong)
{
    init_semaphore();
    pthread_t waiter = begin_and_await_sleep(wait_for_post);
    if (!wrong)
        MUST(sem_post(&semaphore) == 0 && pthread_join(waiter, NULL) == 0);
    MUST(sem_destroy(&semaphore) == 0);
}

static void wait_at_barrier(void)
{
    announce();
    pthread_barrier_wait(&barrier);
}

static void announce_and_destroy_barrier(void)
{
    announce();
    destroy_barrier();
}

/* libc's pthread_barrier_destroy never comes back from it, so a thread of its own does it. */
void destroy_waited_on_barrier(bool wrong)
{
    init_barrier();
    begin_and_await_sleep(wait_at_barrier);
    if (!wrong)
        pthread_barrier_wait(&barrier);
    begin_and_await_sleep(announce_and_destroy_barrier);
}

void free_locked(bool wrong)
{
    block = malloc(sizeof *block);
    init_block();
    elsewhere(take_block, wrong ? NULL : give_block);
    free(block);
}

void free_locked_realloc(bool wrong)
{
    block = malloc(sizeof *block);
    init_block();
    elsewhere(take_block, wrong ? NULL : give_block);
    void *elsewhere_now = realloc(block, 1 << 20);
    MUST(elsewhere_now != NULL);
}

void free_locked_munmap(bool wrong)
{
    size_t size = (size_t)sysconf(_SC_PAGESIZE);
    block = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    MUST(block != MAP_FAILED);
    elsewhere(take_block, wrong ? NULL : give_block);
    MUST(munmap(block, size) == 0);
}

__attribute__((noinline)) static void leave_frame(bool wrong)
{
    pthread_mutex_t local = PTHREAD_MUTEX_INITIALIZER;
    MUST(pthread_mutex_lock(&local) == 0);
    if (!wrong)
        MUST(pthread_mutex_unlock(&local) == 0);
}

void free_locked_frame(bool wrong)
{
    leave_frame(wrong);
    take_mutex();
    give_mutex();
}

static void take_and_give_mutex(void)
{
    take_mutex();
    give_mutex();
}

void exit_holding_lock(bool wrong)
{
    finish(begin(wrong ? take_mutex : take_and_give_mutex));
}

static void take_and_give_rwlock(void)
{
    take_rwlock();
    give_rwlock();
}

void exit_holding_lock_rwlock(bool wrong)
{
    finish(begin(wrong ? take_rwlock : take_and_give_rwlock));
}

static void read_and_give_rwlock(void)
{
    read_rwlock();
    give_rwlock();
}

void exit_holding_lock_reader(bool wrong)
{
    finish(begin(wrong ? read_rwlock : read_and_give_rwlock));
}

static void take_and_give_spin(void)
{
    take_spin();
    give_spin();
}

void exit_holding_lock_spin(bool wrong)
{
    init_spin();
    finish(begin(wrong ? take_spin : take_and_give_spin));
}

/* Held until the thread's last destructor but one. */
static pthread_key_t key;

static void release_late(void *rounds)
{
    if ((intptr_t)rounds > 1)
        MUST(pthread_setspecific(key, (void *)((intptr_t)rounds - 1)) == 0);
    else
        give_mutex();
}

static void take_with_destructor(void)
{
    MUST(pthread_setspecific(key, (void *)3) == 0);
    take_mutex();
}

void exit_holding_lock_destructor(bool wrong)
{
    MUST(pthread_key_create(&key, wrong ? NULL : release_late) == 0);
    finish(begin(take_with_destructor));
}

void exit_holding_lock_robust(bool wrong)
{
    pthread_mutexattr_t robust;
    MUST(pthread_mutexattr_init(&robust) == 0);
    MUST(pthread_mutexattr_setrobust(&robust,
                                     wrong ? PTHREAD_MUTEX_STALLED : PTHREAD_MUTEX_ROBUST) == 0);
    MUST(pthread_mutex_init(&mutex, &robust) == 0);
    finish(begin(take_mutex));
}
