/* Which block an address lies in. */
#include "race/blocks.h"
#include "support/cmocka_all.h"

#define AT(address) ((void *)(uintptr_t)(address))

/* The block's beginning, 0 where there is none. */
static uintptr_t found(uintptr_t address)
{
    struct snarl_block block;
    return snarl_blocks_find(address, &block) ? block.start : 0;
}

static void every_byte_of_a_block_is_its_own(void **state)
{
    (void)state;
    struct snarl_block block;
    snarl_blocks_note(AT(0x5000010), 40, AT(0x400123));
    assert_true(snarl_blocks_find(0x5000010 + 24, &block));
    assert_int_equal(block.start, 0x5000010);
    assert_int_equal(block.size, 40);
    assert_int_equal(block.asker, 0x400123);
    assert_int_equal(found(0x5000010), 0x5000010);
    assert_int_equal(found(0x5000010 + 39), 0x5000010);
    assert_int_equal(found(0x5000010 + 40), 0);
    assert_int_equal(found(0x5000010 - 1), 0);
}

static void neighbours_are_told_apart(void **state)
{
    (void)state;
    snarl_blocks_note(AT(0x6000010), 24, AT(1));
    snarl_blocks_note(AT(0x6000030), 24, AT(2));
    assert_int_equal(found(0x6000010 + 23), 0x6000010);
    assert_int_equal(found(0x6000010 + 24), 0);
    assert_int_equal(found(0x6000030), 0x6000030);
}

static void what_is_given_back_is_forgotten(void **state)
{
    (void)state;
    snarl_blocks_note(AT(0x7000010), 100, AT(7));
    struct snarl_block known = snarl_blocks_forget(AT(0x7000010));
    assert_int_equal(known.start, 0x7000010);
    assert_int_equal(known.size, 100);
    assert_int_equal(known.asker, 7);
    assert_int_equal(found(0x7000020), 0);
    assert_int_equal(snarl_blocks_forget(AT(0x7000010)).start, 0);
    assert_int_equal(snarl_blocks_forget(NULL).start, 0);
}

/* The memory is used again, in other pieces. */
static void what_comes_later_counts(void **state)
{
    (void)state;
    snarl_blocks_note(AT(0x8000040), 32, AT(1));
    snarl_blocks_forget(AT(0x8000040));
    snarl_blocks_note(AT(0x8000010), 200, AT(2));
    assert_int_equal(found(0x8000048), 0x8000010);
    snarl_blocks_note(AT(0x8000010), 16, AT(3));
    assert_int_equal(found(0x8000048), 0);
}

static void large_blocks_are_found_from_afar(void **state)
{
    (void)state;
    uintptr_t start = 0x7f0000000010;
    size_t size = 64u * 1024 * 1024;
    snarl_blocks_note(AT(start), size, AT(9));
    assert_int_equal(found(start + 8), start);
    assert_int_equal(found(start + size / 2), start);
    assert_int_equal(found(start + size - 1), start);
    assert_int_equal(found(start + size), 0);
    snarl_blocks_forget(AT(start));
    assert_int_equal(found(start + size / 2), 0);
}

/* As malloc's areas of different threads are: equal but for high bits. */
static void areas_far_apart_do_not_displace_each_other(void **state)
{
    (void)state;
    for (uintptr_t area = 1; area <= 8; area++)
        snarl_blocks_note(AT((0x7f00u + area) << 26 | 0x8c0), 64, AT(area));
    for (uintptr_t area = 1; area <= 8; area++)
        assert_int_equal(found(((0x7f00u + area) << 26 | 0x8c0) + 63),
                         (0x7f00u + area) << 26 | 0x8c0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_byte_of_a_block_is_its_own),
        cmocka_unit_test(neighbours_are_told_apart),
        cmocka_unit_test(what_is_given_back_is_forgotten),
        cmocka_unit_test(what_comes_later_counts),
        cmocka_unit_test(large_blocks_are_found_from_afar),
        cmocka_unit_test(areas_far_apart_do_not_displace_each_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
