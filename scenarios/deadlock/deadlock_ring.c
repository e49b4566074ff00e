/*
 * Three locks in a ring
 *
 * The reader fills the cache from the database: it locks the cache, then the database. The writer
 * keeps a journal of what it changes: it locks the database, then the journal. The archivist clears
 * away what is old: it locks the journal, then the cache. Each holds what the one before it wants,
 * and all three wait for ever.
 *
 * No two of them are in each other's way. Take any two of these functions, and there is an order
 * that both keep to: cache, database, journal for the first two, for instance. Only the three
 * together close the ring, and in a real program they stand in three files that three people wrote.
 *
 * The barrier makes it certain: none goes on before all hold their first lock.
 *
 * The mend is one order for all three: see deadlock_ring_ordered.c.
 */
#include "common/stage.h"

struct store {
    pthread_mutex_t lock;
    long visits; /* guarded by lock */
};

static struct store cache = {PTHREAD_MUTEX_INITIALIZER, 0};
static struct store database = {PTHREAD_MUTEX_INITIALIZER, 0};
static struct store journal = {PTHREAD_MUTEX_INITIALIZER, 0};

static pthread_barrier_t all_hold_one;

static void *fill_cache(void *unused)
{
    name_thread("reader");
    pthread_mutex_lock(&cache.lock);
    pthread_barrier_wait(&all_hold_one);
    say("has the cache, wants the database");
    pthread_mutex_lock(&database.lock); /* <-- cache, then database */
    cache.visits++;
    database.visits++;
    pthread_mutex_unlock(&database.lock);
    pthread_mutex_unlock(&cache.lock);
    return unused;
}

static void *change_database(void *unused)
{
    name_thread("writer");
    pthread_mutex_lock(&database.lock);
    pthread_barrier_wait(&all_hold_one);
    say("has the database, wants the journal");
    pthread_mutex_lock(&journal.lock); /* <-- database, then journal */
    database.visits++;
    journal.visits++;
    pthread_mutex_unlock(&journal.lock);
    pthread_mutex_unlock(&database.lock);
    return unused;
}

static void *clear_away(void *unused)
{
    name_thread("archivist");
    pthread_mutex_lock(&journal.lock);
    pthread_barrier_wait(&all_hold_one);
    say("has the journal, wants the cache");
    pthread_mutex_lock(&cache.lock); /* <-- journal, then cache: this closes the ring */
    journal.visits++;
    cache.visits++;
    pthread_mutex_unlock(&cache.lock);
    pthread_mutex_unlock(&journal.lock);
    return unused;
}

int main(int argc, char **argv)
{
    stage_set(argc, argv, "Three threads take three locks in a ring, and hang.",
              (struct stage_option[]){{0}});

    pthread_t reader;
    pthread_t writer;
    pthread_t archivist;
    must(pthread_barrier_init(&all_hold_one, NULL, 3));
    must(pthread_create(&reader, NULL, fill_cache, NULL));
    must(pthread_create(&writer, NULL, change_database, NULL));
    must(pthread_create(&archivist, NULL, clear_away, NULL));
    must(pthread_join(reader, NULL));
    must(pthread_join(writer, NULL));
    must(pthread_join(archivist, NULL));

    say("expected 2 visits to each, got %ld, %ld and %ld", cache.visits, database.visits,
        journal.visits);
    return 0;
}
