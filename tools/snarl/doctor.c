/* snarl doctor: what works on this machine. */
#include "doctor.h"

#include <stdio.h>

#include "command.h"
#include "exit_status.h"
#include "usage.h"

enum need {
    USEFUL,
    NEEDED,
};

static const struct {
    const char *title;
    enum need need;
    bool (*check)(char *remark, size_t size);
} checks[] = {
#define CHECK(function, title, need) {title, need, snarl_doctor_##function},
    SNARL_DOCTOR_CHECKS(CHECK)
#undef CHECK
};

static const struct snarl_usage usage = {
    .name = "doctor",
    .arguments = "",
    .description =
        "Says what works on this machine, one line each, and what to do where it does "
        "not. Exits with 0 where all works that snarl run needs, else with 1.",
};

int snarl_command_doctor(int argc, char **argv)
{
    int first, status;
    if (!snarl_usage_parse(&usage, argc, argv, NULL, &first, &status))
        return status;
    if (!snarl_usage_operands(&usage, argc, first, 0, 0))
        return SNARL_EXIT_TROUBLE;
    status = 0;
    for (size_t i = 0; i < sizeof checks / sizeof *checks; i++) {
        char remark[1024] = "";
        bool works = checks[i].check(remark, sizeof remark);
        printf("%-18s %s%s%s\n", checks[i].title, works ? "ok" : "no", *remark ? ": " : "", remark);
        fflush(stdout);
        if (!works && checks[i].need == NEEDED)
            status = 1;
    }
    return status;
}
