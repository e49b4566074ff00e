/*
 * Takes two locks where its arguments say so, and never hangs: MERGED BEFORE DURING WORKER COUNT.
 * What main does before it makes the workers, what it does while they live, and what each of them
 * does: "ab", "ba", "gab" (under a gate), or "-". One after another, by hand-offs that another run
 * may do without.
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
static sem_t turns[MOST], done;
#ifdef OTHER
int other; /* so that the build-ids differ */
#endif
static const char *work;

static void take(pthread_mutex_t *outer, pthread_mutex_t *inner)
{
    pthread_mutex_lock(outer);
    pthread_mutex_lock(inner);
    pthread_mutex_unlock(inner);
    pthread_mutex_unlock(outer);
}

static void act(const char *what)
{
    if (*what == 'g')
        pthread_mutex_lock(&gate);
    if (strstr(what, "ab"))
        take(&alice, &bob);
    if (strstr(what, "ba"))
        take(&bob, &alice);
    if (*what == 'g')
        pthread_mutex_unlock(&gate);
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
    act(argv[1]);
    sem_init(&done, 0, 0);
    for (int i = 0; i < count; i++) {
        sem_init(&turns[i], 0, 0);
        pthread_create(&threads[i], NULL, worker, &turns[i]);
    }
    act(argv[2]);
    for (int i = 0; i < count; i++) {
        sem_post(&turns[i]);
        sem_wait(&done);
    }
    for (int i = 0; i < count; i++)
        pthread_join(threads[i], NULL);
    return 0;
}
