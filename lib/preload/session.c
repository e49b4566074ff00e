#include "preload/session.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/clock.h"
#include "base/system.h"
#include "base/text.h"
#include "preload/acquire.h"
#include "preload/calls.h"
#include "preload/chaos.h"
#include "preload/inheritance.h"
#include "preload/loader.h"
#include "preload/memory.h"
#include "preload/modules.h"
#include "preload/options.h"
#include "preload/orders.h"
#include "preload/say.h"
#include "preload/semaphore.h"
#include "preload/stacks.h"
#include "preload/steer.h"
#include "preload/thread_watch.h"
#include "preload/timeline.h"

enum {
    ARENA_LIMIT = 1024 * 1024 * 1024,
    ARGUMENTS_SIZE = 128 * 1024, /* longest kept, of arguments and of environment each */
};

struct snarl_session snarl_session;

static bool constructed;

/* The thread that forks is in our code from the first handler to the last. Session lock. */
static struct {
    bool entered;
    bool unwinder_held;
    struct snarl_thread *thread;
    struct snarl_entry entry;
} forking;

void snarl_block_signals(uint64_t *before)
{
    uint64_t all = UINT64_MAX;
    syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, before, sizeof all);
}

struct snarl_entry snarl_enter(struct snarl_thread *self)
{
    struct snarl_entry entry = {.error = errno};
    snarl_block_signals(&entry.signals);
    pthread_setcanceltype(PTHREAD_CANCEL_DEFERRED, &entry.cancel_type);
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &entry.cancel_state);
    if (self != NULL)
        __atomic_store_n(&self->state, SNARL_THREAD_INSIDE, __ATOMIC_RELAXED);
    return entry;
}

void snarl_leave(struct snarl_thread *self, struct snarl_entry entry)
{
    if (self != NULL)
        __atomic_store_n(&self->state,
                         self->chaos == NULL ? SNARL_THREAD_READY : SNARL_THREAD_CHAOS,
                         __ATOMIC_RELAXED);
    syscall(SYS_rt_sigprocmask, SIG_SETMASK, &entry.signals, NULL, sizeof entry.signals);
    errno = entry.error;
    if (entry.cancel_state != PTHREAD_CANCEL_DISABLE)
        pthread_setcancelstate(entry.cancel_state, NULL);
    /* Last: a thread that is to be cancelled at any moment ends in here, and with the right value:
     * had the type been left alone it would end in the call before, with none (seen in 2.36). */
    if (entry.cancel_type != PTHREAD_CANCEL_DEFERRED)
        pthread_setcanceltype(entry.cancel_type, NULL);
}

void snarl_session_write(const struct iovec *parts, size_t count)
{
    if (!snarl_session.running || snarl_writer_append(&snarl_session.writer, parts, count))
        return;
    snarl_session.running = false;
    if (snarl_session.table != NULL)
        snarl_session.table->losses |= 1u << SNARL_LOSS_WRITE;
    snarl_say("the recording could not be written to and ends here: ",
              strerrordesc_np(snarl_session.writer.error), NULL);
}

void snarl_session_lose(enum snarl_loss loss)
{
    if (snarl_session.losses & 1u << loss)
        return;
    snarl_session.losses |= 1u << loss;
    if (snarl_session.table != NULL)
        snarl_session.table->losses |= 1u << loss;
    struct snarl_fact_loss fact = {.header.kind = SNARL_FACT_LOSS, .loss = loss};
    struct iovec part = {&fact, sizeof fact};
    snarl_session_write(&part, 1);
}

void *snarl_session_allocate(size_t size)
{
    void *memory = snarl_arena_allocate(&snarl_session.arena, size);
    if (memory == NULL)
        snarl_session_lose(SNARL_LOSS_MEMORY);
    return memory;
}

/* Reads NUL-separated strings of /proc; returns how many, all terminated, in `*size` bytes. */
static uint32_t read_strings(const char *path, char *buffer, size_t limit, size_t *size)
{
    *size = 0;
    int descriptor = snarl_open(path, O_RDONLY | O_CLOEXEC, 0);
    if (descriptor < 0)
        return 0;
    ssize_t count;
    while (*size < limit && (count = snarl_read(descriptor, buffer + *size, limit - *size)) > 0)
        *size += (size_t)count;
    snarl_close(descriptor);
    while (*size > 0 && buffer[*size - 1] != '\0') /* the last one was cut */
        --*size;
    uint32_t strings = 0;
    for (size_t i = 0; i < *size; i++)
        strings += buffer[i] == '\0';
    return strings;
}

static void write_process(bool forked)
{
    static const size_t half = SNARL_PATH_SIZE;
    size_t size = 2 * half + 2 * (size_t)ARGUMENTS_SIZE;
    char *buffer = mmap(NULL, size, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (buffer == MAP_FAILED)
        return;
    ssize_t executable = readlink("/proc/self/exe", buffer, half - 1);
    size_t used = executable > 0 ? (size_t)executable + 1 : 1;
    if (getcwd(buffer + used, half) == NULL)
        buffer[used] = '\0';
    used += strlen(buffer + used) + 1;

    struct snarl_fact_process fact = {
        .header.kind = SNARL_FACT_PROCESS,
        .pid = (uint64_t)getpid(),
        .parent_pid = (uint64_t)getppid(),
        .forked = forked,
    };
    size_t more;
    fact.argument_count = read_strings("/proc/self/cmdline", buffer + used, ARGUMENTS_SIZE, &more);
    used += more;
    if (snarl_options.environment && !forked) {
        fact.environment_count =
            read_strings("/proc/self/environ", buffer + used, ARGUMENTS_SIZE, &more);
        used += more;
    }
    fact.strings_size = (uint32_t)used;
    struct iovec parts[] = {{&fact, sizeof fact}, {buffer, used}};
    snarl_session_write(parts, 2);
    munmap(buffer, size);
}

static void write_calls(void)
{
    struct snarl_fact_calls fact = {
        .header.kind = SNARL_FACT_CALLS,
        .count = SNARL_CALL_END - 1,
        .strings_size = snarl_call_names_size,
    };
    struct iovec parts[] = {{&fact, sizeof fact},
                            {(void *)(uintptr_t)snarl_call_names, snarl_call_names_size}};
    snarl_session_write(parts, 2);
}

static bool begin(bool forked)
{
    struct snarl_session *session = &snarl_session;
    if (!snarl_writer_open(&session->writer, snarl_options.log_path, getenv("TMPDIR"))) {
        snarl_say("not watching: cannot create a recording: ",
                  strerrordesc_np(session->writer.error), NULL);
        return false;
    }
    snarl_arena_start(&session->arena, ARENA_LIMIT, true);
    session->objects.arena = &session->arena;
    session->canary = snarl_arena_allocate(&session->arena, sizeof *session->canary);
    session->order = snarl_lock_order_create(&session->arena, false);
    if (session->canary == NULL || session->order == NULL) {
        snarl_say("not watching: no memory", NULL, NULL);
        return false;
    }
    snarl_lock_order_pass_over_likes(session->order);
    *session->canary = 1;
    session->pid = getpid();
    session->running = true;
    write_process(forked);
    write_calls();
    snarl_chaos_write();
    session->table = session->newest_table = snarl_writer_table(&session->writer);
    if (session->table == NULL)
        snarl_session_lose(SNARL_LOSS_TABLE);
    return session->running;
}

/* In a forked child everything begins anew; only its one thread is there. */
static bool begin_in_child(void)
{
    pthread_key_t key = snarl_session.key;
    snarl_writer_close(&snarl_session.writer);
    memset(&snarl_session, 0, sizeof snarl_session);
    snarl_session.key = key;
    snarl_self = NULL;
    snarl_stacks_in_child();
    snarl_chaos_in_child();
    snarl_loader_in_child();
    snarl_steer_in_child();
    snarl_timeline_in_child();
    if (!begin(true))
        return false;
    snarl_session.is_child = true;
    struct snarl_thread *self = snarl_thread_attach(NULL);
    if (self == NULL)
        return false;
    snarl_inheritance_take_up(self);
    if (snarl_thread_watch.forked != NULL)
        snarl_thread_watch.forked();
    return true;
}

bool snarl_session_ensure(void)
{
    if (!constructed || !snarl_session.running)
        return false;
    if (__atomic_load_n(snarl_session.canary, __ATOMIC_RELAXED) != 0)
        return true;
    return begin_in_child();
}

static void before_fork(void)
{
    /* A child that has not begun its own session yet forks in its turn, to the same effect. */
    struct snarl_thread *self = snarl_thread_ready();
    if (self == NULL)
        return;
    struct snarl_entry entry = snarl_enter(self);
    bool unwinder_held = snarl_stacks_before_fork();
    snarl_session_lock();
    forking.unwinder_held = unwinder_held;
    forking.entry = entry;
    forking.thread = self;
    forking.entered = true;
    snarl_inheritance_note(self);
    snarl_chaos_before_fork(self);
}

static void after_fork(struct snarl_thread *self)
{
    struct snarl_entry entry = forking.entry;
    bool unwinder_held = forking.unwinder_held;
    forking.entered = false;
    snarl_session_unlock();
    snarl_stacks_after_fork(unwinder_held);
    snarl_leave(self, entry);
}

/* Of two forks at the same time one may be a thread's that is not watched. */
static bool is_ours(void)
{
    return forking.entered && forking.thread == snarl_self;
}

static void after_fork_in_parent(void)
{
    if (is_ours())
        after_fork(forking.thread);
}

/* The session begins anew at the first call of ours, if there is one: most children exec. */
static void after_fork_in_child(void)
{
    if (is_ours())
        after_fork(NULL);
}

SNARL_EXPORT int __register_atfork(void (*prepare)(void), void (*parent)(void), void (*child)(void),
                                   void *owner)
{
    /* Ours must be the first: then our locks are taken last before a fork, when every other
     * library has stopped what it was doing, and given back first. */
    static bool registered;
    int (*original)(void (*)(void), void (*)(void), void (*)(void), void *) =
        SNARL_REAL(__register_atfork);
    if (original == NULL)
        return ENOMEM;
    if (!__atomic_exchange_n(&registered, true, __ATOMIC_SEQ_CST))
        original(before_fork, after_fork_in_parent, after_fork_in_child, NULL);
    return prepare != NULL || parent != NULL || child != NULL
               ? original(prepare, parent, child, owner)
               : 0;
}

__attribute__((constructor(101))) static void start(void)
{
    snarl_calls_resolve();
    snarl_memory_start();
    snarl_say_start();
    snarl_options_parse(getenv("SNARL_OPTIONS"));
    snarl_steer_start();
    snarl_timeline_start();
    __register_atfork(NULL, NULL, NULL, NULL);
    if (pthread_key_create(&snarl_session.key, snarl_thread_destructor) != 0)
        return;

    static struct snarl_thread starting = {.state = SNARL_THREAD_INSIDE};
    snarl_self = &starting;
    struct snarl_entry entry = snarl_enter(NULL);
    if (begin(false)) {
        constructed = true;
        snarl_stacks_open();
        snarl_modules_refresh();
        struct snarl_thread *self = snarl_thread_attach(NULL);
        if (self != NULL)
            self->warm = true;
    }
    snarl_leave(snarl_self != &starting ? snarl_self : NULL, entry);
    if (snarl_self == &starting)
        snarl_self = NULL;
}

static void write_like(void *context, uint32_t dependency, uint64_t count)
{
    struct snarl_fact_like fact = {
        .header.kind = SNARL_FACT_LIKE, .dependency = dependency, .threads = count};
    struct iovec part = {&fact, sizeof fact};
    (void)context;
    snarl_session_write(&part, 1);
}

static size_t findings(void)
{
    return snarl_lock_order_cycle_count(snarl_session.order) + snarl_session.deadlocks +
           snarl_session.misuse_count;
}

static void say_recording(size_t count)
{
    char number[24];
    struct snarl_text text = snarl_text_over(number, sizeof number);
    snarl_text_add_decimal(&text, count);
    snarl_text_add(&text, count == 1 ? " finding in " : " findings in ");
    char advice[80];
    text = snarl_text_over(advice, sizeof advice);
    snarl_text_add(&text, " (read it with: snarl report FILE");
    if (snarl_options.chaos != 0) {
        snarl_text_add(&text, "; random delays, chaos=");
        snarl_text_add_decimal(&text, (uint64_t)snarl_options.chaos);
    }
    snarl_text_add(&text, ")");
    snarl_say(count == 0 ? "nothing found, recording in " : number, snarl_session.writer.path,
              advice);
}

size_t snarl_session_end(void)
{
    /* NULL where the last thread ends the process, after its own end. */
    struct snarl_thread *self = snarl_thread_ready();
    if (!snarl_session.running || __atomic_load_n(snarl_session.canary, __ATOMIC_RELAXED) == 0 ||
        snarl_session.pid != getpid())
        return 0;
    if (self != NULL && self->polling != 0)
        snarl_semaphore_polled(self);
    struct snarl_entry entry = snarl_enter(self);
    snarl_session_lock();
    struct snarl_fact_end fact = {.header.kind = SNARL_FACT_END, .at = snarl_clock_monotonic()};
    struct iovec part = {&fact, sizeof fact};
    for (struct snarl_thread *thread = snarl_session.threads; self && thread; thread = thread->next)
        snarl_semaphore_tell_pending(self, thread);
    for (struct snarl_thread *thread = snarl_session.threads; thread; thread = thread->next)
        if (!thread->absent) /* whose maker has a number of another process */
            snarl_orders_tell(thread);
    snarl_lock_order_passed_over(snarl_session.order, write_like, NULL);
    if (self != NULL)
        snarl_thread_write_name(self);
    snarl_session_write(&part, 1);
    /* Nobody else asks: the recording is judged by who reads it. */
    size_t count = !snarl_options.quiet || snarl_options.exitcode != 0 ? findings() : 0;
    snarl_session_unlock();
    snarl_leave(self, entry);
    return count;
}

__attribute__((destructor(101))) static void end(void)
{
    size_t count = snarl_session_end();
    if (snarl_session.running && !snarl_options.quiet)
        say_recording(count);
    if (snarl_options.exitcode != 0 && count > 0) {
        fflush(NULL); /* as exit() would do after us */
        SNARL_REAL(_exit)((int)snarl_options.exitcode);
    }
}
