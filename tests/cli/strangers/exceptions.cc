// Exceptions thrown with locks held, across threads, and through frames that release them.
#include <condition_variable>
#include <future>
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
    std::vector<std::future<int>> results;
    for (int number = 0; number < 300; number++)
        results.push_back(std::async(std::launch::async, work, number));
    for (auto &result : results) {
        try {
            sum += result.get();
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
