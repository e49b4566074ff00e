/* Random delays: what decides, and what they cost; told from the system calls that are made. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <sys/syscall.h>
#include <time.h>

#include "preload/chaos.h"
#include "preload/options.h"
#include "preload/session.h"

enum {
    MOST_CALLS = 100000,
    MILLISECOND = 1000 * 1000,
};

/* What the thread did at its points: a sleep's nanoseconds, 0 for a yield. */
static struct {
    uint64_t slept[MOST_CALLS];
    size_t count;
    uint64_t total;
    struct snarl_thread *thread; /* whose state is looked at meanwhile */
    bool wipes;                  /* a signal handler forks meanwhile: this is the child */
} calls;

struct snarl_options snarl_options;

void *snarl_session_allocate(size_t size)
{
    return calloc(1, size);
}

static struct snarl_fact_chaos written;

void snarl_session_write(const struct iovec *parts, size_t count)
{
    assert_int_equal(count, 1);
    assert_int_equal(parts[0].iov_len, sizeof written);
    memcpy(&written, parts[0].iov_base, sizeof written);
}

long __wrap_syscall(long number, const struct timespec *time);

long __wrap_syscall(long number, const struct timespec *time)
{
    assert_true(number == SYS_nanosleep || number == SYS_sched_yield);
    assert_int_equal(calls.thread->state, SNARL_THREAD_READY);
    uint64_t slept = 0;
    if (number == SYS_nanosleep) {
        assert_int_equal(time->tv_sec, 0);
        slept = (uint64_t)time->tv_nsec;
        assert_in_range(slept, 20 * 1000, 11 * MILLISECOND);
    }
    if (calls.count < MOST_CALLS)
        calls.slept[calls.count] = slept;
    calls.count++;
    calls.total += slept;
    if (calls.wipes)
        calls.thread->state = SNARL_THREAD_WIPED;
    errno = EINTR;
    return -1;
}

/* Makes a thread, made by `maker` where that is not NULL; to be ended by end(). */
static struct snarl_thread *begin(long seed, uint32_t id, struct snarl_thread *maker)
{
    snarl_options.chaos = seed;
    struct snarl_thread *thread = calloc(1, sizeof *thread);
    thread->id = id;
    snarl_chaos_begin(thread);
    if (maker != NULL)
        snarl_chaos_inherit(thread, maker);
    thread->state = thread->chaos != NULL ? SNARL_THREAD_CHAOS : SNARL_THREAD_READY;
    return thread;
}

static void end(struct snarl_thread *thread)
{
    free(thread->chaos);
    free(thread);
}

/* The thread comes to `places` places, that lie in so many bytes from `first` on, by turns. */
static void visit(struct snarl_thread *thread, uintptr_t first, size_t places, size_t times)
{
    calls.count = 0;
    calls.total = 0;
    calls.thread = thread;
    for (size_t i = 0; i < places * times; i++)
        snarl_chaos_point(thread, first + i % places);
}

/* A hash over the calls that were made. */
static uint64_t decisions_of(struct snarl_thread *thread, uintptr_t first)
{
    visit(thread, first, 40, 50);
    uint64_t hash = calls.count;
    assert_in_range(calls.count, 1, MOST_CALLS);
    for (size_t i = 0; i < calls.count; i++)
        hash = hash * 31 + calls.slept[i];
    return hash;
}

static uint64_t decisions(long seed, uint32_t id, struct snarl_thread *maker, uintptr_t first)
{
    struct snarl_thread *thread = begin(seed, id, maker);
    uint64_t made = decisions_of(thread, first);
    end(thread);
    return made;
}

static void without_a_seed_nothing_is_delayed(void **state)
{
    (void)state;
    struct snarl_thread *thread = begin(0, 1, NULL);
    struct snarl_thread *child = begin(0, 2, thread);
    assert_null(thread->chaos);
    assert_null(child->chaos);
    visit(thread, 4096, 1000, 100);
    assert_int_equal(calls.count, 0);
    snarl_chaos_before_fork(thread);
    written.seed = 0;
    snarl_chaos_write();
    assert_int_equal(written.seed, 0);
    end(child);
    end(thread);
}

static void the_same_seed_decides_the_same(void **state)
{
    (void)state;
    for (long seed = 1; seed <= 50; seed++) {
        uint64_t made = decisions(seed, 1, NULL, 0x1000);
        assert_int_equal(decisions(seed, 1, NULL, 0x1000), made);
        assert_int_equal(decisions(seed, 1, NULL, 0x7fff12345000), made); /* loaded elsewhere */
        assert_int_not_equal(decisions(seed + 1, 1, NULL, 0x1000), made);
        assert_int_not_equal(decisions(seed, 2, NULL, 0x1000), made);
    }
    snarl_chaos_write();
    assert_int_equal(written.header.kind, SNARL_FACT_CHAOS);
    assert_int_equal(written.seed, 50);
}

/* Threads are told apart by who made them, and as which one; not by when. */
static void threads_are_told_apart_by_their_makers(void **state)
{
    (void)state;
    struct snarl_thread *first = begin(7, 1, NULL), *other = begin(7, 1, NULL);
    struct snarl_thread *one = begin(7, 2, first), *two = begin(7, 3, first);
    struct snarl_thread *late_one = begin(7, 12, other), *late_two = begin(7, 13, other);
    struct snarl_thread *grandchild = begin(7, 4, one), *late_grandchild = begin(7, 3, late_one);
    uint64_t of_one = decisions_of(one, 0), of_two = decisions_of(two, 0);
    uint64_t of_grandchild = decisions_of(grandchild, 0);
    assert_int_equal(decisions_of(late_one, 0), of_one);
    assert_int_equal(decisions_of(late_two, 0), of_two);
    assert_int_equal(decisions_of(late_grandchild, 0), of_grandchild);
    assert_int_not_equal(of_one, of_two);
    assert_int_not_equal(of_one, of_grandchild);
    struct snarl_thread *all[] = {first,    other,    one,        two,
                                  late_one, late_two, grandchild, late_grandchild};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        end(all[i]);
}

static void a_child_process_decides_otherwise(void **state)
{
    (void)state;
    struct snarl_thread *thread = begin(7, 1, NULL);
    uint64_t parents = decisions(7, 1, NULL, 0);
    snarl_chaos_before_fork(thread);
    snarl_chaos_in_child();
    uint64_t childs = decisions(7, 1, NULL, 0);
    assert_int_not_equal(childs, parents);
    assert_int_equal(decisions(7, 1, NULL, 0), childs);
    end(thread);
}

/* A fifth, or so, of the places that a thread comes to for the first time. */
static void new_places_are_delayed_at_often(void **state)
{
    (void)state;
    enum {
        SEEDS = 2000,
        PLACES = 10
    };
    size_t delayed = 0;
    for (long seed = 1; seed <= SEEDS; seed++) {
        struct snarl_thread *thread = begin(seed, 1, NULL);
        visit(thread, 0, PLACES, 1);
        delayed += calls.count; /* without spins, which are an eighth of the delays */
        end(thread);
    }
    assert_in_range(delayed, SEEDS * PLACES / 6, SEEDS * PLACES / 4);
}

/* Counted, not timed: a million locks, natively some 20 ms, or a thousand threads. */
static void hot_places_cost_little(void **state)
{
    (void)state;
    for (long seed = 1; seed <= 20; seed++) {
        struct snarl_thread *thread = begin(seed, 1, NULL);
        visit(thread, 0, 1, 1000 * 1000);
        assert_in_range(calls.total, MILLISECOND / 10, 100 * MILLISECOND);
        assert_in_range(calls.count, 20, 2000);
        end(thread);
    }
}

static void many_threads_cost_little(void **state)
{
    (void)state;
    uint64_t total = 0;
    struct snarl_thread *maker = begin(3, 1, NULL);
    for (uint32_t i = 0; i < 1000; i++) {
        struct snarl_thread *thread = begin(3, 2 + i, maker);
        visit(thread, 0, 10, 1);
        total += calls.total;
        end(thread);
    }
    end(maker);
    assert_in_range(total, MILLISECOND, 1000 * MILLISECOND);
}

static void nothing_is_delayed_while_a_wait_is_published(void **state)
{
    (void)state;
    struct snarl_thread *thread = begin(5, 1, NULL);
    thread->want.sequence = 3;
    visit(thread, 0, 1000, 100);
    assert_int_equal(calls.count, 0);
    thread->want.sequence = 4;
    visit(thread, 0, 1000, 1);
    assert_true(calls.count > 0);
    end(thread);
}

static void a_delay_leaves_no_trace(void **state)
{
    (void)state;
    struct snarl_thread *thread = begin(5, 1, NULL);
    errno = ERANGE;
    visit(thread, 0, 1000, 1);
    assert_true(calls.count > 0);
    assert_int_equal(errno, ERANGE);
    assert_int_equal(thread->state, SNARL_THREAD_CHAOS);
    end(thread);
}

static void what_was_wiped_meanwhile_stays_so(void **state)
{
    (void)state;
    struct snarl_thread *thread = begin(5, 1, NULL);
    calls.wipes = true;
    visit(thread, 0, 1000, 1);
    calls.wipes = false;
    assert_int_equal(calls.count, 1);
    assert_int_equal(thread->state, SNARL_THREAD_WIPED);
    end(thread);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_a_seed_nothing_is_delayed),
        cmocka_unit_test(the_same_seed_decides_the_same),
        cmocka_unit_test(threads_are_told_apart_by_their_makers),
        cmocka_unit_test(new_places_are_delayed_at_often),
        cmocka_unit_test(hot_places_cost_little),
        cmocka_unit_test(many_threads_cost_little),
        cmocka_unit_test(nothing_is_delayed_while_a_wait_is_published),
        cmocka_unit_test(a_delay_leaves_no_trace),
        cmocka_unit_test(what_was_wiped_meanwhile_stays_so),
        cmocka_unit_test(a_child_process_decides_otherwise), /* it is one from there on */
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
