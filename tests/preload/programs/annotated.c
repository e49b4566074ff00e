/* Locks that the program has made by hand, and tells of. */
#include "annotated.h"

static struct own carol;
static pthread_mutex_t first_mutex = PTHREAD_MUTEX_INITIALIZER,
                       second_mutex = PTHREAD_MUTEX_INITIALIZER,
                       third_mutex = PTHREAD_MUTEX_INITIALIZER;

/* One after another. */

static void untold_refund(void)
{
    TAKE_UNTOLD(bob);
    TAKE_UNTOLD(alice);
    GIVE_UNTOLD(alice);
    GIVE_UNTOLD(bob);
}
static void abba(void)
{
    in_turn(pay, refund);
}
static void one_order(void)
{
    in_turn(pay, pay);
}
static void untold(void)
{
    in_turn(pay, untold_refund);
}
static void one_thread(void)
{
    pay();
    refund();
}

static void try_refund(void)
{
    TAKE(bob);
    MUST(grab(&alice));
    SNARL_LOCK_ACQUIRED(&alice, SNARL_TRIED);
    GIVE(alice);
    GIVE(bob);
}
static void timed_refund(void)
{
    TAKE(bob);
    SNARL_LOCK_ACQUIRING(&alice, SNARL_TIMED);
    MUST(grab(&alice));
    SNARL_LOCK_ACQUIRED(&alice, SNARL_TIMED);
    GIVE(alice);
    GIVE(bob);
}
/* It has not got it: nothing is taken while alice is held. */
static void give_up(void)
{
    SNARL_LOCK_ACQUIRING(&alice, SNARL_TIMED);
    SNARL_LOCK_GIVEN_UP(&alice);
    TAKE(bob);
    GIVE(bob);
}
static void tried(void)
{
    in_turn(pay, try_refund);
}
static void timed(void)
{
    in_turn(pay, timed_refund);
}
static void not_give_up(void)
{
    SNARL_LOCK_ACQUIRING(&alice, SNARL_TIMED);
    SNARL_LOCK_ACQUIRED(&alice, SNARL_TIMED);
    TAKE(bob);
    GIVE(bob);
    SNARL_LOCK_RELEASED(&alice);
}
static void given_up(void)
{
    in_turn(give_up, refund);
}
static void not_given_up(void)
{
    in_turn(not_give_up, refund);
}

/* Readers. */

static void read_both(struct own *outer, struct own *inner, unsigned how)
{
    SNARL_LOCK_ACQUIRED(outer, how);
    SNARL_LOCK_ACQUIRED(inner, how);
    SNARL_LOCK_RELEASED(inner);
    SNARL_LOCK_RELEASED(outer);
}
static void read_pay(void)
{
    read_both(&alice, &bob, SNARL_SHARED);
}
static void read_refund(void)
{
    read_both(&bob, &alice, SNARL_SHARED);
}
static void write_refund(void)
{
    read_both(&bob, &alice, 0);
}
static void readers(void)
{
    in_turn(read_pay, read_refund);
}
static void readers_and_a_writer(void)
{
    in_turn(read_pay, write_refund);
}

/* Lives. */

static void destroy_alice(void)
{
    pay();
    SNARL_LOCK_DESTROY(&alice);
}
static void recreate_alice(void)
{
    pay();
    SNARL_LOCK_CREATE(&alice, 0);
}
static void forget_alice(void)
{
    pay();
    SNARL_FORGET(&alice, sizeof alice);
}
static void destroyed(void)
{
    in_turn(destroy_alice, refund);
}
static void recreated(void)
{
    in_turn(recreate_alice, refund);
}
static void forgotten(void)
{
    in_turn(forget_alice, refund);
}

/* Taken twice, given back once: it is held still, if it may be taken twice. */

static void take_twice(void)
{
    SNARL_LOCK_ACQUIRING(&alice, 0);
    SNARL_LOCK_ACQUIRED(&alice, 0);
    SNARL_LOCK_ACQUIRING(&alice, 0);
    SNARL_LOCK_ACQUIRED(&alice, 0);
    SNARL_LOCK_RELEASED(&alice);
    TAKE(bob);
    GIVE(bob);
    SNARL_LOCK_RELEASED(&alice);
    TAKE(carol);
    GIVE(carol);
}
static void recursive(void)
{
    SNARL_LOCK_CREATE(&alice, SNARL_RECURSIVE);
    in_turn(take_twice, refund);
}
static void take_carol_first(void)
{
    TAKE(carol);
    TAKE(alice);
    GIVE(alice);
    GIVE(carol);
}
static void recursive_given_back(void)
{
    SNARL_LOCK_CREATE(&alice, SNARL_RECURSIVE);
    in_turn(take_twice, take_carol_first);
}
static void not_recursive(void)
{
    SNARL_LOCK_CREATE(&alice, 0);
    take_twice();
}

/* One that another thread gives back is held no more. */

static void take_only(void)
{
    TAKE(alice);
    side_add(&side_met);
    side_await(&side_met, 2);
    TAKE(bob);
    GIVE(bob);
}
static void give_only(void)
{
    side_await(&side_met, 1);
    GIVE(alice);
    side_add(&side_met);
}
static void give_nothing(void)
{
    side_await(&side_met, 1);
    side_add(&side_met);
}
static void take_and_leave(void)
{
    take_only();
    side_add(&side_met);
}
static void take_and_give(void)
{
    take_only();
    GIVE(alice);
    side_add(&side_met);
}
static void refund_last(void)
{
    side_await(&side_met, 3);
    refund();
}
static void given_by_itself(void)
{
    three_together(take_and_give, give_nothing, refund_last);
}
static void given_by_another(void)
{
    three_together(take_and_leave, give_only, refund_last);
}
static void keep(void)
{
    TAKE(alice);
}
static void kept(void)
{
    in_turn(keep, give_up);
}

/* A mutex that is watched anyway is not told of twice. */

#define LOCK_AND_TELL(name)                                                                        \
    SNARL_LOCK_ACQUIRING(&(name), 0);                                                              \
    lock(&(name));                                                                                 \
    SNARL_LOCK_ACQUIRED(&(name), 0)
#define TELL_AND_UNLOCK(name)                                                                      \
    SNARL_LOCK_RELEASED(&(name));                                                                  \
    unlock(&(name))

static void told_pay(void)
{
    LOCK_AND_TELL(first_mutex);
    LOCK_AND_TELL(second_mutex);
    TELL_AND_UNLOCK(second_mutex);
    TELL_AND_UNLOCK(first_mutex);
}
static void told_refund(void)
{
    LOCK_AND_TELL(second_mutex);
    LOCK_AND_TELL(first_mutex);
    TELL_AND_UNLOCK(first_mutex);
    TELL_AND_UNLOCK(second_mutex);
}
static void watched_already(void)
{
    in_turn(told_pay, told_refund);
}

/* Deadlocks that happen. */

static void live_pay(void)
{
    TAKE(alice);
    meet();
    TAKE(bob);
}
static void live_refund(void)
{
    TAKE(bob);
    meet();
    TAKE(alice);
}
static void live_mixed_refund(void)
{
    lock(&first_mutex);
    meet();
    TAKE(alice);
}
static void live_mixed_pay(void)
{
    TAKE(alice);
    meet();
    lock(&first_mutex);
}
static void live_abba(void)
{
    together(live_pay, live_refund);
}
static void live_mixed(void)
{
    together(live_mixed_pay, live_mixed_refund);
}
static void live_write(void)
{
    SNARL_LOCK_ACQUIRED(&alice, SNARL_SHARED);
    SNARL_LOCK_ACQUIRING(&alice, 0);
}

/* What waits for its own lock by a mutex and a condition still waits for the lock afterwards. */
static void wait_within(void)
{
    TAKE(bob);
    meet();
    SNARL_LOCK_ACQUIRING(&alice, 0);
    lock(&third_mutex);
    unlock(&third_mutex);
    for (;;)
        pause();
}
static void wait_after(void)
{
    TAKE(alice);
    meet();
    usleep(200 * 1000);
    TAKE(bob);
}
static void live_within(void)
{
    together(wait_within, wait_after);
}

/* Children. */

static void take_alice(void)
{
    TAKE(alice);
    GIVE(alice);
}
static void *hold_alice(void *data)
{
    TAKE(alice);
    side_add(&side_met);
    side_await(&side_met, 2);
    GIVE(alice);
    return data;
}
static void held_at_fork(void)
{
    pthread_t holder = start(hold_alice, NULL);
    side_await(&side_met, 1);
    fork_and(take_alice);
    side_add(&side_met);
    finish(holder);
}
static void given_before_fork(void)
{
    pthread_t holder = start(hold_alice, NULL);
    side_await(&side_met, 1);
    side_add(&side_met);
    finish(holder);
    fork_and(take_alice);
}
/* Many threads, many waits, one order: nothing is to be found, however they meet. */

static void take_and_tell(struct own *own)
{
    TAKE(*own);
}
static void give_and_tell(struct own *own)
{
    GIVE(*own);
}
static void *hurry(void *data)
{
    for (int i = 0; i < 20000; i++) {
        take_and_tell(&alice);
        if (i % 3 == 0)
            take_and_tell(&bob);
        if (i % 7 == 0 && grab(&carol)) {
            SNARL_LOCK_ACQUIRED(&carol, SNARL_TRIED);
            give_and_tell(&carol);
        }
        if (i % 3 == 0)
            give_and_tell(&bob);
        give_and_tell(&alice);
    }
    return data;
}
static void hurried(void)
{
    pthread_t threads[4];
    for (int i = 0; i < 4; i++)
        threads[i] = start(hurry, NULL);
    for (int i = 0; i < 4; i++)
        finish(threads[i]);
}
int main(int argc, char **argv)
{
    static const struct program_case cases[] = {
        {"abba", abba},
        {"one-order", one_order},
        {"untold", untold},
        {"one-thread", one_thread},
        {"tried", tried},
        {"timed", timed},
        {"given-up", given_up},
        {"not-given-up", not_given_up},
        {"readers", readers},
        {"readers-and-a-writer", readers_and_a_writer},
        {"destroyed", destroyed},
        {"recreated", recreated},
        {"forgotten", forgotten},
        {"recursive", recursive},
        {"recursive-given-back", recursive_given_back},
        {"not-recursive", not_recursive},
        {"given-by-another", given_by_another},
        {"given-by-itself", given_by_itself},
        {"kept", kept},
        {"watched-already", watched_already},
        {"held-at-fork", held_at_fork},
        {"given-before-fork", given_before_fork},
        {"hurried", hurried},
        {"live-abba", live_abba},
        {"live-mixed", live_mixed},
        {"live-write", live_write},
        {"live-within", live_within},
    };
    return RUN_SIDES(cases);
}
