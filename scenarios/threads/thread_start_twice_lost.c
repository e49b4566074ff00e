/*
 * Started twice, and one thread lost
 *
 * A clerk is an object that stands for a thread: clerk_start starts it, clerk_join waits for it.
 * Main gives the clerk two letters to copy, one after the other, joins the clerk, and counts. But
 * the second start has put its handle where the handle of the first was. The join waits for the
 * second thread only. Nobody has a handle of the first any more, so nobody can ever join it, and
 * main counts while it is still at work.
 *
 * Nothing fails: two threads were started, and one was joined. The first cue makes certain that
 * the lost thread is the slower one: it writes its letter once main has counted. The second keeps
 * main from ending the process before that can be seen. Cues order no memory, so the write and the
 * count are a data race as well.
 *
 * The mend is in thread_start_twice.c: a clerk knows that it has been started, and refuses.
 */
#include <stdbool.h>
#include <unistd.h>

#include "common/stage.h"

enum {
    LETTERS = 2,
};

struct clerk {
    pthread_t thread;
};

struct letter {
    int number;
    bool copied;
};

static struct letter letters[LETTERS] = {{.number = 1}, {.number = 2}};
static struct cue counted;
static struct cue first_copied;

static void *copy(void *argument)
{
    struct letter *letter = argument;
    name_thread("clerk");
    say("begins to copy letter %d", letter->number);
    if (letter->number == 1)
        cue_await(&counted, 1);

    letter->copied = true;
    say("has copied letter %d", letter->number);
    if (letter->number == 1) {
        cue_give(&first_copied);
        pause(); /* it would work on, and ends with the process */
    }
    return NULL;
}

static int clerk_start(struct clerk *clerk, struct letter *letter)
{
    return pthread_create(&clerk->thread, NULL, copy, letter); /* <-- forgets an earlier thread */
}

static int clerk_join(struct clerk *clerk)
{
    return pthread_join(clerk->thread, NULL); /* <-- waits for the last one started, no other */
}

int main(int argc, char **argv)
{
    stage_set(argc, argv, "Starts one thread object twice, and loses a thread.",
              (struct stage_option[]){STAGE_CUES, {0}});

    struct clerk clerk;
    must(clerk_start(&clerk, &letters[0]));
    must(clerk_start(&clerk, &letters[1]));
    must(clerk_join(&clerk));
    say("the clerk has ended");

    int copied = 0;
    for (int i = 0; i < LETTERS; i++)
        copied += letters[i].copied;
    say("expected %d letters, got %d", LETTERS, copied);

    cue_give(&counted);
    cue_await(&first_copied, 1);
    return 0;
}
