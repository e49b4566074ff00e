/*
 * Writing while holding the lock as a reader
 *
 * Two threads count a visit each. Both hold the lock, so it looks as if all were well; but they
 * hold it as readers, and readers are let in together. For what they do to the number of visits
 * there might as well be no lock: both read 0, both write 1, and one visit is lost.
 *
 * It often begins with a function that only reads and so takes the lock as a reader, and to which
 * someone adds a counter, or a cache, that is written too.
 *
 * The cue makes the loss certain: nobody writes before both have read. It orders nothing in memory,
 * so this is a data race and ThreadSanitizer reports it. That both come to the cue at all shows
 * that they hold the lock at the same time.
 *
 * The mend is to hold it as a writer, with pthread_rwlock_wrlock, as the writers of
 * rwlock_readers.c do.
 */
#include "common/stage.h"

static pthread_rwlock_t visits_lock = PTHREAD_RWLOCK_INITIALIZER;
static long visits;
static struct cue both_have_read;

static void *count_visit(void *argument)
{
    const int *number = argument;
    name_thread("visitor %d", *number);

    pthread_rwlock_rdlock(&visits_lock); /* <-- keeps out writers, not other readers */
    long seen = visits;
    say("reads %ld", seen);
    cue_give(&both_have_read);
    cue_await(&both_have_read, 2);

    say("writes %ld", seen + 1);
    visits = seen + 1; /* <-- writes, and holds the lock as a reader only */
    pthread_rwlock_unlock(&visits_lock);
    return NULL;
}

int main(int argc, char **argv)
{
    stage_set(argc, argv, "Two threads write under a lock that they hold as readers.",
              (struct stage_option[]){{0}});

    pthread_t visitors[2];
    int numbers[2] = {1, 2};
    for (int i = 0; i < 2; i++)
        must(pthread_create(&visitors[i], NULL, count_visit, &numbers[i]));
    for (int i = 0; i < 2; i++)
        must(pthread_join(visitors[i], NULL));

    say("visits: expected 2, got %ld", visits);
    return 0;
}
