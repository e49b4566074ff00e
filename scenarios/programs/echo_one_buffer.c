/*
 * One buffer for all clients
 *
 * The workers of an echo server each serve a client of their own, but they receive into one buffer,
 * since it is `static`. Between the receiving and the sending of one worker the other receives, and
 * writes its client's bytes over those that are there. Then both send what is in the buffer, and
 * bytes of one client go to the other, who should never see them.
 *
 * With one client at a time the server is right, and with several mostly, as the buffer is full for
 * an instant only. Here two barriers make it certain: no worker sends before both have received,
 * and none receives again before both have sent. So in each round both send what lies in the buffer
 * by then, and it cannot be right for both. The barriers do not mend the race: the two still
 * receive at once.
 *
 * `static` inside a function makes a variable that outlives the call; every thread that calls the
 * function has the same one. The mend is to leave it out, as echo_queue.c does.
 *
 * The clients are threads of the same program, in common/echo_client.c. They send pseudo-random
 * bytes, and check each byte that comes back.
 */
#include <unistd.h>

#include "common/echo_client.h"
#include "common/loopback.h"
#include "common/queue.h"
#include "common/stage.h"

enum {
    CLIENTS = 2, /* and as many workers */
};

static struct queue waiting;         /* connections that no worker has taken yet */
static int connections[CLIENTS + 1]; /* and room for the -1 at the end */
static int listener;
static long pieces = 20;
static pthread_barrier_t both_received;
static pthread_barrier_t both_sent;

static void echo(int connection)
{
    static char buffer[ECHO_MOST_BYTES]; /* <-- static: one for all who call echo() */
    for (size_t size; (size = loopback_receive(connection, buffer, sizeof buffer)) > 0;) {
        pthread_barrier_wait(&both_received);
        loopback_send(connection, buffer, size); /* <-- what the other has received, perhaps */
        pthread_barrier_wait(&both_sent);
    }
    close(connection);
}

static void *work(void *unused)
{
    name_thread("worker");
    for (const int *connection; (connection = queue_get(&waiting)) != NULL;)
        echo(*connection);
    return unused;
}

static void *accept_all(void *unused)
{
    name_thread("acceptor");
    for (int *next = connections; (*next = loopback_accept(listener)) != -1; next++)
        queue_put(&waiting, next);
    queue_close(&waiting);
    return unused;
}

int main(int argc, char **argv)
{
    stage_set(argc, argv, "The workers of an echo server share a buffer, and mix up their clients.",
              (struct stage_option[]){
                  {"pieces", "what each client sends", &pieces, 1, 10000},
                  {0},
              });

    unsigned short port;
    pthread_t acceptor;
    pthread_t working[CLIENTS];
    must(pthread_barrier_init(&both_received, NULL, CLIENTS));
    must(pthread_barrier_init(&both_sent, NULL, CLIENTS));
    queue_init(&waiting);
    listener = loopback_listen(&port);
    for (long i = 0; i < CLIENTS; i++)
        must(pthread_create(&working[i], NULL, work, NULL));
    must(pthread_create(&acceptor, NULL, accept_all, NULL));

    struct echo_bill bill = echo_clients_run(port, CLIENTS, pieces);

    loopback_shut_down(listener);
    must(pthread_join(acceptor, NULL));
    for (long i = 0; i < CLIENTS; i++)
        must(pthread_join(working[i], NULL));
    close(listener);
    queue_destroy(&waiting);

    say("of %ld bytes %ld came back wrong", bill.sent, bill.wrong);
    return 0;
}
