/*
 * An initialisation that needs nothing of its own
 *
 * In once_recursive.c the reading of the settings wrote into the journal, the journal asked for the
 * settings, and the thread waited for itself. Here read_settings calls nothing that could ask for
 * the settings. Its line goes into the journal afterwards: whoever is first to come out of
 * pthread_once notes it.
 *
 * A rule that keeps this right: what runs under pthread_once calls as little as possible, and
 * nothing that calls pthread_once with the same control, however far down.
 */
#include <stdbool.h>
#include <stdlib.h>

#include "common/stage.h"

static pthread_once_t settings_once = PTHREAD_ONCE_INIT;
static int detail; /* how much is wanted in the journal */
static atomic_bool to_be_noted;

static void note(int wanted_from, const char *line);

static void read_settings(void)
{
    detail = 1;
    atomic_store(&to_be_noted, true); /* <-- does not write into the journal, but has it written */
}

static int detail_wanted(void)
{
    say("asks for the settings");
    pthread_once(&settings_once, read_settings);
    if (atomic_exchange(&to_be_noted, false))
        note(1, "has read the settings"); /* <-- asks again, when pthread_once has returned */
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
    stage_set(argc, argv, "An initialisation needs nothing but itself.",
              (struct stage_option[]){{0}});

    pthread_t server;
    must(pthread_create(&server, NULL, serve, NULL));
    must(pthread_join(server, NULL));

    say("done, with a detail of %d", detail);
    return detail == 1 ? EXIT_SUCCESS : EXIT_FAILURE;
}
