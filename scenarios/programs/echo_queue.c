/*
 * An echo server with a queue of connections
 *
 * The acceptor does one thing: it accepts connections and puts each into a queue. 128 workers, all
 * started beforehand, wait at the queue. Whoever takes a connection sends back what comes until the
 * client has finished, and then takes the next. Slow clients hold up one worker each and nobody
 * else, and however many come, there are never more threads; whom no worker is free for waits in
 * the queue.
 *
 * A worker's buffer is its own: it lies on its stack. In echo_one_buffer.c all have the same one.
 *
 * The end is in order, too: when the clients have gone the listening socket is shut down, which
 * wakes the acceptor; it closes the queue, which wakes the workers.
 *
 * The clients are threads of the same program, in common/echo_client.c. They send pseudo-random
 * bytes, and check each byte that comes back.
 */
#include <stdlib.h>
#include <unistd.h>

#include "common/echo_client.h"
#include "common/loopback.h"
#include "common/queue.h"
#include "common/stage.h"

enum {
    MOST_WORKERS = 256,
};

static struct queue waiting;                   /* connections that no worker has taken yet */
static int connections[ECHO_MOST_CLIENTS + 1]; /* and room for the -1 at the end */
static int listener;
static long workers = 128;
static long clients = 16;
static long pieces = 20;

static void echo(int connection)
{
    char buffer[ECHO_MOST_BYTES]; /* <-- on the stack: each worker has its own */
    for (size_t size; (size = loopback_receive(connection, buffer, sizeof buffer)) > 0;)
        loopback_send(connection, buffer, size);
    close(connection);
}

static void *work(void *unused)
{
    name_thread("worker");
    for (const int *connection; (connection = queue_get(&waiting)) != NULL;) /* <-- or sleeps */
        echo(*connection);
    return unused;
}

static void *accept_all(void *unused)
{
    name_thread("acceptor");
    for (int *next = connections; (*next = loopback_accept(listener)) != -1; next++)
        queue_put(&waiting, next); /* <-- and is back at once for the next client */
    queue_close(&waiting);
    return unused;
}

int main(int argc, char **argv)
{
    stage_set(argc, argv, "An echo server whose workers take connections out of a queue.",
              (struct stage_option[]){
                  {"workers", "threads that serve", &workers, 1, MOST_WORKERS},
                  {"clients", "connections at once", &clients, 1, ECHO_MOST_CLIENTS},
                  {"pieces", "what each client sends", &pieces, 1, 10000},
                  {0},
              });

    unsigned short port;
    pthread_t acceptor;
    pthread_t working[MOST_WORKERS];
    queue_init(&waiting);
    listener = loopback_listen(&port);
    for (long i = 0; i < workers; i++)
        must(pthread_create(&working[i], NULL, work, NULL));
    must(pthread_create(&acceptor, NULL, accept_all, NULL));

    struct echo_bill bill = echo_clients_run(port, clients, pieces);

    loopback_shut_down(listener);
    must(pthread_join(acceptor, NULL));
    for (long i = 0; i < workers; i++)
        must(pthread_join(working[i], NULL));
    close(listener);
    queue_destroy(&waiting);

    say("of %ld bytes %ld came back wrong", bill.sent, bill.wrong);
    return bill.wrong == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
