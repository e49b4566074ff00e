#include "confirm_ask.h"

#include <stdlib.h>

#include "report_words.h"
#include "support/command.h"

char *place;
char *path;

int enter(void **state)
{
    (void)state;
    place = directory_make();
    path = path_in(place, "report.json");
    return 0;
}

int leave(void **state)
{
    (void)state;
    free(path);
    directory_remove(place);
    return 0;
}

json_t *run_and_load(int status, const char *const *arguments)
{
    struct command_result result = command_run(&(struct command){.arguments = arguments});
    if (result.status != status)
        fail_msg("%s: exit status %d, not %d: %s", arguments[8], result.status, status,
                 result.error);
    command_free(&result);
    return report_load(path);
}

json_t *replay(int status, const char *schedule, const char *cycle)
{
    return run_and_load(status,
                        (const char *const[]){SNARL_COMMAND, "run", "-f", "json", "-o", path,
                                              "--replay", schedule, SNARL_CYCLES, cycle, NULL});
}

void check_findings(const json_t *report, const char *expected)
{
    char *found = report_findings(report);
    assert_string_equal(found, expected);
    free(found);
}
