/* Spin locks: orders that can deadlock, deadlocks, and their twins. */
#include "sides.h"

static pthread_spinlock_t alice, bob;

#define SPIN(name) MUST(pthread_spin_lock(&(name)) == 0)
#define TRY(name) MUST(pthread_spin_trylock(&(name)) == 0)
#define LEAVE(name) MUST(pthread_spin_unlock(&(name)) == 0)
#define SPIN_OR_GIVE_WAY(name)                                                                     \
    if (GRANTED(pthread_spin_lock(&(name)), EDEADLK))                                              \
    LEAVE(name)

static void pay(void)
{
    SPIN(alice);
    SPIN(bob);
    LEAVE(bob);
    LEAVE(alice);
}
static void refund(void)
{
    SPIN(bob);
    SPIN(alice);
    LEAVE(alice);
    LEAVE(bob);
}
static void try_refund(void)
{
    SPIN(bob);
    TRY(alice);
    LEAVE(alice);
    LEAVE(bob);
}
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
static void one_thread(void)
{
    pay();
    refund();
}

/* The next lock at that address is another one. */
static void made_anew(void)
{
    pay();
    MUST(pthread_spin_destroy(&alice) == 0);
    MUST(pthread_spin_init(&alice, PTHREAD_PROCESS_PRIVATE) == 0);
}
static void destroyed_between(void)
{
    in_turn(made_anew, refund);
}

static void live_pay(void)
{
    SPIN(alice);
    meet();
    SPIN_OR_GIVE_WAY(bob);
    LEAVE(alice);
}
static void live_refund(void)
{
    SPIN(bob);
    meet();
    SPIN_OR_GIVE_WAY(alice);
    LEAVE(bob);
}
static void live_abba(void)
{
    together(live_pay, live_refund);
}
static void relock(void)
{
    SPIN(alice);
    SPIN_OR_GIVE_WAY(alice);
    LEAVE(alice);
}

int main(int argc, char **argv)
{
    static const struct program_case cases[] = {
        {"abba", abba},
        {"one-order", one_order},
        {"tried", tried},
        {"one-thread", one_thread},
        {"destroyed-between", destroyed_between},
        {"live-abba", live_abba},
        {"relock", relock},
    };
    MUST(pthread_spin_init(&alice, PTHREAD_PROCESS_PRIVATE) == 0);
    MUST(pthread_spin_init(&bob, PTHREAD_PROCESS_PRIVATE) == 0);
    return RUN_SIDES(cases);
}
