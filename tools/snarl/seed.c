#include "seed.h"

#include <stdint.h>
#include <stdio.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/hash.h"

enum {
    SEEDS = 999999999 /* what libsnarl.so reads: up to nine digits, and not 0 */
};

const char *snarl_seed_settle(const char *chosen, char text[SNARL_SEED_SIZE])
{
    if (!chosen)
        return NULL;
    if (!*chosen) {
        uint64_t random;
        if (getrandom(&random, sizeof random, GRND_NONBLOCK) != sizeof random)
            random = snarl_hash_mix((uint64_t)getpid(), snarl_clock_real());
        snprintf(text, SNARL_SEED_SIZE, "%u", (unsigned)(random % SEEDS) + 1);
        chosen = text;
    }
    fprintf(stderr, "snarl: random delays, seed %s (the same delays again: --chaos=%s)\n", chosen,
            chosen);
    return chosen;
}
