/*
 * Takes two locks where its arguments say so, and never hangs: MERGED BEFORE DURING WORKER COUNT
 * [OTHER [held]]. What main does before it makes the workers, what it does while they live, what
 * each of them does, and what one more does that is made elsewhere: "ab", "ba", "gab" (under a
 * gate), "oab" (in an initialisation that is done once), "fab" (after it), or "-". One after
 * another, by hand-offs that another run may do without. "held": main holds the gate as long as
 * workers live.
 */
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    MOST = 4
};

static pthread_mutex_t alice = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t bob = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static sem_t turns[MOST], other_turn, done;
#ifdef OTHER
int other; /* so that the build-ids differ */
#endif
static const char *work, *other_work = "-", *once_work = "-";

static void take(pthread_mutex_t *outer, pthread_mutex_t *inner)
{
    pthread_mutex_lock(outer);
    pthread_mutex_lock(inner);
    pthread_mutex_unlock(inner);
    pthread_mutex_unlock(outer);
}

static void take_as(const char *what)
{
    if (strstr(what, "ab"))
        take(&alice, &bob);
    if (strstr(what, "ba"))
        take(&bob, &alice);
}

/* One that takes no lock at all orders nothing that anybody wants to know. */
static void initialise(void)
{
    pthread_mutex_lock(&gate);
    pthread_mutex_unlock(&gate);
    take_as(once_work);
}

static void act(const char *what)
{
    if (*what == 'g')
        pthread_mutex_lock(&gate);
    if (*what == 'o')
        once_work = what;
    if (*what == 'o' || *what == 'f')
        pthread_once(&once, initialise);
    if (*what != 'o')
        take_as(what);
    if (*what == 'g')
        pthread_mutex_unlock(&gate);
}

static void *other_worker(void *data)
{
    sem_wait(&other_turn);
    act(other_work);
    sem_post(&done);
    return data;
}

static void *worker(void *turn)
{
    sem_wait(turn);
    act(work);
    sem_post(&done);
    return NULL;
}

int main(int argc, char **argv)
{
    pthread_t threads[MOST];
    int count = argc > 4 ? atoi(argv[4]) : 1;
    if (argc < 4 || count > MOST)
        return 2;
    work = argv[3];
    other_work = argc > 5 ? argv[5] : "-";
    int held = argc > 6;
    pthread_t elsewhere;
    act(argv[1]);
    sem_init(&done, 0, 0);
    sem_init(&other_turn, 0, 0);
    if (held)
        pthread_mutex_lock(&gate);
    for (int i = 0; i < count; i++) {
        sem_init(&turns[i], 0, 0);
        pthread_create(&threads[i], NULL, worker, &turns[i]);
    }
    if (argc > 5)
        pthread_create(&elsewhere, NULL, other_worker, NULL);
    act(argv[2]);
    for (int i = 0; i < count; i++) {
        sem_post(&turns[i]);
        sem_wait(&done);
    }
    for (int i = 0; i < count; i++)
        pthread_join(threads[i], NULL);
    if (held)
        pthread_mutex_unlock(&gate);
    if (argc > 5) {
        sem_post(&other_turn);
        pthread_join(elsewhere, NULL);
    }
    return 0;
}
