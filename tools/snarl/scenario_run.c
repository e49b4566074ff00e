#include <stdio.h>

#include "complain.h"
#include "exit_status.h"
#include "print.h"
#include "report/paths.h"
#include "report/timeline.h"
#include "scenario.h"
#include "scenarios.h"
#include "suite/outcome.h"
#include "watch.h"

static bool judge(const struct snarl_scenario *scenario, const struct snarl_watched *watched)
{
    char why[SNARL_OUTCOME_REASON], found[256];
    struct snarl_outcome outcome = {.hung = watched->end.timed_out,
                                    .timed_out = watched->end.timed_out,
                                    .output_matches = true, /* the user has it */
                                    .exit_code = watched->end.exit_code,
                                    .signal = watched->end.signal,
                                    .found = snarl_kinds_found(watched->report)};
    bool met = snarl_outcome_judge(scenario, SNARL_LEG_SNARL, &outcome, why, sizeof why);
    if (met)
        printf("%s: snarl found %s, as expected%s\n", scenario->name,
               snarl_kinds_words(outcome.found, found, sizeof found),
               outcome.hung ? "; it hung and was ended" : "");
    else
        printf("%s: not as expected: %s\n", scenario->name, why);
    fflush(stdout);
    return met;
}

int snarl_scenario_run(const struct snarl_scenario *scenario,
                       const struct snarl_scenario_settings *settings)
{
    char **arguments = snarl_scenarios_arguments(scenario, NULL, "", NULL);
    if (!arguments)
        return snarl_complain(SNARL_EXIT_TROUBLE, "the program of scenario %s is missing",
                              scenario->name);
    struct snarl_print_settings print = SNARL_PRINT_DEFAULTS;
    struct snarl_watch_plan plan = {.arguments = arguments,
                                    .options = "timeline=1",
                                    .time_limit_s = settings->timeout_s,
                                    .descriptors = {-1, -1, -1}};
    struct snarl_watched watched;
    snarl_watch(&plan, &watched);
    snarl_scenarios_free_arguments(arguments);
    if (watched.status)
        return snarl_complain(SNARL_EXIT_TROUBLE, "%s", watched.reason);
    int status = SNARL_EXIT_TROUBLE;
    struct snarl_timeline_options timeline = {.within = snarl_path_base(scenario->source),
                                              .leave = "common/stage.c"};
    printf("\n");
    snarl_timeline_write(stdout, watched.report, &timeline);
    watched.report->event_count = 0; /* they need not be told again */
    if (scenario->expect.legs[SNARL_LEG_THREAD_SANITIZER].kinds & snarl_kinds_named("data-race"))
        snarl_scenario_show_race(scenario, settings->timeout_s);
    if (snarl_print_report(&print, stderr, watched.report))
        status = judge(scenario, &watched) ? 0 : 1;
    snarl_report_free(watched.report);
    return status;
}
