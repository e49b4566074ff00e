/* The locks of stdio's streams: orders that can deadlock, deadlocks, and their twins. */
#include "sides.h"

static FILE *in, *out; /* the first and the second lock */

static void copy(void)
{
    flockfile(in);
    flockfile(out);
    funlockfile(out);
    funlockfile(in);
}
static void copy_back(void)
{
    flockfile(out);
    flockfile(in);
    funlockfile(in);
    funlockfile(out);
}
static void try_copy_back(void)
{
    flockfile(out);
    MUST(ftrylockfile(in) == 0);
    funlockfile(in);
    funlockfile(out);
}
/* A stream may be locked again by who has it. */
static void copy_again(void)
{
    flockfile(in);
    flockfile(out);
    flockfile(in);
    funlockfile(in);
    funlockfile(out);
    funlockfile(in);
}
static void unlock_once_and_copy(void)
{
    flockfile(in);
    flockfile(in);
    funlockfile(in);
    flockfile(out); /* in is held still */
    funlockfile(out);
    funlockfile(in);
}

static void abba(void)
{
    in_turn(copy, copy_back);
}
static void one_order(void)
{
    in_turn(copy, copy);
}
static void tried(void)
{
    in_turn(copy, try_copy_back);
}
static void recursion(void)
{
    in_turn(copy_again, copy_again);
}
static void recursion_abba(void)
{
    in_turn(unlock_once_and_copy, copy_back);
}

static void try_in_vain(void)
{
    MUST(ftrylockfile(in) != 0);
}
static void *try_elsewhere(void *unused)
{
    try_in_vain();
    return unused;
}
static void busy(void)
{
    flockfile(in);
    finish(start(try_elsewhere, NULL));
    funlockfile(in);
}

/* These cannot be refused. */
static void live_copy(void)
{
    flockfile(in);
    meet();
    flockfile(out);
}
static void live_copy_back(void)
{
    flockfile(out);
    meet();
    flockfile(in);
}
static void live_abba(void)
{
    together(live_copy, live_copy_back);
}

int main(int argc, char **argv)
{
    static const struct program_case cases[] = {
        {"abba", abba},           {"one-order", one_order},           {"tried", tried},
        {"recursion", recursion}, {"recursion-abba", recursion_abba}, {"busy", busy},
        {"live-abba", live_abba},
    };
    in = fopen("/dev/null", "r");
    out = fopen("/dev/null", "w");
    MUST(in != NULL && out != NULL);
    copy(); /* so that they have their numbers in this order */
    return RUN_SIDES(cases);
}
