/*
 * Locks of a kind, taken in orders that no two of them show, and their twins: CLASSES STORY. Two
 * threads, one after the other by a hand-off, each with objects of its own.
 */
#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>
#include <string.h>

struct account {
    pthread_mutex_t lock;
    int balance;
};

struct person {
    pthread_mutex_t lock;
};

enum {
    ACCOUNTS = 6,
    PEOPLE = 20, /* so many that no compiler makes a call for each */
};

static struct account accounts[ACCOUNTS];
static struct account *opened[ACCOUNTS];
static struct person *people[PEOPLE];
static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
static sem_t turn, done;
static const char *story;

static struct account *open_account(void)
{
    struct account *account = calloc(1, sizeof *account);
    pthread_mutex_init(&account->lock, NULL);
    return account;
}

static struct person *admit_person(void)
{
    struct person *person = calloc(1, sizeof *person);
    pthread_mutex_init(&person->lock, NULL);
    return person;
}

static void take(pthread_mutex_t *outer, pthread_mutex_t *inner)
{
    pthread_mutex_lock(outer);
    pthread_mutex_lock(inner);
    pthread_mutex_unlock(inner);
    pthread_mutex_unlock(outer);
}

static int is(const char *name)
{
    return strcmp(story, name) == 0;
}

/* Each of the two sides; none takes two locks that the other takes both of. */
static void act_first(void)
{
    if (is("made") || is("made-ordered"))
        take(&opened[0]->lock, &people[0]->lock);
    if (is("array-mixed") || is("array-up") || is("array-first"))
        take(&accounts[0].lock, &accounts[1].lock);
    if (is("gated") || is("gated-once")) {
        pthread_mutex_lock(&gate);
        take(&opened[0]->lock, &people[0]->lock);
        pthread_mutex_unlock(&gate);
    }
    if (is("same"))
        take(&opened[0]->lock, &people[0]->lock);
    if (is("alone")) {
        take(&opened[0]->lock, &people[0]->lock);
        take(&people[1]->lock, &opened[1]->lock);
    }
}

static void act_second(void)
{
    if (is("made"))
        take(&people[1]->lock, &opened[1]->lock);
    if (is("made-ordered"))
        take(&opened[1]->lock, &people[1]->lock);
    if (is("array-mixed") || is("array-second"))
        take(&accounts[4].lock, &accounts[3].lock);
    if (is("array-up"))
        take(&accounts[3].lock, &accounts[4].lock);
    if (is("gated")) {
        pthread_mutex_lock(&gate);
        take(&people[1]->lock, &opened[1]->lock);
        pthread_mutex_unlock(&gate);
    }
    if (is("gated-once"))
        take(&people[1]->lock, &opened[1]->lock);
    if (is("same"))
        take(&people[0]->lock, &opened[0]->lock);
}

static void *first(void *data)
{
    sem_wait(&turn);
    act_first();
    sem_post(&done);
    return data;
}

static void *second(void *data)
{
    sem_wait(&done);
    act_second();
    return data;
}

int main(int argc, char **argv)
{
    pthread_t one, other;
    story = argc > 1 ? argv[1] : "";
    sem_init(&turn, 0, 0);
    sem_init(&done, 0, 0);
    for (int i = 0; i < ACCOUNTS; i++) {
        pthread_mutex_init(&accounts[i].lock, NULL);
        opened[i] = open_account();
    }
    for (int i = 0; i < PEOPLE; i++)
        people[i] = admit_person();
    if (is("joined")) {
        take(&opened[0]->lock, &people[0]->lock);
        story = "";
    }
    pthread_create(&one, NULL, first, NULL);
    pthread_create(&other, NULL, second, NULL);
    sem_post(&turn);
    pthread_join(one, NULL);
    pthread_join(other, NULL);
    if (argc > 1 && strcmp(argv[1], "joined") == 0)
        take(&people[1]->lock, &opened[1]->lock);
    return 0;
}
