/*
 * Two of ten at a time
 *
 * A semaphore is a number and two calls. sem_wait takes one away, and waits while there is nothing
 * left to take; sem_post puts one back, and lets one waiter in. What the number counts is up to the
 * program: here it counts free telephone boxes. There are two of them and ten callers, so however
 * the threads run, there are never more than two inside.
 *
 * To show that two can be inside, and not one only, each caller rings the other box and stays until
 * somebody answers. That call is a barrier for two: it lets nobody go before a second caller has
 * come in. Callers who stand inside are counted on the way in and on the way out, and the most that
 * there ever were is told at the end.
 *
 * A mutex belongs to the thread that has locked it. A semaphore belongs to nobody: any thread may
 * post, also one that never waited. That makes it good for signals, and easy to get wrong where it
 * is used as a lock.
 *
 * In a program that handles signals of the system, sem_wait may also return with EINTR and without
 * having taken anything. Such a program must look at what it returns, and call it again.
 */
#include <semaphore.h>

#include "common/stage.h"

enum {
    BOXES = 2,
    CALLERS = 10,
};

static sem_t free_boxes;
static pthread_barrier_t call;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* guards the three counts */
static long inside;
static long most_inside;
static long calls;

static void enter(void)
{
    pthread_mutex_lock(&lock);
    inside++;
    calls++;
    if (inside > most_inside)
        most_inside = inside;
    pthread_mutex_unlock(&lock);
}

static void leave(void)
{
    pthread_mutex_lock(&lock);
    inside--;
    pthread_mutex_unlock(&lock);
}

static void *telephone(void *argument)
{
    const int *number = argument;
    name_thread("caller %d", *number);

    sem_wait(&free_boxes); /* <-- waits while both boxes are taken */
    enter();
    pthread_barrier_wait(&call); /* <-- goes on only when a second caller is inside */
    say("has telephoned with the other box");
    leave();
    sem_post(&free_boxes); /* <-- one box more is free; wakes one who waits */
    return NULL;
}

int main(int argc, char **argv)
{
    stage_set(argc, argv, "Ten threads share two telephone boxes, counted by a semaphore.",
              (struct stage_option[]){{0}});

    pthread_t callers[CALLERS];
    int numbers[CALLERS];
    sem_init(&free_boxes, 0, BOXES);
    must(pthread_barrier_init(&call, NULL, 2));
    for (int i = 0; i < CALLERS; i++) {
        numbers[i] = i + 1;
        must(pthread_create(&callers[i], NULL, telephone, &numbers[i]));
    }
    for (int i = 0; i < CALLERS; i++)
        must(pthread_join(callers[i], NULL));
    sem_destroy(&free_boxes);

    say("%ld have telephoned; expected 2 inside at most, got %ld", calls, most_inside);
    return 0;
}
