/* What a suite runs: does what its first argument says. */
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* Fails but for every third time: FILE grows by a byte each time. */
static int by_turns(const char *path)
{
    FILE *file = fopen(path, "a");
    if (file == NULL)
        return 2;
    fputc('.', file);
    long count = ftell(file);
    fclose(file);
    puts(count % 3 == 0 ? "now" : "not now");
    return 0;
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "";
    setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
    if (strcmp(what, "ends") == 0)
        return puts("all came") < 0;
    if (strcmp(what, "status") == 0)
        return atoi(argv[2]);
    if (strcmp(what, "turns") == 0)
        return by_turns(argv[2]);
    if (strcmp(what, "sleeps") == 0)
        return puts("sleeps") < 0 || sleep((unsigned)atoi(argv[2]));
    if (strcmp(what, "leaves") == 0 && fork() == 0) {
        int file = open(argv[2], O_CREAT | O_WRONLY, 0600);
        dprintf(file, "%d", (int)getpid());
        close(file);
    }
    if (strcmp(what, "hangs") == 0 || strcmp(what, "leaves") == 0) {
        pthread_mutex_lock(&lock);
        puts("and again");
        pthread_mutex_lock(&lock);
    }
    return 3;
}
