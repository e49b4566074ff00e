#include "preload/frames.h"

#include <signal.h>
#include <string.h>
#include <sys/auxv.h>

#include "preload/memory.h"
#include "preload/session.h"

enum {
    FIRST_WATCHES = 8,
    MAIN_STACK = 128 * 1024 * 1024, /* the kernel keeps at least that much below its top free */
};

struct snarl_frame_watch {
    uintptr_t address;
    const uintptr_t *return_slot; /* NULL where it is not known */
    uintptr_t returns_to;
    bool unanchored; /* to be found at the owner's next call */
    void (*left)(struct snarl_thread *self, uintptr_t address);
};

static struct snarl_thread *main_thread; /* of this session */

static bool is_in_stack(const struct snarl_thread *thread, uintptr_t address)
{
    return address - thread->stack_low < thread->stack_high - thread->stack_low;
}

/* What the quick checks look at. */
static void refresh(struct snarl_thread *thread)
{
    const struct snarl_frame_watch *lowest =
        thread->watch_count > 0 ? &thread->watches[thread->watch_count - 1] : NULL;
    static const uintptr_t never = 0;
    bool known = lowest != NULL && lowest->return_slot != NULL;
    bool unanchored = lowest != NULL && lowest->unanchored;
    __atomic_store_n(&thread->lowest_watch, lowest != NULL ? lowest->address : UINTPTR_MAX,
                     __ATOMIC_RELAXED);
    thread->lowest_returns_to = known ? lowest->returns_to : 1;
    thread->lowest_return = unanchored ? &never
                            : known    ? lowest->return_slot
                                       : &thread->lowest_returns_to;
}

void snarl_frames_attach(struct snarl_thread *self, uintptr_t frame)
{
    uintptr_t main_high = getauxval(AT_EXECFN);
    if (main_high - frame < MAIN_STACK) {
        self->stack_high = main_high;
        self->stack_low = main_high - MAIN_STACK;
        main_thread = self;
    } else if (self->stack_size > 0) {
        /* glibc lays the thread's descriptor, which its handle points to, over its thread-local
         * variables, and those over its stack; the size is that of all, but for a guard. */
        self->stack_high = (uintptr_t)pthread_self();
        self->stack_low = self->stack_high - self->stack_size + 4096;
    }
    if (!is_in_stack(self, frame))
        self->stack_low = self->stack_high = 0;
    refresh(self);
}

void snarl_frames_detach(struct snarl_thread *self)
{
    if (self->stack_size > 0 && self->stack_high > 0)
        snarl_memory_gone_locked(self->stack_low, self->stack_high);
    if (self == main_thread)
        main_thread = NULL;
    self->stack_low = self->stack_high = 0;
    snarl_arena_free(&snarl_session.arena, self->watches,
                     self->watch_capacity * sizeof self->watches[0]);
    self->watches = NULL;
    self->watch_count = self->watch_capacity = 0;
    refresh(self);
}

/* Looks among the return addresses that a memo knows, outermost first, as far as they are there. */
static void find_return_in(const struct snarl_memo *memo, const struct snarl_thread *owner,
                           struct snarl_frame_watch *watch)
{
    for (int i = SNARL_MEMO_FRAMES - 1; i >= 0 && snarl_memo_holds(memo, memo->frame, i); i--) {
        const uintptr_t *slot = (const uintptr_t *)memo->frame + memo->offset[i];
        if ((uintptr_t)slot > watch->address && is_in_stack(owner, (uintptr_t)slot) &&
            (watch->return_slot == NULL || slot < watch->return_slot)) {
            watch->return_slot = slot;
            watch->returns_to = memo->address[i];
        }
    }
}

/* Finds where the frame that houses the address returns to: the lowest return address above it, of
 * those that the memos of the thread's last call know. */
static void find_return(struct snarl_thread *owner, struct snarl_frame_watch *watch)
{
    struct snarl_site site = {owner->site_caller, owner->site_frame};
    /* The thread runs, and a stack that it has switched to may be gone by now. */
    if (site.caller == 0 || site.frame > watch->address || !is_in_stack(owner, site.frame))
        return;
    for (uint32_t way = 0; way < SNARL_MEMO_WAYS; way++) {
        const struct snarl_memo *memo = snarl_memo_of(owner, site, way);
        if (memo->caller == site.caller && memo->frame == site.frame)
            find_return_in(memo, owner, watch);
    }
}

static bool make_room(struct snarl_thread *owner)
{
    if (owner->watch_count < owner->watch_capacity)
        return true;
    uint32_t capacity = owner->watch_capacity > 0 ? 2 * owner->watch_capacity : FIRST_WATCHES;
    struct snarl_frame_watch *watches = snarl_session_allocate(capacity * sizeof *watches);
    if (watches == NULL)
        return false;
    if (owner->watch_count > 0)
        memcpy(watches, owner->watches, owner->watch_count * sizeof *watches);
    snarl_arena_free(&snarl_session.arena, owner->watches, owner->watch_capacity * sizeof *watches);
    owner->watches = watches;
    owner->watch_capacity = capacity;
    return true;
}

static bool add(struct snarl_thread *owner, struct snarl_frame_watch watch)
{
    if (!make_room(owner))
        return false;
    uint32_t at = owner->watch_count;
    while (at > 0 && owner->watches[at - 1].address < watch.address)
        at--;
    if (at > 0 && owner->watches[at - 1].address == watch.address &&
        owner->watches[at - 1].left == watch.left) {
        owner->watches[at - 1] = watch;
    } else {
        memmove(&owner->watches[at + 1], &owner->watches[at],
                (owner->watch_count - at) * sizeof watch);
        owner->watches[at] = watch;
        owner->watch_count++;
    }
    refresh(owner);
    return true;
}

bool snarl_frames_watch(struct snarl_thread *self, uintptr_t address,
                        void (*left)(struct snarl_thread *self, uintptr_t address))
{
    struct snarl_frame_watch watch = {.address = address, .left = left};
    return is_in_stack(self, address) && add(self, watch);
}

static void remove_at(struct snarl_thread *owner, uint32_t at)
{
    owner->watch_count--;
    memmove(&owner->watches[at], &owner->watches[at + 1],
            (owner->watch_count - at) * sizeof owner->watches[0]);
    refresh(owner);
}

void snarl_frames_unwatch(struct snarl_thread *self, uintptr_t address,
                          void (*left)(struct snarl_thread *self, uintptr_t address))
{
    for (uint32_t i = self->watch_count; i-- > 0;)
        if (self->watches[i].address == address && self->watches[i].left == left)
            remove_at(self, i);
}

/* What lived at the address is over. */
static void object_left(struct snarl_thread *self, uintptr_t address)
{
    struct snarl_site site = {self->site_caller, self->site_frame};
    /* If we are above it for sure our own frames have been written over it. */
    snarl_memory_gone(self, address, address + 1, site,
                      site.frame > address ? SNARL_MEMORY_BLAMES_BY_BOOKS : SNARL_MEMORY_BLAMELESS);
}

void snarl_frames_note(struct snarl_thread *self, uintptr_t address)
{
    struct snarl_thread *owner = NULL;
    if (is_in_stack(self, address))
        owner = self;
    else if (main_thread != NULL && is_in_stack(main_thread, address))
        owner = main_thread;
    else if (self->creator != NULL && is_in_stack(self->creator, address))
        owner = (struct snarl_thread *)(uintptr_t)self->creator;
    if (owner == NULL)
        return;
    struct snarl_frame_watch watch = {.address = address, .left = object_left};
    find_return(owner, &watch);
    watch.unanchored = watch.return_slot == NULL;
    add(owner, watch);
}

static bool is_left(const struct snarl_frame_watch *watch, uintptr_t frame, bool by_height)
{
    if (by_height && watch->address < frame)
        return true;
    return watch->return_slot != NULL && *watch->return_slot != watch->returns_to;
}

/* Takes off the innermost watch if its frame was left. */
static bool take_left(struct snarl_thread *self, uintptr_t frame, bool by_height,
                      struct snarl_frame_watch *watch)
{
    snarl_session_lock();
    bool found =
        self->watch_count > 0 && is_left(&self->watches[self->watch_count - 1], frame, by_height);
    if (found) {
        *watch = self->watches[self->watch_count - 1];
        remove_at(self, self->watch_count - 1);
    }
    snarl_session_unlock();
    return found;
}

/* A signal's stack may lie anywhere, in the thread's own too. */
static bool is_on_signal_stack(void)
{
    stack_t stack;
    return sigaltstack(NULL, &stack) == 0 && stack.ss_flags & SS_ONSTACK;
}

/* Finds the frames of what other threads have begun in them meanwhile: they are not left yet, or it
 * cannot be known. */
static void anchor(struct snarl_thread *self, struct snarl_site site)
{
    if (*self->lowest_return == self->lowest_returns_to)
        return;
    snarl_stack_of(self, site);
    snarl_session_lock();
    for (uint32_t i = 0; i < self->watch_count; i++) {
        struct snarl_frame_watch *watch = &self->watches[i];
        if (watch->unanchored)
            find_return(self, watch);
        watch->unanchored = false;
    }
    refresh(self);
    snarl_session_unlock();
}

static void judge(struct snarl_thread *self, struct snarl_site site)
{
    anchor(self, site);
    bool by_height = site.frame > self->lowest_watch && !is_on_signal_stack();
    struct snarl_frame_watch watch;
    while (take_left(self, site.frame, by_height, &watch))
        watch.left(self, watch.address);
}

void snarl_frames_check(struct snarl_thread *self, struct snarl_site site)
{
    self->site_caller = site.caller;
    self->site_frame = site.frame;
    if (self->lowest_watch != UINTPTR_MAX && is_in_stack(self, site.frame))
        judge(self, site);
}

void snarl_frames_left(struct snarl_thread *self, struct snarl_site site)
{
    if (!is_in_stack(self, site.frame))
        return;
    struct snarl_entry entry = snarl_enter(self);
    snarl_frames_check(self, site);
    snarl_leave(self, entry);
}
