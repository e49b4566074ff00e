#include "preload/stacks.h"

#include <dlfcn.h>
#include <signal.h>
#include <string.h>
#include <ucontext.h>

#define UNW_LOCAL_ONLY
#include <libunwind.h>

#include "base/hash.h"
#include "preload/calls.h"
#include "preload/modules.h"
#include "preload/options.h"
#include "preload/session.h"
#include "preload/steer.h"

enum {
    DEEPEST = 128,
    OWN_FRAMES = 16,
    LEAST_ROOM = 8192
};

struct snarl_known_stack {
    uint64_t key; /* hash of the addresses; 64 bits make a clash a matter of billions of stacks */
    uint32_t stack;
    UT_hash_handle by_key;
};

static struct {
    int (*backtrace)(void **, int);
    int (*init)(unw_cursor_t *, unw_context_t *);
    int (*init_as)(unw_cursor_t *, unw_context_t *, int);
    int (*step)(unw_cursor_t *);
    int (*get_register)(unw_cursor_t *, unw_regnum_t, unw_word_t *);
} unwinder;

static struct snarl_own_lock unwinding;
static uint32_t turns;                 /* how often it was given back */
static uint32_t warming;               /* threads in snarl_stacks_warm */
static struct snarl_own_lock may_warm; /* held from before a fork till after it */
static const struct timespec longest_wait = {.tv_sec = 1, .tv_nsec = 0};

/* libunwind finds out by a pipe whether memory can be read, opened when it first feels like it. Its
 * two ends are kept out of the host's way: under a number that the host has given to a file of its
 * own, they would be written to. */
static __thread bool at_work __attribute__((tls_model("initial-exec")));

/* It blocks signals by sigprocmask, and so, in giving them back, lets through the one by which
 * glibc cancels threads: in the next write that would end this one, with our locks held. */
static void end_work(void)
{
    at_work = false;
    snarl_block_signals(NULL);
}

SNARL_EXPORT int pipe2(int descriptors[2], int flags)
{
    int result = SNARL_REAL(pipe2)(descriptors, flags);
    for (int i = 0; result == 0 && at_work && i < 2; i++)
        descriptors[i] = snarl_writer_move_away(descriptors[i]);
    return result;
}

/* libunwind's names carry the architecture; its header maps the plain ones to them. */
#define QUOTED(name) #name
#define NAME(name) QUOTED(name)

/* Not under the lock: what this allocates comes from the host's allocator, whose own locks bring
 * other threads here. */
static void warm(void)
{
    void *addresses[OWN_FRAMES];
    snarl_own_lock_take(&may_warm);
    __atomic_fetch_add(&warming, 1, __ATOMIC_SEQ_CST);
    snarl_own_lock_release(&may_warm);
    at_work = true;
    unwinder.backtrace(addresses, OWN_FRAMES);
    end_work();
    __atomic_fetch_sub(&warming, 1, __ATOMIC_SEQ_CST);
}

void snarl_stacks_open(void)
{
    void *library = dlopen("libunwind.so.8", RTLD_NOW | RTLD_LOCAL);
    if (library == NULL)
        return;
    /* dlsym gives data pointers; copying the bits is what POSIX means by it. */
    void *found[] = {dlsym(library, NAME(unw_backtrace)), dlsym(library, NAME(unw_init_local)),
                     dlsym(library, NAME(unw_init_local2)), dlsym(library, NAME(unw_step)),
                     dlsym(library, NAME(unw_get_reg))};
    for (size_t i = 0; i < sizeof found / sizeof found[0]; i++)
        if (found[i] == NULL)
            return;
    memcpy(&unwinder, found, sizeof found);
    warm();
}

/* Whether it is our turn: not if none has ended for so long that who has it must be stuck. */
static bool take_turn(void)
{
    for (;;) {
        uint32_t before = __atomic_load_n(&turns, __ATOMIC_RELAXED);
        if (snarl_own_lock_take_within(&unwinding, &longest_wait))
            return true;
        if (__atomic_load_n(&turns, __ATOMIC_RELAXED) == before)
            return false;
    }
}

static void end_turn(void)
{
    __atomic_fetch_add(&turns, 1, __ATOMIC_RELAXED);
    snarl_own_lock_release(&unwinding);
}

void snarl_stacks_warm(struct snarl_thread *self)
{
    self->warm = true;
    if (unwinder.backtrace == NULL)
        return;
    struct snarl_entry entry = snarl_enter(self);
    warm();
    snarl_leave(self, entry);
}

bool snarl_stacks_before_fork(void)
{
    snarl_own_lock_take(&may_warm);
    /* Not for ever: one may need the allocator, which stands still for the fork too. */
    for (int i = 0; i < 50 && __atomic_load_n(&warming, __ATOMIC_SEQ_CST) != 0; i++)
        syscall(SYS_nanosleep, &(struct timespec){.tv_nsec = 1000 * 1000}, NULL);
    return take_turn();
}

void snarl_stacks_after_fork(bool held)
{
    snarl_own_lock_release(&may_warm);
    if (held)
        end_turn();
}

void snarl_stacks_in_child(void)
{
    bool stuck = unwinding.state != SNARL_OWN_LOCK_FREE || warming != 0;
    if (snarl_modules_forget(stuck))
        unwinder.backtrace = NULL;
    warming = 0;
    may_warm = (struct snarl_own_lock){0};
    unwinding = (struct snarl_own_lock){0};
}

/* What one unwinding works with: not on the stack, of which a thread, or a signal handler, may have
 * little. For who has `unwinding`. */
static struct {
    void *all[DEEPEST + OWN_FRAMES];
    uintptr_t addresses[DEEPEST];
    unw_context_t context;
    unw_cursor_t cursor;
} work;

/* A cursor in the caller, right after the call. */
static bool start_cursor(struct snarl_site site)
{
    greg_t *registers = work.context.uc_mcontext.gregs;
    memset(&work.context, 0, sizeof work.context);
    registers[REG_RIP] = (greg_t)site.caller;
    registers[REG_RSP] = (greg_t)(site.frame + 2 * sizeof(uintptr_t));
    registers[REG_RBP] = *(const greg_t *)site.frame;
    return unwinder.init(&work.cursor, &work.context) == 0;
}

/* The frames of the host, innermost first, in `addresses`; at least the caller's. Step by step,
 * some microseconds: a thread that is new does without the cache of 256 KiB that makes it quick. */
static uint32_t unwind_by_steps(struct snarl_site site, uintptr_t *addresses)
{
    uint32_t count = 0;
    unw_word_t address;
    addresses[count++] = site.caller;
    if (!start_cursor(site))
        return count;
    while (count < snarl_options.stack_depth && unwinder.step(&work.cursor) > 0 &&
           unwinder.get_register(&work.cursor, UNW_REG_IP, &address) == 0 && address != 0)
        addresses[count++] = address;
    return count;
}

/* The same at once. */
static uint32_t unwind(struct snarl_site site, uintptr_t *addresses)
{
    void **all = work.all;
    int wanted = (int)snarl_options.stack_depth;
    int count = unwinder.backtrace(all, wanted + OWN_FRAMES);
    int first = 0;
    while (first < count && first < OWN_FRAMES && (uintptr_t)all[first] != site.caller)
        first++;
    if (first == count || (uintptr_t)all[first] != site.caller) {
        addresses[0] = site.caller; /* it went astray on the way out of our own code */
        return 1;
    }
    count -= first;
    if (count > wanted)
        count = wanted;
    memcpy(addresses, all + first, (size_t)count * sizeof addresses[0]);
    return (uint32_t)count;
}

struct snarl_memo *snarl_memo_find(struct snarl_thread *self, struct snarl_site site)
{
    for (uint32_t way = 0; way < SNARL_MEMO_WAYS; way++) {
        struct snarl_memo *memo = snarl_memo_of(self, site, way);
        if (snarl_memo_matches(memo, site))
            return memo;
    }
    return NULL;
}

uint32_t snarl_stack_recall(struct snarl_thread *self, struct snarl_site site)
{
    const struct snarl_memo *memo = snarl_memo_find(self, site);
    return memo != NULL ? memo->stack : 0;
}

/* Where to keep a new one: in the place of what was taken for the same path, else of any. */
static struct snarl_memo *memo_to_write(struct snarl_thread *self, struct snarl_site site)
{
    struct snarl_memo *memo = snarl_memo_find(self, site);
    for (uint32_t way = 0; memo == NULL && way < SNARL_MEMO_WAYS; way++)
        if (snarl_memo_of(self, site, way)->caller == 0)
            memo = snarl_memo_of(self, site, way);
    return memo != NULL ? memo : snarl_memo_of(self, site, self->memo_turn++ % SNARL_MEMO_WAYS);
}

/* Finds where the next return addresses lie. */
static void memorise(struct snarl_thread *self, struct snarl_site site, uint32_t stack)
{
    struct snarl_memo *memo = memo_to_write(self, site);
    unw_cursor_t *cursor = &work.cursor;

    memo->caller = 0;
    for (int i = 0; i < SNARL_MEMO_FRAMES; i++) {
        memo->offset[i] = 1; /* the caller's own lies next to the saved frame pointer */
        memo->address[i] = site.caller;
    }
    if (!start_cursor(site))
        return;
    for (int i = 0; i < SNARL_MEMO_FRAMES && unwinder.step(cursor) > 0; i++) {
        unw_word_t address = 0, stack_pointer = 0;
        if (unwinder.get_register(cursor, UNW_REG_IP, &address) != 0 ||
            unwinder.get_register(cursor, UNW_REG_SP, &stack_pointer) != 0)
            break;
        /* Believed only if it lies there: frames of generated code can mislead the unwinder. */
        uintptr_t place = stack_pointer - sizeof(uintptr_t);
        uintptr_t words = (place - site.frame) / sizeof(uintptr_t);
        if (address == 0 || place <= site.frame || words > UINT16_MAX ||
            *(const uintptr_t *)place != address)
            break;
        memo->offset[i] = (uint16_t)words;
        memo->address[i] = address;
    }
    memo->frame = site.frame;
    memo->stack = stack;
    memo->caller = site.caller;
}

static struct snarl_known_stack *find(uint64_t key)
{
    struct snarl_known_stack *known;
    HASH_FIND(by_key, snarl_session.stacks, &key, sizeof key, known);
    return known;
}

static uint32_t add(uint64_t key, const uintptr_t *addresses, uint32_t count)
{
    struct snarl_arena *arena = &snarl_session.arena;
    struct snarl_known_stack *known = snarl_session_allocate(sizeof *known);
    if (known == NULL)
        return 0;
    known->key = key;
    HASH_ADD(by_key, snarl_session.stacks, key, sizeof known->key, known);
    if (!SNARL_TABLE_HAS(known, by_key))
        return 0;
    known->stack = ++snarl_session.last_stack;
    struct snarl_fact_stack fact = {
        .header.kind = SNARL_FACT_STACK, .stack = known->stack, .count = count};
    struct iovec parts[] = {{&fact, sizeof fact},
                            {(void *)(uintptr_t)addresses, count * sizeof addresses[0]}};
    snarl_session_write(parts, 2);
    if (snarl_steering)
        snarl_steer_note_stack(known->stack, addresses, count);
    return known->stack;
}

static uint32_t intern(const uintptr_t *addresses, uint32_t count)
{
    uint64_t key = count;
    for (uint32_t i = 0; i < count; i++)
        key = snarl_hash_mix(key, addresses[i]);

    /* The modules that it names must stand before it in the recording, and before any lock that it
     * is the first to take. */
    snarl_modules_refresh();
    snarl_session_lock();
    const struct snarl_known_stack *known = find(key);
    uint32_t stack = known != NULL ? known->stack : add(key, addresses, count);
    snarl_session_unlock();
    return stack;
}

/* A signal handler may run on a stack of 8 KiB, half of it taken by what the kernel saved; the
 * unwinder needs more than is left. */
static bool has_room(struct snarl_site site)
{
    stack_t alternate;
    return sigaltstack(NULL, &alternate) != 0 || !(alternate.ss_flags & SS_ONSTACK) ||
           site.frame - (uintptr_t)alternate.ss_sp >= LEAST_ROOM;
}

uint32_t snarl_stack_capture(struct snarl_thread *self, struct snarl_site site)
{
    if (unwinder.backtrace != NULL && has_room(site) && take_turn()) {
        at_work = true;
        self->captures++;
        uint32_t count =
            self->warm ? unwind(site, work.addresses) : unwind_by_steps(site, work.addresses);
        end_work();
        uint32_t stack = intern(work.addresses, count);
        at_work = true;
        memorise(self, site, stack);
        end_work();
        end_turn();
        return stack;
    }
    uint32_t stack = intern(&site.caller, 1);
    snarl_session_lock();
    snarl_session_lose(unwinder.backtrace != NULL ? SNARL_LOSS_STACK : SNARL_LOSS_UNWINDER);
    snarl_session_unlock();
    return stack;
}

/* Frame by frame, from what the kernel has saved: its first address is no return address, which is
 * looked up by what goes before it. */
static uint32_t unwind_context(const ucontext_t *context, uintptr_t *addresses)
{
    uint32_t count = 1;
    unw_word_t address;
    memcpy(&work.context, context, sizeof work.context);
    if (unwinder.init_as(&work.cursor, &work.context, UNW_INIT_SIGNAL_FRAME) != 0)
        return count;
    while (count < snarl_options.stack_depth && unwinder.step(&work.cursor) > 0 &&
           unwinder.get_register(&work.cursor, UNW_REG_IP, &address) == 0 && address != 0)
        addresses[count++] = address;
    return count;
}

uint32_t snarl_stack_capture_context(struct snarl_thread *self, const ucontext_t *context,
                                     bool behind)
{
    uintptr_t first = (uintptr_t)context->uc_mcontext.gregs[REG_RIP] + !behind;
    struct snarl_site here = {0, (uintptr_t)__builtin_frame_address(0)};
    if (unwinder.backtrace == NULL || !has_room(here) || !take_turn())
        return intern(&first, 1);
    at_work = true;
    self->captures++;
    work.addresses[0] = first;
    uint32_t count = unwind_context(context, work.addresses);
    end_work();
    uint32_t stack = intern(work.addresses, count);
    end_turn();
    return stack;
}

uint32_t snarl_stack_of_frame(uintptr_t return_address)
{
    return intern(&return_address, 1);
}

void snarl_stacks_after_unload(void)
{
    struct snarl_arena *arena = &snarl_session.arena;
    snarl_session_lock();
    struct snarl_known_stack *known = snarl_session.stacks;
    HASH_CLEAR(by_key, snarl_session.stacks);
    while (known != NULL) {
        struct snarl_known_stack *next = known->by_key.next;
        snarl_arena_free(arena, known, sizeof *known);
        known = next;
    }
    for (struct snarl_thread *thread = snarl_session.threads; thread; thread = thread->next)
        for (int i = 0; thread->caches.memos != NULL && i < SNARL_MEMO_ENTRIES; i++)
            __atomic_store_n(&thread->caches.memos[i].caller, 0, __ATOMIC_RELAXED);
    snarl_session_unlock();
}
