/* The arena: what it hands out, what it takes back, where it ends, what a fork leaves of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/arena.h"

enum {
    KIB = 1024,
    ROUNDS = 1000000,
    PIECES = 2000,
};

static bool is_filled(const void *memory, size_t size, unsigned char byte)
{
    const unsigned char *bytes = memory;
    for (size_t i = 0; i < size; i++)
        if (bytes[i] != byte)
            return false;
    return true;
}

static void nothing_is_taken_before_it_is_needed(void **state)
{
    (void)state;
    struct snarl_arena arena;
    snarl_arena_start(&arena, 0, false);
    assert_int_equal(arena.mapped, 0);
    assert_null(snarl_arena_allocate(&arena, 0));
    snarl_arena_free(&arena, NULL, 100);
    assert_int_equal(arena.mapped, 0);
    assert_false(arena.exhausted);
    snarl_arena_end(&arena);
}

/* Sizes of all classes and around their bounds; each piece is filled with a byte of its own. */
static void pieces_are_zeroed_aligned_and_apart(void **state)
{
    (void)state;
    struct snarl_arena arena;
    static unsigned char *pieces[PIECES];
    snarl_arena_start(&arena, 0, false);
    for (size_t i = 0; i < PIECES; i++) {
        size_t size = i + 1;
        pieces[i] = snarl_arena_allocate(&arena, size);
        assert_non_null(pieces[i]);
        assert_int_equal((uintptr_t)pieces[i] % 16, 0);
        assert_true(is_filled(pieces[i], size, 0));
        memset(pieces[i], (int)(i % 255) + 1, size);
    }
    for (size_t i = 0; i < PIECES; i++)
        assert_true(is_filled(pieces[i], i + 1, (unsigned char)(i % 255 + 1)));
    snarl_arena_end(&arena);
}

static void large_pieces(void **state)
{
    (void)state;
    struct snarl_arena arena;
    snarl_arena_start(&arena, 0, false);
    const size_t sizes[] = {64 * KIB - 16, 64 * KIB, 1024 * KIB, 1024 * KIB + 1, 5000 * KIB};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        unsigned char *memory = snarl_arena_allocate(&arena, sizes[i]);
        assert_non_null(memory);
        assert_true(is_filled(memory, sizes[i], 0));
        memset(memory, 1, sizes[i]);
        snarl_arena_free(&arena, memory, sizes[i]);
        assert_ptr_equal(snarl_arena_allocate(&arena, sizes[i]), memory);
        assert_true(is_filled(memory, sizes[i], 0));
    }
    snarl_arena_end(&arena);
}

static void what_is_freed_is_used_again(void **state)
{
    (void)state;
    struct snarl_arena arena;
    snarl_arena_start(&arena, 0, false);
    char *first = snarl_arena_allocate(&arena, 17), *second = snarl_arena_allocate(&arena, 32);
    memset(first, 'a', 17);
    memset(second, 'b', 32);
    snarl_arena_free(&arena, first, 17);
    snarl_arena_free(&arena, second, 32);
    char *other_class = snarl_arena_allocate(&arena, 16);
    assert_ptr_not_equal(other_class, first);
    assert_ptr_not_equal(other_class, second);
    assert_ptr_equal(snarl_arena_allocate(&arena, 25), second);
    assert_ptr_equal(snarl_arena_allocate(&arena, 32), first);
    assert_true(is_filled(first, 32, 0));
    assert_true(is_filled(second, 25, 0));
    snarl_arena_end(&arena);
}

static void memory_is_flat_over_many_rounds(void **state)
{
    (void)state;
    struct snarl_arena arena;
    snarl_arena_start(&arena, 64 * KIB, false);
    for (unsigned round = 0; round < ROUNDS; round++) {
        void *small = snarl_arena_allocate(&arena, 40), *large = snarl_arena_allocate(&arena, 3000);
        assert_non_null(small);
        assert_non_null(large);
        snarl_arena_free(&arena, small, 40);
        snarl_arena_free(&arena, large, 3000);
    }
    assert_int_equal(arena.mapped, 64 * KIB);
    assert_false(arena.exhausted);
    snarl_arena_end(&arena);
}

static size_t allocate_all(struct snarl_arena *arena, size_t size, void **last)
{
    size_t count = 0;
    for (void *memory; (memory = snarl_arena_allocate(arena, size)) != NULL; count++)
        *last = memory;
    return count;
}

static void the_limit_is_used_up_and_kept(void **state)
{
    (void)state;
    for (size_t limit = 64 * KIB; limit <= 512 * KIB; limit += 12 * KIB) {
        struct snarl_arena arena;
        void *last = NULL;
        snarl_arena_start(&arena, limit, false);
        size_t count = allocate_all(&arena, 1024, &last);
        assert_true(arena.exhausted);
        assert_true(arena.mapped <= limit);
        assert_true(arena.mapped > limit - 4 * KIB);
        assert_true(count * 1024 > limit - limit / 3);

        snarl_arena_free(&arena, last, 1024);
        assert_ptr_equal(snarl_arena_allocate(&arena, 1024), last);
        assert_null(snarl_arena_allocate(&arena, 1024));
        snarl_arena_end(&arena);
    }
}

static void what_cannot_be_is_refused(void **state)
{
    (void)state;
    const size_t sizes[] = {SIZE_MAX, SIZE_MAX / 2, SIZE_MAX / 4, (size_t)1 << 60};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct snarl_arena arena;
        snarl_arena_start(&arena, i % 2 == 0 ? 0 : 1024 * KIB, false);
        assert_null(snarl_arena_allocate(&arena, sizes[i]));
        assert_true(arena.exhausted);
        assert_int_equal(arena.mapped, 0);
        assert_non_null(snarl_arena_allocate(&arena, 100));
        snarl_arena_end(&arena);
    }
}

static void the_end_is_a_new_start(void **state)
{
    (void)state;
    struct snarl_arena arena;
    void *last = NULL;
    snarl_arena_start(&arena, 128 * KIB, true);
    size_t count = allocate_all(&arena, 64, &last);
    snarl_arena_free(&arena, last, 64);
    snarl_arena_end(&arena);
    assert_int_equal(arena.mapped, 0);
    assert_int_equal(arena.limit, 128 * KIB);
    assert_true(arena.wipe_on_fork);
    assert_false(arena.exhausted);
    assert_int_equal(allocate_all(&arena, 64, &last), count);
    snarl_arena_end(&arena);
}

/* What a forked child sees in memory that is full of ones, as a number. */
static int seen_by_child(bool wipe_on_fork)
{
    struct snarl_arena arena;
    snarl_arena_start(&arena, 0, wipe_on_fork);
    char *memory = snarl_arena_allocate(&arena, 100);
    assert_non_null(memory);
    memset(memory, 1, 100);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        _exit(is_filled(memory, 100, 0) ? 10 : is_filled(memory, 100, 1) ? 11 : 12);
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_true(is_filled(memory, 100, 1));
    snarl_arena_end(&arena);
    return WEXITSTATUS(status);
}

static void a_fork_wipes_if_told_to(void **state)
{
    (void)state;
    assert_int_equal(seen_by_child(true), 10);
    assert_int_equal(seen_by_child(false), 11);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_taken_before_it_is_needed),
        cmocka_unit_test(pieces_are_zeroed_aligned_and_apart),
        cmocka_unit_test(large_pieces),
        cmocka_unit_test(what_is_freed_is_used_again),
        cmocka_unit_test(memory_is_flat_over_many_rounds),
        cmocka_unit_test(the_limit_is_used_up_and_kept),
        cmocka_unit_test(what_cannot_be_is_refused),
        cmocka_unit_test(the_end_is_a_new_start),
        cmocka_unit_test(a_fork_wipes_if_told_to),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
