/*
 * A thread object that starts only once
 *
 * A clerk is an object that stands for a thread. A thread runs once, from its start to its end, so
 * the object goes one way only: it is new, it is running, it is joined. clerk_start refuses whoever
 * is not new, and clerk_join refuses whoever is not running; both say so by their error number.
 * In thread_start_twice_lost.c a second start overwrites the handle of the first thread, which
 * nobody can join from then on.
 *
 * The state is looked at and changed under one lock, so of two threads that start the same clerk at
 * the same moment one is refused. The lock is not held during the join, which may take long.
 *
 * Who has more to do takes another object: here a second clerk copies the second letter.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/stage.h"

enum {
    LETTERS = 2,
};

struct clerk {
    pthread_mutex_t lock; /* guards all that follows */
    enum {
        NEW,
        RUNNING,
        JOINED,
    } state;
    pthread_t thread;
};

struct letter {
    int number;
    bool copied;
};

static struct letter letters[LETTERS] = {{.number = 1}, {.number = 2}};

static void *copy(void *argument)
{
    struct letter *letter = argument;
    name_thread("clerk");
    letter->copied = true;
    say("has copied letter %d", letter->number);
    return NULL;
}

static int clerk_start(struct clerk *clerk, struct letter *letter)
{
    pthread_mutex_lock(&clerk->lock);
    int error = EALREADY;
    if (clerk->state == NEW) /* <-- the handle is written once in its life */
        error = pthread_create(&clerk->thread, NULL, copy, letter);
    if (error == 0)
        clerk->state = RUNNING;
    pthread_mutex_unlock(&clerk->lock);
    return error;
}

static int clerk_join(struct clerk *clerk)
{
    pthread_mutex_lock(&clerk->lock);
    bool running = clerk->state == RUNNING;
    if (running)
        clerk->state = JOINED; /* <-- and joined once: nobody else will try */
    pthread_mutex_unlock(&clerk->lock);
    return running ? pthread_join(clerk->thread, NULL) : EINVAL;
}

int main(int argc, char **argv)
{
    stage_set(argc, argv, "Starts one thread object twice, and is refused.",
              (struct stage_option[]){{0}});

    struct clerk clerk = {.lock = PTHREAD_MUTEX_INITIALIZER};
    struct clerk second_clerk = {.lock = PTHREAD_MUTEX_INITIALIZER};
    must(clerk_start(&clerk, &letters[0]));
    int refusal = clerk_start(&clerk, &letters[1]);
    say("the clerk, started again: %s", strerror(refusal));
    must(clerk_join(&clerk));
    say("the clerk, started after its end: %s", strerror(clerk_start(&clerk, &letters[1])));

    must(clerk_start(&second_clerk, &letters[1]));
    must(clerk_join(&second_clerk));

    int copied = 0;
    for (int i = 0; i < LETTERS; i++)
        copied += letters[i].copied;
    say("expected %d letters, got %d", LETTERS, copied);
    return refusal != 0 && copied == LETTERS ? EXIT_SUCCESS : EXIT_FAILURE;
}
