/*
 * A result that dies with its thread
 *
 * Each thread works out the squares of some numbers in an array of its own, and hands the address
 * of that array to whoever joins it. But the array lies on the stack of the thread. With the end of
 * the thread it is no more, and its memory is free for something else: as a rule, for the stack of
 * the next thread. Main joins both threads and then reads both results, and finds the second twice.
 *
 * Compilers warn of a function that returns the address of its own variable, but not here. No tool
 * for races helps either: each thread is joined before the next is started, so everything is in
 * order except that the memory is no longer there.
 *
 * What is read in such a case can be anything, and the read can crash the program, for the system
 * may take the memory back. So that this program always comes to the same, its threads are given
 * the memory for their stack, both the same one, which is what tends to happen by itself to threads
 * that follow each other. (POSIX does not allow to use such memory for a second thread. With the
 * GNU C library it works, once the first has been joined.)
 *
 * The mend is in result_by_exit.c: the result lies in memory that was allocated for it.
 */
#include "common/stage.h"

enum {
    STACK_SIZE = 1 << 20,
    COUNT = 4096,
};

static char stack[STACK_SIZE] __attribute__((aligned(4096)));

static void *calculate(void *argument)
{
    const long *first = argument;
    long squares[COUNT]; /* <-- lives on the stack of the thread */
    name_thread("calculator");
    for (long i = 0; i < COUNT; i++)
        squares[i] = (*first + i) * (*first + i);

    say("%ld times %ld is %ld", *first, *first, squares[0]);
    pthread_exit(squares); /* <-- an address that means nothing once the thread has ended */
}

int main(int argc, char **argv)
{
    stage_set(argc, argv, "Threads hand over the addresses of their own variables.",
              (struct stage_option[]){{0}});

    pthread_attr_t attributes;
    must(pthread_attr_init(&attributes));
    must(pthread_attr_setstack(&attributes, stack, sizeof stack));

    long numbers[] = {3, 4};
    void *results[2];
    for (int i = 0; i < 2; i++) {
        pthread_t calculator;
        must(pthread_create(&calculator, &attributes, calculate, &numbers[i]));
        must(pthread_join(calculator, &results[i]));
    }
    pthread_attr_destroy(&attributes);

    const long *threes = results[0];
    const long *fours = results[1];
    say("expected 9 and 16, got %ld and %ld", threes[0], fours[0]); /* <-- both are gone */
    return 0;
}
