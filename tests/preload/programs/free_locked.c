/*
 * Memory that goes with a lock in it: free_locked CASE (held | released) (self | other). The lock
 * is held by the thread that gives the memory back, or by another one, or was released before.
 */
#include <sys/mman.h>

#include "annotate/snarl/annotate.h"
#include "program.h"

enum {
    PAGE = 4096
};

static pthread_mutex_t *mutex;
static pthread_rwlock_t *rwlock;
static pthread_spinlock_t *spin;
static sem_t *semaphore;
static int held, other;
static sem_t taken;

/* Takes whichever there is. */
static __attribute__((noinline)) void take(void)
{
    if (mutex != NULL)
        MUST(pthread_mutex_lock(mutex) == 0);
    if (rwlock != NULL)
        MUST(pthread_rwlock_rdlock(rwlock) == 0);
    if (spin != NULL)
        MUST(pthread_spin_lock(spin) == 0);
    if (semaphore != NULL)
        MUST(sem_wait(semaphore) == 0);
}

static void release(void)
{
    if (mutex != NULL)
        MUST(pthread_mutex_unlock(mutex) == 0);
    if (rwlock != NULL)
        MUST(pthread_rwlock_unlock(rwlock) == 0);
    if (spin != NULL)
        MUST(pthread_spin_unlock(spin) == 0);
    if (semaphore != NULL)
        MUST(sem_post(semaphore) == 0);
}

static void *hold(void *unused)
{
    take();
    if (!held)
        release();
    MUST(sem_post(&taken) == 0);
    pause(); /* alive to the end */
    return unused;
}

static void use(void)
{
    if (!other) {
        take();
        if (!held)
            release();
        return;
    }
    start(hold, NULL);
    MUST(sem_wait(&taken) == 0);
}

static pthread_mutex_t *mutex_in(void *memory)
{
    pthread_mutex_t *made = memory;
    *made = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
    return made;
}

static __attribute__((noinline)) void freed(void)
{
    mutex = mutex_in(malloc(100));
    use();
    free(mutex);
}

static __attribute__((noinline)) void freed_rwlock(void)
{
    rwlock = malloc(sizeof *rwlock);
    MUST(pthread_rwlock_init(rwlock, NULL) == 0);
    use();
    free(rwlock);
}

static __attribute__((noinline)) void freed_spin(void)
{
    char *block = malloc(5000);
    spin = (pthread_spinlock_t *)(block + 4000);
    MUST(pthread_spin_init(spin, 0) == 0);
    use();
    free(block);
}

/* Nobody's, even so. */
static void freed_semaphore(void)
{
    semaphore = malloc(sizeof *semaphore);
    MUST(sem_init(semaphore, 0, 1) == 0);
    use();
    free(semaphore);
}

/* The pool has given the memory of the mutex to something else, without a word. */
static void reuse(int content)
{
    char *pool = malloc(100);
    mutex = mutex_in(pool);
    use();
    memset(pool, content, 100);
    __asm__ volatile("" : : "r"(pool) : "memory");
    free(pool);
}

static void reused_for_zeros(void)
{
    reuse(0);
}

static void reused_for_text(void)
{
    reuse('x');
}

static __attribute__((noinline)) void reallocated(void)
{
    char *block = malloc(100);
    void *volatile barrier = malloc(5000);
    mutex = mutex_in(block);
    use();
    MUST(realloc(block, 100000) != NULL);
    free(barrier);
}

/* It stays where it is. */
static void kept(void)
{
    char *block = malloc(1000);
    mutex = mutex_in(block);
    use();
    MUST(realloc(block, 500) == (void *)mutex);
}

static __attribute__((noinline)) void unmapped(void)
{
    void *memory = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    MUST(memory != MAP_FAILED);
    mutex = mutex_in(memory);
    use();
    MUST(munmap(memory, PAGE) == 0);
}

static __attribute__((noinline)) void pooled(void)
{
    static char pool[100];
    mutex = mutex_in(pool);
    use();
    SNARL_FORGET(pool, sizeof pool);
}

static __attribute__((noinline)) void in_frame(void)
{
    pthread_mutex_t mine;
    mutex = mutex_in(&mine);
    use();
    __asm__ volatile("" : : "r"(&mine) : "memory");
}

static __attribute__((noinline)) void left(void)
{
    in_frame();
    MUST(sem_post(&taken) == 0);
}

int main(int argc, char **argv)
{
    static const struct program_case cases[] = {
        {"freed", freed},
        {"freed-rwlock", freed_rwlock},
        {"freed-spin", freed_spin},
        {"freed-semaphore", freed_semaphore},
        {"reused-for-zeros", reused_for_zeros},
        {"reused-for-text", reused_for_text},
        {"reallocated", reallocated},
        {"kept", kept},
        {"unmapped", unmapped},
        {"pooled", pooled},
        {"left", left},
    };
    held = argc > 2 && strcmp(argv[2], "held") == 0;
    other = argc > 3 && strcmp(argv[3], "other") == 0;
    MUST(sem_init(&taken, 0, 0) == 0);
    int result = RUN_CASE(cases);
    puts("done");
    MUST(fflush(stdout) == 0);
    _exit(result);
}
