/*
 * What one lock/unlock pair costs: pairs [ROUNDS] [PAIRS]
 *
 * Prints, for each kind of pair, the median nanoseconds over the rounds: "alone" (nothing else
 * held), "nested" (three deep), "contended" (two threads, one lock, counted over both).
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum {
    MOST_ROUNDS = 101
};

static pthread_mutex_t outer = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t middle = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t inner = PTHREAD_MUTEX_INITIALIZER;
static pthread_barrier_t start;
static long pairs = 1000000;

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

static double alone(void)
{
    double begin = now();
    for (long i = 0; i < pairs; i++) {
        pthread_mutex_lock(&outer);
        pthread_mutex_unlock(&outer);
    }
    return (now() - begin) / (double)pairs;
}

static double nested(void)
{
    double begin = now();
    for (long i = 0; i < pairs / 3; i++) {
        pthread_mutex_lock(&outer);
        pthread_mutex_lock(&middle);
        pthread_mutex_lock(&inner);
        pthread_mutex_unlock(&inner);
        pthread_mutex_unlock(&middle);
        pthread_mutex_unlock(&outer);
    }
    return (now() - begin) / (double)(pairs / 3 * 3);
}

static void *contend(void *unused)
{
    pthread_barrier_wait(&start);
    alone();
    return unused;
}

static double contended(void)
{
    pthread_t other;
    pthread_create(&other, NULL, contend, NULL);
    pthread_barrier_wait(&start);
    double begin = now();
    alone();
    pthread_join(other, NULL);
    return (now() - begin) / (double)(2 * pairs);
}

static int compare(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

static void print_median(const char *name, double (*measure)(void), int rounds)
{
    double times[MOST_ROUNDS];
    for (int i = 0; i < rounds; i++)
        times[i] = measure();
    qsort(times, (size_t)rounds, sizeof times[0], compare);
    printf("%s %.2f\n", name, times[rounds / 2]);
    fflush(stdout);
}

int main(int argc, char **argv)
{
    int rounds = argc > 1 ? atoi(argv[1]) : 11;
    if (argc > 2)
        pairs = atol(argv[2]);
    if (rounds < 1 || rounds > MOST_ROUNDS || pairs < 3)
        return 2;
    pthread_barrier_init(&start, NULL, 2);
    contended(); /* a second thread has been: libc's single-thread short cuts are off */
    print_median("alone", alone, rounds);
    print_median("nested", nested, rounds);
    print_median("contended", contended, rounds);
}
