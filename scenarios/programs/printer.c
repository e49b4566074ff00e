/*
 * One thread that prints
 *
 * Three talkers have something to say on one terminal, which is only so wide. None of them prints.
 * Each puts its lines into a queue, and one thread, the printer, takes out a line at a time and
 * prints it whole, so that lines cannot mix. That is not all it is good for: the column it has
 * reached, the width, and the last lines, which it keeps to print them again when the width
 * changes, are the printer's alone. No other thread ever touches them, so they need no lock.
 *
 * A change of the width goes through the same queue as the lines. So it happens between two lines,
 * never in the middle of one, and to the printer it is just one more message.
 *
 * The history has a bound. Whatever a program keeps for ever, it will keep too much of one day;
 * the oldest line makes room for the newest.
 *
 * In printer_everyone.c each talker prints for itself.
 */
#include <stdio.h>
#include <string.h>

#include "common/queue.h"
#include "common/stage.h"

enum {
    TALKERS = 3,
    LINES = 3, /* of each talker */
    HISTORY = 4,
    NARROW = 20,
};

struct message {
    const char *line;
    int width; /* where there is no line: the new width */
};

static const char *const lines[TALKERS][LINES] = {
    {"cat: I sleep in the sun all day", "cat: I see a mouse in the hay",
     "cat: I do not care very much today"},
    {"dog: I heard a noise at the door", "dog: I bark at it to be sure",
     "dog: I think that I shall bark more"},
    {"owl: I wait for the sun to set", "owl: I have not seen it go yet",
     "owl: I fly when the grass is wet"},
};

static struct queue messages;

static void print_wrapped(const char *line, int width)
{
    int column = 0;
    while (*line != '\0') {
        int length = (int)strcspn(line, " ");
        if (column > 0 && column + 1 + length > width) {
            putchar('\n');
            column = 0;
        }
        column += printf("%s%.*s", column > 0 ? " " : "", length, line);
        line += length;
        line += strspn(line, " ");
    }
    putchar('\n');
}

static void *print_all(void *unused)
{
    const char *history[HISTORY]; /* <-- the printer's alone, so it needs no lock */
    int count = 0;                /* of all lines, kept or not */
    int width = 80;

    name_thread("printer");
    for (const struct message *message; (message = queue_get(&messages)) != NULL;) {
        if (message->line != NULL) {
            history[count++ % HISTORY] = message->line; /* <-- the oldest makes room */
            print_wrapped(message->line, width);
            continue;
        }
        width = message->width;
        int kept = count < HISTORY ? count : HISTORY;
        printf("-- the last %d of %d lines, at most %d columns wide --\n", kept, count, width);
        for (int i = count - kept; i < count; i++)
            print_wrapped(history[i % HISTORY], width);
    }
    return unused;
}

static void *talk(void *argument)
{
    struct message *said = argument;
    name_thread("%.3s", said->line); /* cat, dog or owl */
    for (int i = 0; i < LINES; i++)
        queue_put(&messages, &said[i]); /* <-- a whole line, for the printer to print */
    return NULL;
}

int main(int argc, char **argv)
{
    stage_set(argc, argv, "Talkers queue their lines, and one thread prints them.",
              (struct stage_option[]){{0}});

    pthread_t printer;
    pthread_t talkers[TALKERS];
    struct message said[TALKERS][LINES];
    queue_init(&messages);
    must(pthread_create(&printer, NULL, print_all, NULL));
    for (int i = 0; i < TALKERS; i++) {
        for (int line = 0; line < LINES; line++)
            said[i][line] = (struct message){.line = lines[i][line]};
        must(pthread_create(&talkers[i], NULL, talk, said[i]));
    }
    for (int i = 0; i < TALKERS; i++)
        must(pthread_join(talkers[i], NULL));

    struct message narrower = {.width = NARROW};
    queue_put(&messages, &narrower);
    queue_close(&messages);
    must(pthread_join(printer, NULL));
    queue_destroy(&messages);
    return 0;
}
