/*
 * An echo server with a pool
 *
 * The same server as echo_queue.c, with the queue and the workers out of sight: a pool has both.
 * Each connection is a task that the acceptor hands in, and one worker of the pool does it. What is
 * left to write is what the server is about: how to answer a client.
 *
 * The pool does not guard what the tasks share. Here that is nothing: a task has its own connection
 * and its own buffer. And a task that waits for its client keeps its worker all the while; with
 * fewer workers than clients, some clients wait for others to finish.
 *
 * pool_shut_down waits until the last client is served.
 *
 * The clients are threads of the same program, in common/echo_client.c. They send pseudo-random
 * bytes, and check each byte that comes back.
 */
#include <stdlib.h>
#include <unistd.h>

#include "common/echo_client.h"
#include "common/loopback.h"
#include "common/pool.h"
#include "common/stage.h"

struct client {
    int connection;
    struct task serving;
};

static struct pool pool;
static struct client served[ECHO_MOST_CLIENTS + 1]; /* and room for the -1 at the end */
static int listener;
static long workers = 128;
static long clients = 16;
static long pieces = 20;

static void *echo(void *argument)
{
    const struct client *client = argument;
    char buffer[ECHO_MOST_BYTES]; /* <-- each task has its own, for as long as it runs */
    for (size_t size; (size = loopback_receive(client->connection, buffer, sizeof buffer)) > 0;)
        loopback_send(client->connection, buffer, size);
    close(client->connection);
    return NULL;
}

static void *accept_all(void *unused)
{
    name_thread("acceptor");
    for (struct client *next = served; (next->connection = loopback_accept(listener)) != -1; next++)
        pool_submit(&pool, &next->serving, echo, next); /* <-- a worker of the pool will do it */
    return unused;
}

int main(int argc, char **argv)
{
    stage_set(argc, argv, "An echo server that hands its connections to a pool.",
              (struct stage_option[]){
                  {"workers", "threads that serve", &workers, 1, POOL_MOST_WORKERS},
                  {"clients", "connections at once", &clients, 1, ECHO_MOST_CLIENTS},
                  {"pieces", "what each client sends", &pieces, 1, 10000},
                  {0},
              });

    unsigned short port;
    pthread_t acceptor;
    listener = loopback_listen(&port);
    pool_start(&pool, workers);
    must(pthread_create(&acceptor, NULL, accept_all, NULL));

    struct echo_bill bill = echo_clients_run(port, clients, pieces);

    loopback_shut_down(listener);
    must(pthread_join(acceptor, NULL));
    pool_shut_down(&pool);
    close(listener);

    say("of %ld bytes %ld came back wrong", bill.sent, bill.wrong);
    return bill.wrong == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
