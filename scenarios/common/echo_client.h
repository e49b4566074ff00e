/*
 * The clients of an echo server: threads that send pseudo-random bytes, each over a connection of
 * its own, and check what comes back.
 */
#ifndef SCENARIOS_ECHO_CLIENT_H
#define SCENARIOS_ECHO_CLIENT_H

enum {
    ECHO_MOST_CLIENTS = 128,
    ECHO_MOST_BYTES = 1024, /* that a client sends at once, before it waits for them */
};

struct echo_bill {
    long sent;  /* bytes */
    long wrong; /* bytes that came back as others, or not at all */
};

/* Starts the clients, lets each send so many pieces, and waits for all of them to end. */
struct echo_bill echo_clients_run(unsigned short port, long clients, long pieces);

#endif
