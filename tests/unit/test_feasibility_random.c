/*
 * The core against all interleavings of 24,000 small random programs: what it is told of one run
 * that ended well, against everything that other runs can come to.
 *
 * It is to miss nothing, ever. Nor is it to say too much:
 * - Where threads take locks in two phases within their gates, it predicts exactly the sets of
 * locks that can deadlock.
 * - Where locks are nested as one likes, a set of locks may be predicted that cannot deadlock,
 * since each side has done before what the other now bars (acquisition histories); but then another
 * set of the same program can. What is predicted of a program that cannot deadlock would be a lie.
 * - Where locks are released in any order, or threads take what was held when they were made, that
 *   happens too, rarely. It is counted, and what is said is what the naive judge says.
 * A program in which a join can hang may hang there before it comes to a predicted deadlock.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core_judge.h"
#include "explorer.h"
#include "naive_judge.h"

enum {
    MOST_TOLD = 3, /* failures */
};
static const struct {
    const char *name;
    unsigned programs;
} disciplines[] = {
    [LOOSE] = {"any order", 6000},
    [NESTED] = {"nested", 6000},
    [TWO_PHASES] = {"two phases", 12000},
};

struct tally {
    unsigned deadlock;        /* programs that can */
    unsigned hold_infeasible; /* ... that hold rings of the lock graph which cannot */
    unsigned hang_in_join;
    unsigned too_much; /* more was predicted than can happen */
    unsigned lies;     /* ... though no deadlock can */
    unsigned missed, differ;
    unsigned silent; /* nothing is predicted, and no reason given, of a ring */
};

static bool any_but(const bool *these, const bool *those)
{
    for (unsigned set = 0; set < PROGRAM_LOCK_SETS; set++)
        if (these[set] && !those[set])
            return true;
    return false;
}

static bool any(const bool *these)
{
    static const bool none[PROGRAM_LOCK_SETS];
    return any_but(these, none);
}

static void compare(const struct lock_program *program, const struct explored *explored,
                    enum discipline discipline, struct tally *tally)
{
    struct core_judgement core;
    struct naive_judgement naive;
    core_judge(program, explored, &core);
    naive_judge(program, &naive);

    bool deadlocks = explored->deadlock_count > 0;
    bool missed = any_but(explored->deadlocks, core.predicted);
    bool too_much = any_but(core.predicted, explored->deadlocks) && !explored->stuck_in_join;
    bool lie = too_much && !deadlocks;
    bool differs = memcmp(core.predicted, naive.deadlocks, sizeof core.predicted) != 0;
    tally->deadlock += deadlocks;
    tally->hold_infeasible += any_but(naive.rings, explored->deadlocks);
    tally->hang_in_join += explored->stuck_in_join;
    tally->too_much += too_much;
    tally->lies += lie;
    tally->missed += missed;
    tally->differ += differs;
    tally->silent += core.predicted_count + core.infeasible_count == 0 && any(naive.rings);

    bool wrong = missed || differs || (discipline == TWO_PHASES && too_much) ||
                 (discipline == NESTED && lie);
    if (!wrong || tally->missed + tally->differ + tally->too_much > MOST_TOLD)
        return;
    char *text = lock_program_text(program);
    print_error("%s: %s\n",
                missed    ? "a deadlock was missed"
                : differs ? "the naive judge says something else"
                          : "this cannot happen",
                text);
    free(text);
}

static struct habits throw_habits(struct dice *dice, enum discipline discipline)
{
    struct habits habits = {
        .discipline = discipline,
        .threads = dice_one_in(dice, 4) ? 2 : 3 + dice_throw(dice, PROGRAM_THREADS - 2),
        .locks = 2 + dice_throw(dice, PROGRAM_LOCKS - 1),
        .reads = dice_one_in(dice, 2),
        .handshakes = discipline == LOOSE,
        .most_deeds = 12,
    };
    if (discipline == TWO_PHASES)
        habits.gates = dice_throw(dice, habits.locks - 1);
    return habits;
}

/* Programs of one discipline, each of which can come to a good end. */
static struct tally judge_programs(enum discipline discipline)
{
    struct dice dice = {.state = 0x9e3779b97f4a7c15u + discipline};
    struct tally tally = {0};
    for (unsigned count = 0; count < disciplines[discipline].programs;) {
        struct habits habits = throw_habits(&dice, discipline);
        struct lock_program program;
        struct explored explored;
        if (!lock_program_throw(&program, &dice, &habits))
            continue;
        explore(&program, &explored);
        if (!explored.can_end)
            continue;
        compare(&program, &explored, discipline, &tally);
        count++;
    }
    return tally;
}

static void core_and_explorer_agree(void **state)
{
    (void)state;
    unsigned programs = 0, deadlock = 0, hold_infeasible = 0;
    for (enum discipline discipline = LOOSE; discipline <= TWO_PHASES; discipline++) {
        struct tally tally = judge_programs(discipline);
        print_message(
            "%s: of %u programs %u can deadlock, %u hold infeasible cycles, %u can hang in "
            "a join; missed %u, too much %u, of which without any deadlock %u\n",
            disciplines[discipline].name, disciplines[discipline].programs, tally.deadlock,
            tally.hold_infeasible, tally.hang_in_join, tally.missed, tally.too_much, tally.lies);
        assert_int_equal(tally.missed, 0);
        assert_int_equal(tally.differ, 0);
        assert_int_equal(tally.silent, 0);
        if (discipline != LOOSE)
            assert_int_equal(tally.lies, 0);
        if (discipline == TWO_PHASES)
            assert_int_equal(tally.too_much, 0);
        programs += disciplines[discipline].programs;
        deadlock += tally.deadlock;
        hold_infeasible += tally.hold_infeasible;
    }
    print_message("of %u programs %u can deadlock, %u hold infeasible cycles\n", programs, deadlock,
                  hold_infeasible);
    assert_true(deadlock >= programs / 5);
    assert_true(hold_infeasible >= programs / 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(core_and_explorer_agree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
