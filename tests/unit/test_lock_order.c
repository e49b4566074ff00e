/* The lock-order graph, told stories: what is a cycle and what is none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "story.h"

/* Each true story has a twin that differs from it in one token and comes out otherwise. */
struct row {
    const char *name;
    const char *story, *cycles;
    const char *twin, *twin_cycles;
};

static const struct row rows[] = {
    {
        "two locks in opposite order",
        "T1 +A +B -B -A; T2 +B +A -A -B",
        "predicted error A B",
        "T1 +A +B -B -A; T1 +B +A -A -B",
        "infeasible single-thread A B",
    },
    {
        "two locks, one released before the other is wanted",
        "T1 +A +B -B -A; T2 +B +A",
        "predicted error A B",
        "T1 +A +B -B -A; T2 +B -B +A",
        "",
    },
    {
        "a ring of three",
        "T1 +A +B -B -A; T2 +B +C -C -B; T3 +C +A",
        "predicted error A B C",
        "T1 +A +B -B -A; T2 +B +C -C -B; T3 +C +D",
        "",
    },
    {
        "a ring of three with too few threads",
        "T1 +A +B -B -A; T2 +B +C -C -B; T3 +C +A",
        "predicted error A B C",
        "T1 +A +B -B -A; T2 +B +C -C -B; T1 +C +A",
        "infeasible single-thread A B C",
    },
    {
        "a ring of four",
        "T1 +A +B; T2 +B +C; T3 +C +D; T4 +D +A",
        "predicted error A B C D",
        "T1 +A +B; T2 +B +C; T3 +C +D; T4 +D ?A",
        "",
    },
    {
        "no gate around one side",
        "T1 +G +A +B; T2 +B +A",
        "predicted error A B",
        "T1 +G +A +B; T2 +G +B +A",
        "infeasible gate-lock A B",
    },
    {
        "different gates",
        "T1 +G +A +B; T2 +H +B +A",
        "predicted error A B",
        "T1 +G +A +B; T2 +G +B +A",
        "infeasible gate-lock A B",
    },
    {
        "under a gate in one place and without in another",
        "T1 +G +A +B -B -A -G; T2 +G +B +A -A -B -G; T3 +B +A",
        "predicted error A B",
        "T1 +G +A +B -B -A -G; T2 +G +B +A -A -B -G; T3 +C +A",
        "infeasible gate-lock A B",
    },
    {
        "a gate between two of three",
        "T1 +G +A +B; T2 +B +C; T3 +C +A",
        "predicted error A B C",
        "T1 +G +A +B; T2 +G +B +C; T3 +C +A",
        "infeasible gate-lock A B C",
    },
    {
        "a trylock never waits",
        "T1 +A +B; T2 +B +A",
        "predicted error A B",
        "T1 +A +B; T2 +B ?A",
        "",
    },
    {
        "what a trylock took is held",
        "T1 ?A +B; T2 +B +A",
        "predicted error A B",
        "T1 ?C +B; T2 +B +A",
        "",
    },
    {
        "a gate taken by trylock",
        "T1 ?G +A +B; T2 ?H +B +A",
        "predicted error A B",
        "T1 ?G +A +B; T2 ?G +B +A",
        "infeasible gate-lock A B",
    },
    {
        "a timed lock gives up",
        "T1 +A +B; T2 +B ~A",
        "predicted warning A B",
        "T1 +A +B; T2 +B +A",
        "predicted error A B",
    },
    {
        "timed first, untimed later",
        "T1 +A +B; T2 +B ~A -A +A",
        "predicted error A B",
        "T1 +A +B; T2 +B ~A -A ~A",
        "predicted warning A B",
    },
    {
        "untimed first, timed later",
        "T1 +A +B; T2 +B +A -A ~A",
        "predicted error A B",
        "T1 +A +B; T2 +B ?A -A ~A",
        "predicted warning A B",
    },
    {
        "infeasible first, feasible later",
        "T1 +A +B -B -A +B +A -A -B; T2 +B +A",
        "predicted error A B",
        "T1 +A +B -B -A +B +A -A -B; T1 +B +A",
        "infeasible single-thread A B",
    },
    {
        "a recursive lock is held until its last release",
        "T1 +A +A -A +B; T2 +B +A",
        "predicted error A B",
        "T1 +A +A -A -A +B; T2 +B +A",
        "",
    },
    {
        "a lock taken again is no want",
        "T1 +A +B; T2 +A +B +A",
        "",
        "T1 +A +B; T2 +C +B +A",
        "predicted error A B",
    },
    {
        "released in another order than taken",
        "T1 +A +B -A +C; T2 +C +B",
        "predicted error B C",
        "T1 +A +B -B +C; T2 +C +B",
        "",
    },
    {
        "an infeasible pair inside a feasible ring of three",
        "T1 +G +A +B -B -A -G; T2 +G +B +A -A -B -G; T2 +B +C -C -B; T3 +C +A",
        "infeasible gate-lock A B\npredicted error A B C",
        "T1 +G +A +B -B -A -G; T2 +G +B +A -A -B -G; T2 +B +C -C -B; T3 +C +D",
        "infeasible gate-lock A B",
    },
    {
        "two rings of three through one dependency",
        "T1 +A +B -B +C; T2 +B +D -B -D +C +D; T3 +D +A",
        "predicted error A B D\npredicted error A C D",
        "T1 +A +B -B +C; T2 +B +D -B -D +E +D; T3 +D +A",
        "predicted error A B D",
    },
    {
        "a ring of three and one of four through one dependency",
        "T1 +A +B -B +C; T2 +B +D -B -D +E +D; T4 +C +E; T3 +D +A",
        "predicted error A B D\npredicted error A C D E",
        "T1 +A +B -B +C; T2 +B +D -B -D +E +D; T4 +C ?E; T3 +D +A",
        "predicted error A B D",
    },
    {
        "a warning does not hide an error through other locks",
        "T1 +A ~B -B +C; T2 +B +D -B -D +C +D; T3 +D +A",
        "predicted error A C D\npredicted warning A B D",
        "T1 +A +B -B +C; T2 +B +D -B -D +C +D; T3 +D +A",
        "predicted error A B D\npredicted error A C D",
    },
    {
        "two threads that do the same, one of which goes back",
        "T1 +A +B -A -B; T2 +A +B; T1 +B +A",
        "predicted error A B",
        "T1 +A +B -A -B; T2 +C +B; T1 +B +A",
        "infeasible single-thread A B",
    },
    {
        "segments alone change nothing",
        "T1 +A +B -B -A; T2 > +B > +A",
        "predicted error A B",
        "T1 +A +B -B -A; T2 > +B > ?A",
        "",
    },
};

/* The lines that are left when what cannot happen is not kept. */
static char *without_infeasible(const char *cycles)
{
    char *left = strdup(cycles), *end = left;
    while (*cycles != '\0') {
        size_t length = strcspn(cycles, "\n");
        if (strncmp(cycles, "infeasible", 10) != 0) {
            if (end != left)
                *end++ = '\n';
            end = (char *)memcpy(end, cycles, length) + length;
        }
        cycles += length + (cycles[length] == '\n');
    }
    *end = '\0';
    return left;
}

static unsigned split(char *text, char **tokens, unsigned most)
{
    unsigned count = 0;
    char *rest = NULL;
    for (char *token = strtok_r(text, " ", &rest); token; token = strtok_r(NULL, " ", &rest)) {
        assert_true(count < most);
        tokens[count++] = token;
    }
    return count;
}

/* One token changed, added or left out. */
static bool differ_in_one_token(const char *left, const char *right)
{
    char *texts[] = {strdup(left), strdup(right)}, *tokens[2][64];
    unsigned counts[2], same = 0, same_end = 0;
    for (unsigned i = 0; i < 2; i++)
        counts[i] = split(texts[i], tokens[i], 64);
    unsigned less = counts[0] < counts[1] ? counts[0] : counts[1];
    unsigned more = counts[0] + counts[1] - less;
    while (same < less && strcmp(tokens[0][same], tokens[1][same]) == 0)
        same++;
    while (same_end < less - same &&
           strcmp(tokens[0][counts[0] - 1 - same_end], tokens[1][counts[1] - 1 - same_end]) == 0)
        same_end++;
    free(texts[0]);
    free(texts[1]);
    return more - same - same_end == 1;
}

static void comes_out_as_told(void **state)
{
    const struct row *row = *state;
    char *predicted = without_infeasible(row->cycles);
    char *twin_predicted = without_infeasible(row->twin_cycles);
    assert_true(differ_in_one_token(row->story, row->twin));
    assert_string_not_equal(row->cycles, row->twin_cycles);
    assert_story_all(row->story, row->cycles);
    assert_story_all(row->twin, row->twin_cycles);
    assert_story(row->story, predicted);
    assert_story(row->twin, twin_predicted);
    free(predicted);
    free(twin_predicted);
}

int main(void)
{
    struct CMUnitTest tests[sizeof rows / sizeof rows[0]];
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        tests[i] = (struct CMUnitTest){
            .name = rows[i].name,
            .test_func = comes_out_as_told,
            .initial_state = (void *)(uintptr_t)&rows[i],
        };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
