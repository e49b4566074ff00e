/* `snarl compare` for programs: one object, schema snarl-compare/1. */
#include <jansson.h>

#include "compare.h"
#include "suite/kinds_json.h"

static json_t *leg_object(const struct snarl_compared_leg *leg, snarl_kinds expected)
{
    const struct snarl_outcome *outcome = &leg->outcome;
    bool killed = outcome->signal != 0;
    return json_pack("{s:b, s:o, s:o, s:b, s:o?, s:o?, s:f, s:I}", "as_expected", leg->as_expected,
                     "expected", snarl_kinds_json(expected), "findings",
                     snarl_kinds_json(outcome->found), "hangs", outcome->hung, "exit_code",
                     killed ? NULL : json_integer(outcome->exit_code), "signal",
                     killed ? json_integer(outcome->signal) : NULL, "seconds", outcome->wall_s,
                     "peak_kib", (json_int_t)outcome->peak_kib);
}

static json_t *comparison_object(const struct snarl_comparison *comparison)
{
    json_t *legs = json_object();
    const struct snarl_scenario *scenario = comparison->scenario;
    for (int leg = 0; leg < SNARL_COMPARED; leg++)
        if (comparison->legs[leg].ran)
            json_object_set_new(
                legs, snarl_leg_name((enum snarl_leg_kind)leg),
                leg_object(&comparison->legs[leg], scenario->expect.legs[leg].kinds));
    return json_pack("{s:s, s:b, s:b, s:o}", "name", scenario->name, "agrees",
                     snarl_comparison_agrees(comparison), "address_randomisation",
                     !comparison->legs[SNARL_LEG_THREAD_SANITIZER].outcome.fixed_addresses, "legs",
                     legs);
}

void snarl_compare_write_json(FILE *stream, const struct snarl_comparison *comparisons,
                              size_t count)
{
    json_t *scenarios = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(scenarios, comparison_object(&comparisons[i]));
    json_t *object = json_pack("{s:s, s:o}", "schema", "snarl-compare/1", "scenarios", scenarios);
    json_dumpf(object, stream, JSON_INDENT(2));
    fputc('\n', stream);
    json_decref(object);
}
