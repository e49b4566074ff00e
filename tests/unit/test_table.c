/* uthash over an arena: growth, reuse, and what happens when memory ends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/table.h"

enum {
    KIB = 1024,
    ITEMS = 20000,
    ROUNDS = 1000000,
};

struct item {
    uint32_t number;
    bool kept;
    UT_hash_handle by_number;
};

static struct item items[ITEMS];

static bool add(struct snarl_arena *arena, struct item **table, struct item *item)
{
    HASH_ADD(by_number, *table, number, sizeof item->number, item);
    return SNARL_TABLE_HAS(item, by_number);
}

static struct item *find(struct item *table, uint32_t number)
{
    struct item *item;
    HASH_FIND(by_number, table, &number, sizeof number, item);
    return item;
}

static void number_the_items(void)
{
    memset(items, 0, sizeof items);
    for (uint32_t i = 0; i < ITEMS; i++)
        items[i].number = i * 7;
}

/* The table holds just the items that are marked as kept, by look-up and by iteration. */
static void assert_holds_the_kept(struct item *table)
{
    unsigned kept = 0, listed = 0;
    for (uint32_t i = 0; i < ITEMS; i++) {
        assert_ptr_equal(find(table, items[i].number), items[i].kept ? &items[i] : NULL);
        kept += items[i].kept;
    }
    struct item *item, *next;
    HASH_ITER (by_number, table, item, next) {
        assert_true(item->kept);
        listed++;
    }
    assert_int_equal(listed, kept);
    assert_int_equal(HASH_CNT(by_number, table), kept);
}

static void grows(void **state)
{
    (void)state;
    struct snarl_arena memory, *arena = &memory;
    struct item *table = NULL;
    snarl_arena_start(arena, 0, false);
    number_the_items();
    for (uint32_t i = 0; i < ITEMS; i++)
        items[i].kept = add(arena, &table, &items[i]);
    assert_int_equal(HASH_CNT(by_number, table), ITEMS);
    assert_holds_the_kept(table);
    for (uint32_t i = 0; i < ITEMS; i += 2) {
        HASH_DELETE(by_number, table, &items[i]);
        items[i].kept = false;
    }
    assert_holds_the_kept(table);
    snarl_arena_end(arena);
}

/* Wherever memory ends, an item is in the table and counted, or is not in it at all. */
static void outlives_exhaustion(void **state)
{
    (void)state;
    unsigned refused = 0;
    for (size_t limit = 64 * KIB; limit <= 256 * KIB; limit += 64 * KIB) {
        struct snarl_arena memory, *arena = &memory;
        struct item *table = NULL;
        snarl_arena_start(arena, limit, false);
        number_the_items();
        for (uint32_t i = 0; i < ITEMS; i++) {
            items[i].kept = add(arena, &table, &items[i]);
            refused += !items[i].kept;
        }
        assert_true(HASH_CNT(by_number, table) > 0);
        assert_holds_the_kept(table);

        /* It can be emptied and used again. */
        struct item *item, *next;
        HASH_ITER (by_number, table, item, next) {
            HASH_DELETE(by_number, table, item);
            item->kept = false;
        }
        assert_null(table);
        items[0].kept = add(arena, &table, &items[0]);
        assert_true(items[0].kept);
        assert_holds_the_kept(table);
        snarl_arena_end(arena);
    }
    assert_true(refused > 0);
}

static void not_even_a_first_item(void **state)
{
    (void)state;
    struct snarl_arena memory, *arena = &memory;
    struct item *table = NULL;
    snarl_arena_start(arena, 1, false);
    number_the_items();
    assert_false(add(arena, &table, &items[0]));
    assert_null(table);
    assert_null(find(table, items[0].number));
    assert_true(arena->exhausted);
    snarl_arena_end(arena);
}

/* Each item lives in the arena too, for a round. */
static void memory_is_flat_over_many_rounds(void **state)
{
    (void)state;
    struct snarl_arena memory, *arena = &memory;
    struct item *table = NULL;
    snarl_arena_start(arena, 64 * KIB, false);
    for (uint32_t round = 0; round < ROUNDS; round++) {
        struct item *item = snarl_arena_allocate(arena, sizeof *item);
        assert_non_null(item);
        item->number = round;
        assert_true(add(arena, &table, item));
        if (round < 8)
            continue;
        struct item *old = find(table, round - 8);
        assert_non_null(old);
        HASH_DELETE(by_number, table, old);
        snarl_arena_free(arena, old, sizeof *old);
    }
    assert_int_equal(HASH_CNT(by_number, table), 8);
    assert_int_equal(arena->mapped, 64 * KIB);
    assert_false(arena->exhausted);
    snarl_arena_end(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(grows),
        cmocka_unit_test(outlives_exhaustion),
        cmocka_unit_test(not_even_a_first_item),
        cmocka_unit_test(memory_is_flat_over_many_rounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
