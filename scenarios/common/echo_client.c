#include "echo_client.h"

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include "loopback.h"
#include "stage.h"

struct client {
    pthread_t thread;
    unsigned short port;
    long pieces;
    uint64_t random;
    struct echo_bill bill;
};

/* The same numbers in each run (xorshift by Marsaglia). */
static uint64_t next_random(struct client *client)
{
    client->random ^= client->random << 13;
    client->random ^= client->random >> 7;
    client->random ^= client->random << 17;
    return client->random;
}

/* False where the server has gone. */
static bool exchange(struct client *client, int connection)
{
    unsigned char sent[ECHO_MOST_BYTES];
    unsigned char back[ECHO_MOST_BYTES];
    size_t size = 1 + next_random(client) % ECHO_MOST_BYTES;
    for (size_t i = 0; i < size; i++)
        sent[i] = (unsigned char)(next_random(client) >> 32);
    loopback_send(connection, sent, size);

    size_t came = 0;
    for (size_t more = 1; came < size && more > 0; came += more)
        more = loopback_receive(connection, back + came, size - came);

    client->bill.sent += (long)size;
    for (size_t i = 0; i < size; i++)
        client->bill.wrong += i >= came || back[i] != sent[i];
    return came == size;
}

static void *send_and_check(void *argument)
{
    struct client *client = argument;
    name_thread("client");
    int connection = loopback_connect(client->port);
    for (long piece = 0; piece < client->pieces && exchange(client, connection); piece++)
        continue;
    close(connection);
    return NULL;
}

struct echo_bill echo_clients_run(unsigned short port, long clients, long pieces)
{
    struct client crowd[ECHO_MOST_CLIENTS] = {{0}};
    for (long i = 0; i < clients; i++) {
        crowd[i].port = port;
        crowd[i].pieces = pieces;
        crowd[i].random = (uint64_t)(i + 1) * 0x9E3779B97F4A7C15; /* not 0, and far apart */
        must(pthread_create(&crowd[i].thread, NULL, send_and_check, &crowd[i]));
    }

    struct echo_bill sum = {0};
    for (long i = 0; i < clients; i++) {
        must(pthread_join(crowd[i].thread, NULL));
        sum.sent += crowd[i].bill.sent;
        sum.wrong += crowd[i].bill.wrong;
    }
    return sum;
}
