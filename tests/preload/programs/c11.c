/* The locks, conditions and threads of C11: orders that can deadlock, deadlocks, and their twins.
 */
#include <threads.h>

#include "sides.h"

static mtx_t alice, bob, deep;
static cnd_t changed;

#define LOCK(name) MUST(mtx_lock(&(name)) == thrd_success)
#define TRY(name) MUST(mtx_trylock(&(name)) == thrd_success)
#define TIMED(name) MUST(mtx_timedlock(&(name), deadline_of(CLOCK_REALTIME)) == thrd_success)
#define UNLOCK(name) MUST(mtx_unlock(&(name)) == thrd_success)
#define LOCK_OR_GIVE_WAY(name)                                                                     \
    if (GRANTED(mtx_lock(&(name)), thrd_error))                                                    \
    UNLOCK(name)

#define NEST(name, OUTER, outer, INNER, inner)                                                     \
    static void name(void)                                                                         \
    {                                                                                              \
        OUTER(outer);                                                                              \
        INNER(inner);                                                                              \
        UNLOCK(inner);                                                                             \
        UNLOCK(outer);                                                                             \
    }

NEST(pay, LOCK, alice, LOCK, bob)
NEST(refund, LOCK, bob, LOCK, alice)
NEST(try_refund, LOCK, bob, TRY, alice)
NEST(timed_refund, LOCK, bob, TIMED, alice)
NEST(pay_deep, LOCK, alice, LOCK, deep)

static void abba(void)
{
    in_turn(pay, refund);
}
static void one_order(void)
{
    in_turn(pay, pay);
}
static void tried(void)
{
    in_turn(pay, try_refund);
}
static void timed(void)
{
    in_turn(pay, timed_refund);
}

/* Waits for bob's condition with alice held: bob is taken again behind alice. */
static void wait_with_both(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    LOCK(bob);
    LOCK(alice);
    MUST(cnd_timedwait(&changed, &bob, &now) == thrd_timedout);
    UNLOCK(alice);
    UNLOCK(bob);
}
static void wait_with_bob(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    LOCK(bob);
    MUST(cnd_timedwait(&changed, &bob, &now) == thrd_timedout);
    LOCK(alice);
    UNLOCK(alice);
    UNLOCK(bob);
}
static void condition(void)
{
    in_turn(wait_with_both, refund);
}
static void condition_alone(void)
{
    in_turn(wait_with_bob, refund);
}

/* A flag that is set and waited for; both calls, one and all. */
static bool flag;

static void set_flag(void)
{
    LOCK(alice);
    flag = true;
    MUST(cnd_signal(&changed) == thrd_success);
    MUST(cnd_broadcast(&changed) == thrd_success);
    UNLOCK(alice);
}
static void await_flag(void)
{
    LOCK(alice);
    while (!flag)
        MUST(cnd_wait(&changed, &alice) == thrd_success);
    UNLOCK(alice);
}
static void signalled(void)
{
    together(await_flag, set_flag);
}

static void lock_deep_twice_then_alice(void)
{
    LOCK(deep);
    LOCK(deep);
    UNLOCK(deep);
    LOCK(alice); /* deep is held still */
    UNLOCK(alice);
    UNLOCK(deep);
}
static void recursion(void)
{
    in_turn(lock_deep_twice_then_alice, pay_deep);
}

static int exit_in_thread(void *unused)
{
    (void)unused;
    pay();
    thrd_exit(4);
}
static void threads_at_once(void)
{
    thrd_t thread;
    int value;
    MUST(thrd_create(&thread, exit_in_thread, NULL) == thrd_success);
    refund();
    MUST(thrd_join(thread, &value) == thrd_success && value == 4);
}

static void live_pay(void)
{
    LOCK(alice);
    meet();
    LOCK_OR_GIVE_WAY(bob);
    UNLOCK(alice);
}
static void live_refund(void)
{
    LOCK(bob);
    meet();
    LOCK_OR_GIVE_WAY(alice);
    UNLOCK(bob);
}
static void live_abba(void)
{
    together(live_pay, live_refund);
}
static void relock(void)
{
    LOCK(alice);
    LOCK_OR_GIVE_WAY(alice);
    UNLOCK(alice);
}
static int lock_alice(void *unused)
{
    (void)unused;
    LOCK_OR_GIVE_WAY(alice);
    return 0;
}
static void join_with_lock(void)
{
    thrd_t thread;
    LOCK(alice);
    MUST(thrd_create(&thread, lock_alice, NULL) == thrd_success);
    bool joined = GRANTED(thrd_join(thread, NULL), thrd_error);
    UNLOCK(alice);
    if (!joined)
        MUST(thrd_join(thread, NULL) == thrd_success);
}
static int do_nothing(void *unused)
{
    (void)unused;
    return 0;
}
static void join_without_need(void)
{
    thrd_t thread;
    LOCK(alice);
    MUST(thrd_create(&thread, do_nothing, NULL) == thrd_success);
    MUST(thrd_join(thread, NULL) == thrd_success);
    UNLOCK(alice);
    MUST(thrd_create(&thread, do_nothing, NULL) == thrd_success);
    MUST(thrd_detach(thread) == thrd_success);
}

int main(int argc, char **argv)
{
    static const struct program_case cases[] = {
        {"abba", abba},
        {"one-order", one_order},
        {"tried", tried},
        {"timed", timed},
        {"condition", condition},
        {"condition-alone", condition_alone},
        {"signalled", signalled},
        {"recursion", recursion},
        {"threads-at-once", threads_at_once},
        {"join-without-need", join_without_need},
        {"live-abba", live_abba},
        {"relock", relock},
        {"join-with-lock", join_with_lock},
    };
    MUST(mtx_init(&alice, mtx_timed) == thrd_success);
    MUST(mtx_init(&bob, mtx_plain) == thrd_success);
    MUST(mtx_init(&deep, mtx_plain | mtx_recursive) == thrd_success);
    MUST(cnd_init(&changed) == thrd_success);
    int result = RUN_SIDES(cases);
    cnd_destroy(&changed);
    mtx_destroy(&deep);
    mtx_destroy(&bob);
    mtx_destroy(&alice);
    return result;
}
