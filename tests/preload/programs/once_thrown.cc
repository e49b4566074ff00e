// std::call_once: an initialisation that throws is not done, and nobody holds it.
#include <cstdio>
#include <cstring>
#include <mutex>
#include <stdexcept>
#include <thread>

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

STAYS void abba()
{
    call_and_catch();
    std::call_once(settings, load_settings);
    std::thread(lock_and_call, load_nothing).join();
}

int main(int argc, char **argv)
{
    if (argc > 1 && std::strcmp(argv[1], "thrown") == 0)
        thrown();
    else
        abba();
    std::printf("%s\n", caught == 1 ? "granted" : "not caught");
    return 0;
}
