#include "nearest.h"

#include <stdint.h>
#include <string.h>

enum {
    LONGEST = 63,
};

static size_t smaller(size_t left, size_t right)
{
    return left < right ? left : right;
}

size_t snarl_edit_distance(const char *left, const char *right)
{
    size_t rows = strlen(left), columns = strlen(right);
    if (rows > LONGEST || columns > LONGEST)
        return SIZE_MAX;
    size_t distance[LONGEST + 1][LONGEST + 1];
    for (size_t column = 0; column <= columns; column++)
        distance[0][column] = column;
    for (size_t row = 1; row <= rows; row++) {
        distance[row][0] = row;
        for (size_t column = 1; column <= columns; column++) {
            size_t change = left[row - 1] != right[column - 1];
            size_t best = smaller(distance[row - 1][column], distance[row][column - 1]) + 1;
            best = smaller(best, distance[row - 1][column - 1] + change);
            if (row > 1 && column > 1 && left[row - 1] == right[column - 2] &&
                left[row - 2] == right[column - 1])
                best = smaller(best, distance[row - 2][column - 2] + 1);
            distance[row][column] = best;
        }
    }
    return distance[rows][columns];
}

struct snarl_nearest snarl_nearest_to(const char *word)
{
    return (struct snarl_nearest){.word = word, .distance = strlen(word) / 3 + 2};
}

void snarl_nearest_try(struct snarl_nearest *nearest, const char *candidate)
{
    size_t distance = snarl_edit_distance(nearest->word, candidate);
    if (distance < nearest->distance) {
        nearest->best = candidate;
        nearest->distance = distance;
    }
}
