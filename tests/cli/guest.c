#include "guest.h"

#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/cmocka_all.h"

void guest_must(bool good)
{
    if (!good)
        _exit(1);
}

void guest_sleep(void)
{
    for (;;)
        pause();
}

static void *sleep_on(void *written)
{
    pid_t tid = gettid();
    guest_must(write(*(const int *)written, &tid, sizeof tid) == sizeof tid);
    guest_sleep();
    return NULL;
}

pid_t guest_thread(void)
{
    int ends[2];
    pid_t tid;
    pthread_t thread;
    guest_must(pipe(ends) == 0);
    guest_must(pthread_create(&thread, NULL, sleep_on, &ends[1]) == 0);
    guest_must(read(ends[0], &tid, sizeof tid) == sizeof tid);
    return tid;
}

pid_t guest_start(void (*set_up)(const void *), const void *argument)
{
    int ends[2];
    char byte = 0;
    assert_int_equal(pipe(ends), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        close(ends[0]);
        for (int number = 1; number < NSIG; number++) /* a sanitizer's, cmocka's */
            signal(number, SIG_DFL);
        set_up(argument);
        guest_must(write(ends[1], &byte, 1) == 1);
        guest_sleep();
    }
    close(ends[1]);
    ssize_t count = read(ends[0], &byte, 1);
    close(ends[0]);
    if (count != 1)
        fail_msg("the guest could not be set up");
    return pid;
}

void guest_end(pid_t pid)
{
    kill(pid, SIGKILL);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
}
