/* Children of fork: what other threads held is held for ever. */
#include <sys/wait.h>

#include "sides.h"

static pthread_mutex_t alice = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t bob = PTHREAD_MUTEX_INITIALIZER;
static pthread_rwlock_t table = PTHREAD_RWLOCK_INITIALIZER;
static pthread_spinlock_t spin;
static int stage; /* 1: it is held; 2: it may be released; 3: it is */

enum {
    REFUSED = 3
};

/* Forks; the child does that and ends, and its status is printed. */
static void fork_and(void (*act)(void))
{
    pid_t child = fork();
    MUST(child >= 0);
    if (child == 0) {
        alarm(LIMIT_S);
        act();
        _exit(side_refused ? REFUSED : 0);
    }
    int status;
    MUST(waitpid(child, &status, 0) == child);
    printf("child %d\n", WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}

static void lock_alice(void)
{
    if (GRANTED(pthread_mutex_lock(&alice), EDEADLK))
        unlock(&alice);
}
static void write_table(void)
{
    if (GRANTED(pthread_rwlock_wrlock(&table), EDEADLK))
        MUST(pthread_rwlock_unlock(&table) == 0);
}
static void read_table(void)
{
    if (GRANTED(pthread_rwlock_rdlock(&table), EDEADLK))
        MUST(pthread_rwlock_unlock(&table) == 0);
}
static void take_spin(void)
{
    if (GRANTED(pthread_spin_lock(&spin), EDEADLK))
        MUST(pthread_spin_unlock(&spin) == 0);
}

static void hold(int (*take)(void), int (*give)(void))
{
    MUST(pthread_setname_np(pthread_self(), "holder") == 0);
    MUST(take() == 0);
    side_add(&stage);
    side_await(&stage, 2);
    MUST(give() == 0);
    side_add(&stage);
    side_await(&stage, 4);
}

#define HOLDER(name, TAKE, GIVE)                                                                   \
    static int take_##name(void)                                                                   \
    {                                                                                              \
        return TAKE;                                                                               \
    }                                                                                              \
    static int give_##name(void)                                                                   \
    {                                                                                              \
        return GIVE;                                                                               \
    }                                                                                              \
    static void *name(void *unused)                                                                \
    {                                                                                              \
        hold(take_##name, give_##name);                                                            \
        return unused;                                                                             \
    }

HOLDER(hold_alice, pthread_mutex_lock(&alice), pthread_mutex_unlock(&alice))
HOLDER(hold_to_write, pthread_rwlock_wrlock(&table), pthread_rwlock_unlock(&table))
HOLDER(hold_to_read, pthread_rwlock_rdlock(&table), pthread_rwlock_unlock(&table))
HOLDER(hold_spin, pthread_spin_lock(&spin), pthread_spin_unlock(&spin))

/* Forks while it is held, or after. */
static void while_held(void *(*holder)(void *), void (*act)(void), bool released)
{
    pthread_t thread = start(holder, NULL);
    side_await(&stage, 1);
    if (released) {
        side_add(&stage);
        side_await(&stage, 3);
    }
    fork_and(act);
    if (!released)
        side_add(&stage);
    side_await(&stage, 3);
    side_add(&stage);
    finish(thread);
}

static void mutex(void)
{
    while_held(hold_alice, lock_alice, false);
}
static void mutex_released(void)
{
    while_held(hold_alice, lock_alice, true);
}
static void writer(void)
{
    while_held(hold_to_write, read_table, false);
}
static void writer_released(void)
{
    while_held(hold_to_write, read_table, true);
}
static void reader(void)
{
    while_held(hold_to_read, write_table, false);
}
static void reader_and_reader(void)
{
    while_held(hold_to_read, read_table, false);
}
static void spinner(void)
{
    while_held(hold_spin, take_spin, false);
}
static void spinner_released(void)
{
    while_held(hold_spin, take_spin, true);
}

/* Handlers that take it around the fork: held by the thread that forks, in the child too. */
static void prepare(void)
{
    lock(&alice);
}
static void resume(void)
{
    unlock(&alice);
}
static void *lock_often(void *unused)
{
    MUST(pthread_setname_np(pthread_self(), "holder") == 0);
    side_add(&stage);
    while (__atomic_load_n(&stage, __ATOMIC_SEQ_CST) < 2) {
        lock(&alice);
        unlock(&alice);
    }
    return unused;
}
static void handlers(void)
{
    MUST(pthread_atfork(prepare, resume, resume) == 0);
    pthread_t thread = start(lock_often, NULL);
    side_await(&stage, 1);
    fork_and(lock_alice);
    side_add(&stage);
    finish(thread);
}

/* Held by the thread that forks: its own still, to be released or not. */
static void release_alice_and_lock(void)
{
    unlock(&alice);
    lock_alice();
}
static void own(void)
{
    lock(&alice);
    fork_and(release_alice_and_lock);
    unlock(&alice);
}
static void own_again(void)
{
    lock(&alice);
    fork_and(lock_alice);
    unlock(&alice);
}

/* Initialised anew in the child, as glibc's manual has it. */
static void init_and_lock_alice(void)
{
    MUST(pthread_mutex_init(&alice, NULL) == 0);
    lock_alice();
}
static void made_anew(void)
{
    while_held(hold_alice, init_and_lock_alice, false);
}

/* Tried, or waited for with a limit: nobody hangs. */
static void try_alice(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    MUST(pthread_mutex_trylock(&alice) == EBUSY);
    MUST(pthread_mutex_timedlock(&alice, &now) == ETIMEDOUT);
}
static void only_tried(void)
{
    while_held(hold_alice, try_alice, false);
}

/* What the child's other lock would be, if it were taken in the parent's order. */
static void take_both(void)
{
    lock(&bob);
    lock_alice();
    unlock(&bob);
}
static void behind_another(void)
{
    while_held(hold_alice, take_both, false);
}

int main(int argc, char **argv)
{
    static const struct program_case cases[] = {
        {"mutex", mutex},           {"mutex-released", mutex_released},
        {"writer", writer},         {"writer-released", writer_released},
        {"reader", reader},         {"reader-and-reader", reader_and_reader},
        {"spinner", spinner},       {"spinner-released", spinner_released},
        {"handlers", handlers},     {"own", own},
        {"own-again", own_again},   {"made-anew", made_anew},
        {"only-tried", only_tried}, {"behind-another", behind_another},
    };
    MUST(pthread_spin_init(&spin, PTHREAD_PROCESS_PRIVATE) == 0);
    MUST(setvbuf(stdout, NULL, _IONBF, 0) == 0);
    return RUN_SIDES(cases);
}
