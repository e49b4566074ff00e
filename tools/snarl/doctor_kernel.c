/* What snarl doctor asks of the kernel. */
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/breakpoint.h"
#include "doctor.h"
#include "stacks.h"

bool snarl_doctor_breakpoints(char *remark, size_t size)
{
    static uint64_t watched;
    struct perf_event_attr attributes =
        snarl_breakpoint_event(HW_BREAKPOINT_W, (uintptr_t)&watched, HW_BREAKPOINT_LEN_8, 0);
    attributes.disabled = 1;
    long event = syscall(SYS_perf_event_open, &attributes, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
    if (event >= 0) {
        close((int)event);
        return true;
    }
    switch (errno) {
    case EACCES:
    case EPERM:
        snprintf(remark, size,
                 "not permitted; sysctl kernel.perf_event_paranoid=2 (or lower) "
                 "helps, or a container that allows perf_event_open");
        break;
    case EINVAL:
    case E2BIG:
        snprintf(remark, size, "this kernel cannot signal them; Linux 5.18 or newer can");
        break;
    default:
        snprintf(remark, size, "%s; the machine, or a hypervisor, offers none", strerror(errno));
    }
    return false;
}

static void note_stack(void *context, pid_t tid, const uint64_t *addresses, size_t count)
{
    (void)tid;
    (void)addresses;
    *(size_t *)context += count;
}

bool snarl_doctor_ptrace(char *remark, size_t size)
{
    size_t frames = 0;
    char error[256] = "";
    pid_t pid = fork();
    if (pid == 0)
        for (;;)
            pause();
    bool works =
        pid > 0 && snarl_stacks_take(pid, note_stack, &frames, error, sizeof error) && frames > 0;
    if (!works)
        snprintf(remark, size,
                 "no stacks when --timeout ends a program (%s); sysctl "
                 "kernel.yama.ptrace_scope=1 (or 0) helps, or a container with "
                 "CAP_SYS_PTRACE",
                 *error ? error : strerror(errno));
    if (pid > 0) {
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
    }
    return works;
}
