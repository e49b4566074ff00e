#include "race/sampler.h"

#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/hash.h"
#include "race/access.h"
#include "race/choice.h"
#include "race/regions.h"
#include "race/stall.h"
#include "race/watchpoints.h"

enum {
    TRAP_FLAG = 1 << 8,
    LONGEST_CODE = 15,       /* bytes of an instruction */
    STEPS = 48,              /* after a tick, before an access must have been found */
    FIRST_STEPS = 8,         /* some of which, at random, come before it is looked for */
    BEGINNING = 6000,        /* steps that a new thread makes at its beginning */
    AFTER_MAKING = 1000,     /* likewise the one that has made it */
    STALL = 200 * 1000,      /* nanoseconds */
    LONG_STALL = 600 * 1000, /* of what is looked at at a beginning */
    LONGEST_STALL =
        2000 * 1000, /* of what a thread does that has made another, which takes its time */
    CREDIT = 110 * 1000 * 1000, /* nanoseconds that beginnings may spend before the budget counts */
    THOROUGH = 8,               /* threads whose beginnings are looked at */
    GROUP =
        4, /* of the others, made one after the other, which may live too short for a tick, and */
    SOME = 8,    /* of which one in so many is looked at: those of a group run at one pace */
    STEP = 2000, /* nanoseconds that a step costs beside what is done in it */
};

/* Of one thread; its own alone. */
static __thread struct {
    bool stepping, beginning;
    bool waiting; /* for a call to return */
    bool at_work; /* in a handler of ours */
    uint32_t left, skip;
    uint64_t stall, credit; /* nanoseconds, of what is looked at now */
    bool has_made;          /* what is looked at comes after the making of a thread */
    uint64_t waiting_since;
    uint64_t random;
    uint64_t mask;       /* the kernel's, of a call that is about to be made */
    int breakpoint;      /* for stepping over calls; 0 for none */
    uintptr_t return_to; /* where the last call of the host's code returns to */
} own __attribute__((tls_model("initial-exec")));

static const struct snarl_services *services;
static uint64_t spent_ns; /* by all threads, in handlers and stalls */
static uint64_t begun_ns;
static uint32_t threads; /* that have begun */

void snarl_sampler_start(const struct snarl_services *given, int watchpoints)
{
    services = given;
    begun_ns = snarl_clock_monotonic();
    snarl_stall_start(given, watchpoints);
}

static uint32_t draw(void)
{
    if (own.random == 0)
        own.random = snarl_hash_mix((uint64_t)syscall(SYS_gettid), snarl_clock_monotonic()) | 1;
    own.random += 0x9e3779b97f4a7c15u;
    return (uint32_t)snarl_hash_mix(own.random, 0);
}

/* Whether more may be spent: of the time that has passed, or of the processor's time, if that is
 * less. (Of threads that wait for each other, each one's stalls are all others', too: so it counts
 * what all of them spend.) */
static bool has_budget(uint64_t credit)
{
    uint64_t used = snarl_clock_read(CLOCK_PROCESS_CPUTIME_ID);
    uint64_t passed = snarl_clock_monotonic() - begun_ns;
    uint64_t budget = (used < passed ? used : passed) / 100 * (uint64_t)services->race_budget;
    return __atomic_load_n(&spent_ns, __ATOMIC_RELAXED) < budget + credit;
}

static bool may_step(const ucontext_t *context)
{
    return !sigismember(&context->uc_sigmask, SIGTRAP);
}

static void set_stepping(ucontext_t *context, bool stepping)
{
    greg_t *flags = &context->uc_mcontext.gregs[REG_EFL];
    own.stepping = stepping;
    *flags = stepping ? *flags | TRAP_FLAG : *flags & ~(greg_t)TRAP_FLAG;
}

/* The next access of the calling thread, where that may be looked at. */
static bool find_access(const ucontext_t *context, struct snarl_access *access,
                        struct snarl_service_thread *self)
{
    uintptr_t at = (uintptr_t)context->uc_mcontext.gregs[REG_RIP];
    unsigned char code[LONGEST_CODE];
    size_t size = snarl_regions_read(code, at, sizeof code);
    *access = snarl_access_decode(code, size, context->uc_mcontext.gregs);
    return access->size > 0 && !(access->flags & (SNARL_ACCESS_ATOMIC | SNARL_ACCESS_SEGMENT)) &&
           !snarl_regions_is_foreign(at) && services->describe(self);
}

static bool is_on_own_stack(const ucontext_t *context, const struct snarl_access *access,
                            const struct snarl_service_thread *self)
{
    if (access->flags & SNARL_ACCESS_STACK)
        return true;
    uintptr_t low = self->stack_low, pointer = (uintptr_t)context->uc_mcontext.gregs[REG_RSP];
    low = low != 0 && low < pointer ? low : pointer;
    return access->address >= low && access->address < self->stack_high;
}

/* Looks at the access, if it is worth it. Whether it was. */
static bool look(const ucontext_t *context, const struct snarl_access *access,
                 const struct snarl_service_thread *self)
{
    uintptr_t at = (uintptr_t)context->uc_mcontext.gregs[REG_RIP];
    struct snarl_choice_candidate candidate = {.instruction = at,
                                               .address = access->address,
                                               .flags = access->flags,
                                               .thread = self->id,
                                               .held_count = (uint32_t)self->held_count,
                                               .own_stack = is_on_own_stack(context, access, self),
                                               .chance = draw()};
    if (!snarl_choice_is_worth(&candidate))
        return false;
    if (snarl_stall(self, context, access, own.stall))
        snarl_choice_settle(at);
    return true;
}

/* System calls after which the thread is not to be stepped, or is another one. */
static bool ends_stepping(const ucontext_t *context, const struct snarl_access *access)
{
    if (access->instruction != SNARL_INSTRUCTION_SYSTEM_CALL)
        return access->instruction != SNARL_INSTRUCTION_PLAIN &&
               access->instruction != SNARL_INSTRUCTION_CALL;
    switch (context->uc_mcontext.gregs[REG_RAX]) {
    case SYS_rt_sigreturn:
    case SYS_rt_sigsuspend:
    case SYS_rt_sigtimedwait:
    case SYS_rt_sigaction:
    case SYS_pselect6:
    case SYS_ppoll:
    case SYS_epoll_pwait:
    case SYS_clone:
    case SYS_clone3:
    case SYS_fork:
    case SYS_vfork:
    case SYS_execve:
    case SYS_execveat:
    case SYS_exit:
    case SYS_exit_group:
    case SYS_ptrace:
        return true;
    default:
        return false;
    }
}

/* The thread is about to change its mask (glibc and libsnarl.so do so by themselves): ours stay out
 * of it, so that it can be stepped on. */
static void keep_out_of_mask(ucontext_t *context, const struct snarl_access *access)
{
    greg_t *registers = context->uc_mcontext.gregs;
    if (access->instruction != SNARL_INSTRUCTION_SYSTEM_CALL ||
        registers[REG_RAX] != SYS_rt_sigprocmask || registers[REG_RDI] == SIG_UNBLOCK ||
        registers[REG_RSI] == 0 ||
        snarl_regions_read(&own.mask, (uintptr_t)registers[REG_RSI], sizeof own.mask) !=
            sizeof own.mask)
        return;
    own.mask &= ~((uint64_t)1 << (SIGTRAP - 1));
    registers[REG_RSI] = (greg_t)&own.mask;
}

/* At a beginning, a call of somebody else's code runs on until it returns. Whether it does. */
static bool steps_over(const ucontext_t *context, const struct snarl_access *access)
{
    uintptr_t at = (uintptr_t)context->uc_mcontext.gregs[REG_RIP];
    if (!own.beginning || own.breakpoint <= 0)
        return false;
    if (!snarl_regions_is_foreign(at)) {
        if (access->instruction == SNARL_INSTRUCTION_CALL)
            own.return_to = at + access->length;
        return false;
    }
    return own.return_to != 0 && snarl_breakpoint_set(own.breakpoint, own.return_to);
}

/* Perf's events cost with each switch from one thread to another, even those that wait. */
static void give_breakpoint_back(void)
{
    if (own.breakpoint > 0)
        snarl_event_close(own.breakpoint);
    own.breakpoint = 0;
}

static void step(ucontext_t *context)
{
    struct snarl_access access;
    struct snarl_service_thread self;
    bool found = find_access(context, &access, &self);
    if (own.skip > 0)
        own.skip--;
    else if (found && look(context, &access, &self) && !own.beginning)
        own.left = 0;
    if (own.left > 0)
        own.left--;
    if (own.beginning && !has_budget(own.credit))
        own.left = 0;
    if (own.left > 0 && steps_over(context, &access)) {
        own.waiting = true;
        own.waiting_since = snarl_clock_monotonic();
        set_stepping(context, false);
        return;
    }
    keep_out_of_mask(context, &access);
    set_stepping(context, own.left > 0 && may_step(context) && !ends_stepping(context, &access));
    if (!own.stepping)
        give_breakpoint_back();
}

/* Others lose by it, too: interrupts for each change of a watchpoint, a processor left idle, locks
 * held for longer. By measurement (pigz, redis) about half as much again. */
static void spend(uint64_t begun)
{
    uint64_t passed = snarl_clock_monotonic() - begun;
    __atomic_fetch_add(&spent_ns, passed + passed / 2 + STEP, __ATOMIC_RELAXED);
}

/* The thread goes on by one step, or for good, as the instruction that comes next allows. */
static void advance(ucontext_t *context)
{
    uint64_t begun = snarl_clock_monotonic();
    own.at_work = true;
    step(context);
    own.at_work = false;
    spend(begun);
}

bool snarl_sampler_step(ucontext_t *context)
{
    if (!own.stepping)
        return false;
    advance(context);
    return true;
}

void snarl_sampler_tick(ucontext_t *context)
{
    if (own.stepping || own.waiting || own.at_work || !may_step(context) || !has_budget(0))
        return;
    own.left = STEPS;
    own.stall = STALL;
    own.skip = draw() % FIRST_STEPS;
    own.beginning = false;
    advance(context);
}

void snarl_sampler_returned(ucontext_t *context)
{
    snarl_breakpoint_clear(own.breakpoint);
    if (!own.waiting)
        return;
    own.waiting = false;
    own.return_to = 0;
    if (own.has_made && snarl_clock_monotonic() - own.waiting_since > LONGEST_STALL)
        own.left = 0; /* what comes now is no more what came next */
    advance(context);
}

/* In truth: a thread inherits what its maker has blocked, past us if it likes. */
static bool is_trap_blocked(void)
{
    uint64_t mask = 0;
    syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, &mask, sizeof mask);
    return mask >> (SIGTRAP - 1) & 1;
}

/* The calling thread steps from here on, so often at most. */
static void step_from_here(uint32_t steps, uint64_t stall, uint64_t credit)
{
    int error = errno;
    if (!has_budget(credit) || is_trap_blocked())
        return;
    own.left = steps;
    own.stall = stall;
    own.credit = credit;
    own.has_made = false;
    own.beginning = true;
    own.return_to = 0;
    own.breakpoint = snarl_breakpoint_open();
    own.stepping = true;
    errno = error;
    /* Above what the compiler may keep below the stack pointer. */
    __asm__ volatile(
        "lea -128(%%rsp), %%rsp\n\t"
        "pushfq\n\t"
        "orq $0x100, (%%rsp)\n\t"
        "popfq\n\t"
        "lea 128(%%rsp), %%rsp" ::
            : "memory", "cc");
}

void snarl_sampler_begin_thread(void)
{
    memset(&own, 0, sizeof own);
    uint32_t number = __atomic_fetch_add(&threads, 1, __ATOMIC_RELAXED);
    if (number < THOROUGH || snarl_hash_mix(begun_ns, number / GROUP) % SOME == 0)
        step_from_here(BEGINNING, LONG_STALL, CREDIT);
}

void snarl_sampler_made_thread(void)
{
    if (own.stepping || own.waiting || own.breakpoint != 0 ||
        __atomic_load_n(&threads, __ATOMIC_RELAXED) >= THOROUGH)
        return;
    step_from_here(AFTER_MAKING, LONGEST_STALL, CREDIT / 4);
    own.has_made = true;
}

void snarl_sampler_end_thread(void)
{
    own.left = 0;
    give_breakpoint_back();
}

void snarl_sampler_forked(int watchpoints)
{
    snarl_sampler_end_thread();
    memset(&own, 0, sizeof own);
    spent_ns = 0;
    threads = 1;
    snarl_stall_forget();
    snarl_choice_forget();
    snarl_sampler_start(services, watchpoints);
}

void snarl_sampler_hit(int watchpoint, ucontext_t *context)
{
    uint64_t begun = snarl_clock_monotonic();
    own.at_work = true;
    snarl_stall_hit(watchpoint, context);
    own.at_work = false;
    spend(begun);
}
