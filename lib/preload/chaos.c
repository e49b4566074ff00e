#include "preload/chaos.h"

#include <errno.h>
#include <time.h>

#include "base/hash.h"
#include "base/system.h"
#include "preload/options.h"
#include "preload/session.h"

enum {
    FEW_VISITS = 8,             /* after so many the chance of a delay has halved */
    FEW_CHILDREN = 16,          /* likewise, of threads that one thread makes */
    ALWAYS = 65536,             /* chances are parts of it */
    LONGEST_PACE = 12,          /* a pace lasts for up to 2 to that power of points */
    LONGEST_SPIN = 65536,       /* rounds, of a nanosecond or less each */
    SHORTEST_SLEEP = 10 * 1000, /* nanoseconds */
    PAGE = 4096,
};

/* How often a thread is delayed at new places, and how long: by up to 2 to the power of `doublings`
 * times the shortest sleep, and as much again. */
static const struct pace {
    uint32_t chance;
    uint32_t doublings;
} paces[] = {
    {ALWAYS / 32, 5}, /* swift: up to 0.6 ms */
    {ALWAYS / 5, 7},  /* usual: up to 2.6 ms */
    {ALWAYS / 2, 8},  /* slow: up to 5.1 ms */
};

enum {
    PACES = sizeof paces / sizeof paces[0]
};

static uint64_t process;       /* which fork of which thread made this one; 0 where none did */
static uint64_t child_process; /* the same of the one that is being forked */

static uint64_t draw(struct snarl_chaos *chaos)
{
    uint64_t drawn = snarl_hash_mix(chaos->generator, 0);
    chaos->generator += 0x9e3779b97f4a7c15u;
    return drawn;
}

static void change_pace(struct snarl_chaos *chaos)
{
    uint64_t drawn = draw(chaos);
    chaos->pace = (uint32_t)(drawn & UINT16_MAX) % PACES;
    uint32_t longest = 1u << (drawn >> 16 & UINT16_MAX) % (LONGEST_PACE + 1);
    chaos->until_change = (uint32_t)(drawn >> 32) % longest + 1;
}

static void start(struct snarl_chaos *chaos, uint64_t identity, uint32_t newness)
{
    chaos->identity = chaos->generator = identity;
    chaos->newness = newness;
    change_pace(chaos);
}

void snarl_chaos_begin(struct snarl_thread *thread)
{
    if (snarl_options.chaos == 0)
        return;
    if (thread->chaos == NULL)
        thread->chaos = snarl_session_allocate(sizeof *thread->chaos);
    if (thread->chaos == NULL)
        return;
    *thread->chaos = (struct snarl_chaos){.children = 0};
    uint64_t root = snarl_hash_mix(process, (uint64_t)snarl_options.chaos);
    start(thread->chaos, snarl_hash_mix(root, thread->id), ALWAYS);
}

void snarl_chaos_inherit(struct snarl_thread *thread, struct snarl_thread *maker)
{
    if (thread->chaos == NULL || maker->chaos == NULL)
        return;
    uint32_t before = maker->chaos->children++;
    start(thread->chaos, snarl_hash_mix(maker->chaos->identity, before + 1),
          ALWAYS * FEW_CHILDREN / (FEW_CHILDREN + before % ALWAYS));
}

void snarl_chaos_before_fork(struct snarl_thread *self)
{
    if (self->chaos != NULL)
        child_process = snarl_hash_mix(self->chaos->identity, ++self->chaos->children);
}

void snarl_chaos_in_child(void)
{
    process = child_process;
}

void snarl_chaos_write(void)
{
    if (snarl_options.chaos == 0)
        return;
    struct snarl_fact_chaos fact = {.header.kind = SNARL_FACT_CHAOS,
                                    .seed = (uint64_t)snarl_options.chaos};
    struct iovec part = {&fact, sizeof fact};
    snarl_session_write(&part, 1);
}

/* The chance of a delay at this place, and one more visit there. Only what a page holds of an
 * address is the same in each run. */
static uint32_t visit(struct snarl_chaos *chaos, uintptr_t place)
{
    uint16_t *visits = &chaos->visits[snarl_hash_mix(0, place % PAGE) % SNARL_CHAOS_PLACES];
    uint64_t chance = (uint64_t)paces[chaos->pace].chance * chaos->newness / ALWAYS;
    chance = chance * FEW_VISITS / (FEW_VISITS + *visits);
    if (*visits < UINT16_MAX)
        ++*visits;
    return (uint32_t)chance;
}

static void spin(uint32_t rounds)
{
    for (uint32_t i = 0; i < rounds; i++)
        __asm__ volatile("");
}

/* An interrupted sleep is over. */
static void sleep_for(uint64_t nanoseconds)
{
    struct timespec time = {.tv_sec = 0, .tv_nsec = (long)nanoseconds};
    syscall(SYS_nanosleep, &time, NULL);
}

static void delay(uint64_t drawn, uint32_t doublings)
{
    uint64_t length = drawn >> 32 & UINT16_MAX;
    switch (drawn % 4) {
    case 0:
        syscall(SYS_sched_yield);
        break;
    case 1:
        spin((uint32_t)length * LONGEST_SPIN / ALWAYS);
        break;
    default: {
        uint64_t sleep = (uint64_t)SHORTEST_SLEEP << (drawn >> 16 & UINT16_MAX) % (doublings + 1);
        sleep_for(sleep + sleep * length / ALWAYS);
    }
    }
}

void snarl_chaos_delay(struct snarl_thread *self, uintptr_t place)
{
    struct snarl_chaos *chaos = self->chaos;
    if (self->want.sequence % 2 != 0)
        return;
    if (--chaos->until_change == 0)
        change_pace(chaos);
    uint32_t chance = visit(chaos, place);
    uint64_t drawn = draw(chaos);
    if ((drawn >> 48) >= chance)
        return;
    int error = errno;
    self->state = SNARL_THREAD_READY;
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    delay(drawn, paces[chaos->pace].doublings);
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    /* In a child that a signal handler has made by fork meanwhile it is wiped. */
    if (self->state == SNARL_THREAD_READY)
        self->state = SNARL_THREAD_CHAOS;
    errno = error;
}
