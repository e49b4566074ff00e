/* What is done once: whoever does it holds it like a lock. */
#include <threads.h>

#include "sides.h"

static pthread_once_t settings = PTHREAD_ONCE_INIT;
static pthread_once_t cache = PTHREAD_ONCE_INIT;
static once_flag flag = ONCE_FLAG_INIT;
static pthread_mutex_t count = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;

static bool hanging;

static void load_settings(void)
{
    if (hanging)
        meet();
    if (GRANTED(pthread_mutex_lock(&count), EDEADLK))
        unlock(&count);
}

static void do_once(void)
{
    MUST(pthread_once(&settings, load_settings) == 0);
}
static void do_flag(void)
{
    call_once(&flag, load_settings);
}
static void lock_and_do_once(void)
{
    lock(&count);
    if (hanging)
        meet();
    GRANTED(pthread_once(&settings, load_settings), EDEADLK);
    unlock(&count);
}
static void lock_and_do_flag(void)
{
    lock(&count);
    if (hanging)
        meet();
    call_once(&flag, load_settings);
    unlock(&count);
}
static void do_once_and_lock(void)
{
    MUST(pthread_once(&settings, load_settings) == 0);
    lock(&count);
    unlock(&count);
}

static void abba(void)
{
    in_turn(do_once, lock_and_do_once);
}
static void abba_with_flag(void)
{
    in_turn(do_flag, lock_and_do_flag);
}
static void one_after_another(void)
{
    in_turn(do_once, do_once_and_lock);
}
static void live_abba(void)
{
    hanging = true;
    together(do_once, lock_and_do_once);
}

static void live_abba_with_flag(void)
{
    hanging = true;
    together(do_flag, lock_and_do_flag);
}

static void load_cache(void)
{
    if (hanging)
        meet();
    GRANTED(pthread_once(&settings, load_settings), EDEADLK);
}
static void load_settings_from_cache(void)
{
    meet();
    GRANTED(pthread_once(&cache, load_cache), EDEADLK);
}
static void do_cache(void)
{
    GRANTED(pthread_once(&cache, load_cache), EDEADLK);
}
static void do_settings_from_cache(void)
{
    GRANTED(pthread_once(&settings, load_settings_from_cache), EDEADLK);
}
static void live_each_other(void)
{
    hanging = true;
    together(do_cache, do_settings_from_cache);
}

static void nested(void)
{
    in_turn(do_cache, do_once);
}

static void load_again(void)
{
    GRANTED(pthread_once(&settings, load_again), EDEADLK);
}
static void itself(void)
{
    MUST(pthread_once(&settings, load_again) == 0);
}

/* Cancelled in the initialisation: it is not done, and nobody holds it. */
static void wait_for_ever(void)
{
    lock(&count);
    pthread_cleanup_push((void (*)(void *))(uintptr_t)pthread_mutex_unlock, &count);
    for (;;)
        MUST(pthread_cond_wait(&changed, &count) == 0);
    pthread_cleanup_pop(1);
}
static void *do_for_ever(void *unused)
{
    MUST(pthread_once(&settings, wait_for_ever) == 0);
    return unused;
}
static void cancelled(void)
{
    pthread_t thread = start(do_for_ever, NULL);
    MUST(pthread_cancel(thread) == 0);
    finish(thread);
    MUST(pthread_once(&settings, load_settings) == 0); /* the first that gets there */
    MUST(pthread_once(&settings, load_again) == 0);    /* done */
}

int main(int argc, char **argv)
{
    static const struct program_case cases[] = {
        {"abba", abba},
        {"abba-with-flag", abba_with_flag},
        {"one-after-another", one_after_another},
        {"nested", nested},
        {"cancelled", cancelled},
        {"live-abba", live_abba},
        {"live-abba-with-flag", live_abba_with_flag},
        {"live-each-other", live_each_other},
        {"itself", itself},
    };
    return RUN_SIDES(cases);
}
