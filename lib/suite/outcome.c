#include "suite/outcome.h"

#include <regex.h>
#include <stdarg.h>
#include <stdio.h>

enum {
    WORDS = 256,
};

bool snarl_outcome_output_matches(const struct snarl_scenario *scenario, const char *output)
{
    regex_t expression;
    if (scenario->expect.output == NULL)
        return true;
    if (regcomp(&expression, scenario->expect.output, REG_EXTENDED | REG_NOSUB) != 0)
        return false; /* the manifest has compiled it: memory has run out */
    bool matches = regexec(&expression, output, 0, NULL, 0) == 0;
    regfree(&expression);
    return matches;
}

__attribute__((format(printf, 3, 4))) static bool differs(char *why, size_t size,
                                                          const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(why, size, format, arguments);
    va_end(arguments);
    return false;
}

/* One that hangs is ended by snarl where the hang is to be found, with a status of its own. */
static bool is_ended_by_snarl(const struct snarl_scenario *scenario, enum snarl_leg_kind leg)
{
    return (leg == SNARL_LEG_SNARL || leg == SNARL_LEG_RACES) &&
           scenario->expect.legs[SNARL_LEG_SNARL].kinds != 0;
}

/* A sanitizer may add a status of its own; that the program ends so natively is judged natively. */
static bool has_own_status(enum snarl_leg_kind leg)
{
    return leg == SNARL_LEG_NATIVE || leg == SNARL_LEG_SNARL || leg == SNARL_LEG_RACES;
}

/* Valgrind runs one thread at a time: what chance brings natively need not come there. */
static bool has_own_pace(enum snarl_leg_kind leg)
{
    return leg != SNARL_LEG_HELGRIND && leg != SNARL_LEG_DRD;
}

/* With arguments that bring accesses together it may go another way. */
static bool prints_as_usual(const struct snarl_scenario *scenario, enum snarl_leg_kind leg)
{
    return has_own_pace(leg) && (leg != SNARL_LEG_RACES || scenario->races_arguments.count == 0);
}

static bool judge_end(const struct snarl_scenario *scenario, enum snarl_leg_kind leg,
                      const struct snarl_outcome *outcome, char *why, size_t size)
{
    if (!scenario->expect.ends && is_ended_by_snarl(scenario, leg))
        return !outcome->hung || differs(why, size, "it hung, and snarl did not end it");
    if (!scenario->expect.ends)
        return outcome->hung || differs(why, size, "it ended, and was to hang");
    if (outcome->timed_out)
        return differs(why, size, "it did not end in time");
    if (outcome->hung)
        return differs(why, size, "it hung");
    if (outcome->signal)
        return differs(why, size, "signal %d ended it", outcome->signal);
    if (has_own_status(leg) && outcome->exit_code != scenario->expect.exit_code)
        return differs(why, size, "it ended with status %d instead of %d", outcome->exit_code,
                       scenario->expect.exit_code);
    return true;
}

bool snarl_outcome_judge(const struct snarl_scenario *scenario, enum snarl_leg_kind leg,
                         const struct snarl_outcome *outcome, char *why, size_t size)
{
    char found[WORDS], expected[WORDS];
    snarl_kinds kinds = scenario->expect.legs[leg].kinds;
    if (outcome->found != kinds)
        return differs(why, size, "it found %s instead of %s",
                       snarl_kinds_words(outcome->found, found, sizeof found),
                       snarl_kinds_words(kinds, expected, sizeof expected));
    if (!judge_end(scenario, leg, outcome, why, size))
        return false;
    return outcome->output_matches || !prints_as_usual(scenario, leg) ||
           differs(why, size, "its output has no match of \"%s\"", scenario->expect.output);
}
