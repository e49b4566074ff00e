/* The filter over where objects live: it never denies one, and seldom suspects one. */
#include <stdlib.h>
#include <string.h>

#include "core/places.h"
#include "support/cmocka_all.h"

enum {
    PIECE = 1 << SNARL_PLACE_SHIFT,
    WORD = 64 * PIECE,
    REGION = 64 * WORD
};

static struct snarl_places places;

static int begin(void **state)
{
    (void)state;
    memset(&places, 0, sizeof places);
    return 0;
}

static void nothing_is_suspected_where_nothing_was(void **state)
{
    (void)state;
    assert_false(snarl_places_look(&places, 0, UINT64_MAX));
    assert_false(snarl_places_look(&places, 4096, 4096));
    assert_false(snarl_places_look_near(&places, 4096, SNARL_PLACES_AT_ONCE));
}

/* Pieces in small ranges, 1 KiB in larger ones, 64 KiB in the largest. */
static void ranges_are_as_fine_as_they_are_small(void **state)
{
    (void)state;
    uint64_t place = 0x7f0000500000;
    snarl_places_note(&places, place + 8);
    assert_true(snarl_places_look(&places, place + 8, place + 9));
    assert_false(snarl_places_look(&places, place - 100, place));
    assert_false(snarl_places_look(&places, place + PIECE, place + 600));
    assert_false(snarl_places_look(&places, place - 2 * WORD, place));
    assert_true(snarl_places_look(&places, place - 2 * WORD, place + 9));
    assert_false(snarl_places_look(&places, place + WORD, place + 30 * WORD));
    assert_true(snarl_places_look(&places, place + PIECE, place + 30 * WORD));
    assert_false(snarl_places_look(&places, place - 100 * REGION, place));
    assert_false(snarl_places_look(&places, place + REGION, place + 100 * REGION));
    assert_true(snarl_places_look(&places, place - 100 * REGION, place + 9));
    assert_true(snarl_places_look(&places, 0, UINT64_MAX));
    snarl_places_take_back(&places, place + 8);
    assert_false(snarl_places_look(&places, 0, UINT64_MAX));
}

static void places_are_counted(void **state)
{
    (void)state;
    uint64_t same = 4096 + (uint64_t)SNARL_PLACES * PIECE;
    snarl_places_note(&places, 4096);
    snarl_places_note(&places, same);
    snarl_places_take_back(&places, 4096);
    assert_true(snarl_places_look(&places, 4096, 4097));
    snarl_places_take_back(&places, same);
    assert_false(snarl_places_look(&places, 0, UINT64_MAX));
    for (int i = 0; i < 1000; i++)
        snarl_places_note(&places, 4096);
    for (int i = 0; i < 1000; i++)
        snarl_places_take_back(&places, 4096);
    assert_true(snarl_places_look(&places, 4096, 4097));
}

/* Whatever is noted is found in every range that holds it, also around the end of the maps. */
static void nothing_is_denied(void **state)
{
    (void)state;
    static const uint64_t sizes[] = {1, 40, 800, 912, 5000, 57 * WORD, 1 << 20, 40 << 20};
    unsigned seed = 1;
    for (int i = 0; i < 20000; i++) {
        uint64_t near_the_end = (uint64_t)SNARL_PLACES * PIECE * 5;
        uint64_t address = near_the_end + (uint64_t)(rand_r(&seed) % 200000) - 100000;
        uint64_t size = sizes[rand_r(&seed) % (sizeof sizes / sizeof sizes[0])];
        uint64_t start = address - (uint64_t)rand_r(&seed) % size;
        snarl_places_note(&places, address);
        if (!snarl_places_look(&places, start, start + size))
            fail_msg("%#lx is not seen from %#lx up to %#lx", address, start, start + size);
        assert_true(snarl_places_look_near(&places, address & ~(uint64_t)(PIECE - 1), 1));
        snarl_places_take_back(&places, address);
        assert_false(snarl_places_look(&places, start, start + size));
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, begin)
    const struct CMUnitTest tests[] = {
        TEST(nothing_is_suspected_where_nothing_was),
        TEST(ranges_are_as_fine_as_they_are_small),
        TEST(places_are_counted),
        TEST(nothing_is_denied),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
