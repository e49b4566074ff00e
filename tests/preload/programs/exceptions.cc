// std::mutex, std::scoped_lock and conditions; exceptions through frames and across threads.
#include <condition_variable>
#include <cstdio>
#include <exception>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <vector>

namespace {

std::mutex alice, bob;
std::condition_variable changed;
int caught, turn;

void deep(int depth)
{
    std::lock_guard<std::mutex> guard(bob);
    if (depth == 0)
        throw std::runtime_error("from below");
    throw;
}

void through_frames()
{
    try {
        std::unique_lock<std::mutex> guard(alice);
        deep(0);
    } catch (const std::runtime_error &) {
        caught++;
    }
}

void across_threads()
{
    std::exception_ptr error;
    std::thread thrower([&error] {
        try {
            std::scoped_lock both(alice, bob);
            throw std::logic_error("over there");
        } catch (...) {
            error = std::current_exception();
        }
    });
    thrower.join();
    try {
        std::rethrow_exception(error);
    } catch (const std::logic_error &) {
        caught++;
    }
}

void take_turns(int mine)
{
    for (int i = 0; i < 100; i++) {
        std::unique_lock<std::mutex> guard(alice);
        changed.wait(guard, [mine] { return turn % 4 == mine; });
        turn++;
        changed.notify_all();
    }
}

} // namespace

int main()
{
    for (int i = 0; i < 200; i++) {
        through_frames();
        across_threads();
    }
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; i++)
        threads.emplace_back(take_turns, i);
    for (auto &thread : threads)
        thread.join();
    std::printf("%d %d\n", caught, turn);
    return 0;
}
