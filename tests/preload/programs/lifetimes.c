/*
 * Locks that end with their memory: one thread takes alice, then bob; another thread, alive at the
 * same time, takes what is now bob, then what is now alice. That is a circle only if they are the
 * same locks still. Which program that is: lifetimes CASE (renewed | kept).
 */
#include <malloc.h>
#include <signal.h>
#include <sys/mman.h>
#include <ucontext.h>

#include "annotate/snarl/annotate.h"
#include "program.h"

enum {
    PAGE = 4096,
    SPARE = 256 * 1024
};

static pthread_mutex_t *alice, *bob;
static pthread_mutex_t *first_alice, *first_bob;
static pthread_t sides[2];
static sem_t go[2], done;
static int renews;

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

static void *take_side(void *data)
{
    int side = *(int *)data;
    MUST(sem_wait(&go[side]) == 0);
    (side == 0 ? pay : refund)();
    MUST(sem_post(&done) == 0);
    MUST(sem_wait(&go[side]) == 0);
    return NULL;
}

static __attribute__((noinline)) void ask(int side)
{
    MUST(sem_post(&go[side]) == 0);
    MUST(sem_wait(&done) == 0);
}

static void place(void *new_alice, void *new_bob)
{
    alice = new_alice;
    bob = new_bob;
    *alice = *bob = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
}

static void first_time(void)
{
    first_alice = alice;
    first_bob = bob;
    ask(0);
}

static void second_time(void)
{
    puts(alice == first_alice && bob == first_bob ? "same place" : "other place");
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

/* The stack of a thread, and what lies over it. */
static sem_t owner_ready, owner_may_go;

static void show(pthread_mutex_t mine[2])
{
    place(&mine[0], &mine[1]);
    MUST(sem_post(&owner_ready) == 0);
    MUST(sem_wait(&owner_may_go) == 0);
}

static void *own_in_stack(void *unused)
{
    pthread_mutex_t mine[2];
    show(mine);
    return unused;
}

static void *own_local(void *unused)
{
    static _Thread_local pthread_mutex_t mine[2];
    show(mine);
    return unused;
}

static void owned(void *(*own)(void *))
{
    pthread_t owner = start(own, NULL);
    MUST(sem_wait(&owner_ready) == 0);
    first_time();
    if (renews) {
        MUST(sem_post(&owner_may_go) == 0);
        finish(owner);
        owner = start(own, NULL);
        MUST(sem_wait(&owner_ready) == 0);
    }
    second_time();
    MUST(sem_post(&owner_may_go) == 0);
    finish(owner);
}

static void thread_stack(void)
{
    owned(own_in_stack);
}

static void local_variables(void)
{
    owned(own_local);
}

/* Frames: the locks of a function that has returned, and of another one, or of the same, that is as
 * deep. */
static __attribute__((noinline)) void in_frame(void (*time)(void))
{
    pthread_mutex_t mine[2];
    place(&mine[0], &mine[1]);
    time();
    __asm__ volatile("" : : "r"(mine) : "memory"); /* they are there up to here */
}

static void both_times(void)
{
    first_time();
    second_time();
}

static void frame(void)
{
    if (renews) {
        in_frame(first_time);
        in_frame(second_time);
    } else {
        in_frame(both_times);
    }
}

/* From one and the same place of a function that makes a call of its own in between. */
static void loop(void)
{
    static pthread_mutex_t other = PTHREAD_MUTEX_INITIALIZER;
    void (*times[])(void) = {renews ? first_time : both_times, second_time};
    for (int i = 0; i < 1 + renews; i++) {
        in_frame(times[i]);
        lock(&other);
        unlock(&other);
    }
}

/* Stacks that are not the thread's own, though they lie in it, or above it: what runs there leaves
 * no frame of the thread. */
static pthread_mutex_t elsewhere = PTHREAD_MUTEX_INITIALIZER;
static char *spare; /* a stack in a frame of main */
static ucontext_t here, there;

static void handle(int number)
{
    (void)number;
    sem_post(&owner_ready);
}

static void visit(void)
{
    lock(&elsewhere);
    unlock(&elsewhere);
}

static void signalled(void)
{
    first_time();
    raise(SIGUSR1);
    second_time();
}

static void switched(void)
{
    first_time();
    MUST(swapcontext(&here, &there) == 0);
    second_time();
}

static void signal_stack(void)
{
    stack_t stack = {.ss_sp = spare, .ss_size = SPARE};
    struct sigaction action = {.sa_handler = handle, .sa_flags = SA_ONSTACK};
    MUST(sigaltstack(&stack, NULL) == 0 && sigaction(SIGUSR1, &action, NULL) == 0);
    in_frame(signalled);
}

static void *switch_stacks(void *unused)
{
    in_frame(switched);
    return unused;
}

static void coroutine(void)
{
    MUST(getcontext(&there) == 0);
    there.uc_stack.ss_sp = spare;
    there.uc_stack.ss_size = SPARE;
    there.uc_link = &here;
    makecontext(&there, visit, 0);
    finish(start(switch_stacks, NULL));
}

/* Taken by their own thread alone, in turn with a lock of a function that is as deep: ten lives of
 * each. Kept: one lock. */
static pthread_mutex_t outer = PTHREAD_MUTEX_INITIALIZER, inner = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t kept = PTHREAD_MUTEX_INITIALIZER;
static uintptr_t deep;

static void nest(pthread_mutex_t *first, pthread_mutex_t *second)
{
    lock(first);
    lock(second);
    unlock(second);
    unlock(first);
}

static __attribute__((noinline)) void mine_then(pthread_mutex_t *second)
{
    pthread_mutex_t mine[1] = {PTHREAD_MUTEX_INITIALIZER};
    nest(renews ? mine : &kept, second);
    deep = (uintptr_t)mine;
}

static __attribute__((noinline)) void then_mine(pthread_mutex_t *first)
{
    pthread_mutex_t mine[1] = {PTHREAD_MUTEX_INITIALIZER};
    nest(first, renews ? mine : &kept);
    MUST(deep == (uintptr_t)mine);
}

static void alternating(void)
{
    for (int i = 0; i < 10; i++) {
        mine_then(&inner);
        then_mine(&outer);
    }
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
        {"loop", loop},
        {"signal-stack", signal_stack},
        {"coroutine", coroutine},
        {"alternating", alternating},
    };
    renews = argc > 2 && strcmp(argv[2], "renewed") == 0;
    for (int i = 0; i < 2; i++) {
        MUST(sem_init(&go[i], 0, 0) == 0);
        sides[i] = start(take_side, &numbers[i]);
    }
    MUST(sem_init(&done, 0, 0) == 0 && sem_init(&owner_ready, 0, 0) == 0 &&
         sem_init(&owner_may_go, 0, 0) == 0);
    int result = RUN_CASE(cases);
    MUST(fflush(stdout) == 0);
    _exit(result);
}
