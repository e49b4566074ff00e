/* Lock orders that can deadlock, and their twins that cannot; none of them does. */
#include <time.h>

#include "program.h"

static pthread_mutex_t alice = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t bob = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static pthread_mutex_t turn_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t turn_passed = PTHREAD_COND_INITIALIZER;
static int turn = -1; /* nobody's: the threads are to have their names first */

static void await_turn(int mine)
{
    lock(&turn_lock);
    while (turn != mine)
        MUST(pthread_cond_wait(&turn_passed, &turn_lock) == 0);
    unlock(&turn_lock);
}

static void pass_turn(int next)
{
    lock(&turn_lock);
    turn = next;
    MUST(pthread_cond_broadcast(&turn_passed) == 0);
    unlock(&turn_lock);
}

struct side {
    int turn;
    void (*act)(void);
};

static void *take_side(void *data)
{
    const struct side *side = data;
    await_turn(side->turn);
    side->act();
    pass_turn(side->turn + 1);
    await_turn(2); /* alive together to the end */
    return NULL;
}

/* One after the other, in threads that are alive together. */
static void both(void (*first)(void), void (*second)(void))
{
    struct side sides[] = {{0, first}, {1, second}};
    pthread_t payer = start(take_side, &sides[0]);
    pthread_t refunder = start(take_side, &sides[1]);
    MUST(pthread_setname_np(payer, "payer") == 0);
    MUST(pthread_setname_np(refunder, "refunder") == 0);
    pass_turn(0);
    finish(payer);
    finish(refunder);
}

static __attribute__((noinline)) void pay(void)
{
    lock(&alice);
    MUST(pthread_mutex_lock(&bob) == 0);
    unlock(&bob);
    unlock(&alice);
}

static __attribute__((noinline)) void refund(void)
{
    lock(&bob);
    MUST(pthread_mutex_lock(&alice) == 0);
    unlock(&alice);
    unlock(&bob);
}

static void gated_pay(void)
{
    lock(&gate);
    pay();
    unlock(&gate);
}

static void gated_refund(void)
{
    lock(&gate);
    refund();
    unlock(&gate);
}

static void try_refund(void)
{
    lock(&bob);
    MUST(pthread_mutex_trylock(&alice) == 0);
    unlock(&alice);
    unlock(&bob);
}

static void timed_refund(void)
{
    struct timespec deadline;
    clock_gettime(CLOCK_REALTIME, &deadline);
    deadline.tv_sec += 60;
    lock(&bob);
    MUST(pthread_mutex_timedlock(&alice, &deadline) == 0);
    unlock(&alice);
    unlock(&bob);
}

static void clock_refund(void)
{
    struct timespec deadline;
    clock_gettime(CLOCK_MONOTONIC, &deadline);
    deadline.tv_sec += 60;
    lock(&bob);
    MUST(pthread_mutex_clocklock(&alice, CLOCK_MONOTONIC, &deadline) == 0);
    unlock(&alice);
    unlock(&bob);
}

static void abba(void)
{
    both(pay, refund);
}
static void ordered(void)
{
    both(pay, pay);
}
static void gated(void)
{
    both(gated_pay, gated_refund);
}
static void tried(void)
{
    both(pay, try_refund);
}
static void timed(void)
{
    both(pay, timed_refund);
}
static void clocked(void)
{
    both(pay, clock_refund);
}

static void one_thread(void)
{
    pay();
    refund();
}

/* What is tried is held: what is taken behind it depends on it. */
static void try_then_lock(void)
{
    MUST(pthread_mutex_trylock(&bob) == 0);
    lock(&alice);
    unlock(&alice);
    unlock(&bob);
}

static void tried_first(void)
{
    both(pay, try_then_lock);
}

/* Waits for bob's condition with alice held: bob is taken again behind alice. */
static void wait_for_bob(void)
{
    struct timespec deadline;
    clock_gettime(CLOCK_REALTIME, &deadline);
    lock(&bob);
    lock(&alice);
    MUST(pthread_cond_timedwait(&changed, &bob, &deadline) == ETIMEDOUT);
    unlock(&alice);
    unlock(&bob);
}

static void refund_only(void)
{
    lock(&bob);
    lock(&alice);
    unlock(&alice);
    unlock(&bob);
}

static void condition(void)
{
    both(wait_for_bob, refund_only);
}

static void wait_for_alice_alone(void)
{
    struct timespec deadline;
    clock_gettime(CLOCK_REALTIME, &deadline);
    lock(&bob);
    MUST(pthread_cond_timedwait(&changed, &bob, &deadline) == ETIMEDOUT);
    unlock(&bob);
}

static void condition_alone(void)
{
    both(wait_for_alice_alone, refund_only);
}

static void release_out_of_order(void)
{
    lock(&alice);
    lock(&gate);
    unlock(&alice);
    lock(&bob); /* behind gate only */
    unlock(&gate);
    unlock(&bob);
}

static void out_of_order(void)
{
    both(release_out_of_order, refund);
}

static void take_alice(void)
{
    lock(&alice);
}

static void give_alice_back_and_take_bob(void)
{
    unlock(&alice); /* undefined by POSIX, and done all the same */
    lock(&bob);
    lock(&alice);
    unlock(&alice);
    unlock(&bob);
}

static void take_bob(void)
{
    lock(&bob);
    unlock(&bob);
}

/* The first thread, whose lock another has released, takes bob: not behind alice. */
static void *release_by_another_thread(void *unused)
{
    (void)unused;
    take_alice();
    pass_turn(1);
    await_turn(2);
    take_bob();
    pass_turn(3);
    return NULL;
}

static void released_by_another(void)
{
    pthread_t thread = start(release_by_another_thread, NULL);
    await_turn(1);
    give_alice_back_and_take_bob();
    pass_turn(2);
    finish(thread);
}

static void *fail_to_unlock(void *mutex)
{
    MUST(pthread_mutex_unlock(mutex) == EPERM);
    return NULL;
}

/* The unlock of a mutex that checks fails, so alice is held still when bob is taken. */
static void *take_behind_checked(void *data)
{
    pthread_mutex_t *checked = data;
    lock(checked);
    pass_turn(1);
    await_turn(2);
    lock(&bob);
    unlock(&bob);
    unlock(checked);
    pass_turn(3);
    return NULL;
}

static pthread_mutex_t checked;

static void failed_release_by_another(void)
{
    init_kind(&checked, PTHREAD_MUTEX_ERRORCHECK);
    pthread_t thread = start(take_behind_checked, &checked);
    await_turn(1);
    fail_to_unlock(&checked);
    pass_turn(2);
    await_turn(3);
    lock(&bob);
    lock(&checked);
    unlock(&checked);
    unlock(&bob);
    finish(thread);
}

enum {
    MANY = 200
};

static pthread_mutex_t many[MANY];

static void take_many(void)
{
    for (int i = 0; i < MANY; i++)
        lock(&many[i]);
    for (int i = 0; i < MANY; i++)
        unlock(&many[i]);
}

static void take_last_two(void)
{
    lock(&many[MANY - 1]);
    lock(&many[MANY - 2]);
    unlock(&many[MANY - 2]);
    unlock(&many[MANY - 1]);
}

static void many_held(void)
{
    for (int i = 0; i < MANY; i++)
        MUST(pthread_mutex_init(&many[i], NULL) == 0);
    both(take_many, take_last_two);
}

static pthread_mutex_t deep;

static void recurse(void)
{
    for (int i = 0; i < 1000; i++)
        lock(&deep);
    lock(&bob);
    unlock(&bob);
    for (int i = 0; i < 999; i++)
        unlock(&deep);
    lock(&alice); /* deep is held still */
    unlock(&alice);
    unlock(&deep);
}

static void recurse_backwards(void)
{
    lock(&alice);
    lock(&deep);
    unlock(&deep);
    unlock(&alice);
}

static void recursion(void)
{
    init_kind(&deep, PTHREAD_MUTEX_RECURSIVE);
    both(recurse, recurse_backwards);
}

static void relock_recursive(void)
{
    lock(&deep);
    lock(&alice);
    lock(&deep); /* held: no want of it, so no order against alice */
    unlock(&deep);
    unlock(&alice);
    unlock(&deep);
}

static void relocked(void)
{
    init_kind(&deep, PTHREAD_MUTEX_RECURSIVE);
    both(relock_recursive, relock_recursive);
}

static void relocked_robust(void)
{
    pthread_mutexattr_t attributes;
    MUST(pthread_mutexattr_init(&attributes) == 0);
    MUST(pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_RECURSIVE) == 0);
    MUST(pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST) == 0);
    MUST(pthread_mutex_init(&deep, &attributes) == 0);
    MUST(pthread_mutexattr_destroy(&attributes) == 0);
    both(relock_recursive, relock_recursive);
}

int main(int argc, char **argv)
{
    static const struct program_case cases[] = {
        {"abba", abba},
        {"ordered", ordered},
        {"gated", gated},
        {"tried", tried},
        {"tried-first", tried_first},
        {"timed", timed},
        {"clocked", clocked},
        {"one-thread", one_thread},
        {"condition", condition},
        {"condition-alone", condition_alone},
        {"out-of-order", out_of_order},
        {"released-by-another", released_by_another},
        {"failed-release-by-another", failed_release_by_another},
        {"many-held", many_held},
        {"recursion", recursion},
        {"relocked", relocked},
        {"relocked-robust", relocked_robust},
    };
    return RUN_CASE(cases);
}
