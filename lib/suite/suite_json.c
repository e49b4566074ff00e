/* The results of a suite for programs: one object, schema snarl-suite/1. */
#include <jansson.h>

#include "report/pool.h"
#include "report/utf8.h"
#include "suite/kinds_json.h"
#include "suite/suite.h"

static json_t *leg_object(const struct snarl_scenario *scenario, int kind,
                          const struct snarl_suite_leg *leg, struct snarl_pool *pool)
{
    bool met = snarl_suite_verdict(scenario, leg) == SNARL_VERDICT_MET;
    const char *why = *leg->why && !met ? snarl_utf8_repair(pool, leg->why) : NULL;
    return json_pack(
        "{s:s, s:i, s:i, s:o, s:o, s:b, s:s?, s:f}", "verdict",
        snarl_verdict_name(snarl_suite_verdict(scenario, leg)), "runs", (int)leg->done, "met",
        (int)leg->met, "expected", snarl_kinds_json(scenario->expect.legs[kind].kinds), "found",
        snarl_kinds_json(leg->found), "hung", leg->hung, "reason", why, "seconds", leg->wall_s);
}

static json_t *row_object(const struct snarl_suite_row *row, struct snarl_pool *pool)
{
    json_t *legs = json_object();
    for (int leg = 0; leg < SNARL_LEG_KINDS; leg++)
        if (row->legs[leg].done > 0)
            json_object_set_new(legs, snarl_leg_name((enum snarl_leg_kind)leg),
                                leg_object(row->scenario, leg, &row->legs[leg], pool));
    return json_pack("{s:s, s:s, s:b, s:o}", "name", row->scenario->name, "lesson",
                     row->scenario->lesson, "deterministic", row->scenario->deterministic, "legs",
                     legs);
}

bool snarl_suite_write_json(const struct snarl_suite *suite, FILE *stream)
{
    struct snarl_pool pool = {0};
    json_t *scenarios = json_array(), *legs = json_object();
    for (size_t i = 0; i < suite->count; i++)
        json_array_append_new(scenarios, row_object(&suite->rows[i], &pool));
    for (int verdict = SNARL_VERDICT_MET; verdict <= SNARL_VERDICT_FAILED; verdict++)
        json_object_set_new(
            legs, snarl_verdict_name((enum snarl_verdict)verdict),
            json_integer((json_int_t)snarl_suite_count(suite, (enum snarl_verdict)verdict)));
    json_t *object = json_pack("{s:s, s:{s:i, s:i}, s:i, s:o, s:o, s:f}", "schema", "snarl-suite/1",
                               "shard", "number", (int)suite->shard, "of", (int)suite->shards,
                               "repeat", (int)suite->repeat, "legs", legs, "scenarios", scenarios,
                               "seconds", suite->wall_s);
    json_dumpf(object, stream, JSON_INDENT(2));
    fputc('\n', stream);
    json_decref(object);
    snarl_pool_free(&pool);
    return fflush(stream) == 0 && !ferror(stream);
}
