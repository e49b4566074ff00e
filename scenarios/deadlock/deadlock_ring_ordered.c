/*
 * One order for three locks
 *
 * The stores of deadlock_ring.c, with one order for all: cache before database before journal. The
 * reader and the writer had kept to it already. The archivist took the journal first and then the
 * cache; now it takes the cache first, and the ring is open.
 *
 * Why that is enough: look at the threads that hold a lock, and among these locks at the last in
 * the order. Its holder can only want a lock further on, and of those none is held. So there is
 * always one that can go on, and in the end it releases what the others wait for.
 *
 * The barrier has moved to the beginning, where it lets all three start together. Between the locks
 * it would now wait for ever: that each of the three holds a lock that another wants cannot
 * happen any more. Each visits its stores many times, so that they meet at the locks in many ways.
 */
#include "common/stage.h"

struct store {
    pthread_mutex_t lock;
    long visits; /* guarded by lock */
};

static struct store cache = {PTHREAD_MUTEX_INITIALIZER, 0};
static struct store database = {PTHREAD_MUTEX_INITIALIZER, 0};
static struct store journal = {PTHREAD_MUTEX_INITIALIZER, 0};

static long rounds = 1000;
static pthread_barrier_t all_alive;

static void *fill_cache(void *unused)
{
    name_thread("reader");
    pthread_barrier_wait(&all_alive);
    for (long round = 0; round < rounds; round++) {
        pthread_mutex_lock(&cache.lock);
        pthread_mutex_lock(&database.lock);
        cache.visits++;
        database.visits++;
        pthread_mutex_unlock(&database.lock);
        pthread_mutex_unlock(&cache.lock);
    }
    return unused;
}

static void *change_database(void *unused)
{
    name_thread("writer");
    pthread_barrier_wait(&all_alive);
    for (long round = 0; round < rounds; round++) {
        pthread_mutex_lock(&database.lock);
        pthread_mutex_lock(&journal.lock);
        database.visits++;
        journal.visits++;
        pthread_mutex_unlock(&journal.lock);
        pthread_mutex_unlock(&database.lock);
    }
    return unused;
}

static void *clear_away(void *unused)
{
    name_thread("archivist");
    pthread_barrier_wait(&all_alive);
    for (long round = 0; round < rounds; round++) {
        pthread_mutex_lock(&cache.lock); /* <-- the cache first, though the journal is its task */
        pthread_mutex_lock(&journal.lock);
        journal.visits++;
        cache.visits++;
        pthread_mutex_unlock(&journal.lock);
        pthread_mutex_unlock(&cache.lock);
    }
    return unused;
}

int main(int argc, char **argv)
{
    stage_set(argc, argv, "Three threads take three locks, all in one order.",
              (struct stage_option[]){
                  {"rounds", "visits by each thread", &rounds, 1, 1000000},
                  {0},
              });

    pthread_t reader;
    pthread_t writer;
    pthread_t archivist;
    must(pthread_barrier_init(&all_alive, NULL, 3));
    must(pthread_create(&reader, NULL, fill_cache, NULL));
    must(pthread_create(&writer, NULL, change_database, NULL));
    must(pthread_create(&archivist, NULL, clear_away, NULL));
    must(pthread_join(reader, NULL));
    must(pthread_join(writer, NULL));
    must(pthread_join(archivist, NULL));

    say("expected %ld visits to each, got %ld, %ld and %ld", 2 * rounds, cache.visits,
        database.visits, journal.visits);
    return 0;
}
