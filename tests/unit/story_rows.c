#include "story_rows.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "story.h"

enum {
    MOST_ROWS = 64,
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

/* Where clauses end counts for as little as spaces do: what is told is told by the tokens. */
static unsigned split(char *text, char **tokens, unsigned most)
{
    unsigned count = 0;
    char *rest = NULL;
    for (char *token = strtok_r(text, " ;", &rest); token; token = strtok_r(NULL, " ;", &rest)) {
        assert_true(count < most);
        tokens[count++] = token;
    }
    return count;
}

/* Whether the first of `count` tokens here is the last one there, and the others are the same. */
static bool is_moved(char *const *here, char *const *there, unsigned count)
{
    for (unsigned i = 1; i < count; i++)
        if (strcmp(here[i], there[i - 1]) != 0)
            return false;
    return count > 1 && strcmp(here[0], there[count - 1]) == 0;
}

/* One token changed, added, left out or moved. */
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
    unsigned between = more - same - same_end;
    bool moved = less == more && (is_moved(tokens[0] + same, tokens[1] + same, between) ||
                                  is_moved(tokens[1] + same, tokens[0] + same, between));
    free(texts[0]);
    free(texts[1]);
    return between == 1 || moved;
}

static void comes_out_as_told(void **state)
{
    const struct story_row *row = *state;
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

int story_rows_run(const struct story_row *rows, size_t count)
{
    struct CMUnitTest tests[MOST_ROWS] = {{0}};
    assert_in_range(count, 1, MOST_ROWS);
    for (size_t i = 0; i < count; i++)
        tests[i] = (struct CMUnitTest){
            .name = rows[i].name,
            .test_func = comes_out_as_told,
            .initial_state = (void *)(uintptr_t)&rows[i],
        };
    return _cmocka_run_group_tests("stories", tests, count, NULL, NULL);
}
