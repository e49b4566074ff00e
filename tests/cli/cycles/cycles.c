/*
 * Lock-order cycles that do not close by themselves: threads that take locks in a ring, at
 * different times. The first argument is the case. Each ends at once, unless it is steered.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <threads.h>
#include <time.h>

enum {
    RING = 3,
    MANY = 8,
    ROUNDS = 300,
};

static pthread_mutex_t a = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t b = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t c = PTHREAD_MUTEX_INITIALIZER;
static pthread_rwlock_t readers = PTHREAD_RWLOCK_INITIALIZER;
static pthread_rwlock_t writers = PTHREAD_RWLOCK_INITIALIZER;
static pthread_spinlock_t spin;
static mtx_t plain;
static pthread_cond_t said = PTHREAD_COND_INITIALIZER;
static int is_said;

static void rest(long milliseconds)
{
    struct timespec time = {milliseconds / 1000, milliseconds % 1000 * 1000000};
    nanosleep(&time, NULL);
}

/* Runs both, the second after the first is surely done. */
static void run_apart(void *(*first)(void *), void *(*second)(void *))
{
    pthread_t threads[2];
    pthread_create(&threads[0], NULL, first, NULL);
    pthread_create(&threads[1], NULL, second, NULL);
    pthread_join(threads[0], NULL);
    pthread_join(threads[1], NULL);
}

static __attribute__((noinline)) void both(pthread_mutex_t *outer, pthread_mutex_t *inner)
{
    pthread_mutex_lock(outer);
    pthread_mutex_lock(inner);
    pthread_mutex_unlock(inner);
    pthread_mutex_unlock(outer);
}

/* pair: two threads, opposite orders. */
static void *pair_first(void *unused)
{
    both(&a, &b);
    return unused;
}

static void *pair_second(void *unused)
{
    rest(20);
    both(&b, &a);
    return unused;
}

/* main: the main thread is one of them. */
static void *main_other(void *unused)
{
    both(&b, &a);
    return unused;
}

static void main_is_one(void)
{
    pthread_t thread;
    pthread_create(&thread, NULL, main_other, NULL);
    rest(20);
    both(&a, &b);
    pthread_join(thread, NULL);
}

/* ring: three threads, each its own function. */
static void *ring_first(void *unused)
{
    both(&a, &b);
    return unused;
}

static void *ring_second(void *unused)
{
    rest(10);
    both(&b, &c);
    return unused;
}

static void *ring_third(void *unused)
{
    rest(20);
    both(&c, &a);
    return unused;
}

static void ring(void)
{
    static void *(*const functions[RING])(void *) = {ring_first, ring_second, ring_third};
    pthread_t threads[RING];
    for (int i = 0; i < RING; i++)
        pthread_create(&threads[i], NULL, functions[i], NULL);
    for (int i = 0; i < RING; i++)
        pthread_join(threads[i], NULL);
}

/* rwlock: each reads one and writes the other. */
static void *rwlock_first(void *unused)
{
    pthread_rwlock_rdlock(&readers);
    pthread_rwlock_wrlock(&writers);
    pthread_rwlock_unlock(&writers);
    pthread_rwlock_unlock(&readers);
    return unused;
}

static void *rwlock_second(void *unused)
{
    rest(20);
    pthread_rwlock_rdlock(&writers);
    pthread_rwlock_wrlock(&readers);
    pthread_rwlock_unlock(&readers);
    pthread_rwlock_unlock(&writers);
    return unused;
}

/* spins: one is a spin lock, the other C11's. */
static void *spins_first(void *unused)
{
    pthread_spin_lock(&spin);
    mtx_lock(&plain);
    mtx_unlock(&plain);
    pthread_spin_unlock(&spin);
    return unused;
}

static void *spins_second(void *unused)
{
    rest(20);
    mtx_lock(&plain);
    pthread_spin_lock(&spin);
    pthread_spin_unlock(&spin);
    mtx_unlock(&plain);
    return unused;
}

static void spins(void)
{
    pthread_spin_init(&spin, PTHREAD_PROCESS_PRIVATE);
    mtx_init(&plain, mtx_plain);
    run_apart(spins_first, spins_second);
}

/* made: a ring of locks made in a loop, and of threads made in a loop. */
struct seat {
    pthread_mutex_t *left, *right;
    int number;
};

static void *dine(void *data)
{
    const struct seat *seat = data;
    rest(5 * seat->number);
    both(seat->left, seat->right);
    return NULL;
}

static void made(int count)
{
    pthread_mutex_t *forks[MANY];
    struct seat seats[MANY];
    pthread_t threads[MANY];
    for (int i = 0; i < count; i++) {
        forks[i] = malloc(sizeof *forks[i]);
        pthread_mutex_init(forks[i], NULL);
    }
    for (int i = 0; i < count; i++) {
        seats[i] = (struct seat){forks[i], forks[(i + 1) % count], i};
        pthread_create(&threads[i], NULL, dine, &seats[i]);
    }
    for (int i = 0; i < count; i++)
        pthread_join(threads[i], NULL);
    for (int i = 0; i < count; i++) {
        pthread_mutex_destroy(forks[i]);
        free(forks[i]);
    }
}

/* transfers: like threads, each with two of many like accounts; two of them the wrong way round. */
static void *transfer(void *data)
{
    const struct seat *seat = data;
    rest(3 * seat->number);
    for (int i = 0; i < 3; i++)
        both(seat->left, seat->right);
    return NULL;
}

static void transfers(void)
{
    static pthread_mutex_t *accounts[MANY];
    static struct seat seats[MANY];
    pthread_t threads[MANY];
    for (int i = 0; i < MANY; i++) {
        accounts[i] = malloc(sizeof *accounts[i]);
        pthread_mutex_init(accounts[i], NULL);
    }
    for (int i = 0; i < MANY; i++) {
        int from = i < MANY - 1 ? i : 1, to = i < MANY - 1 ? i + 1 : 0;
        seats[i] = (struct seat){accounts[from], accounts[to], i};
        pthread_create(&threads[i], NULL, transfer, &seats[i]);
    }
    for (int i = 0; i < MANY; i++)
        pthread_join(threads[i], NULL);
}

/* nested: who holds c while it wants b keeps the other out of where it is going, unless that has
 * been through already. */
static void *nested_first(void *unused)
{
    pthread_mutex_lock(&a);
    pthread_mutex_lock(&c);
    pthread_mutex_lock(&b);
    pthread_mutex_unlock(&b);
    pthread_mutex_unlock(&c);
    pthread_mutex_unlock(&a);
    return unused;
}

static void *nested_second(void *unused)
{
    rest(20);
    pthread_mutex_lock(&c);
    pthread_mutex_unlock(&c);
    both(&b, &a);
    return unused;
}

/* handed: the second begins only when the first has taken its lock, and says so. */
static void *handed_first(void *unused)
{
    pthread_mutex_lock(&a);
    pthread_mutex_lock(&c);
    is_said = 1;
    pthread_cond_signal(&said);
    pthread_mutex_unlock(&c);
    both(&b, &c);
    pthread_mutex_unlock(&a);
    return unused;
}

static void *handed_second(void *unused)
{
    pthread_mutex_lock(&c);
    while (!is_said)
        pthread_cond_wait(&said, &c);
    pthread_mutex_unlock(&c);
    rest(20);
    both(&b, &a);
    return unused;
}

/* loops: many rounds, at different times. */
static void *loops_first(void *unused)
{
    for (int i = 0; i < ROUNDS; i++)
        both(&a, &b);
    return unused;
}

static void *loops_second(void *unused)
{
    rest(30);
    for (int i = 0; i < ROUNDS; i++)
        both(&b, &a);
    return unused;
}

/* again: pair, one of the locks taken twice over. */
static void *again_first(void *data)
{
    pthread_mutex_lock(data);
    pthread_mutex_lock(data);
    pthread_mutex_unlock(data);
    both(&b, &c);
    pthread_mutex_unlock(data);
    return NULL;
}

static void *again_second(void *data)
{
    rest(20);
    pthread_mutex_lock(&b);
    pthread_mutex_lock(data);
    pthread_mutex_lock(data);
    pthread_mutex_unlock(data);
    pthread_mutex_unlock(data);
    pthread_mutex_unlock(&b);
    return NULL;
}

static void again(void)
{
    static pthread_mutex_t deep = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;
    pthread_t threads[2];
    pthread_create(&threads[0], NULL, again_first, &deep);
    pthread_create(&threads[1], NULL, again_second, &deep);
    pthread_join(threads[0], NULL);
    pthread_join(threads[1], NULL);
}

/* gated: pair, and a lock around both sides. */
static void *gated_first(void *unused)
{
    pthread_mutex_lock(&c);
    both(&a, &b);
    pthread_mutex_unlock(&c);
    return unused;
}

static void *gated_second(void *unused)
{
    rest(20);
    pthread_mutex_lock(&c);
    both(&b, &a);
    pthread_mutex_unlock(&c);
    return unused;
}

/* told: pair, but the second waits until the first says that it is through. */
static void *told_first(void *unused)
{
    both(&a, &b);
    pthread_mutex_lock(&c);
    is_said = 1;
    pthread_cond_signal(&said);
    pthread_mutex_unlock(&c);
    return unused;
}

static void *told_second(void *unused)
{
    pthread_mutex_lock(&c);
    while (!is_said)
        pthread_cond_wait(&said, &c);
    pthread_mutex_unlock(&c);
    both(&b, &a);
    return unused;
}

/* joined: pair, but the first has ended before the second is made. */
static void joined(void)
{
    pthread_t thread;
    pthread_create(&thread, NULL, pair_first, NULL);
    pthread_join(thread, NULL);
    pthread_create(&thread, NULL, pair_second, NULL);
    pthread_join(thread, NULL);
}

/* Whether the run is steered. */
static int is_steered(void)
{
    const char *options = getenv("SNARL_OPTIONS");
    return options != NULL && strstr(options, "replay=") != NULL;
}

/* seldom: pair, but the second comes only where it is not steered. */
static void *seldom_second(void *unused)
{
    rest(20);
    if (!is_steered())
        both(&b, &a);
    return unused;
}

/* elsewhere: pair, but where it is steered it hangs on other locks. */
static void *elsewhere_first(void *unused)
{
    if (is_steered()) {
        pthread_mutex_lock(&c);
        pthread_mutex_lock(&c);
    }
    both(&a, &b);
    return unused;
}

static void *elsewhere_second(void *unused)
{
    rest(20);
    both(&b, &a);
    return unused;
}

/* unmade: locks on the heap that no call has initialised. */
static void *unmade_thread(void *data)
{
    pthread_mutex_t *pair = data;
    both(&pair[0], &pair[1]);
    return NULL;
}

static void *unmade_reverse(void *data)
{
    pthread_mutex_t *pair = data;
    rest(20);
    both(&pair[1], &pair[0]);
    return NULL;
}

static void unmade(void)
{
    static const pthread_mutex_t fresh = PTHREAD_MUTEX_INITIALIZER;
    pthread_mutex_t *pair = calloc(2, sizeof *pair);
    pthread_t threads[2];
    pair[0] = pair[1] = fresh;
    pthread_create(&threads[0], NULL, unmade_thread, pair);
    pthread_create(&threads[1], NULL, unmade_reverse, pair);
    pthread_join(threads[0], NULL);
    pthread_join(threads[1], NULL);
    free(pair);
}

static int is(const char *word, const char *wanted)
{
    return strcmp(word, wanted) == 0;
}

int main(int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : "";
    if (is(name, "pair"))
        run_apart(pair_first, pair_second);
    else if (is(name, "main"))
        main_is_one();
    else if (is(name, "ring"))
        ring();
    else if (is(name, "rwlock"))
        run_apart(rwlock_first, rwlock_second);
    else if (is(name, "spins"))
        spins();
    else if (is(name, "made"))
        made(5);
    else if (is(name, "transfers"))
        transfers();
    else if (is(name, "nested"))
        run_apart(nested_first, nested_second);
    else if (is(name, "handed"))
        run_apart(handed_first, handed_second);
    else if (is(name, "loops"))
        run_apart(loops_first, loops_second);
    else if (is(name, "again"))
        again();
    else if (is(name, "gated"))
        run_apart(gated_first, gated_second);
    else if (is(name, "told"))
        run_apart(told_first, told_second);
    else if (is(name, "joined"))
        joined();
    else if (is(name, "seldom"))
        run_apart(pair_first, seldom_second);
    else if (is(name, "elsewhere"))
        run_apart(elsewhere_first, elsewhere_second);
    else if (is(name, "unmade"))
        unmade();
    else
        return 2;
    return 0;
}
