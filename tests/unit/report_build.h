/*
 * The pieces that reports are built of by hand, each in memory of the report that it goes into: the
 * caller frees that, and nothing else.
 */
#ifndef SNARL_TESTS_REPORT_BUILD_H
#define SNARL_TESTS_REPORT_BUILD_H

#include "report/model.h"

/* Frames: of the user's code, inlined into the next, of a library, of stripped code. */
#define USER(function, file, line)                                                                 \
    {                                                                                              \
        function, file, line, "/home/ann/transfer", line, false, false                             \
    }
#define INLINED(function, file, line)                                                              \
    {                                                                                              \
        function, file, line, "/home/ann/transfer", line, false, true                              \
    }
#define LIBRARY(function, module)                                                                  \
    {                                                                                              \
        function, NULL, 0, "/usr/lib/" module, 0x1234, true, false                                 \
    }
#define STRIPPED(module, offset)                                                                   \
    {                                                                                              \
        NULL, NULL, 0, module, offset, false, false                                                \
    }
#define THREAD_START LIBRARY("start_thread", "libc.so.6"), LIBRARY("clone3", "libc.so.6")

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define FRAMES(...) ((const struct snarl_frame[]){__VA_ARGS__})
#define STACK(report, ...) build_stack(report, FRAMES(__VA_ARGS__), COUNT(FRAMES(__VA_ARGS__)))
#define ARGV(report, ...)                                                                          \
    build_copy(report, (const char *const[]){__VA_ARGS__, NULL},                                   \
               COUNT(((const char *const[]){__VA_ARGS__, NULL})), sizeof(char *))

void *build_copy(struct snarl_report *report, const void *items, size_t count, size_t size);

struct snarl_stack build_stack(struct snarl_report *report, const struct snarl_frame *frames,
                               size_t count);

/* A report of one process. */
struct snarl_report *build_report(char *const *argv, size_t argc, unsigned threads, unsigned locks,
                                  double duration_s);

struct snarl_report *build_report_of_program(char *program, unsigned threads, unsigned locks,
                                             double duration_s);

/* Locks with ids from 1, one for each name. */
void build_locks(struct snarl_report *report, const char *const *names, size_t count);

/* The main thread and others, with ids and numbers from 1. */
void build_threads(struct snarl_report *report, const char *start, const char *const *names,
                   size_t count);

struct snarl_report_finding *build_finding(struct snarl_report *report,
                                           enum snarl_finding_kind kind, enum snarl_status status,
                                           enum snarl_severity severity, size_t step_count);

struct snarl_report_hold build_hold(unsigned lock, struct snarl_stack stack);

struct snarl_report_step build_step(struct snarl_report *report, unsigned thread,
                                    struct snarl_report_hold hold, unsigned wants,
                                    struct snarl_stack stack);

/* Fills in `locks` and `threads` from the steps. */
void build_parties(struct snarl_report *report, struct snarl_report_finding *finding);

#endif
