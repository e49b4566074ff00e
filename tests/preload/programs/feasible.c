/* Two locks in opposite orders, which something keeps apart, and twins that it does not. */
#include "feasible.h"

#include <threads.h>

enum {
    LIMIT_S = 20, /* ends a program that hangs */
};

static pthread_mutex_t alice = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t bob = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
static pthread_rwlock_t door = PTHREAD_RWLOCK_INITIALIZER;

/* So that the sides come one after the other in each run; snarl cannot see it. */
static int turn;

void await(int number)
{
    while (__atomic_load_n(&turn, __ATOMIC_ACQUIRE) < number)
        usleep(100);
}

void go(int number)
{
    __atomic_store_n(&turn, number, __ATOMIC_RELEASE);
}

void pay(void)
{
    lock(&alice);
    lock(&bob);
    unlock(&bob);
    unlock(&alice);
}

void refund(void)
{
    lock(&bob);
    lock(&alice);
    unlock(&alice);
    unlock(&bob);
}

void *payer(void *unused)
{
    (void)unused;
    pay();
    go(1);
    return NULL;
}

void *refunder(void *unused)
{
    (void)unused;
    await(1);
    refund();
    return NULL;
}

static void made_after(void)
{
    pay();
    go(1);
    finish(start(refunder, NULL));
}

static void made_before(void)
{
    pthread_t thread = start(refunder, NULL);
    pay();
    go(1);
    finish(thread);
}

/* The same deed again, after the other thread was made. */
static void done_again(void)
{
    pay();
    pthread_t thread = start(refunder, NULL);
    pay();
    go(1);
    finish(thread);
}

static void joined_before(void)
{
    finish(start(payer, NULL));
    refund();
}

static void joined_after(void)
{
    pthread_t thread = start(payer, NULL);
    await(1);
    refund();
    finish(thread);
}

static void one_by_one(void)
{
    finish(start(payer, NULL));
    finish(start(refunder, NULL));
}

static void at_once(void)
{
    pthread_t first = start(payer, NULL);
    pthread_t second = start(refunder, NULL);
    finish(first);
    finish(second);
}

static int refunder_c11(void *unused)
{
    refunder(unused);
    return 0;
}

static void one_by_one_c11(void)
{
    thrd_t thread;
    finish(start(payer, NULL));
    MUST(thrd_create(&thread, refunder_c11, NULL) == thrd_success);
    MUST(thrd_join(thread, NULL) == thrd_success);
}

static void *makes_refunder(void *unused)
{
    (void)unused;
    finish(start(refunder, NULL));
    return NULL;
}

/* By a thread that is made afterwards, through another. */
static void of_its_own(void)
{
    pay();
    go(1);
    finish(start(makes_refunder, NULL));
}

static void *pays_behind_gate(void *unused)
{
    (void)unused;
    lock(&gate);
    pay();
    unlock(&gate);
    go(1);
    return NULL;
}

/* Its maker holds the gate for the refunder, until it has joined it. */
static void behind_the_makers_gate(void)
{
    pthread_t first = start(pays_behind_gate, NULL);
    await(1);
    lock(&gate);
    finish(start(refunder, NULL));
    unlock(&gate);
    finish(first);
}

static void behind_an_open_gate(void)
{
    pthread_t first = start(pays_behind_gate, NULL);
    await(1);
    lock(&gate);
    pthread_t second = start(refunder, NULL);
    unlock(&gate);
    finish(second);
    finish(first);
}

static void gate_opened_in_between(void)
{
    pthread_t first = start(pays_behind_gate, NULL);
    await(1);
    lock(&gate);
    pthread_t second = start(refunder, NULL);
    unlock(&gate);
    lock(&gate);
    finish(second);
    unlock(&gate);
    finish(first);
}

static void *pays_behind_door(void *unused)
{
    (void)unused;
    MUST(pthread_rwlock_rdlock(&door) == 0);
    pay();
    MUST(pthread_rwlock_unlock(&door) == 0);
    go(1);
    return NULL;
}

static void door_held(int (*hold)(pthread_rwlock_t *))
{
    pthread_t first = start(pays_behind_door, NULL);
    await(1);
    MUST(hold(&door) == 0);
    finish(start(refunder, NULL));
    MUST(pthread_rwlock_unlock(&door) == 0);
    finish(first);
}

static void behind_the_makers_door(void)
{
    door_held(pthread_rwlock_wrlock);
}

static void both_read_the_door(void)
{
    door_held(pthread_rwlock_rdlock);
}

/* Many threads of one kind, of which only the last is there together with the other kind. */
static void last_of_many(void)
{
    for (int i = 0; i < 600; i++)
        finish(start(payer, NULL));
    go(0);
    at_once();
}

static void none_of_many(void)
{
    for (int i = 0; i < 600; i++)
        finish(start(payer, NULL));
    finish(start(refunder, NULL));
}

int main(int argc, char **argv)
{
    static const struct program_case cases[] = {
        {"made-after", made_after},
        {"made-before", made_before},
        {"done-again", done_again},
        {"joined-before", joined_before},
        {"joined-after", joined_after},
        {"one-by-one", one_by_one},
        {"at-once", at_once},
        {"one-by-one-c11", one_by_one_c11},
        {"of-its-own", of_its_own},
        {"behind-the-makers-gate", behind_the_makers_gate},
        {"behind-an-open-gate", behind_an_open_gate},
        {"gate-opened-in-between", gate_opened_in_between},
        {"behind-the-makers-door", behind_the_makers_door},
        {"both-read-the-door", both_read_the_door},
        {"barrier-of-two", barrier_of_two},
        {"barrier-of-two-for-four", barrier_of_two_for_four},
        {"barrier-and-joined", barrier_and_joined},
        {"rounds-by-turns", rounds_by_turns},
        {"in-the-same-rounds", in_the_same_rounds},
        {"initialised", initialised},
        {"initialised-for-very-many", initialised_for_very_many},
        {"initialised-elsewhere", initialised_elsewhere},
        {"handed-off", handed_off},
        {"posted-to", posted_to},
        {"last-of-many", last_of_many},
        {"none-of-many", none_of_many},
    };
    alarm(LIMIT_S);
    return RUN_CASE(cases);
}
