// Two threads and an account made with new; and memory that cannot be had, which is an exception.
#include <cstdio>
#include <limits>
#include <new>
#include <thread>

struct account {
    long number, balance;
};

__attribute__((noinline)) static account *open_account()
{
    return new account{};
}

__attribute__((noinline)) static void deposit(account *account)
{
    account->balance += 2;
    __asm__ volatile("" ::: "memory");
}

static void deposit_often(account *account)
{
    for (int i = 0; i < 2000000; i++)
        deposit(account);
}

static bool is_refused()
{
    static volatile size_t size = std::numeric_limits<size_t>::max() / 4;
    try {
        delete[] new char[size];
    } catch (const std::bad_alloc &) {
        return new (std::nothrow) char[size] == nullptr;
    }
    return false;
}

int main()
{
    account *shared = open_account();
    std::thread one(deposit_often, shared), other(deposit_often, shared);
    one.join();
    other.join();
    delete shared;
    return is_refused() ? 0 : 1;
}
