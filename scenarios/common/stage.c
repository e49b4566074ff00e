#include "stage.h"

#include <argp.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

enum {
    FIRST_KEY = 256, /* keys below are short options to argp */
    MOST_OPTIONS = 8,
};

static struct timespec start;
long stage_cues = 1;

static error_t parse_option(int key, char *text, struct argp_state *state)
{
    const struct stage_option *option = state->input;
    if (key == ARGP_KEY_ARG)
        argp_error(state, "unexpected argument '%s'", text);
    if (key < FIRST_KEY || key >= FIRST_KEY + MOST_OPTIONS)
        return ARGP_ERR_UNKNOWN;

    option += key - FIRST_KEY;
    char *end = text;
    long number = strtol(text, &end, 10);
    if (end == text || *end != '\0' || number < option->least || number > option->most)
        argp_error(state, "--%s takes a number from %ld to %ld, not '%s'", option->name,
                   option->least, option->most, text);
    *option->value = number;
    return 0;
}

void stage_set(int argc, char **argv, const char *lesson, const struct stage_option *options)
{
    char help[MOST_OPTIONS][128];
    struct argp_option rows[MOST_OPTIONS + 1] = {0};
    for (int i = 0; options[i].name != NULL && i < MOST_OPTIONS; i++) {
        snprintf(help[i], sizeof help[i], "%s (default %ld)", options[i].help, *options[i].value);
        rows[i] = (struct argp_option){
            .name = options[i].name, .key = FIRST_KEY + i, .arg = "N", .doc = help[i]};
    }
    struct argp parser = {.options = rows, .parser = parse_option, .doc = lesson};
    argp_parse(&parser, argc, argv, 0, NULL, (void *)options);

    clock_gettime(CLOCK_MONOTONIC, &start);
    setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
}

void say(const char *format, ...)
{
    char name[16] = "main";
    if (gettid() != getpid())
        pthread_getname_np(pthread_self(), name, sizeof name);

    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    double elapsed =
        (double)(now.tv_sec - start.tv_sec) + (double)(now.tv_nsec - start.tv_nsec) / 1e9;

    char message[256];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);

    /* One call, so that the lines of two threads cannot mix. */
    printf("%9.6f  %-15s  %s\n", elapsed, name, message);
}

void name_thread(const char *format, ...)
{
    char name[16];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(name, sizeof name, format, arguments);
    va_end(arguments);
    pthread_setname_np(pthread_self(), name);
}

struct timespec moment_from_now(long milliseconds)
{
    struct timespec moment;
    clock_gettime(CLOCK_MONOTONIC, &moment);
    long nanoseconds = moment.tv_nsec + milliseconds % 1000 * 1000000;
    moment.tv_sec += milliseconds / 1000 + nanoseconds / 1000000000;
    moment.tv_nsec = nanoseconds % 1000000000;
    return moment;
}

long milliseconds_since(struct timespec moment)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (now.tv_sec - moment.tv_sec) * 1000 + (now.tv_nsec - moment.tv_nsec) / 1000000;
}

void stage_must(int error, const char *call)
{
    if (error == 0)
        return;
    fprintf(stderr, "%s: %s: %s\n", program_invocation_short_name, call, strerror(error));
    exit(EX_SOFTWARE);
}

void turn_await(struct turn *turn, long number)
{
    pthread_mutex_lock(&turn->lock);
    while (turn->now < number)
        pthread_cond_wait(&turn->passed, &turn->lock);
    pthread_mutex_unlock(&turn->lock);
}

void turn_pass(struct turn *turn)
{
    pthread_mutex_lock(&turn->lock);
    turn->now++;
    pthread_cond_broadcast(&turn->passed);
    pthread_mutex_unlock(&turn->lock);
}

void cue_give(struct cue *cue)
{
    atomic_fetch_add_explicit(&cue->given, 1, memory_order_relaxed);
}

void cue_await(struct cue *cue, long times)
{
    while (stage_cues && atomic_load_explicit(&cue->given, memory_order_relaxed) < times)
        sched_yield();
}
