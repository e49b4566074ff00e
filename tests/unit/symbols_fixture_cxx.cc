/* What only C++ has: scopes, classes that are locks, functions without a name. */
#include "symbols_fixture.h"

#include <mutex>
#include <pthread.h>

#define HERE SYMBOLS_FIXTURE_HERE
#define NOINLINE SYMBOLS_FIXTURE_NOINLINE

static symbols_fixture_place paid, refunded;

namespace bank {
struct base {
    long number;
    std::mutex guard;
};

struct account : base {
    std::recursive_mutex lock;
    static pthread_mutex_t shared;

    NOINLINE void pay(int, const char *)
    {
        symbols_fixture_record(HERE(&paid, 0, "bank::account::pay(int, char const*)"));
        symbols_fixture_print(&paid);
    }
};

pthread_mutex_t account::shared;
account accounts[3];

inline pthread_mutex_t *once()
{
    static pthread_mutex_t local;
    return &local;
}
} // namespace bank

namespace {
std::mutex hidden;

NOINLINE void refund(long)
{
    symbols_fixture_record(HERE(&refunded, 0, "(anonymous namespace)::refund(long)"));
    symbols_fixture_print(&refunded);
}
} // namespace

void symbols_fixture_describe(void)
{
    bank::accounts[0].pay(1, "");
    refund(2);
    symbols_fixture_variable(&bank::accounts[1], "bank::accounts[1].number", nullptr, nullptr);
    symbols_fixture_variable(&bank::accounts[1].guard, "bank::accounts[1].guard", nullptr, nullptr);
    symbols_fixture_variable(&bank::accounts[2].lock, "bank::accounts[2].lock", nullptr, nullptr);
    symbols_fixture_variable(&bank::account::shared, "bank::account::shared", nullptr, nullptr);
    symbols_fixture_variable(bank::once(), "bank::once()::local", nullptr, nullptr);
    symbols_fixture_variable(&hidden, "(anonymous namespace)::hidden", nullptr, nullptr);
}
