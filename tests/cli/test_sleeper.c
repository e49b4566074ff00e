/* Processes whose recordings are written by hand: which of them sleep, and what becomes of that. */
#include <dirent.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "guest.h"
#include "recording/reader.h"
#include "recording/writer.h"
#include "sleeper.h"
#include "sleepers.h"
#include "support/cmocka_all.h"
#include "support/command.h"

enum {
    LOOKS = 6,      /* in vain, before one believes that nothing will be found */
    PATIENCE = 600, /* looks before a test gives up: a minute */
};

/* What a guest writes of itself. */
struct story {
    const char *directory;
    unsigned threads;   /* with rows, besides the main thread */
    unsigned strangers; /* threads without */
    unsigned ghosts;    /* rows without threads */
    bool in_no_wait, timed, semaphore, shared, handler;
    bool wakes; /* at each SIGUSR1 it waits anew */
};

static char *directory;
static struct snarl_thread_row *own_row;

static int enter(void **state)
{
    (void)state;
    directory = directory_make();
    return 0;
}

static int leave(void **state)
{
    (void)state;
    directory_remove(directory);
    return 0;
}

static struct snarl_thread_row *write_row(struct snarl_fact_table *table, uint32_t thread,
                                          pid_t tid)
{
    struct snarl_thread_row *row = &snarl_table_rows(table)[thread - 1];
    row->thread = thread;
    row->tid = (uint32_t)tid;
    row->sequence = 2 * thread + 1;
    row->want_kind = SNARL_WANTS_CONDITION;
    row->state = SNARL_ROW_ALIVE;
    return row;
}

static void wait_anew(int signal)
{
    (void)signal;
    own_row->sequence += 2;
}

static void write_process(struct snarl_writer *writer)
{
    static const char strings[] = "/usr/bin/bank\0/home/teller\0./bank";
    struct snarl_fact_process fact = {.header.kind = SNARL_FACT_PROCESS,
                                      .pid = (uint64_t)getpid(),
                                      .argument_count = 1,
                                      .strings_size = sizeof strings};
    struct iovec parts[] = {{&fact, sizeof fact}, {(void *)(uintptr_t)strings, sizeof strings}};
    guest_must(snarl_writer_append(writer, parts, 2));
}

static void live(const void *argument)
{
    const struct story *story = argument;
    struct snarl_writer writer;
    char prefix[4096];
    snprintf(prefix, sizeof prefix, "%s/rec", story->directory);
    guest_must(snarl_writer_open(&writer, prefix, NULL));
    write_process(&writer);
    struct snarl_fact_table *table = snarl_writer_table(&writer);
    guest_must(table != NULL);
    struct snarl_thread_row *last = write_row(table, 1, getpid());
    own_row = last;
    uint32_t thread = 1;
    for (unsigned i = 0; i < story->threads; i++)
        last = write_row(table, ++thread, guest_thread());
    for (unsigned i = 0; i < story->strangers; i++)
        guest_thread();
    for (unsigned i = 0; i < story->ghosts; i++)
        write_row(table, ++thread, 1);
    last->sequence += story->in_no_wait;
    last->want_flags = (story->timed ? SNARL_WANT_ROW_TIMED : 0u) |
                       (story->shared ? SNARL_WANT_ROW_PROCESS_SHARED : 0u);
    if (story->semaphore)
        last->want_kind = SNARL_WANTS_SEMAPHORE;
    if (story->handler || story->wakes)
        signal(SIGUSR1, wait_anew);
}

static pid_t start(struct story story)
{
    story.directory = directory;
    return guest_start(live, &story);
}

/* The path of the guest's recording, to be freed. */
static char *recording_of(pid_t pid)
{
    char prefix[32], *path = NULL;
    int length = snprintf(prefix, sizeof prefix, "rec.%d.", (int)pid);
    DIR *entries = opendir(directory);
    assert_non_null(entries);
    for (struct dirent *entry; (entry = readdir(entries));)
        if (strncmp(entry->d_name, prefix, (size_t)length) == 0)
            path = path_in(directory, entry->d_name);
    closedir(entries);
    assert_non_null(path);
    return path;
}

static struct snarl_sleeper open_sleeper(pid_t pid)
{
    struct snarl_sleeper sleeper;
    char *path = recording_of(pid);
    assert_true(snarl_sleeper_open(&sleeper, path));
    assert_true(snarl_sleeper_alive(&sleeper));
    free(path);
    return sleeper;
}

static void pass_time(void)
{
    poll(NULL, 0, SNARL_SLEEPER_INTERVAL);
}

/* Looks until it is found asleep. */
static void look_until_asleep(struct snarl_sleeper *sleeper)
{
    for (int look = 0; !snarl_sleeper_look(sleeper); look++) {
        assert_true(look < PATIENCE);
        pass_time();
    }
}

static void one_that_sleeps_is_found_once(void **state)
{
    (void)state;
    pid_t pid = start((struct story){.threads = 2});
    struct snarl_sleeper sleeper = open_sleeper(pid);
    assert_false(snarl_sleeper_look(&sleeper));
    assert_true(sleeper.waiting);
    assert_int_equal(sleeper.fact.count, 0);
    look_until_asleep(&sleeper);
    assert_int_equal(sleeper.fact.header.kind, SNARL_FACT_ASLEEP);
    assert_int_equal(sleeper.fact.count, 3);
    assert_int_equal(sleeper.fact.doubts, 0);
    assert_true(sleeper.fact.at > 0);
    struct snarl_asleep_thread threads[] = {
        {.thread = 1, .sequence = 3}, {.thread = 2, .sequence = 5}, {.thread = 3, .sequence = 7}};
    assert_int_equal(sleeper.fact.sequences, snarl_asleep_sequences(threads, 3));
    for (int look = 0; look < LOOKS; look++)
        assert_false(snarl_sleeper_look(&sleeper));
    assert_false(sleeper.waiting);
    snarl_sleeper_close(&sleeper);
    guest_end(pid);
}

static void one_that_does_not_is_never_found(void **state)
{
    (void)state;
    static const struct story stories[] = {{.threads = 2, .strangers = 1},
                                           {.threads = 1, .ghosts = 1},
                                           {.strangers = 1, .ghosts = 1},
                                           {.threads = 2, .in_no_wait = true},
                                           {.threads = 2, .timed = true}};
    for (size_t i = 0; i < sizeof stories / sizeof *stories; i++) {
        pid_t pid = start(stories[i]);
        struct snarl_sleeper sleeper = open_sleeper(pid);
        for (int look = 0; look < LOOKS; look++) {
            assert_false(snarl_sleeper_look(&sleeper));
            pass_time();
        }
        assert_int_equal(sleeper.fact.count, 0);
        snarl_sleeper_close(&sleeper);
        guest_end(pid);
    }
}

static void what_may_wake_it_is_in_the_fact(void **state)
{
    (void)state;
    static const struct {
        struct story story;
        uint64_t doubts;
    } rows[] = {
        {{.threads = 1, .shared = true}, 1u << SNARL_DOUBT_SHARED},
        {{.threads = 1, .handler = true}, 0},
        {{.threads = 1, .semaphore = true}, 0},
        {{.threads = 1, .handler = true, .semaphore = true}, 1u << SNARL_DOUBT_HANDLER},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        pid_t pid = start(rows[i].story);
        struct snarl_sleeper sleeper = open_sleeper(pid);
        look_until_asleep(&sleeper);
        assert_int_equal(sleeper.fact.doubts, rows[i].doubts);
        snarl_sleeper_close(&sleeper);
        guest_end(pid);
    }
}

/* It waits, it wakes, it waits again: each time is found. */
static void one_that_falls_asleep_again_is_found_again(void **state)
{
    (void)state;
    pid_t pid = start((struct story){.wakes = true});
    struct snarl_sleeper sleeper = open_sleeper(pid);
    look_until_asleep(&sleeper);
    uint64_t before = sleeper.fact.sequences;
    kill(pid, SIGUSR1);
    look_until_asleep(&sleeper);
    assert_int_not_equal(sleeper.fact.sequences, before);
    snarl_sleeper_close(&sleeper);
    guest_end(pid);
}

/* A copy says what the original says, but nobody writes it: it may be of any time. */
static void a_recording_that_nobody_writes_is_not_judged(void **state)
{
    (void)state;
    pid_t pid = start((struct story){.threads = 1});
    char *path = recording_of(pid), *copied = path_in(directory, "copied.rec");
    CHECK(0, "", "", "cp", path, copied);
    struct snarl_sleeper sleeper;
    assert_true(snarl_sleeper_open(&sleeper, copied));
    for (int look = 0; look < LOOKS; look++) {
        assert_false(snarl_sleeper_look(&sleeper));
        pass_time();
    }
    snarl_sleeper_close(&sleeper);
    guest_end(pid);
    assert_true(snarl_sleeper_open(&sleeper, path));
    assert_false(snarl_sleeper_alive(&sleeper));
    for (int look = 0; look < LOOKS; look++)
        assert_false(snarl_sleeper_look(&sleeper));
    snarl_sleeper_close(&sleeper);
    free(path), free(copied);
}

/* How many facts of the kind a recording holds. */
static unsigned count_facts(const char *path, uint32_t kind)
{
    struct snarl_reader reader;
    char error[256] = "";
    if (!snarl_reader_open(&reader, path, error, sizeof error))
        fail_msg("%s", error);
    unsigned count = 0;
    for (const struct snarl_fact_header *fact; (fact = snarl_reader_next(&reader));)
        count += fact->kind == kind;
    assert_int_equal(reader.lost, 0);
    snarl_reader_close(&reader);
    return count;
}

struct found {
    pid_t pids[4];
    size_t count;
};

static void note(pid_t pid, void *context)
{
    struct found *found = context;
    assert_true(found->count < 4);
    found->pids[found->count++] = pid;
}

static struct snarl_recordings recordings_here(void)
{
    return (struct snarl_recordings){.directory = directory};
}

static void forget(struct snarl_recordings *recordings)
{
    recordings->directory = NULL;
    snarl_recordings_close(recordings);
}

/* Of three, one runs and one sleeps with a doubt; a fourth begins to sleep later. */
static void a_run_s_sleepers_are_told_of_as_they_fall_asleep(void **state)
{
    (void)state;
    pid_t sleeps = start((struct story){.threads = 1});
    pid_t runs = start((struct story){.threads = 1, .in_no_wait = true});
    pid_t doubtful = start((struct story){.shared = true});
    struct snarl_recordings recordings = recordings_here();
    struct snarl_sleepers *sleepers = snarl_sleepers_watch(&recordings);
    struct found found = {.count = 0};
    for (int look = 0; look < PATIENCE && found.count < 1; look++, pass_time())
        snarl_sleepers_look(sleepers, note, &found);
    assert_int_equal(found.count, 1);
    assert_int_equal(found.pids[0], sleeps);

    guest_end(sleeps);
    pid_t later = start((struct story){.threads = 3});
    for (int look = 0; look < PATIENCE && found.count < 2; look++, pass_time())
        snarl_sleepers_look(sleepers, note, &found);
    for (int look = 0; look < LOOKS; look++, pass_time())
        snarl_sleepers_look(sleepers, note, &found);
    assert_int_equal(found.count, 2);
    assert_int_equal(found.pids[1], later);

    char *paths[] = {recording_of(sleeps), recording_of(runs), recording_of(doubtful),
                     recording_of(later)};
    static const unsigned expected[] = {1, 0, 1, 1};
    guest_end(doubtful);
    guest_end(runs);
    for (size_t i = 0; i < 4; i++)
        snarl_recordings_add(&recordings, paths[i]);
    snarl_sleepers_add_facts(sleepers, &recordings);
    snarl_sleepers_free(sleepers);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(count_facts(recordings.items[i].path, SNARL_FACT_ASLEEP), expected[i]);
    /* The last one lives: its own recording has been left alone. */
    assert_int_equal(count_facts(paths[3], SNARL_FACT_ASLEEP), 0);
    assert_int_equal(count_facts(paths[0], SNARL_FACT_ASLEEP), 1);
    guest_end(later);
    forget(&recordings);
    for (size_t i = 0; i < 4; i++)
        free(paths[i]);
}

/* What an earlier run left in the directory is not this run's. */
static void earlier_recordings_are_left_alone(void **state)
{
    (void)state;
    pid_t pid = start((struct story){.threads = 1});
    struct snarl_recordings recordings = recordings_here();
    recordings.since = UINT64_MAX;
    struct snarl_sleepers *sleepers = snarl_sleepers_watch(&recordings);
    struct found found = {.count = 0};
    for (int look = 0; look < LOOKS; look++, pass_time())
        snarl_sleepers_look(sleepers, note, &found);
    assert_int_equal(found.count, 0);
    snarl_sleepers_free(sleepers);
    guest_end(pid);
}

/* As `snarl report` does: alive and asleep, alive and not, ended. */
static void recordings_of_living_processes_are_judged(void **state)
{
    (void)state;
    pid_t pids[] = {start((struct story){.threads = 1}),
                    start((struct story){.threads = 1, .timed = true}),
                    start((struct story){.threads = 1})};
    struct snarl_recordings recordings = recordings_here();
    char *paths[3];
    for (size_t i = 0; i < 3; i++) {
        paths[i] = recording_of(pids[i]);
        snarl_recordings_add(&recordings, paths[i]);
    }
    guest_end(pids[2]);
    static const unsigned expected[] = {1, 0, 0};
    /* The guest may only be about to sleep when it is looked at first. */
    for (int look = 0; look < PATIENCE && !recordings.items[0].copy; look++)
        snarl_sleepers_judge(&recordings);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(recordings.items[i].copy != 0, expected[i]);
        assert_int_equal(count_facts(recordings.items[i].path, SNARL_FACT_ASLEEP), expected[i]);
        assert_int_equal(count_facts(recordings.items[i].path, SNARL_FACT_PROCESS), 1);
        assert_int_equal(count_facts(paths[i], SNARL_FACT_ASLEEP), 0);
        free(paths[i]);
    }
    forget(&recordings);
    guest_end(pids[0]);
    guest_end(pids[1]);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, enter, leave)
    const struct CMUnitTest tests[] = {
        TEST(one_that_sleeps_is_found_once),
        TEST(one_that_does_not_is_never_found),
        TEST(what_may_wake_it_is_in_the_fact),
        TEST(one_that_falls_asleep_again_is_found_again),
        TEST(a_recording_that_nobody_writes_is_not_judged),
        TEST(a_run_s_sleepers_are_told_of_as_they_fall_asleep),
        TEST(earlier_recordings_are_left_alone),
        TEST(recordings_of_living_processes_are_judged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
