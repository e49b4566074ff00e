/*
 * The recording that ci/bench times the report of (ci/benchmarks/scale.c), a fiftieth of the size:
 * all cycles that were planted in it are found, and none of the decoys.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "support/cmocka_all.h"
#include "support/command.h"
#include "support/place.h"

enum {
    CYCLES = 105, /* of seven kinds */
    DECOYS = 1002 /* of six */
};

/* Runs it without a word on standard error; what it says on standard output. */
static char *say(struct command_result result)
{
    if (result.status != 0 || result.error_size > 0)
        print_error("%s", result.error);
    assert_int_equal(result.status, 0);
    assert_int_equal(result.error_size, 0);
    char *output = strdup(result.output);
    assert_non_null(output);
    command_free(&result);
    return output;
}

/* Writes the recording, with so many locks that are on cycles with each other under one gate, and
 * reads its report. */
static json_t *report(void **state, const char *tangled, const char *all)
{
    const char *recording = ((const struct place *)*state)->path;
    free(say(COMMAND(SNARL_SCALE, recording, "20000", "100000", "105", "1002", tangled)));
    char *text = say(COMMAND(SNARL_COMMAND, "report", "--format", "json", recording, all));
    json_t *json = json_loads(text, 0, NULL);
    assert_non_null(json);
    free(text);
    return json;
}

static const char *word(const json_t *object, const char *key)
{
    const char *value = json_string_value(json_object_get(object, key));
    return value != NULL ? value : "";
}

/* How many findings have this status and reason. */
static size_t count_of(const json_t *json, const char *status, const char *reason)
{
    size_t index, count = 0;
    json_t *finding;
    json_array_foreach(json_object_get(json, "findings"), index, finding) count +=
        strcmp(word(finding, "status"), status) == 0 &&
        strcmp(word(finding, "reason"), reason) == 0;
    return count;
}

static void every_cycle_is_found_and_no_decoy(void **state)
{
    json_t *json = report(state, "100", NULL);
    assert_int_equal(json_array_size(json_object_get(json, "findings")), CYCLES);
    assert_int_equal(json_array_size(json_object_get(json, "losses")), 0);
    size_t index;
    json_t *finding;
    json_array_foreach(json_object_get(json, "findings"), index, finding)
    {
        assert_string_equal(word(finding, "kind"), "lock-order-cycle");
        assert_string_equal(word(finding, "severity"), "error");
    }
    json_decref(json);
}

static void every_decoy_has_its_reason(void **state)
{
    json_t *json = report(state, "0", "--all");
    assert_int_equal(json_array_size(json_object_get(json, "findings")), CYCLES + DECOYS);
    assert_int_equal(count_of(json, "predicted", ""), CYCLES);
    assert_int_equal(count_of(json, "infeasible", "single-thread"), DECOYS / 6);
    assert_int_equal(count_of(json, "infeasible", "shared-mode"), DECOYS / 6);
    assert_int_equal(count_of(json, "infeasible", "gate-lock"), DECOYS / 3);
    assert_int_equal(count_of(json, "infeasible", "ordered"), DECOYS / 3);
    json_decref(json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_cycle_is_found_and_no_decoy),
        cmocka_unit_test(every_decoy_has_its_reason),
    };
    return cmocka_run_group_tests(tests, place_set_up, place_tear_down);
}
