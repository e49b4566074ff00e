/* What programs tell other tools, by weak references: ThreadSanitizer's functions for locks made by
 * hand, and those of dynamic_annotations.h. The locks are there in words alone. */
#include "sides.h"

#define WEAK(result, name, ...) extern result name(__VA_ARGS__) __attribute__((weak));
WEAK(void, __tsan_acquire, void *)
WEAK(void, __tsan_release, void *)
WEAK(void, __tsan_mutex_create, void *, unsigned)
WEAK(void, __tsan_mutex_destroy, void *, unsigned)
WEAK(void, __tsan_mutex_pre_lock, void *, unsigned)
WEAK(void, __tsan_mutex_post_lock, void *, unsigned, int)
WEAK(int, __tsan_mutex_pre_unlock, void *, unsigned)
WEAK(void, __tsan_mutex_post_unlock, void *, unsigned)
WEAK(void, __tsan_mutex_pre_signal, void *, unsigned)
WEAK(void, __tsan_mutex_post_signal, void *, unsigned)
WEAK(void, __tsan_mutex_pre_divert, void *, unsigned)
WEAK(void, __tsan_mutex_post_divert, void *, unsigned)
WEAK(void, AnnotateRWLockCreate, const char *, int, const volatile void *)
WEAK(void, AnnotateRWLockCreateStatic, const char *, int, const volatile void *)
WEAK(void, AnnotateRWLockDestroy, const char *, int, const volatile void *)
WEAK(void, AnnotateRWLockAcquired, const char *, int, const volatile void *, long)
WEAK(void, AnnotateRWLockReleased, const char *, int, const volatile void *, long)
WEAK(void, AnnotateHappensBefore, const char *, int, const volatile void *)
WEAK(void, AnnotateHappensAfter, const char *, int, const volatile void *)

/* As sanitizer/tsan_interface.h has them. */
enum {
    LINKER_INIT = 1 << 0,
    WRITE_REENTRANT = 1 << 1,
    READ_LOCK = 1 << 3,
    TRY_LOCK = 1 << 4,
    TRY_LOCK_FAILED = 1 << 5,
    RECURSIVE_LOCK = 1 << 6,
    RECURSIVE_UNLOCK = 1 << 7,
    NOT_STATIC = 1 << 8,
};

static long alice, bob, carol;

#define TAKE_SO(name, flags)                                                                       \
    do {                                                                                           \
        __tsan_mutex_pre_lock(&(name), (flags));                                                   \
        __tsan_mutex_post_lock(&(name), (flags), 0);                                               \
    } while (0)
#define GIVE_SO(name, flags)                                                                       \
    do {                                                                                           \
        MUST(__tsan_mutex_pre_unlock(&(name), (flags)) == ((flags)&READ_LOCK ? 0 : 1));            \
        __tsan_mutex_post_unlock(&(name), (flags));                                                \
    } while (0)
#define TAKE(name) TAKE_SO(name, 0)
#define GIVE(name) GIVE_SO(name, 0)

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
static void abba(void)
{
    in_turn(pay, refund);
}
static void one_order(void)
{
    in_turn(pay, pay);
}

static void read_pay(void)
{
    TAKE_SO(alice, READ_LOCK);
    TAKE_SO(bob, READ_LOCK);
    GIVE_SO(bob, READ_LOCK);
    GIVE_SO(alice, READ_LOCK);
}
static void read_refund(void)
{
    TAKE_SO(bob, READ_LOCK);
    TAKE_SO(alice, READ_LOCK);
    GIVE_SO(alice, READ_LOCK);
    GIVE_SO(bob, READ_LOCK);
}
static void readers(void)
{
    in_turn(read_pay, read_refund);
}
static void readers_and_a_writer(void)
{
    in_turn(read_pay, refund);
}

static void try_refund(void)
{
    TAKE(bob);
    TAKE_SO(alice, TRY_LOCK);
    GIVE(alice);
    GIVE(bob);
}
static void fail_to_take(unsigned failed)
{
    __tsan_mutex_pre_lock(&alice, TRY_LOCK);
    __tsan_mutex_post_lock(&alice, TRY_LOCK | failed, 0);
    TAKE(bob);
    GIVE(bob);
}
static void fail(void)
{
    fail_to_take(TRY_LOCK_FAILED);
}
static void succeed(void)
{
    fail_to_take(0);
    GIVE(alice);
}
static void tried(void)
{
    in_turn(pay, try_refund);
}
static void try_failed(void)
{
    in_turn(fail, refund);
}
static void try_succeeded(void)
{
    in_turn(succeed, refund);
}

/* Taken three times at once, and given back as often. */
static void take_thrice(unsigned unlock)
{
    __tsan_mutex_create(&alice, WRITE_REENTRANT);
    __tsan_mutex_pre_lock(&alice, RECURSIVE_LOCK);
    __tsan_mutex_post_lock(&alice, RECURSIVE_LOCK, 2);
    TAKE(alice);
    MUST(__tsan_mutex_pre_unlock(&alice, unlock) == (unlock != 0 ? 3 : 1));
    __tsan_mutex_post_unlock(&alice, unlock);
    TAKE(bob);
    GIVE(bob);
    if (unlock != 0)
        return;
    GIVE(alice);
    GIVE(alice);
    TAKE(carol);
    GIVE(carol);
}
static void take_thrice_give_once(void)
{
    take_thrice(0);
}
static void take_thrice_give_all(void)
{
    take_thrice(RECURSIVE_UNLOCK);
}
static void take_carol_first(void)
{
    TAKE(carol);
    TAKE(alice);
    GIVE(alice);
    GIVE(carol);
}
static void recursive(void)
{
    in_turn(take_thrice_give_once, refund);
}
static void recursive_at_last(void)
{
    in_turn(take_thrice_give_once, take_carol_first);
}
static void recursive_at_once(void)
{
    in_turn(take_thrice_give_all, refund);
}
static void reentrant_by_lock(void)
{
    TAKE_SO(alice, WRITE_REENTRANT);
    TAKE(alice);
    GIVE(alice);
    GIVE(alice);
}
static void relock(void)
{
    TAKE(alice);
    TAKE(alice);
}

static void pay_and_destroy(unsigned create, unsigned destroy)
{
    __tsan_mutex_create(&alice, create);
    pay();
    __tsan_mutex_destroy(&alice, destroy);
}
static void destroy(void)
{
    pay_and_destroy(0, 0);
}
static void destroy_linker_init(void)
{
    pay_and_destroy(LINKER_INIT, LINKER_INIT);
}
static void destroy_static(void)
{
    pay_and_destroy(0, NOT_STATIC);
}
static void destroy_not_static(void)
{
    pay_and_destroy(NOT_STATIC, NOT_STATIC);
}
static void destroyed(void)
{
    in_turn(destroy, refund);
}
static void destroyed_linker_init(void)
{
    in_turn(destroy_linker_init, refund);
}
static void destroyed_static(void)
{
    in_turn(destroy_static, refund);
}
static void destroyed_not_static(void)
{
    in_turn(destroy_not_static, refund);
}

/* Deadlocks that happen: in words. */
static void stand(void)
{
    for (;;)
        pause();
}
static void live_pay(void)
{
    TAKE(alice);
    meet();
    __tsan_mutex_pre_lock(&bob, 0);
    stand();
}
static void live_refund(void)
{
    TAKE(bob);
    meet();
    __tsan_mutex_pre_lock(&alice, 0);
    stand();
}

/* It does not wait while it does something else. */
static int step; /* of the two, by turns */

static void await_step(int number)
{
    while (__atomic_load_n(&step, __ATOMIC_SEQ_CST) < number)
        usleep(100);
}
static void do_step(int number)
{
    __atomic_store_n(&step, number, __ATOMIC_SEQ_CST);
}
static void divert(bool back)
{
    TAKE(bob);
    __tsan_mutex_pre_lock(&alice, 0);
    __tsan_mutex_pre_divert(&alice, 0);
    do_step(1);
    await_step(2);
    if (back)
        __tsan_mutex_post_divert(&alice, 0);
    do_step(3);
    __tsan_mutex_post_lock(&alice, TRY_LOCK_FAILED, 0);
    GIVE(bob);
}
static void diverted_refund(void)
{
    divert(false);
}
static void resumed_refund(void)
{
    divert(true);
}
static void diverted_pay(void)
{
    TAKE(alice);
    await_step(1);
    __tsan_mutex_pre_lock(&bob, 0);
    do_step(2);
    await_step(3);
    __tsan_mutex_post_lock(&bob, TRY_LOCK_FAILED, 0);
    GIVE(alice);
}

/* One that has ended waits no more. */
static void leave_waiting(void)
{
    TAKE(alice);
    __tsan_mutex_pre_lock(&bob, 0);
}
static void *leave(void *data)
{
    leave_waiting();
    return data;
}
static void left_waiting(void)
{
    finish(start(leave, NULL));
    TAKE(bob);
    __tsan_mutex_pre_lock(&alice, 0);
}
static void live_abba(void)
{
    together(live_pay, live_refund);
}
static void diverted(void)
{
    together(diverted_pay, diverted_refund);
}
static void resumed(void)
{
    together(diverted_pay, resumed_refund);
}
static void signalled(void)
{
    __tsan_mutex_pre_signal(&alice, 0);
    __tsan_mutex_post_signal(&alice, 0);
}

/* dynamic_annotations.h. */

static void annotated_both(long *outer, long *inner, long writes)
{
    AnnotateRWLockAcquired(__FILE__, __LINE__, outer, writes);
    AnnotateRWLockAcquired(__FILE__, __LINE__, inner, writes);
    AnnotateRWLockReleased(__FILE__, __LINE__, inner, writes);
    AnnotateRWLockReleased(__FILE__, __LINE__, outer, writes);
}
static void write_pay(void)
{
    annotated_both(&alice, &bob, 1);
}
static void write_refund(void)
{
    annotated_both(&bob, &alice, 1);
}
static void share_pay(void)
{
    annotated_both(&alice, &bob, 0);
}
static void share_refund(void)
{
    annotated_both(&bob, &alice, 0);
}
static void write_pay_and_destroy(void)
{
    AnnotateRWLockCreate(__FILE__, __LINE__, &alice);
    write_pay();
    AnnotateRWLockDestroy(__FILE__, __LINE__, &alice);
}
static void write_pay_and_create(void)
{
    write_pay();
    AnnotateRWLockCreateStatic(__FILE__, __LINE__, &alice);
}
static void writers(void)
{
    in_turn(write_pay, write_refund);
}
static void sharers(void)
{
    in_turn(share_pay, share_refund);
}
static void writer_destroyed(void)
{
    in_turn(write_pay_and_destroy, write_refund);
}
static void writer_static(void)
{
    in_turn(write_pay_and_create, write_refund);
}

/* Hand-overs: what goes before and what goes after, by two pairs of functions. Nothing else that is
 * seen orders the two. */

static void pay_and_release(void)
{
    pay();
    __tsan_release(&carol);
    do_step(1);
}
static void acquire_and_refund(void)
{
    await_step(1);
    __tsan_acquire(&carol);
    refund();
}
static void acquire_another_and_refund(void)
{
    await_step(1);
    __tsan_acquire(&alice);
    refund();
}
static void pay_before(void)
{
    pay();
    AnnotateHappensBefore(__FILE__, __LINE__, &carol);
    do_step(1);
}
static void refund_after(void)
{
    await_step(1);
    AnnotateHappensAfter(__FILE__, __LINE__, &carol);
    refund();
}
static void released(void)
{
    together(pay_and_release, acquire_and_refund);
}
static void released_another(void)
{
    together(pay_and_release, acquire_another_and_refund);
}
static void handed_over(void)
{
    together(pay_before, refund_after);
}
static void handed_over_often(void)
{
    for (int i = 0; i < 1000 * 1000; i++)
        __tsan_release(&alice);
}

int main(int argc, char **argv)
{
    static const struct program_case cases[] = {
        {"abba", abba},
        {"one-order", one_order},
        {"readers", readers},
        {"readers-and-a-writer", readers_and_a_writer},
        {"tried", tried},
        {"try-failed", try_failed},
        {"try-succeeded", try_succeeded},
        {"recursive", recursive},
        {"recursive-at-last", recursive_at_last},
        {"recursive-at-once", recursive_at_once},
        {"reentrant-by-lock", reentrant_by_lock},
        {"relock", relock},
        {"destroyed", destroyed},
        {"destroyed-linker-init", destroyed_linker_init},
        {"destroyed-static", destroyed_static},
        {"destroyed-not-static", destroyed_not_static},
        {"live-abba", live_abba},
        {"diverted", diverted},
        {"resumed", resumed},
        {"left-waiting", left_waiting},
        {"signalled", signalled},
        {"writers", writers},
        {"sharers", sharers},
        {"writer-destroyed", writer_destroyed},
        {"writer-static", writer_static},
        {"released", released},
        {"released-another", released_another},
        {"handed-over", handed_over},
        {"handed-over-often", handed_over_often},
    };
    if (__tsan_mutex_create == NULL) {
        printf("not watched\n");
        return 0;
    }
    return RUN_SIDES(cases);
}
