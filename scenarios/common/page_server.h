/*
 * A small web server on loopback, for the scenarios that fetch pages. It speaks as much of HTTP/1.0
 * as that takes, and is run by a thread of the same program.
 */
#ifndef SCENARIOS_PAGE_SERVER_H
#define SCENARIOS_PAGE_SERVER_H

#include <pthread.h>

enum {
    PAGE_COUNT = 6,
    PAGE_MOST_BYTES = 512, /* of a page, and of what is sent to get it or with it */
};

struct page_server {
    pthread_t thread;
    int listener;
    unsigned short port;
};

void page_server_start(struct page_server *server);

/* Waits until the server has answered whom it had accepted, and has ended. */
void page_server_stop(struct page_server *server);

/* Fetches a page, 1 to PAGE_COUNT, from the server at that port: one line of text, to be freed. */
char *page_fetch(unsigned short port, long number);

#endif
