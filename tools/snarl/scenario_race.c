/* The moment of a race, as ThreadSanitizer sees it in a run of its own. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "memory.h"
#include "report/words.h"
#include "sanitized.h"
#include "scenario.h"
#include "scenarios.h"

enum {
    LINES_BEFORE = 6, /* of what the program has printed, that are shown */
    LINES_AFTER = 3,
    RULE = 80,
    COLUMN = 40, /* of the second thread */
};

/* Where ThreadSanitizer's report stands in what was printed: it is between two such lines. */
#define FENCE "==================\n"

static const struct snarl_report_finding *find_race(const struct snarl_report *report)
{
    for (size_t i = 0; i < report->finding_count; i++)
        if (report->findings[i].kind == SNARL_FINDING_DATA_RACE)
            return &report->findings[i];
    return NULL;
}

/* The last lines that end at `end`. */
static void show_lines_before(const char *text, const char *end)
{
    const char *from = end;
    for (int lines = 0; from > text && lines <= LINES_BEFORE; lines += from[-1] == '\n') {
        if (lines == LINES_BEFORE && from[-1] == '\n')
            break;
        from--;
    }
    printf("%.*s", (int)(end - from), from);
}

/* The first lines of the program's own from `text` on: other reports are passed over. */
static void show_lines_after(const char *text)
{
    bool report = false;
    for (int lines = 0; *text && lines < LINES_AFTER;) {
        size_t length = strcspn(text, "\n") + 1;
        bool fence = strncmp(text, FENCE, strlen(FENCE)) == 0;
        if (!fence && !report && strncmp(text, "ThreadSanitizer:", 16) != 0) {
            printf("%.*s", (int)length, text);
            lines++;
        }
        report = report != fence;
        text += text[length - 1] ? length : length - 1;
    }
}

static void show_rule(const char *title)
{
    int column = *title ? printf("-- %s ", title) : 0;
    while (column++ < RULE)
        putchar('-');
    putchar('\n');
}

/* One column for each of the two threads; ThreadSanitizer tells of the later access first. */
static void show_race(const struct snarl_report *report, const struct snarl_report_finding *race)
{
    struct snarl_pool pool = {0};
    struct snarl_words words = {.report = report, .pool = &pool};
    words.paths = snarl_paths_of(report, NULL, &pool);
    show_rule("the race");
    for (size_t i = race->step_count; i-- > 0;) {
        const struct snarl_report_step *step = &race->steps[i];
        int column = i == 0 ? COLUMN : 0;
        printf("%*s%s\n%*s  %s\n%*s  %s\n", column, "",
               step->thread ? snarl_words_thread(&words, step->thread) : "a thread", column, "",
               step->action ? step->action : "an access", column, "",
               snarl_words_spot(&words, snarl_stack_place(&step->stack)));
    }
    printf("Nothing orders the two.\n");
    show_rule("");
    snarl_pool_free(&pool);
}

static void show(const char *text, const struct snarl_report *report)
{
    const struct snarl_report_finding *race = find_race(report);
    const char *begin = race ? strstr(text, FENCE) : NULL;
    const char *end = begin ? strstr(begin + strlen(FENCE), FENCE) : NULL;
    if (!end)
        return;
    printf("\nIn a run of its own, built with ThreadSanitizer:\n\n");
    show_lines_before(text, begin);
    show_race(report, race);
    show_lines_after(end + strlen(FENCE));
    putchar('\n');
    fflush(stdout);
}

void snarl_scenario_show_race(const struct snarl_scenario *scenario, double time_limit_s)
{
    char reason[1024];
    struct snarl_sanitized sanitized;
    char **arguments = snarl_scenarios_arguments(
        scenario, NULL, snarl_leg_suffix(SNARL_LEG_THREAD_SANITIZER), NULL);
    int output = memfd_create("output", MFD_CLOEXEC);
    struct snarl_sanitized_plan plan = {
        .arguments = arguments, .time_limit_s = time_limit_s, .output = output, .together = true};
    if (arguments && output >= 0 && snarl_sanitized_run(&plan, &sanitized, reason, sizeof reason)) {
        off_t size = lseek(output, 0, SEEK_END);
        char *text = snarl_memory_zeroed((size_t)size + 1, 1);
        if (pread(output, text, (size_t)size, 0) == size)
            show(text, sanitized.report);
        free(text);
        snarl_report_free(sanitized.report);
    }
    close(output);
    snarl_scenarios_free_arguments(arguments);
}
