/* Corners: locks that processes share, memory that has gone, a reader whose turn another ends. No
 * deadlock anywhere, and nothing to crash on. */
#include <sys/mman.h>
#include <threads.h>
#include <ucontext.h>

#include "corners.h"

/* In memory of parent and child. */
static struct {
    pthread_mutex_t mutex;
    pthread_rwlock_t rwlock;
} * shared;

static void lock_mutex(void)
{
    lock(&shared->mutex);
}
static void unlock_mutex(void)
{
    unlock(&shared->mutex);
}
static void write_rwlock(void)
{
    MUST(pthread_rwlock_wrlock(&shared->rwlock) == 0);
}
static void read_rwlock(void)
{
    MUST(pthread_rwlock_rdlock(&shared->rwlock) == 0);
}
static void unlock_rwlock(void)
{
    MUST(pthread_rwlock_unlock(&shared->rwlock) == 0);
}

/* What the parent does to such a lock, what the child, and what both to end their turns. */
struct use {
    void (*hold)(void);
    void (*want)(void);
    void (*give)(void);
};

static const struct use mutex_use = {lock_mutex, lock_mutex, unlock_mutex};
static const struct use rwlock_use = {write_rwlock, read_rwlock, unlock_rwlock};

static void share(void)
{
    pthread_mutexattr_t mutex;
    pthread_rwlockattr_t rwlock;
    shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    MUST(shared != MAP_FAILED);
    MUST(pthread_mutexattr_init(&mutex) == 0 && pthread_rwlockattr_init(&rwlock) == 0);
    MUST(pthread_mutexattr_setpshared(&mutex, PTHREAD_PROCESS_SHARED) == 0);
    MUST(pthread_rwlockattr_setpshared(&rwlock, PTHREAD_PROCESS_SHARED) == 0);
    MUST(pthread_mutex_init(&shared->mutex, &mutex) == 0);
    MUST(pthread_rwlock_init(&shared->rwlock, &rwlock) == 0);
}

/* Forks; returns in the parent, when the child waits. */
static void fork_and_want(const struct use *use)
{
    fork_here();
    if (child == 0) {
        use->want();
        use->give();
        _exit(0);
    }
    side_await_sleep(&child, shared, 4096);
}

static void held_by_parent(const struct use *use)
{
    share();
    use->hold();
    fork_and_want(use);
    use->give();
    end_child();
}

/* A process-shared mutex, held by the parent over the fork, is waited for by the child. */
static void shared_mutex(void)
{
    held_by_parent(&mutex_use);
}

/* The same of a process-shared rwlock. */
static void shared_rwlock(void)
{
    held_by_parent(&rwlock_use);
}

static void *hold_shared(void *data)
{
    const struct use *use = data;
    use->hold();
    side_add(&stage);
    side_await(&stage, 2);
    use->give();
    return NULL;
}

static void held_by_thread(struct use use)
{
    share();
    pthread_t holder = start(hold_shared, &use);
    side_await(&stage, 1);
    fork_and_want(&use);
    side_add(&stage);
    end_child();
    finish(holder);
}

/* A process-shared mutex is held by a thread that is not in the child, and is there still. */
static void shared_mutex_of_a_thread(void)
{
    held_by_thread(mutex_use);
}

/* The same of a process-shared rwlock. */
static void shared_rwlock_of_a_thread(void)
{
    held_by_thread(rwlock_use);
}

static int lock_in_thread(void *unused)
{
    (void)unused;
    lock_both();
    return 0;
}

/* A held mutex is destroyed, its memory goes, and then a thread is created. */
static void destroyed_and_unmapped(void)
{
    mtx_t *mutex = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    MUST(mutex != MAP_FAILED && mtx_init(mutex, mtx_plain) == thrd_success);
    MUST(mtx_lock(mutex) == thrd_success);
    mtx_destroy(mutex);
    MUST(munmap(mutex, 4096) == 0);
    thrd_t thread;
    MUST(thrd_create(&thread, lock_in_thread, NULL) == thrd_success);
    MUST(thrd_join(thread, NULL) == thrd_success);
}

static ucontext_t main_context, coroutine;

static void *lock_it(void *mutex)
{
    side_await(&stage, 1);
    lock(mutex);
    unlock(mutex);
    return NULL;
}

/* A coroutine's stack, on which locks were taken, goes; then a lock of the thread's own is taken by
 * another. */
static void coroutine_unmapped(void)
{
    pthread_mutex_t local = PTHREAD_MUTEX_INITIALIZER;
    pthread_t thread = start(lock_it, &local);
    size_t size = 65536;
    void *stack = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    MUST(stack != MAP_FAILED && getcontext(&coroutine) == 0);
    coroutine.uc_stack.ss_sp = stack;
    coroutine.uc_stack.ss_size = size;
    coroutine.uc_link = &main_context;
    makecontext(&coroutine, lock_both, 0);
    MUST(swapcontext(&main_context, &coroutine) == 0);
    MUST(munmap(stack, size) == 0);
    side_add(&stage);
    finish(thread);
}

static pthread_rwlock_t table = PTHREAD_RWLOCK_INITIALIZER;
static pid_t main_id, stale_id;

/* Its turn is ended by another thread. */
static void *read_and_lock(void *unused)
{
    MUST(pthread_rwlock_rdlock(&table) == 0);
    side_add(&stage);
    side_await(&stage, 3);
    __atomic_store_n(&stale_id, gettid(), __ATOMIC_SEQ_CST);
    lock(&alice);
    unlock(&alice);
    return unused;
}

/* Ends its own turn when the two others wait. */
static void *read_until_awaited(void *unused)
{
    MUST(pthread_rwlock_rdlock(&table) == 0);
    side_add(&stage);
    side_await_sleep(&stale_id, &alice, sizeof alice);
    side_await_sleep(&main_id, &table, sizeof table);
    MUST(pthread_rwlock_unlock(&table) == 0);
    return unused;
}

/* One of two readers' turns is ended by a thread that is no reader: nobody waits for its owner. */
static void stale_reader(void)
{
    pthread_t stale = start(read_and_lock, NULL);
    pthread_t reader = start(read_until_awaited, NULL);
    side_await(&stage, 2);
    MUST(pthread_rwlock_unlock(&table) == 0);
    lock(&alice);
    __atomic_store_n(&main_id, gettid(), __ATOMIC_SEQ_CST);
    side_add(&stage);
    MUST(pthread_rwlock_wrlock(&table) == 0);
    MUST(pthread_rwlock_unlock(&table) == 0);
    unlock(&alice);
    finish(stale);
    finish(reader);
}

int main(int argc, char **argv)
{
    static const struct program_case cases[] = {
        {"shared-mutex", shared_mutex},
        {"shared-rwlock", shared_rwlock},
        {"shared-mutex-of-a-thread", shared_mutex_of_a_thread},
        {"shared-rwlock-of-a-thread", shared_rwlock_of_a_thread},
        {"destroyed-and-unmapped", destroyed_and_unmapped},
        {"coroutine-unmapped", coroutine_unmapped},
        {"stale-reader", stale_reader},
    };
    return RUN_SIDES(cases);
}
