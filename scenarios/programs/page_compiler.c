/*
 * A document made of fetched pages
 *
 * The pages of a document lie on a web server. A pool of workers fetches them, several at once, for
 * most of the time that a fetch takes is spent waiting. They come in any order. Each worker puts
 * the page it has fetched into a queue; the compiler, a thread of its own, takes pages out of that
 * queue, lays each where it belongs, and makes the document when it has all of them.
 *
 * The fetchers know nothing of the compiler, nor it of them: all that passes between them passes
 * through the queue, whose lock also makes what a fetcher has written to a page visible to the
 * compiler. So neither needs a lock of its own. The compiler counts pages, it does not look at the
 * clock or at whether the queue is empty just now; neither would tell that all have come.
 *
 * In page_compiler_unqueued.c the pages are fetched and never put into the queue.
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
    queue_put(&fetched, page); /* <-- all that the compiler ever hears of it */
    return NULL;
}

static void *compile(void *unused)
{
    name_thread("compiler");
    struct page *in_order[PAGE_COUNT];
    for (int count = 0; count < PAGE_COUNT; count++) { /* <-- all: counted, not guessed */
        struct page *page = queue_get(&fetched);
        say("has page %ld", page->number);
        in_order[page->number - 1] = page; /* <-- where it belongs, whenever it came */
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
    stage_set(argc, argv, "A pool fetches pages, and a compiler makes one document of them.",
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
