/*
 * Everyone prints at once
 *
 * Three talkers print on one terminal, each its own lines, word by word. Every call to printf puts
 * out its piece as a whole, for the C library locks the stream during the call. But between two
 * calls anyone may come, and so the words of the three mix, and what comes out is nobody's line.
 *
 * There is no data race in it: the stream is guarded. It is guarded for too short a time, since
 * what belongs together is the line and not the word. Left to chance it would happen now and then.
 * Here a barrier makes it certain: none prints a word before all have printed the one before.
 *
 * A mend for this program would be to put out each line with one call, or to hold the stream with
 * flockfile until the line is out. printer.c shows one that goes further: only one thread prints,
 * and all others put their lines into its queue.
 */
#include <stdio.h>
#include <string.h>

#include "common/stage.h"

enum {
    TALKERS = 3,
    LINES = 3, /* of each talker */
};

/* Of eight words each, since all come to the barrier after each word. */
static const char *const lines[TALKERS][LINES] = {
    {"cat: I sleep in the sun all day", "cat: I see a mouse in the hay",
     "cat: I do not care very much today"},
    {"dog: I heard a noise at the door", "dog: I bark at it to be sure",
     "dog: I think that I shall bark more"},
    {"owl: I wait for the sun to set", "owl: I have not seen it go yet",
     "owl: I fly when the grass is wet"},
};

static pthread_barrier_t all_printed_one;

static void print_line(const char *line)
{
    while (*line != '\0') {
        int length = (int)strcspn(line, " ");
        printf("%.*s ", length, line); /* <-- one word, and then another talker's */
        line += length;
        line += strspn(line, " ");
        pthread_barrier_wait(&all_printed_one);
    }
    putchar('\n');
    pthread_barrier_wait(&all_printed_one);
}

static void *talk(void *argument)
{
    const char *const *said = argument;
    name_thread("%.3s", said[0]); /* cat, dog or owl */
    for (int i = 0; i < LINES; i++)
        print_line(said[i]); /* <-- straight to the terminal */
    return NULL;
}

int main(int argc, char **argv)
{
    stage_set(argc, argv, "Talkers print their words all at once, and the lines mix.",
              (struct stage_option[]){{0}});

    pthread_t talkers[TALKERS];
    must(pthread_barrier_init(&all_printed_one, NULL, TALKERS));
    for (int i = 0; i < TALKERS; i++)
        must(pthread_create(&talkers[i], NULL, talk, (void *)lines[i]));
    for (int i = 0; i < TALKERS; i++)
        must(pthread_join(talkers[i], NULL));
    return 0;
}
