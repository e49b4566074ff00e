#include "loopback.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "stage.h"

enum {
    BACKLOG = 256,
    PATIENCE = 10, /* seconds that a peer may be silent */
};

/* For calls that return -1 and set errno. */
#define must_not_fail(call) stage_must((call) == -1 ? errno : 0, #call)

static struct sockaddr_in address_of(unsigned short port)
{
    return (struct sockaddr_in){
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

int loopback_listen(unsigned short *port)
{
    struct sockaddr_in address = address_of(0);
    socklen_t size = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    must_not_fail(listener);
    must_not_fail(bind(listener, (struct sockaddr *)&address, size));
    must_not_fail(listen(listener, BACKLOG));
    must_not_fail(getsockname(listener, (struct sockaddr *)&address, &size));
    *port = ntohs(address.sin_port);
    return listener;
}

int loopback_accept(int listener)
{
    int connection;
    do
        connection = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    while (connection == -1 && (errno == EINTR || errno == ECONNABORTED));
    return connection;
}

void loopback_shut_down(int listener)
{
    shutdown(listener, SHUT_RDWR);
}

int loopback_connect(unsigned short port)
{
    struct sockaddr_in address = address_of(port);
    struct timeval patience = {.tv_sec = PATIENCE};
    int connection = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    must_not_fail(connection);
    must_not_fail(setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience));
    must_not_fail(connect(connection, (struct sockaddr *)&address, sizeof address));
    return connection;
}

bool loopback_send(int connection, const void *bytes, size_t size)
{
    const char *next = bytes;
    while (size > 0) {
        ssize_t sent = send(connection, next, size, MSG_NOSIGNAL);
        if (sent == -1 && errno != EINTR)
            return false;
        next += sent > 0 ? sent : 0;
        size -= sent > 0 ? (size_t)sent : 0;
    }
    return true;
}

size_t loopback_receive(int connection, void *bytes, size_t size)
{
    ssize_t received;
    do
        received = recv(connection, bytes, size, 0);
    while (received == -1 && errno == EINTR);
    return received > 0 ? (size_t)received : 0;
}

void loopback_finish(int connection)
{
    shutdown(connection, SHUT_WR);
}
