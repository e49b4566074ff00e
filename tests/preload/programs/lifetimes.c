/*
 * Locks that end with their memory: one thread takes alice, then bob; another thread, alive at the
 * same time, takes what is now bob, then what is now alice. That is a circle only if they are the
 * same locks still. Which program that is: lifetimes CASE (renewed | kept).
 */
#include <malloc.h>
#include <sched.h>
#include <sys/mman.h>

#include "annotate/snarl/annotate.h"
#include "lifetimes.h"

pthread_mutex_t *alice, *bob;
static pthread_mutex_t *first_alice, *first_bob;
static sem_t done;
int renews, quiet;
char *spare;
sem_t owner_ready, owner_may_go;
static int asked[2], taken[2];
static pthread_mutex_t elsewhere = PTHREAD_MUTEX_INITIALIZER;

static __attribute__((noinline)) void pay(void)
{
    lock(alice);
    MUST(pthread_mutex_lock(bob) == 0);
    unlock(bob);
    unlock(alice);
}

static __attribute__((noinline)) void refund(void)
{
    lock(bob);
    MUST(pthread_mutex_lock(alice) == 0);
    unlock(alice);
    unlock(bob);
}

static void await(const int *flag)
{
    while (!__atomic_load_n(flag, __ATOMIC_SEQ_CST))
        sched_yield();
}

static void *take_side(void *data)
{
    int side = *(int *)data;
    await(&asked[side]);
    (side == 0 ? pay : refund)();
    __atomic_store_n(&taken[side], 1, __ATOMIC_SEQ_CST);
    MUST(sem_post(&done) == 0);
    pause(); /* alive to the end */
    return NULL;
}

/* Quietly: the caller makes no call that can be seen until the side has done its part. */
static __attribute__((noinline)) void ask(int side)
{
    __atomic_store_n(&asked[side], 1, __ATOMIC_SEQ_CST);
    if (quiet)
        await(&taken[side]);
    MUST(sem_wait(&done) == 0);
}

void visit(void)
{
    lock(&elsewhere);
    unlock(&elsewhere);
}

void place(void *new_alice, void *new_bob)
{
    alice = new_alice;
    bob = new_bob;
    *alice = *bob = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
}

void first_time(void)
{
    first_alice = alice;
    first_bob = bob;
    ask(0);
}

void second_time(void)
{
    puts(alice == first_alice && bob == first_bob ? "same place" : "other place");
    visit();
    ask(1);
}

static void freed(void)
{
    place(malloc(100), malloc(200));
    first_time();
    if (renews) {
        free(alice);
        free(bob);
        void *new_alice = malloc(100);
        place(new_alice, malloc(200));
    }
    second_time();
}

/* glibc frees within reallocarray by realloc, and keeps the old block for the next malloc. */
static void moved(void)
{
    char *block = malloc(400);
    void *volatile barrier = malloc(5000); /* so that the block cannot grow where it is */
    place(block, block + 200);
    first_time();
    if (renews) {
        char *larger = reallocarray(block, 100, 100);
        MUST(larger != NULL && larger != (char *)first_alice);
        block = malloc(400);
        place(block, block + 200);
    }
    second_time();
    free(barrier);
}

/* Bob is cut off, and there again: a new one. Kept: what stays within stays what it was. */
static void shrunk(void)
{
    char *block = malloc(3000);
    place(block, block + 2000);
    first_time();
    uintptr_t place_of_block = (uintptr_t)block;
    block = realloc(block, renews ? 1000 : 2500);
    if (renews)
        block = realloc(block, 3000);
    MUST((uintptr_t)block == place_of_block);
    if (renews)
        *bob = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
    second_time();
}

/* A large block has a mapping of its own. */
static void large(void)
{
    MUST(mallopt(M_MMAP_THRESHOLD, 1 << 17) == 1); /* or it would have one only once */
    char *block = malloc(1 << 20);
    place(block, block + (1 << 19));
    first_time();
    if (renews) {
        free(block);
        block = malloc(1 << 20);
        place(block, block + (1 << 19));
    }
    second_time();
}

static char *map_at(void *address, size_t size)
{
    char *memory =
        mmap(address, size, PROT_READ | PROT_WRITE,
             MAP_PRIVATE | MAP_ANONYMOUS | (address != NULL ? MAP_FIXED_NOREPLACE : 0), -1, 0);
    MUST(memory != MAP_FAILED);
    return memory;
}

static void unmapped(void)
{
    char *memory = map_at(NULL, 3 * PAGE);
    place(memory, memory + 2 * PAGE);
    first_time();
    if (renews) {
        MUST(mprotect(memory, PAGE, PROT_NONE) == 0); /* nobody is to look there any more */
        MUST(munmap(memory, 3 * PAGE) == 0);
        map_at(memory, 3 * PAGE);
        place(memory, memory + 2 * PAGE);
    }
    second_time();
}

static void remapped(void)
{
    char *memory = map_at(NULL, 3 * PAGE), *target = map_at(NULL, 3 * PAGE);
    place(memory, memory + 2 * PAGE);
    first_time();
    if (renews) {
        MUST(mremap(memory, 3 * PAGE, 3 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, target) == target);
        map_at(memory, 3 * PAGE);
        place(memory, memory + 2 * PAGE);
    } else {
        MUST(mremap(memory, 3 * PAGE, 3 * PAGE, MREMAP_MAYMOVE) == memory);
    }
    second_time();
}

/* Moved over what lived there. */
static void overlaid(void)
{
    char *memory = map_at(NULL, 3 * PAGE), *source = map_at(NULL, 3 * PAGE);
    place(memory, memory + 2 * PAGE);
    first_time();
    if (renews) {
        MUST(mremap(source, 3 * PAGE, 3 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, memory) == memory);
        place(memory, memory + 2 * PAGE);
    }
    second_time();
}

/* A pool, as snarl cannot see it by itself. */
static void pooled(void)
{
    static char pool[2][200] __attribute__((aligned(16)));
    place(pool[0], pool[1]);
    first_time();
    if (renews) {
        SNARL_FORGET(pool[0], sizeof pool[0]);
        SNARL_FORGET(pool[1], sizeof pool[1]);
        place(pool[0], pool[1]);
    }
    second_time();
}

int main(int argc, char **argv)
{
    static int numbers[] = {0, 1};
    char stack[SPARE];
    spare = stack;
    static const struct program_case cases[] = {
        {"freed", freed},
        {"moved", moved},
        {"shrunk", shrunk},
        {"large", large},
        {"unmapped", unmapped},
        {"remapped", remapped},
        {"overlaid", overlaid},
        {"pooled", pooled},
        {"thread-stack", thread_stack},
        {"thread-local", local_variables},
        {"frame", frame},
        {"quiet-frame", quiet_frame},
        {"loop", loop},
        {"signal-stack", signal_stack},
        {"coroutine", coroutine},
        {"alternating", alternating},
    };
    renews = argc > 2 && strcmp(argv[2], "renewed") == 0;
    for (int i = 0; i < 2; i++)
        start(take_side, &numbers[i]);
    MUST(sem_init(&done, 0, 0) == 0 && sem_init(&owner_ready, 0, 0) == 0 &&
         sem_init(&owner_may_go, 0, 0) == 0);
    int result = RUN_CASE(cases);
    MUST(fflush(stdout) == 0);
    _exit(result);
}
