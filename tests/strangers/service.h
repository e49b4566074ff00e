/*
 * A server that runs while a test asks it: on a port of 127.0.0.1 that was free, under snarl or
 * alone, stopped by SIGTERM.
 *
 * service_set_up and service_tear_down are a test's set-up and tear-down, and the struct service
 * is its state: the server ends also where the test fails, and where the test itself is killed.
 */
#ifndef SNARL_TESTS_SERVICE_H
#define SNARL_TESTS_SERVICE_H

#include <stdbool.h>

#include "support/command.h"

/* In the arguments of a service: its port. */
#define SERVICE_PORT "PORT"

struct service {
    struct command_running running;
    bool runs;
    char port[8];
    char *directory; /* where it runs and leaves its report */
    char *report;    /* the path of that, written where it ran under snarl */
};

int service_set_up(void **state);
int service_tear_down(void **state);

/* Starts it, and returns when it takes connections. The test fails where it ends before. */
void service_start(struct service *service, const char *const *arguments, bool watched);

/* Runs a client, SERVICE_PORT among its arguments too, for a minute at most; it must end with 0 and
 * have no complaint. Returns what it said, to be freed. */
char *service_ask(const struct service *service, const char *const *arguments);

/* Stops it, and returns how it ended; to be freed by command_free. */
struct command_result service_stop(struct service *service);

/* The same text, with "#" for each run of digits: logs have process ids and times. */
void service_hide_numbers(struct command_result *result);

#endif
