/*
 * A thread type with a run method
 *
 * pthread_create takes a function and an argument. A program with several sorts of threads can put
 * the two together: a struct that holds the handle, a name, and a function that is given the struct
 * itself. Starting and joining are then written once, for all sorts.
 *
 * A sort of its own is a larger struct whose first member is the base. A pointer to the whole is
 * also a pointer to its first member and can be turned back, so the run function finds its own
 * fields: what it is to do, and where to leave what came of it. They belong to the thread until it
 * has been joined, and to main after that; so they need no lock.
 *
 * The object must live until the thread is joined, and it is to be started once only: see
 * thread_start_twice.c.
 */
#include <stdlib.h>

#include "common/stage.h"

/* The base: what all of them have in common. */
struct worker {
    const char *name;
    void (*run)(struct worker *self);
    pthread_t thread;
};

static void *begin(void *argument)
{
    struct worker *self = argument;
    name_thread("%s", self->name);
    self->run(self); /* <-- each sort of thread has its own */
    return NULL;
}

static void worker_start(struct worker *worker)
{
    must(pthread_create(&worker->thread, NULL, begin, worker)); /* <-- the argument is the object */
}

static void worker_join(struct worker *worker)
{
    must(pthread_join(worker->thread, NULL));
}

struct adder {
    struct worker base; /* <-- first, so that a pointer to it is one to the whole */
    long last;
    long sum;
};

static void add_up(struct worker *self)
{
    struct adder *adder = (struct adder *)self;
    for (long number = 1; number <= adder->last; number++)
        adder->sum += number;
    say("1 to %ld make %ld", adder->last, adder->sum);
}

struct counter {
    struct worker base;
    const char *text;
    char letter;
    long found;
};

static void count_letters(struct worker *self)
{
    struct counter *counter = (struct counter *)self;
    for (const char *at = counter->text; *at != '\0'; at++)
        counter->found += *at == counter->letter;
    say("found %ld times the letter %c", counter->found, counter->letter);
}

int main(int argc, char **argv)
{
    stage_set(argc, argv, "Two sorts of threads share what starts and joins them.",
              (struct stage_option[]){{0}});

    struct adder adder = {.base = {.name = "adder", .run = add_up}, .last = 100};
    struct counter counter = {
        .base = {.name = "counter", .run = count_letters},
        .text = "many hands make light work",
        .letter = 'a',
    };
    struct worker *workers[] = {&adder.base, &counter.base};

    for (int i = 0; i < 2; i++)
        worker_start(workers[i]);
    for (int i = 0; i < 2; i++)
        worker_join(workers[i]);

    say("expected 5050 and 3, got %ld and %ld", adder.sum, counter.found);
    return adder.sum == 5050 && counter.found == 3 ? EXIT_SUCCESS : EXIT_FAILURE;
}
