#include "misuse_objects.h"

#include <fcntl.h>

pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
pthread_mutex_t checked = PTHREAD_ERRORCHECK_MUTEX_INITIALIZER_NP;
pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
pthread_spinlock_t spin;
mtx_t c11;
sem_t semaphore;
pthread_barrier_t barrier;
pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
pthread_mutex_t *block;

/* ACT(name, call that returns 0) */
#define ACT(name, call)                                                                            \
    void name(void)                                                                                \
    {                                                                                              \
        MUST((call) == 0);                                                                         \
    }

ACT(take_mutex, pthread_mutex_lock(&mutex))
ACT(give_mutex, pthread_mutex_unlock(&mutex))
ACT(destroy_mutex, pthread_mutex_destroy(&mutex))
ACT(init_mutex, pthread_mutex_init(&mutex, NULL))
ACT(take_checked, pthread_mutex_lock(&checked))
ACT(give_checked, pthread_mutex_unlock(&checked))
ACT(take_rwlock, pthread_rwlock_wrlock(&rwlock))
ACT(read_rwlock, pthread_rwlock_rdlock(&rwlock))
ACT(give_rwlock, pthread_rwlock_unlock(&rwlock))
ACT(destroy_rwlock, pthread_rwlock_destroy(&rwlock))
ACT(init_rwlock, pthread_rwlock_init(&rwlock, NULL))
ACT(take_spin, pthread_spin_lock(&spin))
ACT(give_spin, pthread_spin_unlock(&spin))
ACT(destroy_spin, pthread_spin_destroy(&spin))
ACT(init_spin, pthread_spin_init(&spin, PTHREAD_PROCESS_PRIVATE))
ACT(take_c11, mtx_lock(&c11) - thrd_success)
ACT(take_block, pthread_mutex_lock(block))
ACT(give_block, pthread_mutex_unlock(block))
ACT(init_block, pthread_mutex_init(block, NULL))
ACT(init_semaphore, sem_init(&semaphore, 0, 0))
ACT(destroy_semaphore, sem_destroy(&semaphore))
ACT(init_barrier, pthread_barrier_init(&barrier, NULL, 2))
ACT(destroy_barrier, pthread_barrier_destroy(&barrier))
ACT(init_condition, pthread_cond_init(&condition, NULL))
ACT(destroy_condition, pthread_cond_destroy(&condition))

/* Pipes order the threads, since snarl sees no synchronisation in them. */
static int pipe_ends[2];

__attribute__((constructor)) static void open_pipe(void)
{
    MUST(pipe(pipe_ends) == 0);
}

static pid_t announced;

void announce(void)
{
    announced = gettid();
    MUST(write(pipe_ends[1], "", 1) == 1);
}

static void await_announcement(void)
{
    char byte;
    MUST(read(pipe_ends[0], &byte, 1) == 1);
}

void wait_for_post(void)
{
    announce();
    MUST(sem_wait(&semaphore) == 0);
}

static void (*acts[2])(void);

static void *act_and_sleep(void *unused)
{
    acts[0]();
    if (acts[1] != NULL)
        acts[1]();
    announce();
    for (;;)
        pause();
    return unused;
}

void elsewhere(void (*first)(void), void (*second)(void))
{
    acts[0] = first;
    acts[1] = second;
    start(act_and_sleep, NULL);
    await_announcement();
}

static void *act_and_end(void *unused)
{
    acts[0]();
    return unused;
}

pthread_t begin(void (*act)(void))
{
    acts[0] = act;
    return start(act_and_end, NULL);
}

/* As the kernel has it: 'S' sleeps; 'X' for one that has ended. */
static char state_of(pid_t tid)
{
    char path[64], text[256] = "";
    snprintf(path, sizeof path, "/proc/self/task/%d/stat", (int)tid);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return 'X';
    ssize_t size = read(file, text, sizeof text - 1);
    close(file);
    if (size <= 0)
        return 'X';
    return strrchr(text, ')')[2];
}

pthread_t begin_and_await_sleep(void (*act)(void))
{
    pthread_t thread = begin(act);
    await_announcement();
    for (char state = 0; state != 'S' && state != 'X'; state = state_of(announced))
        usleep(1000);
    return thread;
}
