/*
 * Connections within this machine, for the scenarios that are servers. All of these end the
 * program where something fails that a reader of the scenario need not think about.
 */
#ifndef SCENARIOS_LOOPBACK_H
#define SCENARIOS_LOOPBACK_H

#include <stdbool.h>
#include <stddef.h>

/* A socket that listens on 127.0.0.1, on a port that the system chooses. */
int loopback_listen(unsigned short *port);

/* The next connection; -1 once loopback_shut_down was called. */
int loopback_accept(int listener);
void loopback_shut_down(int listener);

int loopback_connect(unsigned short port);

/* Sends all of it. False where the other side has gone. */
bool loopback_send(int connection, const void *bytes, size_t size);

/* What has come, at least one byte and at most `size`; 0 where the other side has finished. */
size_t loopback_receive(int connection, void *bytes, size_t size);

/* Says that nothing more will be sent; receiving goes on. */
void loopback_finish(int connection);

#endif
