#include "page_server.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "loopback.h"
#include "stage.h"

static const char *const pages[PAGE_COUNT] = {
    "1. Threads share their memory.",
    "2. A lock lets one of them in at a time.",
    "3. A condition lets one sleep until something is so.",
    "4. Who wakes looks again whether it is so.",
    "5. All take locks in the same order.",
    "6. This is the end.",
};

/* Receives until `end` has come, or no more comes or fits, and makes a string of it. */
static void receive_text(int connection, const char *end, char text[PAGE_MOST_BYTES])
{
    size_t length = 0;
    size_t more;
    do {
        more = loopback_receive(connection, text + length, PAGE_MOST_BYTES - 1 - length);
        length += more;
        text[length] = '\0';
    } while (more > 0 && (end == NULL || strstr(text, end) == NULL));
}

static void answer(int connection)
{
    char text[PAGE_MOST_BYTES];
    long number = 0;
    receive_text(connection, "\r\n\r\n", text);
    if (sscanf(text, "GET /%ld HTTP/1.0\r\n", &number) == 1 && number >= 1 && number <= PAGE_COUNT)
        snprintf(text, sizeof text, "HTTP/1.0 200 OK\r\n\r\n%s\n", pages[number - 1]);
    else
        snprintf(text, sizeof text, "HTTP/1.0 404 Not Found\r\n\r\n");
    loopback_send(connection, text, strlen(text));
    close(connection);
}

static void *serve(void *argument)
{
    const struct page_server *server = argument;
    name_thread("page server");
    for (int connection; (connection = loopback_accept(server->listener)) != -1;)
        answer(connection);
    return NULL;
}

void page_server_start(struct page_server *server)
{
    server->listener = loopback_listen(&server->port);
    must(pthread_create(&server->thread, NULL, serve, server));
}

void page_server_stop(struct page_server *server)
{
    loopback_shut_down(server->listener);
    must(pthread_join(server->thread, NULL));
    close(server->listener);
}

char *page_fetch(unsigned short port, long number)
{
    static const char head[] = "HTTP/1.0 200 OK\r\n\r\n";
    char text[PAGE_MOST_BYTES];
    int connection = loopback_connect(port);
    snprintf(text, sizeof text, "GET /%ld HTTP/1.0\r\n\r\n", number);
    loopback_send(connection, text, strlen(text));
    receive_text(connection, NULL, text);
    close(connection);

    must(strncmp(text, head, strlen(head)) == 0 ? 0 : EPROTO);
    char *page = strdup(text + strlen(head));
    must(page != NULL ? 0 : ENOMEM);
    return page;
}
