/* The seed of random delays: the user's, or one that is chosen; said on standard error. */
#ifndef SNARL_SEED_H
#define SNARL_SEED_H

enum {
    SNARL_SEED_SIZE = 16
};

/* `chosen` is what usage.c left of an option of kind SEED: NULL where no delays are asked for, ""
 * where any seed will do. Returns the seed for libsnarl.so, in `text` where it had to be made, and
 * says in one line which it is and how to have it again; NULL for NULL. */
const char *snarl_seed_settle(const char *chosen, char text[SNARL_SEED_SIZE]);

#endif
