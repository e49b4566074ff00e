// Exceptions thrown with locks held, across threads, and through frames that release them.
#include <condition_variable>
#include <exception>
#include <iostream>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <vector>

static std::mutex left, right;
static std::recursive_mutex again;

static int work(int number)
{
    std::scoped_lock both(left, right);
    std::lock_guard<std::recursive_mutex> once(again);
    std::lock_guard<std::recursive_mutex> twice(again);
    if (number % 3 == 0)
        throw std::runtime_error("a third of them fail");
    return number;
}

int main()
{
    int sum = 0, failures = 0;
    struct result {
        int value = 0;
        std::exception_ptr thrown;
    };
    std::vector<result> results(300);
    std::vector<std::thread> workers;
    for (int number = 0; number < 300; number++)
        workers.emplace_back([number, &results] {
            try {
                results[number].value = work(number);
            } catch (...) {
                results[number].thrown = std::current_exception();
            }
        });
    for (int number = 0; number < 300; number++) {
        workers[number].join();
        try {
            if (results[number].thrown)
                std::rethrow_exception(results[number].thrown);
            sum += results[number].value;
        } catch (const std::runtime_error &) {
            failures++;
        }
    }

    std::condition_variable changed;
    bool ready = false;
    std::thread waiter([&] {
        std::unique_lock<std::mutex> lock(left);
        changed.wait(lock, [&] { return ready; });
        try {
            throw 1;
        } catch (int number) {
            failures += number;
        }
    });
    {
        std::lock_guard<std::mutex> lock(left);
        ready = true;
    }
    changed.notify_one();
    waiter.join();
    std::cout << sum << ' ' << failures << '\n';
}
