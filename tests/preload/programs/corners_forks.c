/* Corners: children made inside of calls, by the call's own thread or beside it. */
#include <link.h>
#include <signal.h>

#include "corners.h"

static pthread_rwlock_t table = PTHREAD_RWLOCK_INITIALIZER;

/* A child is made inside of an initialiser, which ends in both. */
static void fork_in_once(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    MUST(pthread_once(&once, fork_here) == 0);
    go_on();
}

static pthread_once_t settings = PTHREAD_ONCE_INIT;
static int loads;

/* The first that comes here waits; the child, where nobody is to wait for, begins anew. */
static void load_settings(void)
{
    if (__atomic_fetch_add(&loads, 1, __ATOMIC_SEQ_CST) > 0)
        return;
    side_add(&stage);
    side_await(&stage, 2);
}

static void *print_and_load(void *unused)
{
    flockfile(stderr);
    MUST(pthread_once(&settings, load_settings) == 0);
    funlockfile(stderr);
    return unused;
}

static pid_t printer;
static sem_t printing;

static void *print_until_awaited(void *unused)
{
    flockfile(stderr);
    MUST(sem_post(&printing) == 0);
    side_await_sleep(&printer, stderr->_lock, sizeof(int));
    funlockfile(stderr);
    return unused;
}

static void load_and_print(void)
{
    MUST(pthread_once(&settings, load_settings) == 0 && loads == 2);
    MUST(sem_init(&printing, 0, 0) == 0);
    printer = gettid();
    pthread_t thread = start(print_until_awaited, NULL);
    MUST(sem_wait(&printing) == 0);
    flockfile(stderr);
    funlockfile(stderr);
    finish(thread);
}

/* The C library ends an initialisation and a stream's lock in the child of a fork, if their thread
 * is not there: who waits for that lock later waits for another. */
static void fork_beside_once(void)
{
    pthread_t thread = start(print_and_load, NULL);
    side_await(&stage, 1);
    fork_here();
    if (child == 0) {
        load_and_print();
        _exit(0);
    }
    end_child();
    side_add(&stage);
    finish(thread);
}

static int visit_and_fork(struct dl_phdr_info *info, size_t size, void *unused)
{
    (void)info, (void)size, (void)unused;
    fork_here();
    return 7;
}

/* A child is made while its own thread walks over the libraries. */
static void fork_in_walk(void)
{
    MUST(dl_iterate_phdr(visit_and_fork, NULL) == 7);
    go_on();
}

static int visiting[2], enough[2]; /* pipes: who unwinds may wait for the walk's end */

static int visit_and_wait(struct dl_phdr_info *info, size_t size, void *unused)
{
    char byte;
    (void)info, (void)size, (void)unused;
    MUST(write(visiting[1], "", 1) == 1);
    MUST(read(enough[0], &byte, 1) == 1);
    return 7;
}

static void *walk(void *unused)
{
    MUST(dl_iterate_phdr(visit_and_wait, NULL) == 7);
    return unused;
}

/* A child is made while another thread walks over the libraries. */
static void fork_beside_walk(void)
{
    char byte;
    MUST(pipe(visiting) == 0 && pipe(enough) == 0);
    pthread_t thread = start(walk, NULL);
    MUST(read(visiting[0], &byte, 1) == 1);
    fork_here();
    if (child == 0)
        go_on();
    MUST(write(enough[1], "", 1) == 1);
    finish(thread);
    go_on();
}

static struct timespec soon;
static pid_t main_id;
static pthread_t main_thread;
static bool waited, handled;

static void fork_in_handler(int number)
{
    (void)number;
    fork_here();
    handled = true;
}

/* Should it come too late, the child is made all the same. */
static void *interrupt(void *object)
{
    while (!side_sleeps(main_id, object, sizeof(pthread_rwlock_t)) &&
           !__atomic_load_n(&waited, __ATOMIC_SEQ_CST))
        usleep(1000);
    MUST(pthread_kill(main_thread, SIGUSR1) == 0);
    return NULL;
}

/* Waits in vain, and is interrupted by a handler that forks. */
static void interrupted(void (*wait)(void), void *object)
{
    struct sigaction action = {.sa_handler = fork_in_handler};
    MUST(sigaction(SIGUSR1, &action, NULL) == 0);
    main_thread = pthread_self();
    main_id = gettid();
    clock_gettime(CLOCK_REALTIME, &soon);
    soon.tv_nsec += 100000000;
    soon.tv_sec += soon.tv_nsec / 1000000000;
    soon.tv_nsec %= 1000000000;
    pthread_t thread = start(interrupt, object);
    wait();
    __atomic_store_n(&waited, true, __ATOMIC_SEQ_CST);
    while (!__atomic_load_n(&handled, __ATOMIC_SEQ_CST))
        usleep(1000);
    if (child != 0)
        finish(thread);
    go_on();
}

static pthread_cond_t never = PTHREAD_COND_INITIALIZER;
static sem_t empty;

static void wait_for_condition(void)
{
    lock(&alice);
    pthread_cond_timedwait(&never, &alice, &soon);
    unlock(&alice);
}
static void wait_for_semaphore(void)
{
    MUST(sem_timedwait(&empty, &soon) != 0);
}
static void wait_for_reader(void)
{
    MUST(pthread_rwlock_timedwrlock(&table, &soon) != 0);
}

/* A child is made by a signal's handler while its thread waits for a condition, for a while. */
static void fork_in_condition_wait(void)
{
    interrupted(wait_for_condition, &never);
}

/* The same of a semaphore. */
static void fork_in_semaphore_wait(void)
{
    MUST(sem_init(&empty, 0, 0) == 0);
    interrupted(wait_for_semaphore, &empty);
}

static void *read_table(void *unused)
{
    MUST(pthread_rwlock_rdlock(&table) == 0);
    side_add(&stage);
    side_await(&stage, 2);
    MUST(pthread_rwlock_unlock(&table) == 0);
    return unused;
}

/* The same of an rwlock. */
static void fork_in_writer_wait(void)
{
    pthread_t reader = start(read_table, NULL);
    side_await(&stage, 1);
    interrupted(wait_for_reader, &table);
    side_add(&stage);
    finish(reader);
}

int main(int argc, char **argv)
{
    static const struct program_case cases[] = {
        {"in-once", fork_in_once},
        {"beside-once", fork_beside_once},
        {"in-walk", fork_in_walk},
        {"beside-walk", fork_beside_walk},
        {"in-condition-wait", fork_in_condition_wait},
        {"in-semaphore-wait", fork_in_semaphore_wait},
        {"in-writer-wait", fork_in_writer_wait},
    };
    return RUN_SIDES(cases);
}
