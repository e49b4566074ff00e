#include "race/watchpoints.h"

#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/breakpoint.h"

enum {
    OWN_BREAKPOINT = 128,  /* in place of a watchpoint's number */
    TRAP_OF_PERF = 6,      /* TRAP_PERF, of which older headers know nothing */
    HIGH_DESCRIPTOR = 700, /* out of the way of hosts that count on low numbers */
};

#define MARK 0x534e41524cu /* in what a signal brings along: it is ours */

/* Where the kernel puts what perf says, behind the address; see siginfo_t in asm-generic. */
struct perf_information {
    uint64_t data;
    uint32_t type;
    uint32_t flags; /* 1: asynchronous */
};

static int descriptors[SNARL_WATCHPOINTS] = {-1, -1, -1};

static struct perf_event_attr describe(int watchpoint, uintptr_t address, uint32_t size, bool reads)
{
    return snarl_breakpoint_event(reads ? HW_BREAKPOINT_RW : HW_BREAKPOINT_W, address, size,
                                  (uint64_t)MARK << 8 | (unsigned)watchpoint);
}

static struct perf_event_attr describe_disarmed(int watchpoint)
{
    static uint64_t nothing; /* an address must be valid even so */
    struct perf_event_attr attributes =
        describe(watchpoint, (uintptr_t)&nothing, HW_BREAKPOINT_LEN_8, false);
    attributes.disabled = 1;
    return attributes;
}

/* Returns the descriptor, moved out of the host's way; -1 where the kernel offers none. */
static int open_event(struct perf_event_attr *attributes)
{
    int low = (int)syscall(SYS_perf_event_open, attributes, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
    int high = low >= 0 ? (int)syscall(SYS_fcntl, low, F_DUPFD_CLOEXEC, HIGH_DESCRIPTOR) : -1;
    if (low >= 0 && high >= 0)
        syscall(SYS_close, low);
    return high >= 0 ? high : low;
}

/* The host may have closed all that it did not open, and opened something else by that number. */
void snarl_event_close(int event)
{
    uint64_t id;
    if (syscall(SYS_ioctl, event, PERF_EVENT_IOC_ID, &id) == 0)
        syscall(SYS_close, event);
}

int snarl_watchpoints_open(void)
{
    int count = 0;
    for (; count < SNARL_WATCHPOINTS; count++) {
        struct perf_event_attr attributes = describe_disarmed(count);
        descriptors[count] = open_event(&attributes);
        if (descriptors[count] < 0)
            break;
    }
    return count;
}

void snarl_watchpoints_close(void)
{
    for (int i = 0; i < SNARL_WATCHPOINTS; i++) {
        if (descriptors[i] >= 0)
            snarl_event_close(descriptors[i]);
        descriptors[i] = -1;
    }
}

static bool aim(int watchpoint, struct perf_event_attr attributes)
{
    return syscall(SYS_ioctl, descriptors[watchpoint], PERF_EVENT_IOC_MODIFY_ATTRIBUTES,
                   &attributes) == 0;
}

bool snarl_watchpoint_arm(int watchpoint, uintptr_t address, uint32_t size, bool reads)
{
    return aim(watchpoint, describe(watchpoint, address, size, reads));
}

void snarl_watchpoint_disarm(int watchpoint)
{
    aim(watchpoint, describe_disarmed(watchpoint));
}

static struct perf_event_attr describe_own(uintptr_t instruction)
{
    static char nothing;
    struct perf_event_attr attributes = describe(
        OWN_BREAKPOINT, instruction != 0 ? instruction : (uintptr_t)&nothing, sizeof(long), false);
    attributes.bp_type = HW_BREAKPOINT_X;
    attributes.inherit = attributes.inherit_thread = 0;
    attributes.disabled = instruction == 0;
    return attributes;
}

int snarl_breakpoint_open(void)
{
    struct perf_event_attr attributes = describe_own(0);
    return open_event(&attributes);
}

bool snarl_breakpoint_set(int breakpoint, uintptr_t instruction)
{
    struct perf_event_attr attributes = describe_own(instruction);
    return syscall(SYS_ioctl, breakpoint, PERF_EVENT_IOC_MODIFY_ATTRIBUTES, &attributes) == 0;
}

void snarl_breakpoint_clear(int breakpoint)
{
    snarl_breakpoint_set(breakpoint, 0);
}

/* What perf says, if it is of one of ours; -1 else. */
static int told_of(const siginfo_t *info, bool *late)
{
    struct perf_information perf;
    memcpy(&perf, (const char *)&info->si_addr + sizeof info->si_addr, sizeof perf);
    *late = false;
    if (info->si_code != TRAP_OF_PERF || perf.data >> 8 != MARK)
        return -1;
    *late = perf.flags & 1;
    return (int)(perf.data & UINT8_MAX);
}

bool snarl_breakpoint_is_hit(const siginfo_t *info)
{
    bool late;
    return told_of(info, &late) == OWN_BREAKPOINT;
}

int snarl_watchpoint_of(const siginfo_t *info, bool *late)
{
    int which = told_of(info, late);
    return *late || which >= SNARL_WATCHPOINTS ? -1 : which;
}
