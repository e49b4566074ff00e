#include "trials.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analysis/confirmation.h"
#include "base/hash.h"
#include "exit_status.h"
#include "interruption.h"
#include "memory.h"
#include "recordings.h"
#include "schedule_file.h"

enum {
    FIRST_PATIENT_RUN = 3, /* from which on threads are held for longer */
    FIRST_MIXED_RUN = 5,   /* ... and some are held here, some there */
    PATIENCE = 3,          /* times longer */
    LEAST_BOUND = 10,      /* milliseconds */
};

/* All that the trials of one report share. */
struct work {
    const struct snarl_trials *trials;
    struct snarl_report *report;
    struct snarl_recordings place; /* a temporary directory, for the schedule of the run */
    char *schedule_path;
    int input, nothing; /* descriptors of the runs */
    unsigned finding, findings;
    int interrupted; /* the signal with which the user has ended the trials; 0 for none */
    struct snarl_watched *trouble;
};

long long snarl_trials_input(void)
{
    struct stat status;
    bool file = fstat(STDIN_FILENO, &status) == 0 && S_ISREG(status.st_mode);
    return file ? (long long)lseek(STDIN_FILENO, 0, SEEK_CUR) : -1;
}

static bool fail(struct work *work, int status, const char *what)
{
    work->trouble->status = status;
    snprintf(work->trouble->reason, sizeof work->trouble->reason, "%s: %s", what, strerror(errno));
    return false;
}

static void show_progress(const struct work *work, unsigned run)
{
    if (isatty(STDERR_FILENO))
        fprintf(stderr, "\r\033[Ksnarl: finding %u of %u, run %u of %u", work->finding,
                work->findings, run, work->trials->runs);
}

static void end_progress(void)
{
    if (isatty(STDERR_FILENO))
        fprintf(stderr, "\r\033[K");
}

static uint64_t bound_of(const struct snarl_trials *trials, unsigned run)
{
    double bound = SNARL_SCHEDULE_BOUND * (run >= FIRST_PATIENT_RUN ? PATIENCE : 1);
    double most = trials->plan.time_limit_s * 1000 / 4;
    if (bound > most)
        bound = most > LEAST_BOUND ? most : LEAST_BOUND;
    return (uint64_t)bound;
}

/* Which of the finding's schedules a run is steered by. */
static size_t schedule_of(const struct snarl_report_finding *finding, unsigned run)
{
    return (run - 1) / 2 % finding->schedule_count;
}

/* The schedule of a run, from 1. */
static void vary(struct snarl_schedule *schedule, const struct snarl_trials *trials,
                 const struct snarl_report_finding *finding, unsigned run)
{
    schedule->hold = run >= FIRST_MIXED_RUN ? SNARL_HOLD_EITHER
                     : run % 2 == 1         ? SNARL_HOLD_WANTED
                                            : SNARL_HOLD_TAKEN;
    schedule->seed = snarl_hash_mix(trials->seed, run);
    schedule->bound_ms = bound_of(trials, run);
    snprintf(schedule->finding, sizeof schedule->finding, "%s", finding->id);
}

/* Makes one run. False where it could not be made. */
static bool run_once(struct work *work, const char *schedule, struct snarl_watched *watched)
{
    char *options = snarl_memory_string("on-deadlock=abort:detect_deadlocks=1:replay=%s", schedule);
    struct snarl_watch_plan plan = work->trials->plan;
    plan.options = options;
    plan.keep = NULL;
    plan.analysis.schedules = false;
    plan.descriptors[0] = work->input;
    plan.descriptors[1] = plan.descriptors[2] = work->nothing;
    if (work->trials->input >= 0)
        lseek(STDIN_FILENO, (off_t)work->trials->input, SEEK_SET);
    snarl_watch(&plan, watched);
    free(options);
    if (!watched->status)
        return true;
    *work->trouble = *watched;
    return false;
}

/* Appends a word as a shell reads it. */
static void add_word(char **line, const char *word)
{
    static const char plain[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
        "%+,-./:=@_";
    bool quoted = !*word || word[strspn(word, plain)];
    char *text = snarl_memory_string("%s%s%s", *line, **line ? " " : "", quoted ? "'" : "");
    for (; *word; word++) {
        char *longer = snarl_memory_string("%s%.*s%s", text, *word == '\'' ? 0 : 1, word,
                                           *word == '\'' ? "'\\''" : "");
        free(text);
        text = longer;
    }
    free(*line);
    *line = snarl_memory_string("%s%s", text, quoted ? "'" : "");
    free(text);
}

static const char *replay_command(struct snarl_report *report, const char *schedule)
{
    char *line = snarl_memory_string("snarl run --replay");
    add_word(&line, schedule);
    add_word(&line, "--");
    for (size_t i = 0; i < report->argc; i++)
        add_word(&line, report->argv[i]);
    const char *kept = snarl_report_string(report, "%s", line);
    free(line);
    return kept;
}

/* The schedule stays, where the user can find it. */
static bool keep_schedule(struct work *work, const struct snarl_schedule *schedule,
                          struct snarl_report_confirmation *confirmation)
{
    const char *directory = work->trials->schedules;
    bool here = strcmp(directory, ".") == 0;
    const char *path =
        snarl_report_string(work->report, "%s%ssnarl.%s.schedule", here ? "" : directory,
                            here ? "" : "/", schedule->finding);
    struct snarl_watched *trouble = work->trouble;
    if (!snarl_schedule_file_write(schedule, path, trouble->reason, sizeof trouble->reason)) {
        trouble->status = SNARL_EXIT_TROUBLE;
        return false;
    }
    confirmation->schedule = path;
    confirmation->again = replay_command(work->report, path);
    return true;
}

static uint64_t pid_of(const struct snarl_report *run, const struct snarl_report_finding *live)
{
    const struct snarl_report_thread *thread =
        snarl_report_thread_by_id(run, live->steps[0].thread);
    bool known = thread && thread->process < run->process_count;
    return known ? run->processes[thread->process].pid : 0;
}

/* One run of a finding; whether to go on. */
static bool try_once(struct work *work, struct snarl_report_finding *finding, unsigned run,
                     struct snarl_trial *trial)
{
    struct snarl_report_confirmation *confirmation = finding->confirmation;
    size_t index = schedule_of(finding, run);
    struct snarl_schedule *schedule = snarl_memory_zeroed(1, sizeof *schedule);
    char *text = snarl_schedule_file_parse(schedule, finding->schedules[index]);
    struct snarl_watched watched;
    vary(schedule, work->trials, finding, run);
    show_progress(work, run);
    bool fine =
        text && snarl_schedule_file_write(schedule, work->schedule_path, work->trouble->reason,
                                          sizeof work->trouble->reason);
    if (!fine)
        work->trouble->status = SNARL_EXIT_TROUBLE;
    fine = fine && run_once(work, work->schedule_path, &watched);
    if (fine) {
        const struct snarl_report_finding *live =
            snarl_confirmation_find(work->report, finding, watched.report);
        if (live) {
            confirmation->run = run;
            confirmation->pid = pid_of(watched.report, live);
            snarl_confirmation_take(work->report, finding, watched.report, live);
            fine = keep_schedule(work, schedule, confirmation);
        } else {
            work->interrupted = watched.end.asked;
            snarl_trial_note(trial, work->report, finding, watched.report, index);
            snarl_report_free(watched.report);
        }
    }
    free(text);
    free(schedule);
    return fine;
}

/* Whether the user has ended a run, or asked between two: it was the last one. */
static bool is_interrupted(struct work *work)
{
    if (!work->interrupted)
        work->interrupted = snarl_interruption_signal();
    return work->interrupted;
}

static bool try_finding(struct work *work, struct snarl_report_finding *finding)
{
    struct snarl_trial trial = {0};
    struct snarl_report_confirmation *confirmation =
        snarl_report_allocate(work->report, 1, sizeof *confirmation);
    finding->confirmation = confirmation;
    confirmation->runs = work->trials->runs;
    bool fine = true;
    for (unsigned run = 1; fine && !confirmation->run && run <= work->trials->runs; run++)
        fine = try_once(work, finding, run, &trial) && !is_interrupted(work);
    if (!confirmation->run) {
        confirmation->runs = trial.runs;
        confirmation->why = snarl_trial_why(&trial, work->report, finding);
    }
    return fine;
}

static bool is_declared(const struct snarl_report *report,
                        const struct snarl_report_finding *finding)
{
    for (size_t i = 0; i < finding->thread_count; i++) {
        const struct snarl_report_thread *thread =
            snarl_report_thread_by_id(report, finding->threads[i]);
        if (thread != NULL && thread->declared)
            return true;
    }
    return false;
}

/* What is not tried, and why. */
static void explain_untried(struct snarl_report *report, struct snarl_report_finding *finding)
{
    const char *why = NULL;
    if (finding->status == SNARL_OCCURRED && finding->kind == SNARL_FINDING_DEADLOCK)
        why = "It came by itself, before anything was steered: there is nothing to confirm.";
    else if (finding->status == SNARL_PREDICTED && is_declared(report, finding))
        why =
            "It was not tried: it goes against a declared order, and no thread has to take the "
            "locks in that one.";
    else if (finding->status == SNARL_PREDICTED && finding->by_class)
        why =
            "It was not tried: its sides were seen with different locks, and threads are steered "
            "to the very locks that they were seen with.";
    else if (finding->status == SNARL_PREDICTED && finding->kind == SNARL_FINDING_LOCK_ORDER_CYCLE)
        why =
            "It was not tried: steering knows mutexes, rwlocks and spin locks, in waits "
            "that do not give up, of at most 32 threads of one process.";
    if (!why)
        return;
    finding->confirmation = snarl_report_allocate(report, 1, sizeof *finding->confirmation);
    finding->confirmation->why = why;
}

static bool is_tried(const struct snarl_report_finding *finding)
{
    return finding->status == SNARL_PREDICTED && finding->schedule_count > 0 && !finding->by_class;
}

static bool try_all(struct work *work)
{
    struct snarl_report *report = work->report;
    bool fine = true;
    for (size_t i = 0; i < report->finding_count; i++)
        work->findings += is_tried(&report->findings[i]);
    for (size_t i = 0; fine && i < report->finding_count; i++) {
        if (!is_tried(&report->findings[i])) {
            explain_untried(report, &report->findings[i]);
            continue;
        }
        work->finding++;
        fine = try_finding(work, &report->findings[i]);
    }
    if (work->findings)
        end_progress();
    return fine;
}

bool snarl_trials_run(const struct snarl_trials *trials, struct snarl_report *report,
                      struct snarl_watched *trouble)
{
    struct work work = {.trials = trials, .report = report, .trouble = trouble};
    work.nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (work.nothing < 0)
        return fail(&work, SNARL_EXIT_TROUBLE, "/dev/null");
    work.input = isatty(STDIN_FILENO) || trials->input >= 0 ? -1 : work.nothing;
    bool fine = snarl_recordings_open(&work.place, NULL, trouble->reason, sizeof trouble->reason);
    if (fine) {
        work.schedule_path = snarl_memory_string("%s/schedule", work.place.directory);
        snarl_interruption_begin();
        fine = try_all(&work);
        snarl_interruption_end();
        free(work.schedule_path);
        snarl_recordings_close(&work.place);
    } else {
        trouble->status = SNARL_EXIT_TROUBLE;
    }
    close(work.nothing);
    if (work.interrupted) {
        trouble->status = SNARL_EXIT_SIGNAL + work.interrupted;
        snprintf(trouble->reason, sizeof trouble->reason, "stopped by SIG%s",
                 sigabbrev_np(work.interrupted));
    }
    return fine;
}
