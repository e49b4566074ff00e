/*
 * Looking twice, locking once
 *
 * The settings are read when someone first asks for them. A lock makes sure that only one thread
 * does it. To save the lock later, everyone looks first without it: if the pointer is set, the
 * settings are there; if not, take the lock and look again. That first look is the mistake. It is
 * made while another thread may be at work under the lock, and the lock cannot keep apart what does
 * not take it.
 *
 * Here the first thread sets the pointer and then fills in what it points to. The second comes in
 * between, finds the pointer set, asks nobody, and uses settings that are still empty. The cues
 * bring it there at just that moment; they are no locks, so the races remain what they are, and
 * ThreadSanitizer reports them.
 *
 * To fill in first and to set the pointer last is needed, but not enough. To the compiler and to
 * the processor these are ordinary writes to different places, and nothing tells them that another
 * thread must see them in this order. The mend is a pointer that is atomic: see
 * double_checked_atomic.c. If that seems delicate: pthread_once does all of it, see once_init.c.
 */
#include "common/stage.h"

struct settings {
    long port;
};

static pthread_mutex_t settings_lock = PTHREAD_MUTEX_INITIALIZER;
static struct settings *settings;
static struct cue reading;
static struct cue used;

static long read_port(void)
{
    cue_give(&reading);
    cue_await(&used, 1);
    return 8080;
}

static const struct settings *get_settings(void)
{
    static struct settings memory;
    if (settings != NULL) /* <-- looks without the lock */
        return settings;

    pthread_mutex_lock(&settings_lock);
    if (settings == NULL) {
        settings = &memory; /* <-- others see this now, and take it for complete */
        settings->port = read_port();
    }
    pthread_mutex_unlock(&settings_lock);
    return settings;
}

static void *read_first(void *unused)
{
    name_thread("first");
    say("expected port 8080, got %ld", get_settings()->port);
    return unused;
}

static void *come_second(void *unused)
{
    name_thread("second");
    cue_await(&reading, 1);
    say("expected port 8080, got %ld", get_settings()->port);
    cue_give(&used);
    return unused;
}

int main(int argc, char **argv)
{
    stage_set(argc, argv, "A thread looks without the lock, and sees what is not complete.",
              (struct stage_option[]){STAGE_CUES, {0}});

    pthread_t first;
    pthread_t second;
    must(pthread_create(&first, NULL, read_first, NULL));
    must(pthread_create(&second, NULL, come_second, NULL));
    must(pthread_join(first, NULL));
    must(pthread_join(second, NULL));
    return 0;
}
