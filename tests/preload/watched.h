/* Runs a program of tests/preload/programs under libsnarl.so, and reads what it recorded. */
#ifndef SNARL_TESTS_WATCHED_H
#define SNARL_TESTS_WATCHED_H

#include <stdbool.h>

#include "report/model.h"
#include "support/command.h"

struct watched {
    struct command_result result;
    char *directory;   /* where the recordings are */
    char **recordings; /* the program's own first */
    size_t recording_count;
    struct snarl_report *report; /* of all of them; NULL where there is none */
};

struct watch {
    const char *const *arguments;   /* as of a command; a program's name without a slash is ours */
    const char *const *environment; /* besides LD_PRELOAD and SNARL_OPTIONS */
    const char *options;            /* further SNARL_OPTIONS, or NULL */
    const char *preload_before;     /* another library to preload, or NULL */
    const char *preload_after;
    bool plain; /* without libsnarl.so */
    bool loud;  /* without quiet=1 */
};

struct watched watched_run(const struct watch *watch);
void watched_free(struct watched *watched);

/* Runs it as above. */
#define WATCH(options, ...)                                                                        \
    watched_run(&(struct watch){(const char *const[]){__VA_ARGS__, NULL}, NULL, options, NULL,     \
                                NULL, false, false})

/* It ended well, its streams are byte for byte those of the same run without libsnarl.so, nothing
 * was lost, nothing was found, and at least so many acquisitions were counted. */
void watched_check_unharmed(const struct watch *watch, uint64_t acquisitions);

#define UNHARMED(acquisitions, ...)                                                                \
    watched_check_unharmed(&(struct watch){.arguments = (const char *const[]){__VA_ARGS__, NULL}}, \
                           acquisitions)

/* As the above, but for a program that misuses the calls: nothing but misuse was found, in
 * no more than `misuses` places. */
void watched_check_same(const struct watch *watch, uint64_t acquisitions, size_t misuses);

/* Nothing was lost. */
void watched_check_complete(const struct watched *watched);

/* One finding and no more: returns it. Its wanted locks, in any order, have these names. */
const struct snarl_report_finding *watched_only_finding(const struct watched *watched,
                                                        enum snarl_finding_kind kind,
                                                        enum snarl_status status,
                                                        enum snarl_severity severity,
                                                        const char *const *lock_names);

/* The function of the program in which a step's lock was wanted. */
const char *watched_function(const struct snarl_stack *stack);

/* The path of a file that the build made for these tests. */
char *built_path(const char *name);

#endif
