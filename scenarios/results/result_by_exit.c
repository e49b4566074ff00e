/*
 * A result handed over at the end of a thread
 *
 * A thread ends when its function returns, or when it calls pthread_exit, which may be deep inside
 * other functions. Either way it leaves one pointer, and pthread_join hands that to whoever joins.
 * So no object has to be shared for the result, and the pointer may be NULL to say that there is
 * none.
 *
 * What it points to must outlive the thread. Here it is allocated by the thread and freed by main:
 * with the pointer the ownership changes hands. The address of a variable of the thread's own would
 * be of no use, see result_on_stack.c.
 *
 * The threads look for a number that can be divided by 7, 11 and 13. One finds it in the middle of
 * its work and ends there and then; the other comes to the end of its range and returns.
 */
#include <errno.h>
#include <stdlib.h>

#include "common/stage.h"

struct range {
    long first;
    long last;
};

static void examine(long number)
{
    if (number % 7 != 0 || number % 11 != 0 || number % 13 != 0)
        return;
    long *found = malloc(sizeof *found); /* <-- outlives the thread */
    must(found != NULL ? 0 : ENOMEM);
    *found = number;
    say("has found %ld", number);
    pthread_exit(found); /* <-- ends the thread, not just this function */
}

static void *search(void *argument)
{
    const struct range *range = argument;
    name_thread("%ld to %ld", range->first, range->last);
    for (long number = range->first; number <= range->last; number++)
        examine(number);
    say("has found nothing");
    return NULL;
}

int main(int argc, char **argv)
{
    stage_set(argc, argv, "Threads hand over what they have found when they end.",
              (struct stage_option[]){{0}});

    struct range ranges[] = {{1, 900}, {901, 1800}};
    pthread_t searchers[2];
    for (int i = 0; i < 2; i++)
        must(pthread_create(&searchers[i], NULL, search, &ranges[i]));

    long found[2] = {0};
    for (int i = 0; i < 2; i++) {
        void *result;
        must(pthread_join(searchers[i], &result)); /* <-- the pointer that the thread ended with */
        if (result != NULL)
            found[i] = *(const long *)result;
        free(result);
    }

    say("expected 0 and 1001, got %ld and %ld", found[0], found[1]);
    return found[0] == 0 && found[1] == 1001 ? EXIT_SUCCESS : EXIT_FAILURE;
}
