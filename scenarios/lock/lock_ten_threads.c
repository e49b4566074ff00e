/*
 * Ten threads and one lock
 *
 * Ten threads pay into one account, the first 1, the second 2, and so on. To pay in is to read the
 * balance, to add, and to write the sum; whoever reads while another is between its read and its
 * write would undo what that one has done. So there is a lock, and the rule that goes with it:
 * nobody touches the balance without holding it.
 *
 * Only one thread at a time can hold the lock. The others sleep in pthread_mutex_lock until it is
 * released, then one of them has it. In which order they come is not said: run this a few times,
 * the lines change, the total does not.
 *
 * What a thread has written before it releases the lock is seen by the next that takes it. Nothing
 * else is needed, and the balance is a plain number.
 */
#include <stdlib.h>

#include "common/stage.h"

enum {
    MOST_THREADS = 64,
};

static long threads = 10;

static struct {
    pthread_mutex_t lock;
    long balance; /* guarded by lock */
} account = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void *pay_in(void *argument)
{
    const int *amount = argument;
    name_thread("payer %d", *amount);

    pthread_mutex_lock(&account.lock); /* <-- waits until no other thread holds it */
    long found = account.balance;
    say("finds %ld and adds %d", found, *amount);
    account.balance = found + *amount;
    pthread_mutex_unlock(&account.lock); /* <-- lets the next one in, with all that was written */
    return NULL;
}

int main(int argc, char **argv)
{
    stage_set(argc, argv, "Many threads pay into one account, one at a time.",
              (struct stage_option[]){
                  {"threads", "how many pay", &threads, 1, MOST_THREADS},
                  {0},
              });

    pthread_t payers[MOST_THREADS];
    int amounts[MOST_THREADS];
    for (int i = 0; i < threads; i++) {
        amounts[i] = i + 1;
        must(pthread_create(&payers[i], NULL, pay_in, &amounts[i]));
    }
    for (int i = 0; i < threads; i++)
        must(pthread_join(payers[i], NULL));

    long expected = threads * (threads + 1) / 2;
    say("expected %ld, got %ld", expected, account.balance);
    return account.balance == expected ? EXIT_SUCCESS : EXIT_FAILURE;
}
