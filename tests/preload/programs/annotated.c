/* What programs say of themselves: names, declared orders, forgiveness, locks of their own. */
#include <sched.h>
#include <stdatomic.h>

#include "annotate/snarl/annotate.h"
#include "sides.h"

/* A lock that snarl cannot see by itself. */
struct own {
    atomic_int taken;
    pthread_mutex_t unused; /* it does not begin with one */
};

static struct own alice, bob, carol;
static pthread_mutex_t first_mutex = PTHREAD_MUTEX_INITIALIZER,
                       second_mutex = PTHREAD_MUTEX_INITIALIZER,
                       third_mutex = PTHREAD_MUTEX_INITIALIZER;

static bool grab(struct own *own)
{
    return atomic_exchange(&own->taken, 1) == 0;
}

#define TAKE(name)                                                                                 \
    do {                                                                                           \
        if (!grab(&(name))) {                                                                      \
            SNARL_LOCK_ACQUIRING(&(name), 0);                                                      \
            while (!grab(&(name)))                                                                 \
                sched_yield();                                                                     \
        }                                                                                          \
        SNARL_LOCK_ACQUIRED(&(name), 0);                                                           \
    } while (0)

#define GIVE(name)                                                                                 \
    do {                                                                                           \
        SNARL_LOCK_RELEASED(&(name));                                                              \
        atomic_store(&(name).taken, 0);                                                            \
    } while (0)

#define TAKE_UNTOLD(name)                                                                          \
    while (!grab(&(name)))                                                                         \
    sched_yield()
#define GIVE_UNTOLD(name) atomic_store(&(name).taken, 0)

/* Locks of its own, one after another. */

static void pay(void)
{
    TAKE(alice);
    TAKE(bob);
    GIVE(bob);
    GIVE(alice);
}
static void refund(void)
{
    TAKE(bob);
    TAKE(alice);
    GIVE(alice);
    GIVE(bob);
}
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
static void take_and_give(void)
{
    take_only();
    GIVE(alice);
}
static void given_by_itself(void)
{
    together(take_and_give, give_nothing);
    refund();
}
static void given_by_another(void)
{
    together(take_only, give_only);
    refund();
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

/* Forgiveness. */

static void forgiven_refund(void)
{
    SNARL_FORGIVE_BEGIN();
    refund();
    SNARL_FORGIVE_END();
}
static void forgiven_within(void)
{
    SNARL_FORGIVE_BEGIN();
    SNARL_FORGIVE_BEGIN();
    SNARL_FORGIVE_END();
    refund();
    SNARL_FORGIVE_END();
    SNARL_FORGIVE_END(); /* one too many does nothing */
}
static void forgiven_at_first(void)
{
    for (int i = 0; i < 2; i++) {
        if (i == 0)
            SNARL_FORGIVE_BEGIN();
        refund();
        SNARL_FORGIVE_END();
    }
}
static void forgiven(void)
{
    in_turn(pay, forgiven_refund);
}
static void forgiven_nested(void)
{
    in_turn(pay, forgiven_within);
}
static void forgiven_once(void)
{
    in_turn(pay, forgiven_at_first);
}
static void forgive(void)
{
    SNARL_FORGIVE_BEGIN();
}
static void forgiven_elsewhere(void)
{
    in_turn(forgive, refund);
    pay();
}

/* Orders. */

static void in_order(void)
{
    lock(&first_mutex);
    lock(&second_mutex);
    unlock(&second_mutex);
    unlock(&first_mutex);
}
static void against_order(void)
{
    lock(&second_mutex);
    lock(&first_mutex);
    unlock(&first_mutex);
    unlock(&second_mutex);
}
static void third_before_first(void)
{
    lock(&third_mutex);
    lock(&first_mutex);
    unlock(&first_mutex);
    unlock(&third_mutex);
}
static void declare(void)
{
    SNARL_ORDER(&first_mutex, &second_mutex);
}
static void ordered_against(void)
{
    declare();
    against_order();
}
static void ordered_late(void)
{
    against_order();
    declare();
}
static void ordered_kept(void)
{
    for (int i = 0; i < 1000; i++)
        declare();
    in_turn(in_order, in_order);
}
static void ordered_not(void)
{
    against_order();
}
static void ordered_transitively(void)
{
    declare();
    SNARL_ORDER(&second_mutex, &third_mutex);
    third_before_first();
}
static void ordered_both_ways(void)
{
    declare();
    SNARL_ORDER(&second_mutex, &first_mutex);
}
static void ordered_and_taken(void)
{
    declare();
    in_turn(against_order, in_order);
}
static void ordered_own(void)
{
    SNARL_ORDER(&bob, &alice);
    pay();
}
static void ordered_before_init(void)
{
    static pthread_mutex_t outer, inner;
    SNARL_ORDER(&outer, &inner);
    MUST(pthread_mutex_init(&outer, NULL) == 0);
    MUST(pthread_mutex_init(&inner, NULL) == 0);
    lock(&inner);
    lock(&outer);
    unlock(&outer);
    unlock(&inner);
}

/* Names: of mutexes on the heap, which have none of their own. */

static pthread_mutex_t *left, *right;

static void left_first(void)
{
    lock(left);
    lock(right);
    unlock(right);
    unlock(left);
}
static void right_first(void)
{
    lock(right);
    lock(left);
    unlock(left);
    unlock(right);
}
static void make_both(void)
{
    left = malloc(sizeof *left);
    right = malloc(sizeof *right);
    MUST(left != NULL && right != NULL);
    MUST(pthread_mutex_init(left, NULL) == 0 && pthread_mutex_init(right, NULL) == 0);
}
static void name(pthread_mutex_t *mutex, const char *side, int number)
{
    char text[32];
    snprintf(text, sizeof text, "the %s one[%d]", side, number);
    SNARL_NAME(mutex, text);
    memset(text, 0, sizeof text);
}
static void named(void)
{
    make_both();
    name(left, "left", 3);
    name(right, "right", 4);
    in_turn(left_first, right_first);
}
static void named_late(void)
{
    make_both();
    in_turn(left_first, right_first);
    name(left, "left", 1);
    name(left, "left", 3);
    name(right, "right", 4);
}
static void named_alike(void)
{
    make_both();
    name(left, "same", 1);
    name(right, "same", 1);
    in_turn(left_first, right_first);
}
static void named_not(void)
{
    make_both();
    in_turn(left_first, right_first);
}
static void named_before_use(void)
{
    name(&first_mutex, "left", 3);
    in_turn(in_order, against_order);
}
/* The name went with the lock. */
static void named_former(void)
{
    make_both();
    name(left, "left", 3);
    name(right, "right", 4);
    pthread_mutex_t *former[] = {left, right};
    free(left);
    free(right);
    right = malloc(sizeof *right);
    left = malloc(sizeof *left);
    MUST((left == former[0] && right == former[1]) || (left == former[1] && right == former[0]));
    MUST(pthread_mutex_init(left, NULL) == 0 && pthread_mutex_init(right, NULL) == 0);
    in_turn(left_first, right_first);
}
static void live_right(void)
{
    lock(right);
    meet();
    lock(left);
}
static void live_left(void)
{
    lock(left);
    meet();
    lock(right);
}
static void named_live(void)
{
    make_both();
    name(left, "left", 3);
    name(right, "right", 4);
    together(live_left, live_right);
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
        {"hurried", hurried},
        {"live-abba", live_abba},
        {"live-mixed", live_mixed},
        {"live-write", live_write},
        {"live-within", live_within},
        {"forgiven", forgiven},
        {"forgiven-nested", forgiven_nested},
        {"forgiven-once", forgiven_once},
        {"forgiven-elsewhere", forgiven_elsewhere},
        {"ordered-against", ordered_against},
        {"ordered-late", ordered_late},
        {"ordered-kept", ordered_kept},
        {"ordered-not", ordered_not},
        {"ordered-transitively", ordered_transitively},
        {"ordered-both-ways", ordered_both_ways},
        {"ordered-and-taken", ordered_and_taken},
        {"ordered-own", ordered_own},
        {"ordered-before-init", ordered_before_init},
        {"named", named},
        {"named-late", named_late},
        {"named-alike", named_alike},
        {"named-not", named_not},
        {"named-before-use", named_before_use},
        {"named-former", named_former},
        {"named-live", named_live},
    };
    return RUN_SIDES(cases);
}
