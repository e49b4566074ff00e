/* The program that the sample recordings tell of. It is never run, only pointed at, and is compiled
 * with debug information whatever the build. Each function returns the line it stands on. */
#include "recording_sample.h"

pthread_mutex_t bank_alice = PTHREAD_MUTEX_INITIALIZER;
pthread_mutex_t bank_bob = PTHREAD_MUTEX_INITIALIZER;
pthread_mutex_t bank_vault = PTHREAD_MUTEX_INITIALIZER;
pthread_rwlock_t bank_ledger = PTHREAD_RWLOCK_INITIALIZER;
sem_t bank_counter;
pthread_cond_t bank_news = PTHREAD_COND_INITIALIZER;

#define FUNCTION(name)                                                                             \
    unsigned bank_##name(void)                                                                     \
    {                                                                                              \
        return __LINE__;                                                                           \
    }

FUNCTION(pay)
FUNCTION(refund)
FUNCTION(payer)
FUNCTION(refunder)
FUNCTION(open)
FUNCTION(close)
FUNCTION(watch)
