/* Which object lives at an address, and what lives in a range of them. */
#include <stdlib.h>

#include "core/objects.h"
#include "support/cmocka_all.h"

static struct snarl_arena arena;
static struct snarl_objects objects;

static int begin(void **state)
{
    (void)state;
    snarl_arena_start(&arena, 0, false);
    objects = (struct snarl_objects){.arena = &arena};
    return 0;
}

static int end(void **state)
{
    (void)state;
    snarl_arena_end(&arena);
    return 0;
}

static uint32_t live(uint64_t address)
{
    return snarl_objects_begin(&objects, address, SNARL_OBJECT_MUTEX, 0, 0)->lock;
}

static uint32_t lock_at(uint64_t address)
{
    const struct snarl_object *object = snarl_objects_find(&objects, address);
    return object != NULL ? object->lock : 0;
}

/* Ends what lives in the range; how many that were. */
static int end_within(uint64_t from, uint64_t to)
{
    int count = 0;
    for (struct snarl_object *list = snarl_objects_put_aside(&objects, from, to); list != NULL;
         count++)
        snarl_objects_drop(&objects, &list);
    return count;
}

static void each_life_has_a_number(void **state)
{
    (void)state;
    assert_int_equal(live(0x1000), 1);
    assert_int_equal(live(0x1010), 2);
    assert_int_equal(lock_at(0x1000), 1);
    assert_int_equal(live(0x1000), 3);
    assert_int_equal(lock_at(0x1000), 3);
    assert_int_equal(lock_at(0x1010), 2);
    snarl_objects_end(&objects, 0x1000);
    snarl_objects_end(&objects, 0x1000);
    assert_int_equal(lock_at(0x1000), 0);
    assert_int_equal(live(0x1000), 4);
}

static void a_range_ends_before_its_end(void **state)
{
    (void)state;
    live(0x1ff8);
    live(0x2000);
    live(0x2008);
    live(0x3000);
    assert_int_equal(end_within(0x2000, 0x2000), 0);
    assert_int_equal(end_within(0x2001, 0x2008), 0);
    assert_int_equal(end_within(0x2000, 0x3000), 2);
    assert_int_equal(lock_at(0x1ff8), 1);
    assert_int_equal(lock_at(0x3000), 4);
    assert_int_equal(end_within(0, UINT64_MAX), 2);
    assert_int_equal(end_within(0, UINT64_MAX), 0);
}

static void what_is_put_aside_comes_back_as_it_was(void **state)
{
    (void)state;
    live(0x1000);
    live(0x1010);
    live(0x5000);
    struct snarl_object *list = snarl_objects_put_aside(&objects, 0x1000, 0x2000);
    assert_int_equal(lock_at(0x1000), 0);
    assert_int_equal(lock_at(0x1010), 0);
    assert_int_equal(live(0x1010), 4);
    int back = 0;
    while (list != NULL)
        back += snarl_objects_put_back(&objects, &list);
    assert_int_equal(back, 1);
    assert_int_equal(lock_at(0x1000), 1);
    assert_int_equal(lock_at(0x1010), 4);
    assert_int_equal(end_within(0x1000, 0x2000), 2);
    assert_int_equal(lock_at(0x5000), 3);
}

static void nothing_is_begun_where_there_is_no_memory(void **state)
{
    (void)state;
    snarl_arena_end(&arena);
    snarl_arena_start(&arena, 1, false);
    assert_null(snarl_objects_begin(&objects, 0x1000, SNARL_OBJECT_MUTEX, 0, 0));
    assert_int_equal(lock_at(0x1000), 0);
    assert_int_equal(end_within(0, UINT64_MAX), 0);
}

/* The same as a plain array, whatever is done; and no more memory at the end than in the middle. */
static void it_is_as_a_plain_array(void **state)
{
    (void)state;
    enum {
        PLACES = 512,
        APART = 24 /* some share a page, and a range cuts anywhere */
    };
    uint32_t model[PLACES] = {0};
    size_t mapped = 0;
    unsigned seed = 1;
    for (int i = 0; i < 100000; i++) {
        int place = rand_r(&seed) % PLACES, other = rand_r(&seed) % PLACES;
        uint64_t address = 0x10000 + (uint64_t)place * APART;
        switch (rand_r(&seed) % 16) {
        case 0: {
            uint64_t stop = 0x10000 + (uint64_t)other * APART;
            int expected = 0;
            for (int at = place; at < other; at++) {
                expected += model[at] != 0;
                model[at] = 0;
            }
            assert_int_equal(end_within(address, stop), expected);
            break;
        }
        case 1:
        case 2:
            snarl_objects_end(&objects, address);
            model[place] = 0;
            break;
        default:
            model[place] = live(address);
        }
        assert_int_equal(lock_at(0x10000 + (uint64_t)other * APART), model[other]);
        if (i == 50000)
            mapped = arena.mapped;
    }
    assert_int_equal(arena.mapped, mapped);
}

static const char *name_at(uint64_t address)
{
    return snarl_objects_find(&objects, address)->name;
}

static void a_name_goes_with_its_life(void **state)
{
    (void)state;
    char name[] = "first";
    live(0x1000);
    assert_null(name_at(0x1000));
    assert_true(snarl_objects_name(&objects, snarl_objects_find(&objects, 0x1000), name));
    name[0] = 'F'; /* it is a copy */
    assert_string_equal(name_at(0x1000), "first");
    assert_true(snarl_objects_name(&objects, snarl_objects_find(&objects, 0x1000), "another"));
    assert_string_equal(name_at(0x1000), "another");
    struct snarl_object *list = snarl_objects_put_aside(&objects, 0x1000, 0x1001);
    assert_true(snarl_objects_put_back(&objects, &list));
    assert_string_equal(name_at(0x1000), "another");
    live(0x1000);
    assert_null(name_at(0x1000));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        TEST(each_life_has_a_number),
        TEST(a_range_ends_before_its_end),
        TEST(what_is_put_aside_comes_back_as_it_was),
        TEST(nothing_is_begun_where_there_is_no_memory),
        TEST(it_is_as_a_plain_array),
        TEST(a_name_goes_with_its_life),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
