#include "suite_workers.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "interruption.h"
#include "leg.h"
#include "memory.h"
#include "process_tree.h"

enum {
    LARGEST_FILE = 256 * 1024 * 1024, /* bytes that a scenario may write */
    VALGRIND_IS_SLOWER = 10,          /* times, at least: the limit is that much longer */
};

/* A process that runs a job; idle where `pid` is 0. */
struct worker {
    pid_t pid;
    int answer; /* the pipe that the outcome comes through */
    const struct snarl_suite_job *job;
    size_t received;
    struct snarl_outcome outcome;
};

struct work {
    struct snarl_suite *suite;
    const struct snarl_workers_plan *plan;
    struct worker *workers;
    struct pollfd *answers; /* beside them */
    size_t next, done;      /* jobs */
    bool asked_to_end;
};

static double limit_of(const struct work *work, const struct snarl_suite_job *job)
{
    double own = work->suite->rows[job->row].scenario->time_limit_s;
    double limit = own > 0 ? own : work->plan->time_limit_s;
    bool slow = job->leg == SNARL_LEG_HELGRIND || job->leg == SNARL_LEG_DRD;
    return slow ? limit * VALGRIND_IS_SLOWER : limit;
}

/* What a program prints is kept in memory: one that prints without an end is ended by this. */
static void bound_files(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur > LARGEST_FILE) {
        limit.rlim_cur = LARGEST_FILE;
        setrlimit(RLIMIT_FSIZE, &limit);
    }
}

static void end_process(pid_t pid, void *ended)
{
    kill(pid, SIGKILL);
    *(bool *)ended = true;
}

/* Whatever the program has left running: nobody else would end it. */
static void end_children(void)
{
    bool ended = true;
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    while (ended) {
        ended = false;
        snarl_process_children(getpid(), end_process, &ended);
        while (waitpid(-1, NULL, ended ? 0 : WNOHANG) > 0)
            ;
    }
}

/* In a process of its own: a scenario's children are then this one's, and nobody else's. */
static _Noreturn void be_worker(const struct work *work, const struct snarl_suite_job *job,
                                int answer)
{
    static struct snarl_outcome outcome;
    struct snarl_leg_plan plan = {.scenario = work->suite->rows[job->row].scenario,
                                  .kind = job->leg,
                                  .programs = work->plan->programs,
                                  .time_limit_s = limit_of(work, job)};
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    bound_files();
    snarl_leg_run(&plan, &outcome);
    end_children();
    const char *next = (const char *)&outcome;
    for (size_t left = sizeof outcome; left > 0;) {
        ssize_t written = write(answer, next, left);
        if (written < 0 && errno != EINTR)
            break;
        next += written > 0 ? written : 0;
        left -= written > 0 ? (size_t)written : 0;
    }
    _exit(0);
}

static void fail(struct worker *worker, const char *what)
{
    worker->outcome = (struct snarl_outcome){.kind = SNARL_OUTCOME_FAILED};
    snprintf(worker->outcome.reason, sizeof worker->outcome.reason, "%s", what);
}

static void hand_in(struct work *work, struct worker *worker)
{
    /* What was ended because the user has asked for it says nothing of the scenario. */
    if (!work->asked_to_end)
        snarl_suite_add(work->suite, worker->job, &worker->outcome);
    work->done++;
    worker->pid = 0;
}

static void start(struct work *work, struct worker *worker)
{
    int ends[2];
    worker->job = &work->suite->jobs[work->next++];
    worker->received = 0;
    fflush(NULL);
    bool piped = pipe2(ends, O_CLOEXEC) == 0;
    worker->pid = piped ? fork() : -1;
    if (worker->pid < 0) {
        fail(worker, strerror(errno));
        if (piped) {
            close(ends[0]);
            close(ends[1]);
        }
        hand_in(work, worker);
        return;
    }
    if (worker->pid == 0)
        be_worker(work, worker->job, ends[1]);
    close(ends[1]);
    worker->answer = ends[0];
}

/* Reads what has come; at the end of it the worker is done. */
static void receive(struct work *work, struct worker *worker)
{
    char *place = (char *)&worker->outcome + worker->received;
    ssize_t size = read(worker->answer, place, sizeof worker->outcome - worker->received);
    if (size < 0 && errno == EINTR)
        return;
    worker->received += size > 0 ? (size_t)size : 0;
    if (size > 0 && worker->received < sizeof worker->outcome)
        return;
    close(worker->answer);
    waitpid(worker->pid, NULL, 0);
    if (worker->received < sizeof worker->outcome)
        fail(worker, "snarl itself failed in running it");
    hand_in(work, worker);
}

static void show_progress(const struct work *work)
{
    const struct snarl_suite_job *job =
        &work->suite->jobs[work->next > 0 ? work->next - 1 : work->next];
    if (isatty(STDERR_FILENO) && work->done < work->suite->job_count)
        fprintf(stderr, "\r\033[K[%zu/%zu] %s, %s", work->done, work->suite->job_count,
                work->suite->rows[job->row].scenario->name, snarl_leg_title(job->leg));
}

static void end_progress(void)
{
    if (isatty(STDERR_FILENO))
        fprintf(stderr, "\r\033[K");
}

/* Whoever asks this command alone to end asks its workers, too; they pass it on. */
static void pass_on(struct work *work)
{
    if (!snarl_interruption_signal() || work->asked_to_end)
        return;
    work->asked_to_end = true;
    for (unsigned i = 0; i < work->plan->at_once; i++)
        if (work->workers[i].pid)
            kill(work->workers[i].pid, SIGTERM);
}

/* Starts what may be started. Returns whether anything runs. */
static bool keep_busy(struct work *work)
{
    bool busy = false;
    for (unsigned i = 0; i < work->plan->at_once; i++) {
        struct worker *worker = &work->workers[i];
        while (!worker->pid && work->next < work->suite->job_count && !work->asked_to_end)
            start(work, worker);
        work->answers[i] =
            (struct pollfd){.fd = worker->pid ? worker->answer : -1, .events = POLLIN};
        busy = busy || worker->pid;
    }
    return busy;
}

int snarl_workers_run(struct snarl_suite *suite, const struct snarl_workers_plan *plan)
{
    enum {
        LOOK_MS = 200, /* for a signal that came between two calls */
    };
    uint64_t begun = snarl_clock_monotonic();
    struct work work = {.suite = suite, .plan = plan};
    work.workers = snarl_memory_zeroed(plan->at_once, sizeof *work.workers);
    work.answers = snarl_memory_zeroed(plan->at_once, sizeof *work.answers);
    snarl_interruption_begin();
    while (keep_busy(&work)) {
        show_progress(&work);
        poll(work.answers, plan->at_once, LOOK_MS);
        pass_on(&work);
        for (unsigned i = 0; i < plan->at_once; i++)
            if (work.answers[i].revents)
                receive(&work, &work.workers[i]);
    }
    end_progress();
    snarl_interruption_end();
    free(work.workers);
    free(work.answers);
    suite->wall_s = (double)(snarl_clock_monotonic() - begun) / 1e9;
    return snarl_interruption_signal();
}
