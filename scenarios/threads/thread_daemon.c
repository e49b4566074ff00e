/*
 * A thread that dies with the process
 *
 * The chronicler writes line after line and never ends by itself. It is detached, so nobody can
 * join it, and nobody needs to: when main returns, the process ends, and every thread in it ends
 * where it stands. Such a thread suits work that may be broken off at any point.
 *
 * It is broken off, not asked to stop. Here the chronicler has begun a line when main returns, and
 * the rest of that line is never written. No cleaning up is done for it either: a file it was
 * writing would be left with half a line. A thread that must finish what it has begun has to be
 * told to stop, as in thread_stop_event.c, and then joined.
 *
 * The turns make the story the same each time: main lets the chronicler finish some lines, and
 * returns when the next has been begun.
 */
#include "common/stage.h"

static long lines = 3;
static struct turn begun = TURN_INITIALIZER;
static struct turn let_go_on = TURN_INITIALIZER;

static void *chronicle(void *unused)
{
    name_thread("chronicler");
    for (long line = 1;; line++) { /* <-- for ever */
        say("begins line %ld", line);
        turn_pass(&begun);
        turn_await(&let_go_on, line);
        say("has finished line %ld", line);
    }
    return unused;
}

int main(int argc, char **argv)
{
    stage_set(argc, argv, "A detached thread works until the process ends.",
              (struct stage_option[]){
                  {"lines", "how many are finished", &lines, 0, 1000},
                  {0},
              });

    pthread_t chronicler;
    must(pthread_create(&chronicler, NULL, chronicle, NULL));
    must(pthread_detach(chronicler)); /* <-- from now on nobody can join it */

    for (long line = 1; line <= lines; line++) {
        turn_await(&begun, line);
        turn_pass(&let_go_on);
    }
    turn_await(&begun, lines + 1);
    say("returns, and line %ld is never finished", lines + 1);
    return 0; /* <-- ends the process, and the chronicler with it */
}
