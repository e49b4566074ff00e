/*
 * Misuse of the calls: for each row of misuse.def the wrong case NAME, and its twin NAME-not, which
 * is right and differs in one line. None of them crashes or hangs without snarl.
 */
#include "misuse_objects.h"

static const struct timespec long_ago = {1, 0};

void wait_without_lock(bool wrong)
{
    if (!wrong)
        take_mutex();
    MUST(pthread_cond_timedwait(&condition, &mutex, &long_ago) == ETIMEDOUT);
    give_mutex();
}

void wait_without_lock_of_another(bool wrong)
{
    wrong ? elsewhere(take_mutex, NULL) : take_mutex();
    MUST(pthread_cond_timedwait(&condition, &mutex, &long_ago) == ETIMEDOUT);
}

static void wait_for_ever(void)
{
    take_mutex();
    announce();
    MUST(pthread_cond_wait(&condition, &mutex) == 0);
    give_mutex();
}

void wait_with_two_locks(bool wrong)
{
    static pthread_mutex_t second = PTHREAD_MUTEX_INITIALIZER;
    pthread_mutex_t *with = wrong ? &second : &mutex;
    begin_and_await_sleep(wait_for_ever);
    MUST(pthread_mutex_lock(with) == 0);
    MUST(pthread_cond_timedwait(&condition, with, &long_ago) == ETIMEDOUT);
    MUST(pthread_mutex_unlock(with) == 0);
}

void use_before_init(bool wrong)
{
    static sem_t unset;
    if (!wrong)
        MUST(sem_init(&unset, 0, 0) == 0);
    MUST(sem_post(&unset) == 0);
    if (wrong)
        MUST(sem_init(&unset, 0, 0) == 0);
}

void use_after_destroy(bool wrong)
{
    destroy_mutex();
    if (!wrong)
        init_mutex();
    MUST(pthread_mutex_trylock(&mutex) == (wrong ? EINVAL : 0));
}

void use_after_destroy_spin(bool wrong)
{
    init_spin();
    destroy_spin();
    if (!wrong)
        init_spin();
    MUST(pthread_spin_trylock(&spin) == 0);
}

void use_after_destroy_semaphore(bool wrong)
{
    init_semaphore();
    destroy_semaphore();
    if (!wrong)
        init_semaphore();
    MUST(sem_post(&semaphore) == 0);
}

void use_after_destroy_condition(bool wrong)
{
    destroy_condition();
    if (!wrong)
        init_condition();
    MUST(pthread_cond_broadcast(&condition) == 0);
}

void init_twice(bool wrong)
{
    init_mutex();
    if (!wrong)
        destroy_mutex();
    MUST(pthread_mutex_init(&mutex, NULL) == 0);
}

void init_twice_rwlock(bool wrong)
{
    init_rwlock();
    if (!wrong)
        destroy_rwlock();
    MUST(pthread_rwlock_init(&rwlock, NULL) == 0);
}

void init_twice_spin(bool wrong)
{
    init_spin();
    if (!wrong)
        destroy_spin();
    MUST(pthread_spin_init(&spin, PTHREAD_PROCESS_PRIVATE) == 0);
}

void init_twice_semaphore(bool wrong)
{
    init_semaphore();
    if (!wrong)
        destroy_semaphore();
    MUST(sem_init(&semaphore, 0, 1) == 0);
}

void init_twice_barrier(bool wrong)
{
    init_barrier();
    if (!wrong)
        destroy_barrier();
    MUST(pthread_barrier_init(&barrier, NULL, 3) == 0);
}

void init_twice_condition(bool wrong)
{
    init_condition();
    if (!wrong)
        destroy_condition();
    MUST(pthread_cond_init(&condition, NULL) == 0);
}

/* Such memory may be a pool's, which uses it again and again: only what is held is in use. */
void init_twice_block(bool wrong)
{
    block = malloc(sizeof *block);
    init_block();
    if (wrong)
        take_block();
    MUST(pthread_mutex_init(block, NULL) == 0);
}

void wrong_object(bool wrong)
{
    init_rwlock();
    void *it = wrong ? (void *)&rwlock : (void *)&mutex;
    MUST(pthread_mutex_trylock(it) == 0);
}

void wrong_object_mutex(bool wrong)
{
    init_mutex();
    void *it = wrong ? (void *)&mutex : (void *)&rwlock;
    MUST(pthread_rwlock_tryrdlock(it) == 0);
}

void wrong_object_semaphore(bool wrong)
{
    init_mutex();
    init_semaphore();
    void *it = wrong ? (void *)&mutex : (void *)&semaphore;
    MUST(sem_post(it) == 0);
}

void wrong_object_wait(bool wrong)
{
    init_rwlock();
    take_mutex();
    void *it = wrong ? (void *)&rwlock : (void *)&mutex;
    MUST(pthread_cond_timedwait(&condition, it, &long_ago) == ETIMEDOUT);
}

void exclusive_recursion(bool wrong)
{
    take_rwlock();
    if (!wrong)
        give_rwlock();
    MUST(pthread_rwlock_wrlock(&rwlock) == (wrong ? EDEADLK : 0));
}

void exclusive_recursion_reader(bool wrong)
{
    take_rwlock();
    if (!wrong)
        give_rwlock();
    MUST(pthread_rwlock_rdlock(&rwlock) == (wrong ? EDEADLK : 0));
}

void exclusive_recursion_timed(bool wrong)
{
    take_rwlock();
    if (!wrong)
        give_rwlock();
    MUST(pthread_rwlock_timedwrlock(&rwlock, &long_ago) == (wrong ? EDEADLK : 0));
}

/* It is known which mutex belongs to the condition, since somebody waits with it. */
void signal_without_lock(bool wrong)
{
    begin_and_await_sleep(wait_for_ever);
    if (!wrong)
        take_mutex();
    MUST(pthread_cond_signal(&condition) == 0);
    if (!wrong)
        give_mutex();
}

/* What libc answers about a thread that it has forgotten is not asked: it differs. */
static void nothing(void)
{
}

__attribute__((noinline)) static void join_it(pthread_t thread)
{
    MUST(pthread_join(thread, NULL) == 0);
}

__attribute__((noinline)) static void detach_it(pthread_t thread)
{
    MUST(pthread_detach(thread) == 0);
}

void join_twice(bool wrong)
{
    pthread_t thread = begin(nothing);
    join_it(thread);
    if (!wrong)
        thread = begin(nothing);
    int result = pthread_join(thread, NULL);
    MUST(wrong || result == 0);
}

static void sleep_for_ever(void)
{
    announce();
    for (;;)
        pause();
}

void join_detached(bool wrong)
{
    pthread_t thread = wrong ? begin_and_await_sleep(sleep_for_ever) : begin(nothing);
    if (wrong)
        detach_it(thread);
    MUST(pthread_join(thread, NULL) == (wrong ? EINVAL : 0));
}

void detach_twice(bool wrong)
{
    pthread_t thread = begin_and_await_sleep(sleep_for_ever);
    detach_it(thread);
    if (!wrong)
        thread = begin_and_await_sleep(sleep_for_ever);
    MUST(pthread_detach(thread) == (wrong ? EINVAL : 0));
}

void detach_joined(bool wrong)
{
    pthread_t thread = begin(nothing);
    join_it(thread);
    if (!wrong)
        thread = begin(nothing);
    int result = pthread_detach(thread);
    MUST(wrong || result == 0);
}

void join_self(bool wrong)
{
    pthread_t thread = wrong ? pthread_self() : begin(nothing);
    MUST(pthread_join(thread, NULL) == (wrong ? EDEADLK : 0));
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*run)(bool wrong);
    } cases[] = {
#define MISUSE_CASE(identifier, name, ...) {name, identifier},
#include "misuse.def"
    };
    for (size_t i = 0; argc > 1 && i < sizeof cases / sizeof cases[0]; i++) {
        size_t length = strlen(cases[i].name);
        if (strncmp(argv[1], cases[i].name, length) != 0 ||
            (argv[1][length] != '\0' && strcmp(argv[1] + length, "-not") != 0))
            continue;
        cases[i].run(argv[1][length] == '\0');
        return 0;
    }
    fprintf(stderr, "no such case\n");
    return 98;
}
