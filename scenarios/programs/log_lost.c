/*
 * Lines lost from a log
 *
 * Two threads write to one log. Each finds out where the log ends, and writes its line there. When
 * both look before either has written, both find the same place; the second line is written over
 * the first, and the log has one line where there should be two.
 *
 * It is the lost update of counter_race.c, with a file for the counter: read where the end is, and
 * write what follows from it, with a gap between. But it is no data race: no variable is written by
 * both, and each call to the system is right by itself. A tool that watches memory has nothing to
 * see. It is the two calls that belong together, and nothing keeps them together.
 *
 * Here two barriers make it happen in every round: both have looked before either writes, and both
 * have written before either looks again.
 *
 * The mend is in log_locked.c.
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
static pthread_barrier_t both_have_looked;
static pthread_barrier_t both_have_written;

static void append(const char *line)
{
    off_t end = lseek(log_file, 0, SEEK_END); /* <-- where it ends now */
    pthread_barrier_wait(&both_have_looked);
    ssize_t written = pwrite(log_file, line, LINE_BYTES, end); /* <-- where it ended then */
    pthread_barrier_wait(&both_have_written);
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
    stage_set(argc, argv, "Two threads write a log at the end they have seen, and lose lines.",
              (struct stage_option[]){
                  {"lines", "what each thread writes", &lines, 1, 999},
                  {0},
              });

    pthread_t writers[WRITERS];
    long numbers[WRITERS];
    log_file = memfd_create("log", MFD_CLOEXEC);
    must(log_file == -1 ? errno : 0);
    must(pthread_barrier_init(&both_have_looked, NULL, WRITERS));
    must(pthread_barrier_init(&both_have_written, NULL, WRITERS));
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
