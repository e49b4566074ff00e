#include "race/stall.h"

#include <errno.h>
#include <linux/futex.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/hash.h"
#include "race/blocks.h"
#include "race/regions.h"
#include "race/watchpoints.h"

enum {
    MOST_RACES = 256, /* that are written down, of different pairs of instructions */
    LONGEST_CHANGE = 20 * 1000 * 1000, /* that one waits for what the other side is about to do */
    LONGEST_FILL = 300 * 1000 * 1000,  /* nanoseconds that one waits for the other side to tell */
};

enum hit {
    NOBODY,
    FILLING, /* another thread has come, and writes down what it did */
    FILLED,
};

/* One who is held. */
struct slot {
    uint32_t taken;
    uint32_t armed; /* what follows is valid */
    uintptr_t address;
    uint32_t size;
    uint32_t flags;  /* of the access, enum snarl_access_flags */
    uint64_t before; /* what stood there */
    pid_t owner;
    uint32_t hit; /* enum hit; a futex */
    struct snarl_race_side other;
};

static struct slot slots[SNARL_WATCHPOINTS];
static const struct snarl_services *services;
static int watchpoint_count;
static uint64_t known[MOST_RACES]; /* pairs of instructions that were written down */
static uint32_t known_count;

void snarl_stall_start(const struct snarl_services *given, int watchpoints)
{
    services = given;
    watchpoint_count = watchpoints;
}

void snarl_stall_forget(void)
{
    memset(slots, 0, sizeof slots);
    memset(known, 0, sizeof known);
    known_count = 0;
}

static struct slot *take_slot(void)
{
    for (int i = 0; i < SNARL_WATCHPOINTS; i++)
        if (__atomic_exchange_n(&slots[i].taken, 1, __ATOMIC_ACQUIRE) == 0)
            return &slots[i];
    return NULL;
}

static void give_back(struct slot *slot)
{
    __atomic_store_n(&slot->armed, 0, __ATOMIC_SEQ_CST);
    __atomic_store_n(&slot->taken, 0, __ATOMIC_RELEASE);
}

/* As much of the access as one watchpoint can cover: a power of two, aligned. */
static void choose_part(const struct snarl_access *access, struct slot *slot)
{
    for (slot->size = 8; slot->size > 1; slot->size /= 2) {
        slot->address = (access->address + slot->size - 1) & ~(uintptr_t)(slot->size - 1);
        if (slot->address + slot->size <= access->address + access->size)
            return;
    }
    slot->address = access->address;
}

static void describe_side(struct snarl_race_side *side, const ucontext_t *context, uint32_t flags)
{
    struct snarl_service_thread self;
    uintptr_t at = (uintptr_t)context->uc_mcontext.gregs[REG_RIP];
    bool behind = flags & SNARL_RACE_BEHIND;
    *side = (struct snarl_race_side){.at = at, .flags = flags};
    snarl_regions_read(side->code, behind ? at - sizeof side->code : at, sizeof side->code);
    if (!services->describe(&self))
        return;
    side->thread = self.id;
    side->stack = services->capture(context, behind);
    side->held_count = (uint32_t)services->held(side->held, SNARL_RACE_HELD);
}

static bool overlap(const struct slot *slot, const struct slot *other)
{
    return slot->address < other->address + other->size &&
           other->address < slot->address + slot->size;
}

/* Tells who is held at `slot` what the calling thread did. Whether nobody had before. */
static bool tell(struct slot *slot, const ucontext_t *context, uint32_t flags)
{
    uint32_t nobody = NOBODY;
    if (!__atomic_load_n(&slot->armed, __ATOMIC_SEQ_CST) ||
        slot->owner == (pid_t)syscall(SYS_gettid) ||
        !__atomic_compare_exchange_n(&slot->hit, &nobody, FILLING, false, __ATOMIC_SEQ_CST,
                                     __ATOMIC_SEQ_CST))
        return false;
    describe_side(&slot->other, context, flags);
    __atomic_store_n(&slot->hit, FILLED, __ATOMIC_SEQ_CST);
    syscall(SYS_futex, &slot->hit, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
    return true;
}

void snarl_stall_hit(int watchpoint, const ucontext_t *context)
{
    tell(&slots[watchpoint], context, SNARL_RACE_BEHIND);
}

/* Somebody is held right now before an access that conflicts with ours: both were about to. */
static bool meet(const struct slot *own, const ucontext_t *context)
{
    for (int i = 0; i < SNARL_WATCHPOINTS; i++) {
        struct slot *slot = &slots[i];
        if (slot != own && __atomic_load_n(&slot->armed, __ATOMIC_SEQ_CST) && overlap(own, slot) &&
            (own->flags | slot->flags) & SNARL_ACCESS_WRITES &&
            tell(slot, context, own->flags & (SNARL_RACE_READS | SNARL_RACE_WRITES)))
            return true;
    }
    return false;
}

static void wait_for(struct slot *slot, uint32_t state, uint64_t nanoseconds)
{
    uint64_t end = snarl_clock_monotonic() + nanoseconds;
    for (uint64_t now; __atomic_load_n(&slot->hit, __ATOMIC_SEQ_CST) == state &&
                       (now = snarl_clock_monotonic()) < end;) {
        struct timespec left = {(time_t)((end - now) / 1000000000u),
                                (long)((end - now) % 1000000000u)};
        syscall(SYS_futex, &slot->hit, FUTEX_WAIT_PRIVATE, state, &left, NULL, 0);
    }
}

/* Whether this pair of instructions is new; one that has left a value as it was is another than one
 * that has changed it. (By one thread at a time in nearly all cases; at worst
 * a race is written down twice, or one is not.) */
static bool is_new(uint64_t first, uint64_t second, bool changed)
{
    uint64_t pair = first < second ? snarl_hash_mix(first, second) : snarl_hash_mix(second, first);
    pair += changed;
    uint32_t count = __atomic_load_n(&known_count, __ATOMIC_ACQUIRE);
    for (uint32_t i = 0; i < count && i < MOST_RACES; i++)
        if (known[i] == pair)
            return false;
    count = __atomic_fetch_add(&known_count, 1, __ATOMIC_ACQ_REL);
    if (count < MOST_RACES)
        known[count] = pair;
    return count < MOST_RACES;
}

static void write_race(const struct slot *slot, const ucontext_t *context, uint64_t before,
                       uint64_t after)
{
    struct snarl_fact_race fact = {.header.kind = SNARL_FACT_RACE,
                                   .when = snarl_clock_monotonic(),
                                   .address = slot->address,
                                   .size = slot->size,
                                   .before = before,
                                   .after = after};
    if (slot->hit == FILLED)
        fact.sides[1] = slot->other;
    else
        fact.sides[1].flags = SNARL_RACE_UNSEEN | SNARL_RACE_WRITES;
    if (!is_new((uint64_t)context->uc_mcontext.gregs[REG_RIP], fact.sides[1].at, before != after))
        return;
    struct snarl_block block;
    if (snarl_blocks_find(slot->address, &block)) {
        fact.block = block.start;
        fact.block_size = block.size;
        fact.allocated = block.asker != 0 ? services->frame(block.asker) : 0;
    }
    describe_side(&fact.sides[0], context, slot->flags & (SNARL_RACE_READS | SNARL_RACE_WRITES));
    struct iovec part = {&fact, sizeof fact};
    services->write(&part, 1);
}

static uint64_t read_value(const struct slot *slot)
{
    uint64_t value = 0;
    snarl_regions_read(&value, slot->address, slot->size);
    return value;
}

/* Who was met before its own access makes it now: what it leaves there, if that is something else.
 */
static uint64_t await_change(const struct slot *slot, uint64_t before)
{
    uint64_t end = snarl_clock_monotonic() + LONGEST_CHANGE, value;
    while ((value = read_value(slot)) == before && snarl_clock_monotonic() < end)
        syscall(SYS_sched_yield); /* it may need this very processor */
    return value;
}

/* With the slot armed. Whether there was a race that says enough: where the other may have written
 * what stood there already, the next time may say more. */
static bool hold(struct slot *slot, const ucontext_t *context, uint64_t nanoseconds)
{
    int watchpoint = (int)(slot - slots);
    uint64_t before = slot->before;
    bool watched =
        watchpoint < watchpoint_count && snarl_watchpoint_arm(watchpoint, slot->address, slot->size,
                                                              slot->flags & SNARL_ACCESS_WRITES);
    wait_for(slot, NOBODY, nanoseconds);
    if (watched)
        snarl_watchpoint_disarm(watchpoint);
    wait_for(slot, FILLING, LONGEST_FILL);
    __atomic_store_n(&slot->armed, 0, __ATOMIC_SEQ_CST);
    bool seen = __atomic_load_n(&slot->hit, __ATOMIC_SEQ_CST) == FILLED;
    bool behind = seen && slot->other.flags & SNARL_RACE_BEHIND;
    uint64_t after = seen && !behind ? await_change(slot, before) : read_value(slot);
    /* Where there are watchpoints, a change that none has told of is the kernel's. */
    if (!seen && (watched || before == after))
        return false;
    write_race(slot, context, before, after);
    return before != after || (!behind && !(slot->other.flags & SNARL_RACE_WRITES));
}

bool snarl_stall(const struct snarl_service_thread *self, const ucontext_t *context,
                 const struct snarl_access *access, uint64_t nanoseconds)
{
    (void)self;
    struct slot *slot = take_slot();
    if (slot == NULL)
        return false;
    choose_part(access, slot);
    slot->flags = access->flags;
    slot->owner = (pid_t)syscall(SYS_gettid);
    slot->hit = NOBODY;
    bool enough = false;
    if (!meet(slot, context)) {
        slot->before = read_value(slot); /* first: whoever writes from here on may be told of */
        __atomic_store_n(&slot->armed, 1, __ATOMIC_SEQ_CST);
        enough = hold(slot, context, nanoseconds);
    }
    give_back(slot);
    return enough;
}
