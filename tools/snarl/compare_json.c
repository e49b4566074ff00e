/* `snarl compare` for programs: one object, schema snarl-compare/1. */
#include <jansson.h>

#include "compare.h"

static json_t *kinds(snarl_kinds set)
{
    json_t *names = json_array();
    for (unsigned kind = 0; kind < SNARL_FINDING_KINDS; kind++)
        if (set & (snarl_kinds)1 << kind)
            json_array_append_new(names, json_string(snarl_finding_name(kind)));
    return names;
}

static json_t *leg_object(const struct snarl_leg *leg)
{
    const struct snarl_child_end *end = &leg->end;
    return json_pack("{s:b, s:o, s:o, s:b, s:o?, s:o?, s:f, s:I}", "as_expected", leg->as_expected,
                     "expected", kinds(leg->expected), "findings", kinds(leg->found), "hangs",
                     end->timed_out, "exit_code", end->signal ? NULL : json_integer(end->exit_code),
                     "signal", end->signal ? json_integer(end->signal) : NULL, "seconds",
                     end->wall_s, "peak_kib", (json_int_t)end->peak_kib);
}

static json_t *comparison_object(const struct snarl_comparison *comparison)
{
    json_t *legs = json_object();
    for (int leg = 0; leg < SNARL_LEGS; leg++)
        json_object_set_new(legs, snarl_leg_name(leg), leg_object(&comparison->legs[leg]));
    return json_pack("{s:s, s:b, s:b, s:o}", "name", comparison->scenario->name, "agrees",
                     snarl_comparison_agrees(comparison), "address_randomisation",
                     !comparison->fixed_addresses, "legs", legs);
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
