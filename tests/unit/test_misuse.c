/*
 * The rules of misuse, told as stories: what glibc's words were, what the books say, who is to
 * blame. A word that is here is what glibc 2.36 leaves in that state.
 */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/misuse.h"

enum {
    CALLER = 100,
    OTHER = 200,
    RECURSIVE = 1,
    ERROR_CHECKING = 2,
    ADAPTIVE = 3,
    ROBUST = 16,
    INHERITING = 32,
    PROTECTING = 64,
    SHARED = 128,
    ELIDING = 256,
};

static void release_of_a_mutex(void **state)
{
    (void)state;
    static const struct {
        uint32_t kind, lock, owner;
        bool owner_known;
        uint32_t others;
        enum snarl_unlock expected;
    } stories[] = {
        {0, 0, 0, false, 0, SNARL_UNLOCK_NOT_LOCKED},
        {0, 0, 0, false, 1, SNARL_UNLOCK_NOT_LOCKED}, /* the books are behind */
        {RECURSIVE, 0, 0, false, 0, SNARL_UNLOCK_NOT_LOCKED},
        {0, 1, OTHER, true, 1, SNARL_UNLOCK_NOT_OWNER},
        {0, 2, OTHER, true, 0, SNARL_UNLOCK_NOT_OWNER}, /* taken unseen */
        {0, 1, OTHER, false, 0, SNARL_UNLOCK_UNKNOWN},  /* by a thread of another process, say */
        {0, 1, CALLER, false, 0, SNARL_UNLOCK_UNKNOWN},
        {0, 1, CALLER, true, 3, SNARL_UNLOCK_UNKNOWN}, /* its own, whatever the books say */
        {0, 1, 0, false, 1, SNARL_UNLOCK_UNKNOWN},     /* changing hands */
        {ELIDING, 0, 0, false, 0, SNARL_UNLOCK_UNKNOWN},
        {ROBUST, 0, INT_MAX, false, 0, SNARL_UNLOCK_UNKNOWN}, /* its owner has died */
    };
    for (size_t i = 0; i < sizeof stories / sizeof stories[0]; i++) {
        struct snarl_lock_word word =
            snarl_word_of_mutex(stories[i].kind, stories[i].lock, stories[i].owner);
        assert_int_equal(
            snarl_misuse_unlock(word, CALLER, stories[i].owner_known, stories[i].others),
            stories[i].expected);
    }
}

static void release_of_an_rwlock(void **state)
{
    (void)state;
    static const struct {
        uint32_t readers, writer;
        bool owner_known;
        uint32_t others;
        enum snarl_unlock expected;
    } stories[] = {
        {0, 0, false, 0, SNARL_UNLOCK_NOT_LOCKED},
        {1, 0, false, 0, SNARL_UNLOCK_NOT_LOCKED}, /* it was a writer's turn last */
        {3, OTHER, true, 1, SNARL_UNLOCK_NOT_OWNER},
        {3, OTHER, false, 1, SNARL_UNLOCK_UNKNOWN},
        {3, CALLER, false, 0, SNARL_UNLOCK_UNKNOWN},
        {3, 0, false, 1, SNARL_UNLOCK_UNKNOWN}, /* changing hands */
        {8 | 2, 0, false, 1, SNARL_UNLOCK_UNKNOWN},
        {8, 0, false, 1, SNARL_UNLOCK_NOT_OWNER},
        {16, 0, false, 2, SNARL_UNLOCK_NOT_OWNER},
        {16, 0, false, 1, SNARL_UNLOCK_UNKNOWN}, /* one of them is unseen: the caller, perhaps */
        {8, 0, false, 0, SNARL_UNLOCK_UNKNOWN},
    };
    for (size_t i = 0; i < sizeof stories / sizeof stories[0]; i++) {
        struct snarl_lock_word word = snarl_word_of_rwlock(stories[i].readers, stories[i].writer);
        assert_int_equal(
            snarl_misuse_unlock(word, CALLER, stories[i].owner_known, stories[i].others),
            stories[i].expected);
    }
}

static void release_of_a_spin_lock(void **state)
{
    (void)state;
    struct snarl_lock_word open = snarl_word_of_spin(1), taken = snarl_word_of_spin(0);
    struct snarl_lock_word wanted = snarl_word_of_spin((uint32_t)-2);
    assert_int_equal(snarl_misuse_unlock(open, CALLER, false, 0), SNARL_UNLOCK_NOT_LOCKED);
    assert_int_equal(snarl_misuse_unlock(taken, CALLER, false, 1), SNARL_UNLOCK_NOT_OWNER);
    assert_int_equal(snarl_misuse_unlock(wanted, CALLER, false, 1), SNARL_UNLOCK_NOT_OWNER);
    assert_int_equal(snarl_misuse_unlock(taken, CALLER, false, 0), SNARL_UNLOCK_UNKNOWN);
}

static void mutexes_whose_release_libc_refuses(void **state)
{
    (void)state;
    static const uint32_t refusing[] = {RECURSIVE,  ERROR_CHECKING,    ROBUST,
                                        INHERITING, ROBUST | ADAPTIVE, RECURSIVE | SHARED};
    static const uint32_t trusting[] = {0, ADAPTIVE, SHARED, PROTECTING};
    for (size_t i = 0; i < sizeof refusing / sizeof refusing[0]; i++)
        assert_true(snarl_mutex_checks_owner(refusing[i]));
    for (size_t i = 0; i < sizeof trusting / sizeof trusting[0]; i++)
        assert_false(snarl_mutex_checks_owner(trusting[i]));
}

static void mutexes_that_are_none(void **state)
{
    (void)state;
    /* Every kind that pthread_mutex_init can make. */
    for (uint32_t type = 0; type <= ADAPTIVE; type++)
        for (uint32_t more = 0; more < 8; more++)
            for (int protocol = 0; protocol < 3; protocol++) {
                uint32_t kind = type | (more & 1 ? ROBUST : 0u) | (more & 2 ? SHARED : 0u) |
                                (more & 4 ? ELIDING : 0u) |
                                (protocol == 1   ? INHERITING
                                 : protocol == 2 ? PROTECTING
                                                 : 0u);
                assert_false(snarl_mutex_is_garbage(kind));
                assert_false(snarl_mutex_is_destroyed(kind));
            }
    assert_true(snarl_mutex_is_destroyed((uint32_t)-1));
    assert_false(snarl_mutex_is_garbage((uint32_t)-1));
    static const uint32_t garbage[] = {4,       8,       0xdeadbeef,  0x55555555,
                                       0x10000, 32 | 64, (uint32_t)-2};
    for (size_t i = 0; i < sizeof garbage / sizeof garbage[0]; i++) {
        assert_true(snarl_mutex_is_garbage(garbage[i]));
        assert_false(snarl_mutex_is_destroyed(garbage[i]));
    }
}

/* A condition as glibc keeps it; threads come, are signalled, leave, give up. */
struct condition {
    struct snarl_condition_words words;
};

static void comes(struct condition *condition)
{
    condition->words.waiters += 2;
    condition->words.present += 8;
}

static void leaves(struct condition *condition)
{
    condition->words.present -= 8;
}

static uint32_t newer_group(const struct condition *condition)
{
    return condition->words.waiters & 1;
}

/* What pthread_cond_signal and, with `all`, pthread_cond_broadcast do (nptl/pthread_cond_signal.c,
 * pthread_cond_common.c). */
static void signalled(struct condition *condition, bool all)
{
    struct snarl_condition_words *words = &condition->words;
    if (words->present >> 3 == 0)
        return;
    do {
        uint32_t older = newer_group(condition) ^ 1;
        if (words->size[older] == 0) {
            uint32_t old_size = words->first_size >> 2;
            uint64_t start = words->first_start >> 1;
            uint32_t came = (uint32_t)(words->waiters >> 1) - (uint32_t)start - old_size;
            if (came + words->size[older ^ 1] == 0)
                return;
            words->first_start = (start + old_size) << 1 | (words->first_start & 1);
            words->waiters ^= 1;
            older ^= 1;
            words->first_size = came << 2;
            words->size[older] += came;
        }
        words->size[older] = all ? 0 : words->size[older] - 1;
    } while (all && snarl_condition_unsignalled(words) > 0);
}

static uint32_t unsignalled(const struct condition *condition)
{
    return snarl_condition_unsignalled(&condition->words);
}

static void waiters_of_a_condition(void **state)
{
    (void)state;
    struct condition condition = {{0}};
    assert_int_equal(unsignalled(&condition), 0);
    comes(&condition);
    comes(&condition);
    assert_int_equal(unsignalled(&condition), 2);
    signalled(&condition, false);
    assert_int_equal(unsignalled(&condition), 1);
    leaves(&condition);
    assert_int_equal(unsignalled(&condition), 1);
    comes(&condition); /* behind the one in the older group */
    assert_int_equal(unsignalled(&condition), 2);
    signalled(&condition, false);
    signalled(&condition, false);
    assert_int_equal(unsignalled(&condition), 0); /* both still inside, but on their way */
    leaves(&condition);
    leaves(&condition);
    signalled(&condition, false); /* to nobody */
    comes(&condition);
    assert_int_equal(unsignalled(&condition), 1);
}

static void broadcast_leaves_nobody(void **state)
{
    (void)state;
    struct condition condition = {{0}};
    for (int i = 0; i < 3; i++)
        comes(&condition);
    signalled(&condition, false);
    comes(&condition);
    assert_int_equal(unsignalled(&condition), 3);
    signalled(&condition, true);
    assert_int_equal(unsignalled(&condition), 0);
    assert_int_equal(condition.words.present >> 3, 4);
    comes(&condition); /* beside those that are leaving */
    assert_int_equal(unsignalled(&condition), 1);
}

static void giving_up_is_no_waiting(void **state)
{
    (void)state;
    struct condition condition = {{0}};
    comes(&condition);
    condition.words.size[newer_group(&condition)]--; /* it timed out in the newer group */
    assert_int_equal(unsignalled(&condition), 0);
    leaves(&condition);
    assert_int_equal(unsignalled(&condition), 0);
    comes(&condition);
    assert_int_equal(unsignalled(&condition), 1);
}

static void words_that_do_not_fit_say_nothing(void **state)
{
    (void)state;
    struct condition condition = {{0}};
    condition.words.waiters = 10; /* five have come, two are inside: it moved as it was read */
    condition.words.present = 2 * 8;
    assert_int_equal(unsignalled(&condition), 0);
}

static void conditions_destroyed_and_shared(void **state)
{
    (void)state;
    struct snarl_condition_words words = {.present = 8};
    assert_false(snarl_condition_is_destroyed(&words));
    assert_false(snarl_condition_is_shared(&words));
    words.present = 4;
    assert_true(snarl_condition_is_destroyed(&words));
    assert_false(snarl_condition_is_shared(&words));
    words.present = 8 | 1;
    assert_false(snarl_condition_is_destroyed(&words));
    assert_true(snarl_condition_is_shared(&words));
}

static void waiters_of_a_barrier(void **state)
{
    (void)state;
    struct snarl_barrier_words words = {.count = 3};
    assert_int_equal(snarl_barrier_waiting(&words), 0);
    words.in = 2;
    assert_int_equal(snarl_barrier_waiting(&words), 2);
    words.in = 3; /* the last one is here, and has not said so yet */
    assert_int_equal(snarl_barrier_waiting(&words), 0);
    words.round = 3;
    assert_int_equal(snarl_barrier_waiting(&words), 0);
    words.in = 4;
    assert_int_equal(snarl_barrier_waiting(&words), 1);
    assert_false(snarl_barrier_is_unset(&words));
    words = (struct snarl_barrier_words){0};
    assert_int_equal(snarl_barrier_waiting(&words), 0);
    assert_true(snarl_barrier_is_unset(&words));
}

static void waiters_of_a_semaphore(void **state)
{
    (void)state;
    assert_false(snarl_semaphore_has_waiters(&(struct snarl_semaphore_words){.value = 0}));
    assert_true(snarl_semaphore_has_waiters(&(struct snarl_semaphore_words){.waiting = 1}));
    /* Posted: the waiter is on its way. */
    assert_false(
        snarl_semaphore_has_waiters(&(struct snarl_semaphore_words){.value = 1, .waiting = 1}));
}

static void semaphores_that_may_be_none(void **state)
{
    (void)state;
    static const struct {
        struct snarl_semaphore_words words;
        bool unset;
    } stories[] = {
        {{0, 0, 0, 0}, true},    {{1, 0, 0, 0}, false},     {{0, 1, 0, 0}, false},
        {{0, 0, 128, 0}, false}, {{0, 0, 0x7ffe, 0}, true}, {{0x80000000, 0, 0, 0}, true},
    };
    for (size_t i = 0; i < sizeof stories / sizeof stories[0]; i++)
        assert_int_equal(snarl_semaphore_may_be_unset(&stories[i].words), stories[i].unset);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(release_of_a_mutex),
        cmocka_unit_test(release_of_an_rwlock),
        cmocka_unit_test(release_of_a_spin_lock),
        cmocka_unit_test(mutexes_whose_release_libc_refuses),
        cmocka_unit_test(mutexes_that_are_none),
        cmocka_unit_test(waiters_of_a_condition),
        cmocka_unit_test(broadcast_leaves_nobody),
        cmocka_unit_test(giving_up_is_no_waiting),
        cmocka_unit_test(words_that_do_not_fit_say_nothing),
        cmocka_unit_test(conditions_destroyed_and_shared),
        cmocka_unit_test(waiters_of_a_barrier),
        cmocka_unit_test(waiters_of_a_semaphore),
        cmocka_unit_test(semaphores_that_may_be_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
