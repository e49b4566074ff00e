#include "interruption.h"

#include <signal.h>
#include <stddef.h>

static const int wanted[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};

enum {
    COUNT = sizeof wanted / sizeof *wanted,
};

static struct sigaction before[COUNT];
static volatile sig_atomic_t noted;

static void note(int signal)
{
    noted = signal;
}

void snarl_interruption_begin(void)
{
    noted = 0;
    for (size_t i = 0; i < COUNT; i++) {
        struct sigaction noting = {.sa_handler = note, .sa_flags = SA_RESTART};
        sigaction(wanted[i], NULL, &before[i]);
        if (before[i].sa_handler != SIG_IGN)
            sigaction(wanted[i], &noting, NULL);
    }
}

void snarl_interruption_end(void)
{
    for (size_t i = 0; i < COUNT; i++)
        sigaction(wanted[i], &before[i], NULL);
}

int snarl_interruption_signal(void)
{
    return noted;
}
