/* An allocator of the program's own, behind a mutex, in a program that makes threads and locks. */
#include <malloc.h>

#include "program.h"

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);
extern void __libc_free(void *);

#ifdef OWN_ALLOCATOR
static pthread_mutex_t heap = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t statistics = PTHREAD_MUTEX_INITIALIZER;
static unsigned long calls;

static void enter(void)
{
    pthread_mutex_lock(&heap);
    pthread_mutex_lock(&statistics);
    calls++;
    pthread_mutex_unlock(&statistics);
}

#define GUARDED(expression)                                                                        \
    enter();                                                                                       \
    void *memory = expression;                                                                     \
    pthread_mutex_unlock(&heap);                                                                   \
    return memory;

__attribute__((visibility("default"))) void *malloc(size_t size)
{
    GUARDED(__libc_malloc(size))
}
__attribute__((visibility("default"))) void *calloc(size_t count, size_t size)
{
    GUARDED(__libc_calloc(count, size))
}
__attribute__((visibility("default"))) void *realloc(void *old, size_t size)
{
    GUARDED(__libc_realloc(old, size))
}
__attribute__((visibility("default"))) void *memalign(size_t alignment, size_t size)
{
    GUARDED(__libc_memalign(alignment, size))
}
__attribute__((visibility("default"))) void *aligned_alloc(size_t alignment, size_t size)
{
    GUARDED(__libc_memalign(alignment, size))
}
__attribute__((visibility("default"))) void free(void *memory)
{
    enter();
    __libc_free(memory);
    pthread_mutex_unlock(&heap);
}
#endif

static pthread_mutex_t alice = PTHREAD_MUTEX_INITIALIZER;
static pthread_key_t keys[64];

/* Many keys, so that thread-specific data is allocated too. */
static void *allocate(void *unused)
{
    (void)unused;
    for (int i = 0; i < 64; i++)
        pthread_setspecific(keys[i], &alice);
    for (int i = 0; i < 1000; i++) {
        char *volatile memory = malloc((size_t)(i * 7));
        lock(&alice);
        char *volatile more = calloc(1, (size_t)i);
        unlock(&alice);
        memory = realloc(memory, 5000);
        free(memory);
        free(more);
    }
    return NULL;
}

int main(void)
{
    pthread_t threads[4];
    for (int i = 0; i < 64; i++)
        MUST(pthread_key_create(&keys[i], NULL) == 0);
    for (int round = 0; round < 10; round++) {
        for (int i = 0; i < 4; i++)
            threads[i] = start(allocate, NULL);
        for (int i = 0; i < 4; i++)
            finish(threads[i]);
    }
    puts("done");
    return 0;
}
