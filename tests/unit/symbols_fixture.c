/* A module with a little of everything that test_symbols asks about. */
#include "symbols_fixture.h"

#include <pthread.h>
#include <semaphore.h>
#include <stddef.h>
#include <threads.h>

#include "symbols_fixture_inline.h"

#define HERE SYMBOLS_FIXTURE_HERE
#define NOINLINE SYMBOLS_FIXTURE_NOINLINE
#define VARIABLE(root, address, name) symbols_fixture_variable((address), (name), &(root), #root)

struct account {
    long balance;
    pthread_mutex_t lock;
    struct {
        sem_t gate;
        pthread_cond_t changed;
    };
};

typedef struct account const volatile *account_pointer;
typedef pthread_mutex_t guard;
typedef guard guards[2];

struct bank {
    pthread_mutex_t door;
    struct {
        const char *name;
        pthread_rwlock_t door;
    } vault;
    account_pointer favourite;
    union {
        char small;
        guards pair;
    } either;
    mtx_t standard;
    unsigned flag : 3;
    char last;
};

struct account fixture_accounts[4];
struct bank fixture_bank;
int fixture_numbers[8];
static struct bank branches[2][3];
static volatile pthread_mutex_t lone;
static guards pair;
static char storage[96];

SYMBOLS_FIXTURE_INLINE void middle(struct symbols_fixture_place *place)
{
    if (place) {
        volatile unsigned frame = 2; /* its own, so that there is a block to see through */
        inner(HERE(place, frame, "middle"));
    }
}

NOINLINE void fixture_outer(struct symbols_fixture_place *place);
NOINLINE void fixture_outer(struct symbols_fixture_place *place)
{
    middle(HERE(place, 3, "fixture_outer"));
    symbols_fixture_print(place);
}

static NOINLINE void plain(struct symbols_fixture_place *place)
{
    symbols_fixture_record(HERE(place, 0, "plain"));
    symbols_fixture_print(place);
}

/* Named as a C++ and a Rust compiler would name theirs. */
void pay(struct symbols_fixture_place *place) __asm__("_ZN4bank3payEi");
void refund(struct symbols_fixture_place *place) __asm__("_ZN4bank6refund17h0123456789abcdefE");

NOINLINE void pay(struct symbols_fixture_place *place)
{
    symbols_fixture_record(HERE(place, 0, "bank::pay(int)"));
    symbols_fixture_print(place);
}

NOINLINE void refund(struct symbols_fixture_place *place)
{
    symbols_fixture_record(HERE(place, 0, "bank::refund"));
    symbols_fixture_print(place);
}

static NOINLINE void statics(void)
{
    static struct account hidden[2];
    symbols_fixture_variable(&hidden[1].lock, "statics::hidden[1].lock", NULL, NULL);
    if (hidden[0].balance == 0) {
        static pthread_mutex_t deeper;
        symbols_fixture_variable(&deeper, "statics::deeper", NULL, NULL);
    }
}

static void globals(void)
{
    struct account *accounts = fixture_accounts;
    VARIABLE(fixture_accounts, &accounts[0], "fixture_accounts[0].balance");
    VARIABLE(fixture_accounts, &accounts[3].lock, "fixture_accounts[3].lock");
    VARIABLE(fixture_accounts, (char *)&accounts[3].lock + 8, "fixture_accounts[3].lock+0x8");
    VARIABLE(fixture_accounts, &accounts[2].gate, "fixture_accounts[2].gate");
    VARIABLE(fixture_accounts, &accounts[2].changed, "fixture_accounts[2].changed");
    VARIABLE(fixture_bank, &fixture_bank, "fixture_bank.door");
    VARIABLE(fixture_bank, &fixture_bank.vault.door, "fixture_bank.vault.door");
    VARIABLE(fixture_bank, &fixture_bank.favourite, "fixture_bank.favourite");
    VARIABLE(fixture_bank, &fixture_bank.either, "fixture_bank.either.small");
    VARIABLE(fixture_bank, &fixture_bank.either.pair[1], "fixture_bank.either.pair[1]");
    VARIABLE(fixture_bank, &fixture_bank.standard, "fixture_bank.standard");
    VARIABLE(fixture_bank, &fixture_bank.last, "fixture_bank.last");
    VARIABLE(fixture_numbers, &fixture_numbers[5], "fixture_numbers[5]");
    VARIABLE(branches, &branches[1][2].vault.door, "branches[1][2].vault.door");
    VARIABLE(lone, &lone, "lone");
    VARIABLE(pair, &pair[1], "pair[1]");
    VARIABLE(storage, &storage, "storage");
    VARIABLE(storage, &storage[40], "storage+0x28");
}

void symbols_fixture_describe(void)
{
    fixture_outer(&(struct symbols_fixture_place){0});
    plain(&(struct symbols_fixture_place){0});
    pay(&(struct symbols_fixture_place){0});
    refund(&(struct symbols_fixture_place){0});
    globals();
    statics();
}
