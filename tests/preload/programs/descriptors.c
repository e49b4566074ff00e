/* Hosts that leave little: no descriptors, no room, no directory. */
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "program.h"

static pthread_mutex_t locks[64];

/* New dependencies, in numbers. */
static void lock_much(void)
{
    static bool again;
    for (int i = 0; i < 64; i++) {
        MUST(!again || pthread_mutex_destroy(&locks[i]) == 0);
        MUST(pthread_mutex_init(&locks[i], NULL) == 0);
    }
    again = true;
    for (int i = 0; i < 63; i++) {
        lock(&locks[i]);
        lock(&locks[i + 1]);
        unlock(&locks[i + 1]);
        unlock(&locks[i]);
    }
}

/* A daemon: closes all, has files of its own under every low number, and finds them as it left
 * them. What it has to say goes where its standard output went. */
static void closes_all(void)
{
    int out = dup(STDOUT_FILENO);
    MUST(dup2(out, 200) == 200);
    lock_much();
    close_range(3, 199, 0);
    close_range(201, ~0u, 0);
    close(0);
    close(1);
    close(2);
    static const char text[] = "the daemon's own\n";
    char name[32];
    for (int i = 0; i < 100; i++) {
        snprintf(name, sizeof name, "own.%d", i);
        int descriptor = open(name, O_RDWR | O_CREAT | O_TRUNC, 0600);
        MUST(descriptor >= 0 && write(descriptor, text, sizeof text - 1) > 0);
    }
    for (int i = 3900; i < 4100; i++)
        MUST(dup2(0, i) == i);
    lock_much();
    for (int i = 0; i < 100; i++) {
        struct stat status;
        snprintf(name, sizeof name, "own.%d", i);
        MUST(stat(name, &status) == 0 && status.st_size == sizeof text - 1);
    }
    dprintf(200, "clean\n");
}

/* More facts than 64 KiB hold. */
static void writes_much(void)
{
    for (int i = 0; i < 40; i++)
        lock_much();
    for (int i = 0; i < 5000; i++) {
        lock(&locks[i % 8]);
        lock(&locks[8 + i % 56]);
        unlock(&locks[i % 8]);
        unlock(&locks[8 + i % 56]);
    }
    puts("no signal");
}

static void small_files(void)
{
    struct rlimit limit = {60 * 1024, 60 * 1024};
    MUST(setrlimit(RLIMIT_FSIZE, &limit) == 0);
    writes_much();
}

static void few_descriptors(void)
{
    struct rlimit limit = {6, 6};
    MUST(setrlimit(RLIMIT_NOFILE, &limit) == 0);
    lock_much();
    int count = 0;
    while (open("/dev/null", O_RDONLY) >= 0)
        count++;
    lock_much();
    printf("%d\n", count);
}

static void locks_much(void)
{
    lock_much();
    puts("done");
}

int main(int argc, char **argv)
{
    static const struct program_case cases[] = {
        {"closes-all", closes_all},   {"small-files", small_files},
        {"writes-much", writes_much}, {"few-descriptors", few_descriptors},
        {"locks-much", locks_much},
    };
    return RUN_CASE(cases);
}
