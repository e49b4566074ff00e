/* Runs a command and prints medians: measure ROUNDS COMMAND... -> "MILLISECONDS PEAK_KIB" */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    MOST_ROUNDS = 1001
};

static int compare(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

int main(int argc, char **argv)
{
    int rounds = argc > 2 ? atoi(argv[1]) : 0;
    if (rounds < 1 || rounds > MOST_ROUNDS)
        return 2;
    static double times[MOST_ROUNDS], peaks[MOST_ROUNDS];
    for (int i = 0; i < rounds; i++) {
        double begin = now();
        pid_t child = fork();
        if (child == 0) {
            execvp(argv[2], argv + 2);
            _exit(127);
        }
        int status;
        struct rusage usage;
        if (child < 0 || wait4(child, &status, 0, &usage) != child || status != 0)
            return 1;
        times[i] = now() - begin;
        peaks[i] = (double)usage.ru_maxrss;
    }
    qsort(times, (size_t)rounds, sizeof times[0], compare);
    qsort(peaks, (size_t)rounds, sizeof peaks[0], compare);
    printf("%.2f %.0f\n", times[rounds / 2], peaks[rounds / 2]);
}
