/*
 * Looking twice, the right way
 *
 * In double_checked.c a thread looked at a pointer without the lock, and found it set before the
 * settings behind it were complete. Two things have changed. The settings are filled in first and
 * the pointer is set last; and the pointer is atomic, stored with release and loaded with acquire.
 * That is the promise that was missing: whoever loads the pointer that was stored sees all that was
 * written before the store.
 *
 * Under the lock the second look may be relaxed: the lock orders it.
 *
 * The second thread comes, as there, when the first has begun to read. It finds either nothing yet,
 * and waits for the lock, or all of it. Nothing in between can be seen.
 *
 * It is quick, and easily spoilt by a change of one line. Where nothing speaks against it prefer
 * pthread_once, as in once_init.c, which does the same inside.
 */
#include <stdlib.h>

#include "common/stage.h"

struct settings {
    long port;
};

static pthread_mutex_t settings_lock = PTHREAD_MUTEX_INITIALIZER;
static _Atomic(struct settings *) settings;
static struct cue reading;
static atomic_int right;

static long read_port(void)
{
    cue_give(&reading);
    return 8080;
}

static const struct settings *get_settings(void)
{
    static struct settings memory;
    struct settings *found = atomic_load_explicit(&settings, memory_order_acquire);
    if (found != NULL) /* <-- then, thanks to acquire, what it points to is complete */
        return found;

    pthread_mutex_lock(&settings_lock);
    found = atomic_load_explicit(&settings, memory_order_relaxed);
    if (found == NULL) {
        found = &memory;
        found->port = read_port(); /* <-- filled in while nobody else can see it */
        atomic_store_explicit(&settings, found, memory_order_release); /* <-- set last */
    }
    pthread_mutex_unlock(&settings_lock);
    return found;
}

static void use_settings(void)
{
    long port = get_settings()->port;
    say("expected port 8080, got %ld", port);
    right += port == 8080;
}

static void *read_first(void *unused)
{
    name_thread("first");
    use_settings();
    return unused;
}

static void *come_second(void *unused)
{
    name_thread("second");
    cue_await(&reading, 1);
    use_settings();
    return unused;
}

int main(int argc, char **argv)
{
    stage_set(argc, argv, "A thread looks without the lock, and sees nothing or everything.",
              (struct stage_option[]){{0}});

    pthread_t first;
    pthread_t second;
    must(pthread_create(&first, NULL, read_first, NULL));
    must(pthread_create(&second, NULL, come_second, NULL));
    must(pthread_join(first, NULL));
    must(pthread_join(second, NULL));

    say("expected 2 threads with the right port, got %d", right);
    return right == 2 ? EXIT_SUCCESS : EXIT_FAILURE;
}
