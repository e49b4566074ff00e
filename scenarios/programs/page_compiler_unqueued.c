/*
 * Fetched, and put nowhere
 *
 * A pool of workers fetches the pages of a document, and a compiler, a thread of its own, takes
 * them out of a queue and makes the document when it has all of them. But fetch() does not put a
 * page into the queue. It returns it: the page is the task's result, as if whoever handed in the
 * task would ask for it with task_result(). Nobody does.
 *
 * So every page is fetched and every worker has done its work without a fault, and the compiler
 * waits at an empty queue for ever, and main for the compiler. Each half is right by itself. What
 * is missing is the line between them, and no message tells that it is.
 *
 * The mend is in page_compiler.c: fetch() puts the page into the queue.
 *
 * The server runs in the same program, in common/page_server.c.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/page_server.h"
#include "common/pool.h"
#include "common/stage.h"

struct page {
    long number;
    char *text;
    struct task fetching;
};

static struct page_server server;
static struct pool pool;
static struct page pages[PAGE_COUNT];
static struct queue fetched; /* pages whose text has come */
static char document[PAGE_COUNT * PAGE_MOST_BYTES];
static long workers = 3;

static void *fetch(void *argument)
{
    struct page *page = argument;
    page->text = page_fetch(server.port, page->number);
    say("has fetched page %ld", page->number);
    return page; /* <-- the task's result, which no one asks for; it is not put into the queue */
}

static void *compile(void *unused)
{
    name_thread("compiler");
    struct page *in_order[PAGE_COUNT];
    for (int count = 0; count < PAGE_COUNT; count++) {
        struct page *page = queue_get(&fetched); /* <-- waits for the first page */
        say("has page %ld", page->number);
        in_order[page->number - 1] = page;
    }

    say("makes the document");
    char *end = document;
    for (int i = 0; i < PAGE_COUNT; i++) {
        end = stpcpy(end, in_order[i]->text);
        free(in_order[i]->text);
    }
    return unused;
}

int main(int argc, char **argv)
{
    stage_set(argc, argv, "A pool fetches pages, and the compiler waits for them for ever.",
              (struct stage_option[]){
                  {"workers", "threads that fetch", &workers, 1, POOL_MOST_WORKERS},
                  {0},
              });

    pthread_t compiler;
    page_server_start(&server);
    queue_init(&fetched);
    must(pthread_create(&compiler, NULL, compile, NULL));
    pool_start(&pool, workers);

    /* From the last to the first, so that they hardly come in order. */
    for (int i = PAGE_COUNT - 1; i >= 0; i--) {
        pages[i].number = i + 1;
        pool_submit(&pool, &pages[i].fetching, fetch, &pages[i]);
    }
    pool_shut_down(&pool);
    page_server_stop(&server);
    say("all %d pages are fetched", PAGE_COUNT);

    must(pthread_join(compiler, NULL));
    queue_destroy(&fetched);
    printf("%s", document);
    return 0;
}
