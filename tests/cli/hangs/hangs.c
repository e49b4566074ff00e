/* Programs in which, in the end, nobody can run any more and no circle is closed; and twins that
 * differ in who signals, how many come, or which party is missing. Each thread has a name. */
#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <snarl/annotate.h>

#define MUST(condition)                                                                            \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "%s:%d: %s (errno %d)\n", __FILE__, __LINE__, #condition, errno);      \
            _exit(99);                                                                             \
        }                                                                                          \
    } while (0)

static pthread_mutex_t outer = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t inner = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t other = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t ready = PTHREAD_COND_INITIALIZER;
static pthread_barrier_t barrier;
static sem_t items, started;

struct role {
    const char *name;
    void (*play)(void);
};

static void *play(void *data)
{
    const struct role *role = data;
    MUST(pthread_setname_np(pthread_self(), role->name) == 0);
    role->play();
    return NULL;
}

static pthread_t start(struct role *role)
{
    pthread_t thread;
    MUST(pthread_create(&thread, NULL, play, role) == 0);
    return thread;
}

static void run(struct role *roles, size_t count)
{
    pthread_t threads[4];
    for (size_t i = 0; i < count; i++)
        threads[i] = start(&roles[i]);
    for (size_t i = 0; i < count; i++)
        MUST(pthread_join(threads[i], NULL) == 0);
}

#define RUN(...)                                                                                   \
    run((struct role[]){__VA_ARGS__}, sizeof(struct role[]){__VA_ARGS__} / sizeof(struct role))

/* Waits for a condition; who has come so far that it holds the mutex says so. */
static void wait_ready(void)
{
    MUST(pthread_mutex_lock(&inner) == 0);
    for (;;)
        MUST(pthread_cond_wait(&ready, &inner) == 0);
}
static void signal_ready(void)
{
    MUST(pthread_mutex_lock(&inner) == 0);
    MUST(pthread_cond_signal(&ready) == 0);
    MUST(pthread_mutex_unlock(&inner) == 0);
}
static void signal_and_stay(void)
{
    signal_ready();
    MUST(sem_post(&started) == 0);
    MUST(sem_wait(&items) == 0);
}
static void wait_after_signal(void)
{
    MUST(sem_wait(&started) == 0);
    wait_ready();
}

static void lost_wakeup(void)
{
    RUN({"signaller", signal_ready});
    RUN({"waiter", wait_ready});
}
/* Nobody signals. */
static void never_signalled(void)
{
    RUN({"waiter", wait_ready});
}
/* Who signalled is there still. */
static void lost_wakeup_by_one_alive(void)
{
    RUN({"signaller", signal_and_stay}, {"waiter", wait_after_signal});
}

static void arrive(void)
{
    int result = pthread_barrier_wait(&barrier);
    MUST(result == 0 || result == PTHREAD_BARRIER_SERIAL_THREAD);
}
static void arrive_twice(void)
{
    arrive();
    arrive();
}
static void arrive_once(void)
{
    arrive();
    MUST(sem_wait(&items) == 0);
}
static void init_barrier(unsigned count)
{
    MUST(pthread_barrier_init(&barrier, NULL, count) == 0);
}
static void barrier_of_three(void)
{
    init_barrier(3);
    RUN({"first", arrive}, {"second", arrive});
}
/* Another count. */
static void barrier_of_four(void)
{
    init_barrier(4);
    RUN({"first", arrive}, {"second", arrive});
}
/* The second stays away from the second round. */
static void second_is_missing(void)
{
    init_barrier(2);
    RUN({"first", arrive_twice}, {"second", arrive_once});
}
static void first_is_missing(void)
{
    init_barrier(2);
    RUN({"first", arrive_once}, {"second", arrive_twice});
}

static void take_item(void)
{
    MUST(sem_wait(&items) == 0);
}
static void take_two_items(void)
{
    take_item();
    take_item();
}
static void make_item(void)
{
    MUST(sem_post(&items) == 0);
}
static void never_posted(void)
{
    RUN({"consumer", take_item});
}
/* Posted once, taken twice. */
static void posted_too_few(void)
{
    RUN({"producer", make_item});
    RUN({"consumer", take_two_items});
}

/* Waits for a condition and keeps what the signaller needs. */
static void wait_with_outer(void)
{
    MUST(pthread_mutex_lock(&outer) == 0);
    MUST(sem_post(&started) == 0);
    wait_ready();
}
static void signal_within_outer(void)
{
    MUST(sem_wait(&started) == 0);
    MUST(pthread_mutex_lock(&outer) == 0);
    signal_ready();
    MUST(pthread_mutex_unlock(&outer) == 0);
}
static void nested_monitor(void)
{
    RUN({"waiter", wait_with_outer}, {"signaller", signal_within_outer});
}
/* It keeps something else. */
static void signal_within_other(void)
{
    MUST(sem_wait(&started) == 0);
    MUST(pthread_mutex_lock(&other) == 0);
    MUST(pthread_mutex_unlock(&other) == 0);
    take_item();
}
static void no_nested_monitor(void)
{
    RUN({"waiter", wait_with_outer}, {"signaller", signal_within_other});
}

/* The same with a lock of the program's own. */
static int gate; /* 0 free, 1 taken, 2 wanted besides */

static void take_gate(void)
{
    if (__atomic_exchange_n(&gate, 1, __ATOMIC_SEQ_CST) != 0) {
        SNARL_LOCK_ACQUIRING(&gate, 0);
        while (__atomic_exchange_n(&gate, 2, __ATOMIC_SEQ_CST) != 0)
            syscall(SYS_futex, &gate, FUTEX_WAIT_PRIVATE, 2, NULL, NULL, 0);
    }
    SNARL_LOCK_ACQUIRED(&gate, 0);
}
static void wait_with_gate(void)
{
    take_gate();
    MUST(sem_post(&started) == 0);
    wait_ready();
}
static void signal_within_gate(void)
{
    MUST(sem_wait(&started) == 0);
    take_gate();
    signal_ready();
}
static void nested_monitor_of_its_own(void)
{
    SNARL_NAME(&gate, "the gate");
    RUN({"waiter", wait_with_gate}, {"signaller", signal_within_gate});
}

/* Main joins a thread that waits for what only main would signal. */
static void join_waiter(void)
{
    signal_ready();
    RUN({"waiter", wait_ready});
}

/* A pool of workers, whose task waits for another task of the pool. */
static int tasks, finished;

static void submit(void)
{
    MUST(pthread_mutex_lock(&inner) == 0);
    tasks++;
    MUST(pthread_cond_broadcast(&ready) == 0);
    MUST(pthread_mutex_unlock(&inner) == 0);
}
static void await_finished(int count)
{
    MUST(pthread_mutex_lock(&inner) == 0);
    while (finished < count)
        MUST(pthread_cond_wait(&ready, &inner) == 0);
    MUST(pthread_mutex_unlock(&inner) == 0);
}
static void finish(void)
{
    MUST(pthread_mutex_lock(&inner) == 0);
    finished++;
    MUST(pthread_cond_broadcast(&ready) == 0);
    MUST(pthread_mutex_unlock(&inner) == 0);
}
static int take_task(void)
{
    MUST(pthread_mutex_lock(&inner) == 0);
    while (tasks == 0)
        MUST(pthread_cond_wait(&ready, &inner) == 0);
    int task = tasks--;
    MUST(pthread_mutex_unlock(&inner) == 0);
    return task;
}
static bool submitted;

static void work(void)
{
    take_task();
    if (!__atomic_exchange_n(&submitted, true, __ATOMIC_SEQ_CST)) {
        submit();
        await_finished(1);
    }
    finish();
}
static void pool_of_one(void)
{
    submit();
    RUN({"worker", work});
    await_finished(2);
}
static void pool_of_two(void)
{
    submit();
    RUN({"worker", work}, {"worker", work});
    await_finished(2);
}

/* Destroys a condition while somebody waits. */
static void destroy_condition(void)
{
    struct role waiter = {"waiter", wait_with_outer};
    start(&waiter);
    MUST(sem_wait(&started) == 0);
    MUST(pthread_mutex_lock(&inner) == 0); /* free: it waits now */
    MUST(pthread_mutex_unlock(&inner) == 0);
    usleep(100 * 1000);
    MUST(pthread_cond_destroy(&ready) == 0);
}

int main(int argc, char **argv)
{
    static const struct role cases[] = {
        {"lost-wakeup", lost_wakeup},
        {"never-signalled", never_signalled},
        {"lost-wakeup-by-one-alive", lost_wakeup_by_one_alive},
        {"barrier-of-three", barrier_of_three},
        {"barrier-of-four", barrier_of_four},
        {"second-is-missing", second_is_missing},
        {"first-is-missing", first_is_missing},
        {"never-posted", never_posted},
        {"posted-too-few", posted_too_few},
        {"nested-monitor", nested_monitor},
        {"no-nested-monitor", no_nested_monitor},
        {"nested-monitor-of-its-own", nested_monitor_of_its_own},
        {"join-waiter", join_waiter},
        {"pool-of-one", pool_of_one},
        {"pool-of-two", pool_of_two},
        {"destroy-condition", destroy_condition},
    };
    MUST(sem_init(&items, 0, 0) == 0 && sem_init(&started, 0, 0) == 0);
    for (size_t i = 0; argc > 1 && i < sizeof cases / sizeof *cases; i++)
        if (strcmp(cases[i].name, argv[1]) == 0) {
            cases[i].play();
            return 0;
        }
    return 98;
}
