/* libsnarl-race.so: begins where libsnarl.so has begun, and gives each thread a clock. */
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/system.h"
#include "base/text.h"
#include "race/access.h"
#include "race/allocator.h"
#include "race/choice.h"
#include "race/regions.h"
#include "race/sampler.h"
#include "race/signals.h"
#include "race/stall.h"
#include "race/watchpoints.h"

enum {
    TICK_NS = 4 * 1000 * 1000, /* of a thread's own time on the processor */
};

/* Tells our timers from the host's. */
static char mark;

static const struct snarl_services *services;

/* The calling thread's: comes again and again in its own time on the processor, and only when the
 * kernel returns to the host's code (since Linux 5.10: before, it may interrupt a system call).
 * Perf's clock events are finer, but cost with each switch to the thread and from it. */
static __thread struct {
    int timer;
    bool exists;
} clock_of_own __attribute__((tls_model("initial-exec")));

static void start_clock(void)
{
    struct itimerspec when = {{0, TICK_NS}, {0, TICK_NS}};
    struct sigevent event = {
        .sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGTRAP, .sigev_value.sival_ptr = &mark};
    event._sigev_un._tid = (pid_t)syscall(SYS_gettid);
    clock_of_own.exists =
        syscall(SYS_timer_create, CLOCK_THREAD_CPUTIME_ID, &event, &clock_of_own.timer) == 0;
    if (clock_of_own.exists)
        syscall(SYS_timer_settime, clock_of_own.timer, 0, &when, NULL);
}

static void stop_clock(void)
{
    if (clock_of_own.exists)
        syscall(SYS_timer_delete, clock_of_own.timer);
    clock_of_own.exists = false;
}

static void complain(const char *why)
{
    char line[256];
    struct snarl_text text = snarl_text_over(line, sizeof line);
    snarl_text_add(&text, "snarl: not looking for data races: ");
    snarl_text_add(&text, why);
    snarl_text_add(&text, "\n");
    snarl_write(STDERR_FILENO, line, text.length);
}

static void on_loss(void)
{
    complain("the program waits for a signal that is needed for it");
}

static void tick(ucontext_t *context)
{
    if (snarl_signals_are_lost()) {
        stop_clock();
        return;
    }
    snarl_sampler_tick(context);
}

static bool is_tick(const siginfo_t *info)
{
    return info->si_code == SI_TIMER && info->si_value.sival_ptr == &mark;
}

/* A signal of the number that was pending already, from another thread, takes the place of a
 * step's; and what the processor says of a watchpoint that has just been disarmed comes without
 * perf. */
static bool on_trap(const siginfo_t *info, ucontext_t *context)
{
    if (info->si_code != TRAP_TRACE)
        snarl_sampler_step(context);
    bool late;
    int watchpoint = snarl_watchpoint_of(info, &late);
    if (watchpoint >= 0)
        snarl_sampler_hit(watchpoint, context);
    if (is_tick(info)) {
        tick(context);
        return true;
    }
    if (snarl_breakpoint_is_hit(info)) {
        snarl_sampler_returned(context);
        return true;
    }
    return watchpoint >= 0 || late || info->si_code == TRAP_HWBKPT ||
           (info->si_code == TRAP_TRACE && snarl_sampler_step(context));
}

static void begins(void)
{
    start_clock();
    snarl_sampler_begin_thread();
}

static void ends(void)
{
    stop_clock();
    snarl_sampler_end_thread();
}

static void forked(void)
{
    clock_of_own.exists = false; /* is not inherited */
    stop_clock();
    snarl_watchpoints_close();
    snarl_sampler_forked(services->race_watchpoints ? snarl_watchpoints_open() : 0);
    start_clock();
}

/* The number behind NAME in /proc/self/status. */
static int status_of(const char *name)
{
    char text[4096];
    int file = snarl_open("/proc/self/status", O_RDONLY | O_CLOEXEC, 0);
    ssize_t size = file >= 0 ? snarl_read(file, text, sizeof text - 1) : 0;
    if (file >= 0)
        snarl_close(file);
    text[size > 0 ? size : 0] = '\0';
    const char *line = strstr(text, name);
    int number = 0;
    for (line = line ? line + strlen(name) : ""; *line && *line != '\n'; line++)
        if (*line >= '0' && *line <= '9')
            number = 10 * number + (*line - '0');
    return number;
}

__attribute__((constructor)) static void start(void)
{
    services = snarl_services();
    if (services->version != SNARL_SERVICES_VERSION) {
        complain("libsnarl.so is of another version");
        return;
    }
    if (status_of("\nTracerPid:") != 0) {
        complain("a debugger is attached");
        return;
    }
    if (status_of("\nSeccomp:") != 0) {
        complain("the process may not make all system calls (seccomp)");
        return;
    }
    if (!snarl_access_open()) {
        complain("libZydis.so.4.0 cannot be loaded");
        return;
    }
    snarl_regions_find();
    int watchpoints = services->race_watchpoints ? snarl_watchpoints_open() : 0;
    snarl_sampler_start(services, watchpoints);
    if (!snarl_signals_start(on_trap, on_loss))
        return;
    snarl_allocator_start(services);
    services->watch_threads(&(struct snarl_thread_watch){
        .begins = begins, .made = snarl_sampler_made_thread, .ends = ends, .forked = forked});
    start_clock();
}
