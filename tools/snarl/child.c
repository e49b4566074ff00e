#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "exit_status.h"
#include "process_tree.h"

/* What the command does with signals while a program runs, and did before. */
struct signals {
    sigset_t mask;
    struct sigaction on_child;
    int descriptor;
};

struct running {
    const struct snarl_child_plan *plan;
    struct snarl_child_end *end;
    struct signals signals;
    int timer; /* -1 without a time limit */
    uint64_t started_ns;
    uint64_t tick_ns; /* when the next one is due */
    bool reaped;
};

static bool signals_take(struct signals *signals)
{
    static const int wanted[] = {SIGCHLD, SIGTERM, SIGINT, SIGHUP, SIGQUIT};
    sigset_t set;
    sigemptyset(&set);
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
        sigaddset(&set, wanted[i]);
    signals->descriptor = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (signals->descriptor < 0)
        return false;
    sigprocmask(SIG_BLOCK, &set, &signals->mask);
    /* Whoever started us may have it ignored, and then there is nothing to wait for. */
    struct sigaction plain = {.sa_handler = SIG_DFL};
    sigaction(SIGCHLD, &plain, &signals->on_child);
    return true;
}

static void signals_restore(const struct signals *signals)
{
    sigaction(SIGCHLD, &signals->on_child, NULL);
    sigprocmask(SIG_SETMASK, &signals->mask, NULL);
    close(signals->descriptor);
}

static int start_timer(double seconds)
{
    int timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
    uint64_t nanoseconds = (uint64_t)(seconds * 1e9) + 1;
    struct itimerspec once = {
        .it_value = {(time_t)(nanoseconds / 1000000000u), (long)(nanoseconds % 1000000000u)}};
    if (timer >= 0)
        timerfd_settime(timer, 0, &once, NULL);
    return timer;
}

/* In the new process: becomes the program, or writes errno to `pipe`. */
static _Noreturn void become(const struct running *running, int pipe)
{
    const struct snarl_child_plan *plan = running->plan;
    bool ready = true;
    for (int i = 0; ready && i < 3; i++)
        ready = plan->descriptors[i] < 0 || dup2(plan->descriptors[i], i) == i;
    if (ready && plan->fixed_addresses)
        ready = personality(ADDR_NO_RANDOMIZE) >= 0;
    if (ready && plan->directory)
        ready = chdir(plan->directory) == 0;
    signals_restore(&running->signals);
    if (ready)
        execvpe(plan->path, plan->arguments, plan->environment);
    int error = errno;
    _exit(write(pipe, &error, sizeof error) == sizeof error ? SNARL_EXIT_NOT_FOUND
                                                            : SNARL_EXIT_TROUBLE);
}

/* Returns 0, or errno where the program could not be started. */
static int start(struct running *running)
{
    int ends[2], error = 0;
    if (pipe2(ends, O_CLOEXEC) < 0)
        return errno;
    running->started_ns = snarl_clock_monotonic();
    pid_t pid = fork();
    if (pid == 0)
        become(running, ends[1]);
    if (pid < 0)
        error = errno;
    close(ends[1]);
    if (pid > 0 && read(ends[0], &error, sizeof error) != sizeof error)
        error = 0;
    close(ends[0]);
    if (pid > 0 && error)
        waitpid(pid, NULL, 0);
    running->end->pid = pid > 0 && !error ? pid : 0;
    return error;
}

static void note_end(struct running *running, int status, const struct rusage *usage)
{
    struct snarl_child_end *end = running->end;
    running->reaped = true;
    end->wall_s = (double)(snarl_clock_monotonic() - running->started_ns) / 1e9;
    end->peak_kib = usage->ru_maxrss;
    if (WIFSIGNALED(status))
        end->signal = WTERMSIG(status);
    else
        end->exit_code = WEXITSTATUS(status);
}

static void reap(struct running *running)
{
    int status;
    struct rusage usage;
    for (pid_t pid; (pid = wait4(-1, &status, WNOHANG, &usage)) > 0;)
        if (pid == running->end->pid)
            note_end(running, status, &usage);
}

/* A signal that the terminal sent has SI_KERNEL and went to the whole foreground group. */
static void read_signals(struct running *running)
{
    struct signalfd_siginfo info;
    pid_t pid = running->end->pid;
    while (read(running->signals.descriptor, &info, sizeof info) == sizeof info) {
        if (info.ssi_signo == SIGCHLD || (pid_t)info.ssi_pid == pid)
            continue;
        running->end->asked = (int)info.ssi_signo;
        if (info.ssi_code != SI_KERNEL && !running->reaped)
            kill(pid, (int)info.ssi_signo);
    }
    reap(running);
}

static void tell(pid_t pid, void *context)
{
    const struct snarl_child_plan *plan = context;
    plan->before_kill(pid, plan->context);
}

static void kill_and_count(pid_t pid, void *context)
{
    size_t *killed = context;
    *killed += kill(pid, SIGKILL) == 0;
}

/* Kills the command's children and says whether there were any. Their own children become the
 * command's as they die, and are killed when that wakes the loop again. */
static bool kill_children(void)
{
    size_t killed = 0;
    snarl_process_children(getpid(), kill_and_count, &killed);
    return killed > 0;
}

static void on_time_limit(struct running *running)
{
    const struct snarl_child_plan *plan = running->plan;
    running->end->timed_out = true;
    close(running->timer);
    running->timer = -1;
    if (plan->before_kill) {
        plan->before_kill(running->end->pid, plan->context);
        snarl_process_descendants(running->end->pid, tell, (void *)plan);
    }
}

static void set_tick(struct running *running)
{
    running->tick_ns = snarl_clock_monotonic() + (uint64_t)running->plan->tick_ms * 1000000u;
}

/* For poll: milliseconds until the next tick, never fewer; -1 for none. */
static int until_tick(const struct running *running)
{
    if (!running->plan->tick || running->end->timed_out)
        return -1;
    uint64_t now = snarl_clock_monotonic();
    return now < running->tick_ns ? (int)((running->tick_ns - now + 999999u) / 1000000u) : 0;
}

static void wait_for_end(struct running *running)
{
    const struct snarl_child_plan *plan = running->plan;
    set_tick(running);
    do {
        struct pollfd watched[] = {{running->signals.descriptor, POLLIN, 0},
                                   {running->timer, POLLIN, 0}};
        poll(watched, 2, until_tick(running));
        read_signals(running);
        if (!running->reaped && watched[1].revents)
            on_time_limit(running);
        if (!running->reaped && until_tick(running) == 0) {
            plan->tick(plan->context);
            set_tick(running);
        }
    } while (running->end->timed_out ? kill_children() || !running->reaped : !running->reaped);
}

bool snarl_child_run(const struct snarl_child_plan *plan, struct snarl_child_end *end)
{
    *end = (struct snarl_child_end){0};
    struct running running = {.plan = plan, .end = end, .timer = -1};
    if (!signals_take(&running.signals)) {
        end->start_error = errno;
        return false;
    }
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    end->start_error = start(&running);
    if (end->pid) {
        if (plan->time_limit_s > 0)
            running.timer = start_timer(plan->time_limit_s);
        wait_for_end(&running);
    }
    if (running.timer >= 0)
        close(running.timer);
    prctl(PR_SET_CHILD_SUBREAPER, 0);
    signals_restore(&running.signals);
    return end->pid != 0;
}

int snarl_child_status(const struct snarl_child_end *end)
{
    return end->signal ? SNARL_EXIT_SIGNAL + end->signal : end->exit_code;
}
