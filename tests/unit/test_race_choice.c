/* Where to look for races: what is looked at whatever the chance, and how often the rest is. */
#include "race/choice.h"
#include "support/cmocka_all.h"

enum {
    FREE_LOOKS = 3,
    TRIES = 2000,
    COLD = 0x1000, /* instructions */
    HOT = 0x2000,
    OTHER = 0x3000,
    HERE = 0x100000, /* addresses */
    THERE = 0x200000,
    R = SNARL_ACCESS_READS,
    W = SNARL_ACCESS_WRITES,
};

static int set_up(void **state)
{
    (void)state;
    snarl_choice_forget();
    return 0;
}

/* A chance that says no to whatever asks it. */
static const uint32_t never = UINT32_MAX - 1;

static struct snarl_choice_candidate candidate_at(uintptr_t instruction, uintptr_t address,
                                                  uint32_t flags)
{
    return (struct snarl_choice_candidate){.instruction = instruction,
                                           .address = address,
                                           .flags = flags,
                                           .thread = 1,
                                           .chance = never};
}

/* How many of so many tries are looks, with the same chances at each call. */
static unsigned looks_at(struct snarl_choice_candidate candidate, unsigned tries)
{
    unsigned looks = 0;
    uint64_t random = 1;
    for (unsigned i = 0; i < tries; i++) {
        random = random * 6364136223846793005u + 1442695040888963407u;
        candidate.chance = (uint32_t)(random >> 32);
        looks += snarl_choice_is_worth(&candidate);
    }
    return looks;
}

/* How many are, one after the other, with the chances that speak most against it. */
static unsigned free_looks(struct snarl_choice_candidate candidate)
{
    unsigned looks = 0;
    while (looks < TRIES) {
        candidate.chance = looks; /* the rest of a division by one more is itself */
        if (!snarl_choice_is_worth(&candidate))
            break;
        looks++;
    }
    return looks;
}

static void cold_instructions_are_looked_at_whatever_the_chance(void **state)
{
    (void)state;
    for (uintptr_t i = 0; i < 100; i++) {
        struct snarl_choice_candidate candidate = candidate_at(COLD + i, HERE, R);
        assert_int_equal(free_looks(candidate), FREE_LOOKS);
    }
}

static void hot_ones_ever_more_seldom(void **state)
{
    (void)state;
    struct snarl_choice_candidate hot = candidate_at(HOT, HERE, R);
    unsigned first = looks_at(hot, TRIES);
    assert_in_range(first, 80, 140);
    assert_in_range(looks_at(hot, TRIES), 1, first / 2);
    looks_at(hot, 50 * TRIES);
    assert_in_range(looks_at(hot, TRIES), 1, first / 4);
    assert_int_equal(free_looks(candidate_at(COLD, HERE, R)), FREE_LOOKS);
}

static void no_instruction_is_ever_given_up(void **state)
{
    (void)state;
    looks_at(candidate_at(HOT, HERE, R), 500 * TRIES);
    assert_in_range(looks_at(candidate_at(HOT, HERE, R), 50 * TRIES), 500, 2000);
}

static void the_own_stack_is_looked_at_once_another_was_there(void **state)
{
    (void)state;
    struct snarl_choice_candidate own = candidate_at(COLD, HERE, W);
    own.own_stack = true;
    assert_int_equal(looks_at(own, TRIES), 0);
    struct snarl_choice_candidate other = candidate_at(OTHER, HERE, R);
    other.thread = 2;
    snarl_choice_is_worth(&other);
    assert_true(snarl_choice_is_worth(&own));
    own.address = THERE;
    assert_false(snarl_choice_is_worth(&own));
}

/* The last four bytes of a word belong to its entry, the next word to another. */
static void who_was_there_is_told_by_words(void **state)
{
    (void)state;
    static const struct {
        uintptr_t touched;
        bool worth;
    } rows[] = {{HERE, true}, {HERE + 4, true}, {HERE + 8, false}, {HERE - 1, false}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        snarl_choice_forget();
        struct snarl_choice_candidate own = candidate_at(COLD, HERE, W);
        struct snarl_choice_candidate other = candidate_at(OTHER, rows[i].touched, W);
        own.own_stack = true;
        other.thread = 2;
        snarl_choice_is_worth(&own);
        snarl_choice_is_worth(&other);
        assert_int_equal(snarl_choice_is_worth(&own), rows[i].worth);
    }
}

/* Prepares an address, then counts the looks of thread 1 at it. */
static unsigned looks_after(uint32_t flags, uint32_t other_thread)
{
    snarl_choice_forget();
    struct snarl_choice_candidate other = candidate_at(OTHER, HERE, flags);
    other.thread = other_thread;
    snarl_choice_is_worth(&other);
    return looks_at(candidate_at(HOT, HERE, R), TRIES);
}

static void what_is_shared_and_written_is_preferred(void **state)
{
    (void)state;
    unsigned usual = looks_after(R, 1);
    assert_int_equal(looks_after(W, 1), usual); /* written, by itself */
    assert_int_equal(looks_after(R, 2), usual); /* shared, not written */
    assert_in_range(looks_after(W, 2), 3 * usual, TRIES);
}

static void fewer_locks_are_preferred(void **state)
{
    (void)state;
    struct snarl_choice_candidate candidate = candidate_at(HOT, HERE, R);
    candidate.held_count = 2;
    looks_at(candidate, TRIES);
    assert_false(snarl_choice_is_worth(&candidate));
    candidate.held_count = 1;
    candidate.chance = 20; /* too many for what is usual, few enough for a hint */
    assert_true(snarl_choice_is_worth(&candidate));
    assert_false(snarl_choice_is_worth(&candidate));
    candidate.held_count = 0;
    assert_true(snarl_choice_is_worth(&candidate));
    assert_false(snarl_choice_is_worth(&candidate));
}

static void what_is_settled_is_not_looked_at_again(void **state)
{
    (void)state;
    assert_true(looks_at(candidate_at(HOT, HERE, W), TRIES) > 0);
    snarl_choice_settle(HOT);
    snarl_choice_settle(COLD); /* never looked at */
    assert_int_equal(looks_at(candidate_at(HOT, HERE, W), TRIES), 0);
    assert_int_equal(looks_at(candidate_at(COLD, HERE, W), TRIES), 0);
    assert_int_equal(free_looks(candidate_at(OTHER, HERE, W)), FREE_LOOKS);
}

static void forgetting_begins_anew(void **state)
{
    (void)state;
    unsigned first = looks_at(candidate_at(HOT, HERE, W), TRIES);
    assert_true(looks_at(candidate_at(HOT, HERE, W), TRIES) < first);
    snarl_choice_settle(HOT);
    snarl_choice_forget();
    assert_int_equal(looks_at(candidate_at(HOT, HERE, W), TRIES), first);
}

#define TEST(name) cmocka_unit_test_setup(name, set_up)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(cold_instructions_are_looked_at_whatever_the_chance),
        TEST(hot_ones_ever_more_seldom),
        TEST(no_instruction_is_ever_given_up),
        TEST(the_own_stack_is_looked_at_once_another_was_there),
        TEST(who_was_there_is_told_by_words),
        TEST(what_is_shared_and_written_is_preferred),
        TEST(fewer_locks_are_preferred),
        TEST(what_is_settled_is_not_looked_at_again),
        TEST(forgetting_begins_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
