#include "preload/chaos.h"

#include <errno.h>
#include <time.h>

#include "base/hash.h"
#include "base/system.h"
#include "preload/options.h"
#include "preload/session.h"

enum {
    ALWAYS = 65536,     /* chances are parts of it */
    FEW_VISITS = 8,     /* after so many the chance of a delay, and its length, have halved */
    MOST_VISITS = 8192, /* and after so many they do not fall any more */
    FEW_CHILDREN = 16,  /* as FEW_VISITS, of threads that one thread makes, and the chance alone */
    LONGEST_PACE = 12,  /* a pace lasts for up to 2 to that power of points */
    LONGEST_SPIN = 65536,       /* rounds, of a nanosecond or less each */
    SHORTEST_SLEEP = 20 * 1000, /* nanoseconds; the others are doublings of it, and some more */
    DOUBLINGS = 5,              /* lengths of sleeps that are equally likely */
    PAGE = 4096,
};

/* How often a thread is delayed at places that are new to it, and for how long at most: the
 * shortest sleep doubled so many times, and nearly as much again. */
static const struct pace {
    uint32_t chance;
    uint32_t doublings;
} paces[] = {
    {ALWAYS / 16, 4}, /* swift: up to 0.6 ms */
    {ALWAYS / 4, 6},  /* usual: up to 2.6 ms */
    {ALWAYS / 2, 8},  /* slow: up to 10 ms */
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
    uint64_t before = maker->chaos->children++;
    start(thread->chaos, snarl_hash_mix(maker->chaos->identity, before + 1),
          (uint32_t)(ALWAYS * FEW_CHILDREN / (FEW_CHILDREN + before)));
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

/* One more visit to this place; how many there were before. Only where it lies in its page is the
 * same in each run. */
static uint32_t visit(struct snarl_chaos *chaos, uintptr_t place)
{
    uint16_t *visits = &chaos->visits[snarl_hash_mix(0, place % PAGE) % SNARL_CHAOS_PLACES];
    uint32_t before = *visits;
    if (before < MOST_VISITS)
        *visits = (uint16_t)(before + 1);
    return before;
}

static uint64_t chance_of(const struct snarl_chaos *chaos, uint32_t visits)
{
    uint64_t chance = (uint64_t)paces[chaos->pace].chance * chaos->newness / ALWAYS;
    return chance * FEW_VISITS / (FEW_VISITS + visits);
}

/* Nanoseconds; by 32 random bits. */
static uint64_t length_of(const struct snarl_chaos *chaos, uint32_t visits, uint32_t drawn)
{
    uint32_t doublings = paces[chaos->pace].doublings;
    for (; visits >= FEW_VISITS && doublings > 0; visits /= 2)
        doublings--;
    uint32_t choice = (drawn & UINT16_MAX) % DOUBLINGS;
    uint64_t length = (uint64_t)SHORTEST_SLEEP << (doublings > choice ? doublings - choice : 0);
    return length + length * (drawn >> 16) / ALWAYS;
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

/* Most delays are sleeps. */
static void delay(uint64_t length, uint32_t drawn)
{
    switch (drawn % 8) {
    case 0:
        syscall(SYS_sched_yield);
        break;
    case 1:
        spin(drawn / 8 % LONGEST_SPIN);
        break;
    default:
        sleep_for(length);
    }
}

void snarl_chaos_delay(struct snarl_thread *self, uintptr_t place)
{
    struct snarl_chaos *chaos = self->chaos;
    if (self->want.sequence % 2 != 0)
        return;
    if (--chaos->until_change == 0)
        change_pace(chaos);
    uint32_t visits = visit(chaos, place);
    uint64_t drawn = draw(chaos);
    if (drawn % ALWAYS >= chance_of(chaos, visits))
        return;
    uint64_t length = length_of(chaos, visits, (uint32_t)(drawn >> 32));
    int error = errno;
    self->state = SNARL_THREAD_READY;
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    delay(length, (uint32_t)draw(chaos));
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    /* In a child that a signal handler has made by fork meanwhile it is wiped. */
    if (self->state == SNARL_THREAD_READY)
        self->state = SNARL_THREAD_CHAOS;
    errno = error;
}
