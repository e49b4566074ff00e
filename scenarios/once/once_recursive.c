/*
 * An initialisation that waits for itself
 *
 * The settings are read when someone first asks for them. To read them is worth a line in the
 * journal. Whether the line is wanted, and how the journal is kept, stands in the settings; so the
 * journal asks for the settings, while they are being read, in the very thread that reads them.
 *
 * pthread_once does what it has promised: it waits until the initialisation has returned. The
 * initialisation waits for pthread_once to return. The thread waits for itself, for ever, and
 * whoever else asks for the settings waits for it.
 *
 * No chance is needed and no second thread, only a chain of calls that comes back to where it
 * began. In a program it is longer than here, and nobody sees all of it at once.
 *
 * The mend is in once_recursive_mended.c.
 */
#include "common/stage.h"

static pthread_once_t settings_once = PTHREAD_ONCE_INIT;
static int detail; /* how much is wanted in the journal */

static void note(int wanted_from, const char *line);

static void read_settings(void)
{
    note(1, "reads the settings"); /* <-- comes back to pthread_once, below, within pthread_once */
    detail = 1;
}

static int detail_wanted(void)
{
    say("asks for the settings");
    pthread_once(&settings_once, read_settings); /* <-- waits until read_settings has returned */
    return detail;
}

/* Writes into the journal what is wanted from this level of detail on. */
static void note(int wanted_from, const char *line)
{
    if (detail_wanted() >= wanted_from)
        say("journal: %s", line);
}

static void *serve(void *unused)
{
    name_thread("server");
    note(1, "begins to serve");
    return unused;
}

int main(int argc, char **argv)
{
    stage_set(argc, argv, "An initialisation needs what it initialises, and hangs.",
              (struct stage_option[]){{0}});

    pthread_t server;
    must(pthread_create(&server, NULL, serve, NULL));
    must(pthread_join(server, NULL));

    say("done, with a detail of %d", detail);
    return 0;
}
