// std::call_once: an initialisation that throws is not done, and nobody holds it.
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>

#include <sys/syscall.h>
#include <unistd.h>

#define STAYS [[gnu::noinline]] static /* has a frame of its own */

static std::once_flag settings;
static std::mutex count;
static int caught;

STAYS void throw_up()
{
    throw std::runtime_error("no settings");
}

STAYS void load_settings()
{
    std::lock_guard<std::mutex> guard(count);
}

STAYS void load_nothing()
{
}

STAYS void call_and_catch()
{
    try {
        std::call_once(settings, throw_up);
    } catch (const std::runtime_error &) {
        caught++;
    }
}

STAYS void lock_and_call(void (*load)())
{
    std::lock_guard<std::mutex> guard(count);
    std::call_once(settings, load);
}

/* A lock taken after the exception is not behind the initialisation. */
STAYS void thrown()
{
    call_and_catch();
    load_settings();
    std::thread(lock_and_call, load_nothing).join();
}

/* The other thread is there all along: only chance lets it come after the initialisation. */
STAYS void abba()
{
    std::atomic<bool> done{false};
    std::thread thread([&done] {
        while (!done)
            std::this_thread::yield();
        lock_and_call(load_nothing);
    });
    call_and_catch();
    std::call_once(settings, load_settings);
    done = true;
    thread.join();
}

static std::atomic<pid_t> caller;

/* Waits for what main holds, deeper in its stack than the initialisation was. */
STAYS void lock_below(int depth)
{
    volatile char room[4096];
    room[depth] = 0;
    if (depth > 0) {
        lock_below(depth - 1);
        room[0] = room[depth];
        return;
    }
    caller = gettid();
    load_settings();
}

/* Whether the caller sleeps in a futex call on that. */
static bool caller_sleeps(const std::mutex &mutex)
{
    std::ifstream file("/proc/self/task/" + std::to_string(caller) + "/syscall");
    long call = -1;
    unsigned long object = 0;
    file >> call >> std::hex >> object;
    return call == SYS_futex && object - reinterpret_cast<unsigned long>(&mutex) < sizeof mutex;
}

/* Who left the initialisation by the exception waits for who calls it again: no deadlock. */
STAYS void called_again()
{
    std::unique_lock<std::mutex> guard(count, std::defer_lock);
    std::atomic<int> stage{0};
    std::thread thread([&stage] {
        call_and_catch();
        stage = 1;
        while (stage != 2)
            std::this_thread::yield();
        lock_below(3);
    });
    while (stage != 1)
        std::this_thread::yield();
    guard.lock();
    stage = 2;
    while (!caller_sleeps(count))
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    std::call_once(settings, load_nothing);
    guard.unlock();
    thread.join();
}

int main(int argc, char **argv)
{
    alarm(20); /* ends it if it hangs */
    if (argc > 1 && std::strcmp(argv[1], "thrown") == 0)
        thrown();
    else if (argc > 1 && std::strcmp(argv[1], "called-again") == 0)
        called_again();
    else
        abba();
    std::printf("%s\n", caught == 1 ? "granted" : "not caught");
    return 0;
}
