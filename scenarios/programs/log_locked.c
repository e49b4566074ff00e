/*
 * A log that loses nothing
 *
 * Two threads write to one log. Each finds out where the log ends and writes its line there, as in
 * log_lost.c, but here both steps are done under one lock. While one thread is between them the
 * other cannot look, so each line is written where the log ends at that moment, and none is lost.
 *
 * What the lock guards is no variable but a file, or rather a rule: nobody moves the end of the log
 * between another's look and its writing. It holds for those who take the lock and for no one else;
 * another program with the same log would not. There the system can help: a file that was opened
 * with O_APPEND is always written at its end, and looking and writing are one step.
 *
 * A barrier between the two steps, as in log_lost.c, would be a deadlock here: who holds the lock
 * would wait for one who waits for the lock.
 */
#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/stage.h"

enum {
    WRITERS = 2,
    LINE_BYTES = 19, /* all lines are of one length */
};

static int log_file; /* one in memory, which goes with the program */
static long lines = 3;
static pthread_mutex_t log_lock = PTHREAD_MUTEX_INITIALIZER; /* guards where the log ends */

static void append(const char *line)
{
    pthread_mutex_lock(&log_lock); /* <-- from before the look */
    off_t end = lseek(log_file, 0, SEEK_END);
    ssize_t written = pwrite(log_file, line, LINE_BYTES, end);
    pthread_mutex_unlock(&log_lock); /* <-- until after the writing */
    must(written == LINE_BYTES ? 0 : EIO);
}

static void *write_log(void *argument)
{
    const long *number = argument;
    name_thread("writer %ld", *number);
    for (long i = 1; i <= lines; i++) {
        char line[64];
        snprintf(line, sizeof line, "writer %ld, line %03ld\n", *number, i);
        append(line);
    }
    return NULL;
}

static void show_log(void)
{
    char line[LINE_BYTES + 1] = "";
    long got = 0;
    while (pread(log_file, line, LINE_BYTES, got * LINE_BYTES) == LINE_BYTES) {
        fputs(line, stdout);
        got++;
    }
    long expected = WRITERS * lines;
    say("expected %ld lines, got %ld, lost %ld", expected, got, expected - got);
}

int main(int argc, char **argv)
{
    stage_set(argc, argv, "Two threads write a log under a lock, and lose no line.",
              (struct stage_option[]){
                  {"lines", "what each thread writes", &lines, 1, 999},
                  {0},
              });

    pthread_t writers[WRITERS];
    long numbers[WRITERS];
    log_file = memfd_create("log", MFD_CLOEXEC);
    must(log_file == -1 ? errno : 0);
    for (long i = 0; i < WRITERS; i++) {
        numbers[i] = i + 1;
        must(pthread_create(&writers[i], NULL, write_log, &numbers[i]));
    }
    for (int i = 0; i < WRITERS; i++)
        must(pthread_join(writers[i], NULL));

    show_log();
    close(log_file);
    return 0;
}
