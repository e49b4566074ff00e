/*
 * Two locks, two orders: a deadlock
 *
 * The writer takes the pen and reaches for the paper; the painter takes the paper and reaches for
 * the pen. Each waits for what the other will not let go before it has got what it waits for, so
 * both wait for ever, and main, which joins them, with them.
 *
 * Left to chance this would happen in some runs and not in others. The barrier makes it certain:
 * neither goes on before both hold their first lock.
 *
 * The mend is an order: see deadlock_ordered.c.
 */
#include "common/stage.h"

static pthread_mutex_t pen = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t paper = PTHREAD_MUTEX_INITIALIZER;
static pthread_barrier_t both_hold_one;

static void *write_letter(void *unused)
{
    name_thread("writer");

    pthread_mutex_lock(&pen);
    say("has the pen");
    pthread_barrier_wait(&both_hold_one);
    say("wants the paper");
    pthread_mutex_lock(&paper); /* <-- pen first, then the paper */

    say("writes a letter");
    pthread_mutex_unlock(&paper);
    pthread_mutex_unlock(&pen);
    return unused;
}

static void *draw_picture(void *unused)
{
    name_thread("painter");

    pthread_mutex_lock(&paper);
    say("has the paper");
    pthread_barrier_wait(&both_hold_one);
    say("wants the pen");
    pthread_mutex_lock(&pen); /* <-- paper first, then the pen */

    say("draws a picture");
    pthread_mutex_unlock(&pen);
    pthread_mutex_unlock(&paper);
    return unused;
}

int main(int argc, char **argv)
{
    stage_set(argc, argv, "Two threads take two locks in opposite order, and hang.",
              (struct stage_option[]){{0}});

    pthread_t writer;
    pthread_t painter;
    must(pthread_barrier_init(&both_hold_one, NULL, 2));
    must(pthread_create(&writer, NULL, write_letter, NULL));
    must(pthread_create(&painter, NULL, draw_picture, NULL));
    must(pthread_join(writer, NULL));
    must(pthread_join(painter, NULL));

    say("done");
    return 0;
}
