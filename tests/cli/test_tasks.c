/* What the kernel says of a process, and what of that counts. */
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "guest.h"
#include "support/cmocka_all.h"
#include "support/command.h"
#include "tasks.h"

static void nothing(const void *unused)
{
    (void)unused;
}

static void two_threads_more(const void *unused)
{
    (void)unused;
    guest_thread();
    guest_thread();
}

/* A task that is about to sleep may not do so yet. */
static void read_soon(struct snarl_tasks *tasks, pid_t pid, size_t expected)
{
    while (!snarl_tasks_read(tasks, pid, expected))
        sched_yield();
}

static void tasks_that_sleep_are_listed(void **state)
{
    (void)state;
    struct snarl_tasks tasks = {0}, again = {0};
    pid_t pid = guest_start(two_threads_more, NULL);
    read_soon(&tasks, pid, 3);
    assert_int_equal(tasks.count, 3);
    assert_int_equal(tasks.items[0].tid, pid);
    assert_true(tasks.items[1].tid != tasks.items[2].tid);
    read_soon(&again, pid, 3);
    for (size_t i = 0; i < 3; i++) {
        assert_true(tasks.items[i].sleeping);
        assert_true(tasks.items[i].switches > 0);
        assert_int_equal(again.items[i].tid, tasks.items[i].tid);
        assert_int_equal(again.items[i].switches, tasks.items[i].switches);
    }
    assert_false(snarl_tasks_read(&tasks, pid, 2));
    assert_false(snarl_tasks_read(&tasks, pid, 4));
    assert_true(snarl_tasks_alive(pid));
    guest_end(pid);
    assert_false(snarl_tasks_read(&tasks, pid, 3));
    assert_false(snarl_tasks_read(&tasks, pid, 0));
    assert_false(snarl_tasks_alive(pid));
    snarl_tasks_free(&tasks);
    snarl_tasks_free(&again);
}

static void handle(int signal)
{
    (void)signal;
}

static void handle_user_signal(const void *unused)
{
    (void)unused;
    signal(SIGUSR1, handle);
}

/* One that has run in between has other numbers. */
static void switches_are_counted(void **state)
{
    (void)state;
    struct snarl_tasks before = {0}, after = {0};
    pid_t pid = guest_start(handle_user_signal, NULL);
    read_soon(&before, pid, 1);
    kill(pid, SIGUSR1);
    do
        read_soon(&after, pid, 1);
    while (after.items[0].switches == before.items[0].switches);
    assert_true(after.items[0].switches > before.items[0].switches);
    guest_end(pid);
    snarl_tasks_free(&before);
    snarl_tasks_free(&after);
}

static void one_that_runs_does_not_sleep(void **state)
{
    (void)state;
    struct snarl_tasks tasks = {0};
    assert_false(snarl_tasks_read(&tasks, getpid(), 1));
    snarl_tasks_free(&tasks);
}

static void *leave_the_others(void *unused)
{
    guest_sleep();
    return unused;
}

static void main_thread_leaves(const void *ready)
{
    pthread_t thread;
    guest_must(pthread_create(&thread, NULL, leave_the_others, NULL) == 0);
    guest_must(write(*(const int *)ready, "", 1) == 1);
    pthread_exit(NULL);
}

/* Its main thread stays as a zombie; the file is mapped by the other all the same. */
static void a_main_thread_that_has_left_is_no_task(void **state)
{
    (void)state;
    struct snarl_tasks tasks = {0};
    int ends[2];
    char byte;
    assert_int_equal(pipe(ends), 0);
    pid_t pid = fork();
    if (pid == 0)
        main_thread_leaves(&ends[1]);
    assert_int_equal(read(ends[0], &byte, 1), 1);
    read_soon(&tasks, pid, 1);
    assert_true(tasks.items[0].tid != (uint32_t)pid);
    assert_true(snarl_tasks_alive(pid));
    char program[4096] = "";
    struct stat status;
    assert_true(readlink("/proc/self/exe", program, sizeof program - 1) > 0);
    assert_int_equal(stat(program, &status), 0);
    assert_true(snarl_tasks_map(pid, (pid_t)tasks.items[0].tid, status.st_ino, program));
    close(ends[0]), close(ends[1]);
    guest_end(pid);
    snarl_tasks_free(&tasks);
}

static void a_zombie_is_not_alive(void **state)
{
    (void)state;
    pid_t pid = guest_start(nothing, NULL);
    siginfo_t info;
    kill(pid, SIGKILL);
    assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
    assert_int_equal(kill(pid, 0), 0);
    assert_false(snarl_tasks_alive(pid));
    guest_end(pid);
}

static void make_timer(clockid_t clock, int notify, int number)
{
    timer_t timer;
    struct sigevent event = {.sigev_notify = notify, .sigev_signo = number};
    guest_must(timer_create(clock, &event, &timer) == 0);
    struct itimerspec later = {.it_value.tv_sec = 1000};
    guest_must(timer_settime(timer, 0, &later, NULL) == 0);
}

static void timer_that_signals(const void *unused)
{
    (void)unused;
    make_timer(CLOCK_MONOTONIC, SIGEV_NONE, 0);
    make_timer(CLOCK_MONOTONIC, SIGEV_SIGNAL, SIGUSR2);
}

static void timer_that_tells_nobody(const void *unused)
{
    (void)unused;
    make_timer(CLOCK_MONOTONIC, SIGEV_NONE, 0);
}

/* Of the process and of the thread: neither comes while all sleep. */
static void timers_of_processor_time(const void *unused)
{
    (void)unused;
    make_timer(CLOCK_PROCESS_CPUTIME_ID, SIGEV_SIGNAL, SIGUSR2);
    make_timer(CLOCK_THREAD_CPUTIME_ID, SIGEV_SIGNAL, SIGUSR2);
}

static void handle_what_comes_to_those_that_run(const void *unused)
{
    (void)unused;
    signal(SIGPROF, handle);
    signal(SIGTRAP, handle);
}

static void handle_alarm(const void *unused)
{
    (void)unused;
    signal(SIGALRM, handle);
}

static void ignore_alarm(const void *unused)
{
    (void)unused;
    signal(SIGALRM, SIG_IGN);
    struct itimerval later = {.it_value.tv_sec = 1000};
    guest_must(setitimer(ITIMER_REAL, &later, NULL) == 0);
}

/* glibc installs one for each of these; neither runs code of the program's. */
static void let_glibc_have_its_handlers(const void *unused)
{
    (void)unused;
    static pthread_t thread;
    guest_must(pthread_create(&thread, NULL, leave_the_others, NULL) == 0);
    guest_must(pthread_cancel(thread) == 0);
    guest_must(pthread_join(thread, NULL) == 0);
    guest_must(setuid(getuid()) == 0);
}

static void handle_real_time_signal(const void *unused)
{
    (void)unused;
    guest_must(signal(SIGRTMAX, handle) != SIG_ERR);
}

static void what_may_wake_a_thread_from_outside(void **state)
{
    (void)state;
    static const struct {
        void (*set_up)(const void *);
        struct snarl_asleep_surroundings expected;
    } rows[] = {
        {nothing, {.timer_armed = false}},
        {timer_that_signals, {.timer_armed = true}},
        {timer_that_tells_nobody, {.timer_armed = false}},
        {timers_of_processor_time, {.timer_armed = false}},
        {handle_what_comes_to_those_that_run, {.handler_installed = false}},
        {handle_alarm, {.timers_unknown = true, .handler_installed = true}},
        {ignore_alarm, {.timers_unknown = false}},
        {handle_user_signal, {.handler_installed = true}},
        {handle_real_time_signal, {.handler_installed = true}},
        {let_glibc_have_its_handlers, {.handler_installed = false}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        pid_t pid = guest_start(rows[i].set_up, NULL);
        struct snarl_asleep_surroundings found = snarl_tasks_surroundings(pid);
        assert_int_equal(found.timer_armed, rows[i].expected.timer_armed);
        assert_int_equal(found.timers_unknown, rows[i].expected.timers_unknown);
        assert_int_equal(found.handler_installed, rows[i].expected.handler_installed);
        guest_end(pid);
    }
}

static void what_cannot_be_read_is_unknown(void **state)
{
    (void)state;
    pid_t pid = guest_start(nothing, NULL);
    guest_end(pid);
    struct snarl_asleep_surroundings found = snarl_tasks_surroundings(pid);
    assert_true(found.timers_unknown);
    assert_true(found.handler_installed);
}

static void map_file(const void *path)
{
    int descriptor = open(path, O_RDWR);
    guest_must(descriptor >= 0);
    guest_must(mmap(NULL, 4096, PROT_READ, MAP_SHARED, descriptor, 0) != MAP_FAILED);
    close(descriptor);
}

static void a_mapped_file_is_known_by_name_and_number(void **state)
{
    (void)state;
    char *directory = directory_make(), *path = path_in(directory, "rec.4711.0a1b2c3d.rec");
    char *other = path_in(directory, "rec.4712.0a1b2c3d.rec"), bytes[4096] = "";
    file_write(path, bytes, sizeof bytes, 0600);
    file_write(other, bytes, sizeof bytes, 0600);
    struct stat status, other_status;
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(stat(other, &other_status), 0);
    pid_t pid = guest_start(map_file, path);
    assert_true(snarl_tasks_map(pid, pid, status.st_ino, path));
    assert_false(snarl_tasks_map(pid, pid, other_status.st_ino, other));
    assert_false(snarl_tasks_map(pid, pid, status.st_ino, other));
    assert_false(snarl_tasks_map(pid, pid, other_status.st_ino, path));
    assert_false(snarl_tasks_map(getpid(), getpid(), status.st_ino, path));
    guest_end(pid);
    assert_false(snarl_tasks_map(pid, pid, status.st_ino, path));
    free(path), free(other);
    directory_remove(directory);
}

static void a_program_has_a_name(void **state)
{
    (void)state;
    char name[4096], own[4096] = "", first[4];
    FILE *file = fopen("/proc/self/cmdline", "r");
    assert_non_null(file);
    assert_true(fread(own, 1, sizeof own - 1, file) > 4);
    fclose(file);
    snarl_tasks_name(getpid(), name, sizeof name);
    assert_string_equal(name, own);
    snarl_tasks_name(getpid(), first, sizeof first);
    assert_memory_equal(first, own, 3);
    assert_int_equal(first[3], '\0');
    pid_t pid = guest_start(nothing, NULL);
    guest_end(pid);
    snarl_tasks_name(pid, name, sizeof name);
    assert_string_equal(name, "a program");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tasks_that_sleep_are_listed),
        cmocka_unit_test(switches_are_counted),
        cmocka_unit_test(one_that_runs_does_not_sleep),
        cmocka_unit_test(a_main_thread_that_has_left_is_no_task),
        cmocka_unit_test(a_zombie_is_not_alive),
        cmocka_unit_test(what_may_wake_a_thread_from_outside),
        cmocka_unit_test(what_cannot_be_read_is_unknown),
        cmocka_unit_test(a_mapped_file_is_known_by_name_and_number),
        cmocka_unit_test(a_program_has_a_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
