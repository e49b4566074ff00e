/* The manifest: what is in a good one, and what is said of damaged ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "suite/lesson.h"
#include "suite/manifest.h"
#include "support/command.h"

static char error[512];

/* Loads a manifest of these bytes from a file of its own; the error has FILE for its path. */
static struct snarl_manifest *load_bytes(const char *bytes, size_t size)
{
    char path[] = "/tmp/snarl-manifest-XXXXXX";
    int descriptor = mkstemp(path);
    assert_true(descriptor >= 0);
    assert_int_equal(write(descriptor, bytes, size), size);
    close(descriptor);
    memset(error, 0, sizeof error);
    struct snarl_manifest *manifest = snarl_manifest_load(path, error, sizeof error);
    unlink(path);
    if (manifest == NULL) {
        assert_memory_equal(error, path, strlen(path));
        memmove(error + 4, error + strlen(path), strlen(error + strlen(path)) + 1);
        memcpy(error, "FILE", 4);
    }
    return manifest;
}

#define KIND(NAME) ((snarl_kinds)1 << SNARL_FINDING_##NAME)

static void check_leg(const struct snarl_scenario *scenario, enum snarl_leg_kind leg, bool given,
                      snarl_kinds kinds)
{
    assert_int_equal(scenario->expect.legs[leg].given, given);
    assert_int_equal(scenario->expect.legs[leg].kinds, kinds);
}

static void good_one_is_read(void **state)
{
    (void)state;
    struct snarl_manifest *manifest =
        snarl_manifest_load(SNARL_FIXTURES "/manifest/good.json", error, sizeof error);
    if (manifest == NULL)
        fail_msg("%s", error);
    assert_int_equal(manifest->count, 2);

    const struct snarl_scenario *left = &manifest->scenarios[0];
    assert_string_equal(left->name, "left");
    assert_string_equal(left->lesson, "Left and right");
    assert_string_equal(left->folder, SNARL_FIXTURES "/manifest");
    assert_string_equal(left->source, SNARL_FIXTURES "/manifest/one/left.cc");
    assert_true(left->has_source);
    assert_string_equal(left->program, "bin/left");
    assert_string_equal(left->summary, "Takes left, then right.");
    assert_int_equal(left->explanation.count, 2);
    assert_string_equal(left->explanation.items[1], "It should not.");
    assert_int_equal(left->tries.count, 1);
    assert_string_equal(left->tries.items[0], "Take right first.");
    assert_int_equal(left->arguments.count, 2);
    assert_string_equal(left->arguments.items[0], "--threads");
    assert_string_equal(left->arguments.items[1], "3");
    assert_null(left->arguments.items[2]);
    assert_int_equal(left->races_arguments.count, 1);
    assert_string_equal(left->races_arguments.items[0], "--fast");
    assert_true(left->time_limit_s == 2.5);
    check_leg(left, SNARL_LEG_NATIVE, true, 0);
    check_leg(left, SNARL_LEG_SNARL, true, KIND(DEADLOCK) | KIND(LOCK_ORDER_CYCLE));
    check_leg(left, SNARL_LEG_THREAD_SANITIZER, true, 0);
    check_leg(left, SNARL_LEG_HELGRIND, true, KIND(LOCK_ORDER_CYCLE));
    check_leg(left, SNARL_LEG_DRD, false, 0);
    assert_string_equal(left->expect.output, "wants (left|right)");
    assert_false(left->expect.ends);
    assert_int_equal(left->expect.exit_code, 0);
    assert_true(left->deterministic);
    assert_string_equal(left->fixed_by, "right");
    snarl_manifest_free(manifest);
}

static void what_is_left_out_is_as_usual(void **state)
{
    (void)state;
    struct snarl_manifest *manifest =
        snarl_manifest_load(SNARL_FIXTURES "/manifest/good.json", error, sizeof error);
    assert_non_null(manifest);
    const struct snarl_scenario *right = snarl_manifest_find(manifest, "right");
    assert_ptr_equal(right, &manifest->scenarios[1]);
    assert_string_equal(right->source, SNARL_FIXTURES "/manifest/right.c");
    assert_false(right->has_source);
    assert_string_equal(right->program, "right");
    assert_int_equal(right->explanation.count, 0);
    assert_int_equal(right->tries.count, 0);
    assert_int_equal(right->arguments.count, 0);
    assert_int_equal(right->races_arguments.count, 0);
    assert_null(right->arguments.items[0]);
    assert_true(right->time_limit_s == 0);
    check_leg(right, SNARL_LEG_NATIVE, true, 0);
    check_leg(right, SNARL_LEG_THREAD_SANITIZER, true, KIND(DATA_RACE));
    check_leg(right, SNARL_LEG_HELGRIND, false, 0);
    assert_null(right->expect.output);
    assert_true(right->expect.ends);
    assert_int_equal(right->expect.exit_code, 3);
    assert_false(right->deterministic);
    assert_null(right->fixed_by);
    assert_null(snarl_manifest_find(manifest, "middle"));
    snarl_manifest_free(manifest);
}

/* A mend may stand in a later lesson. */
static void lessons_are_read_in_their_order(void **state)
{
    (void)state;
    struct snarl_manifest *manifest =
        snarl_manifest_load(SNARL_FIXTURES "/manifest/lessons/manifest.json", error, sizeof error);
    if (manifest == NULL)
        fail_msg("%s", error);
    assert_int_equal(manifest->count, 2);
    const struct snarl_scenario *first = &manifest->scenarios[0], *second = first + 1;
    assert_string_equal(first->name, "a");
    assert_string_equal(first->lesson, "One");
    assert_string_equal(first->source, SNARL_FIXTURES "/manifest/lessons/first/a.c");
    assert_string_equal(first->fixed_by, "b");
    assert_string_equal(second->lesson, "Two");
    check_leg(second, SNARL_LEG_SNARL, false, 0);
    snarl_manifest_free(manifest);
}

/* The lesson text is the comment at the head of the source, so each of ours has one; and whatever
 * is broken is mended somewhere, but for what only shows how a thing is. */
static void own_scenarios_are_read(void **state)
{
    (void)state;
    struct snarl_manifest *manifest =
        snarl_manifest_load(SNARL_SCENARIOS "/manifest.json", error, sizeof error);
    if (manifest == NULL)
        fail_msg("%s", error);
    for (size_t i = 0; i < manifest->count; i++) {
        const struct snarl_scenario *scenario = &manifest->scenarios[i];
        struct snarl_pool pool = {0};
        struct snarl_lesson lesson;
        size_t size, marks = 0;
        char *text = file_read(scenario->source, &size);
        snarl_lesson_read(&lesson, text, &pool);
        for (size_t line = 0; line < lesson.line_count; line++)
            marks += lesson.lines[line].why != NULL;
        /* (ThreadSanitizer may find orders of locks that cannot deadlock.) */
        bool broken = !scenario->expect.ends || scenario->expect.legs[SNARL_LEG_SNARL].kinds ||
                      scenario->expect.legs[SNARL_LEG_THREAD_SANITIZER].kinds & KIND(DATA_RACE);
        if (!*lesson.title || lesson.paragraph_count == 0 || marks == 0 ||
            scenario->tries.count == 0 || scenario->expect.output == NULL ||
            !scenario->expect.legs[SNARL_LEG_SNARL].given ||
            !scenario->expect.legs[SNARL_LEG_THREAD_SANITIZER].given ||
            (broken && scenario->fixed_by == NULL))
            fail_msg("%s is not whole", scenario->name);
        snarl_pool_free(&pool);
        free(text);
    }
    snarl_manifest_free(manifest);
}

/* The good one with the first `from` replaced by `to`. */
static void each_damage_is_named(void **state)
{
    (void)state;
    static const struct {
        const char *from;
        const char *to;
        const char *error;
    } rows[] = {
        {"\"schema\"", "\"scheme\"", "FILE: \"schema\" is missing"},
        {"manifest/1", "manifest/9",
         "FILE: the schema is \"snarl-manifest/9\", not \"snarl-manifest/1\""},
        {"\"scenarios\": [", "\"lessons\": [], \"scenarios\": [",
         "FILE: \"lessons\" and \"scenarios\" cannot stand in one file"},
        {"\"scenarios\": [", "\"others\": [", "FILE: \"others\" is unknown"},
        {"\"lesson\": \"Left and right\",", "", "FILE: \"lesson\" is missing"},
        {"\"scenarios\": [", "\"scenarios\": [7,", "FILE: scenario 1: must be an object"},
        {"\"name\": \"right\",", "", "FILE: scenario 2: \"name\" is missing"},
        {"\"name\": \"right\"", "\"name\": \"a/b\"",
         "FILE: scenario 2: \"name\" must be letters, digits, '.', '_' and '-'"},
        {"\"Takes left, then right.\"", "\"\"",
         "FILE: scenario 1: \"summary\" must be a string that is not empty"},
        {"\"one/left.cc\"", "7", "FILE: scenario 1: \"source\" must be a string that is not empty"},
        {"\"It hangs.\"", "1", "FILE: scenario 1: \"explanation\" must be a list of strings"},
        {"[\"--threads\", \"3\"]", "\"-x\"",
         "FILE: scenario 1: \"arguments\" must be a list of strings"},
        {"[\"--fast\"]", "\"-x\"",
         "FILE: scenario 1: \"races_arguments\" must be a list of strings"},
        {"2.5", "0", "FILE: scenario 1: \"time_limit\" must be a number of seconds above 0"},
        {"\"expect\"", "\"expected\"", "FILE: scenario 1: \"expected\" is unknown"},
        {"\"expect\": {", "\"expect\": [], \"try_\": {", "FILE: scenario 1: \"try_\" is unknown"},
        {"\"snarl\": []", "\"snarls\": []", "FILE: scenario 2: \"expect.snarls\" is unknown"},
        {"\"snarl\": []", "\"native\": []", "FILE: scenario 2: \"expect.native\" is unknown"},
        {"\"deadlock\"", "\"dead-lock\"",
         "FILE: scenario 1: \"expect.snarl\" has an unknown kind \"dead-lock\""},
        {"\"deadlock\"", "\"lock-order-cycle\"",
         "FILE: scenario 1: \"expect.snarl\" has \"lock-order-cycle\" twice"},
        {"\"snarl\": []", "\"snarl\": \"x\"",
         "FILE: scenario 2: \"expect.snarl\" must be a list of strings"},
        {"(left|", "((left|",
         "FILE: scenario 1: \"expect.output\" is no regular expression: Unmatched ( or \\("},
        {"\"wants (left|right)\"", "0",
         "FILE: scenario 1: \"expect.output\" must be a string that is not empty"},
        {"\"ends\": false", "\"ends\": 1",
         "FILE: scenario 1: \"expect.ends\" must be true or false"},
        {"\"exit_code\": 3", "\"exit_code\": 256",
         "FILE: scenario 2: \"expect.exit_code\" must be a number from 0 to 255"},
        {"\"deterministic\": false", "\"deterministic\": 0",
         "FILE: scenario 2: \"deterministic\" must be true or false"},
        {"\"fixed_by\": \"right\"", "\"fixed_by\": \"wrong\"",
         "FILE: left: \"fixed_by\" names \"wrong\", which is no scenario"},
        {"\"name\": \"right\"", "\"name\": \"left\"",
         "FILE: scenario 2: there is another \"left\" before it"},
        {"\"lesson\"", "\"schema\"",
         "FILE: line 3, column 10: duplicate object key near '\"schema\"'"},
    };
    size_t size;
    char *good = file_read(SNARL_FIXTURES "/manifest/good.json", &size);
    for (size_t index = 0; index < sizeof rows / sizeof *rows; index++) {
        const char *found = strstr(good, rows[index].from);
        assert_non_null(found);
        char damaged[4096];
        int length = snprintf(damaged, sizeof damaged, "%.*s%s%s", (int)(found - good), good,
                              rows[index].to, found + strlen(rows[index].from));
        assert_in_range(length, 1, sizeof damaged - 1);
        struct snarl_manifest *manifest = load_bytes(damaged, (size_t)length);
        assert_null(manifest);
        assert_string_equal(error, rows[index].error);
    }
    free(good);
}

static void any_cut_is_an_error(void **state)
{
    (void)state;
    size_t size;
    char *good = file_read(SNARL_FIXTURES "/manifest/good.json", &size);
    for (size_t length = 0; length < size - strlen("}\n"); length++) {
        assert_null(load_bytes(good, length));
        assert_null(strchr(error, '\n'));
        assert_memory_equal(error, "FILE: line ", strlen("FILE: line "));
    }
    free(good);
}

static void missing_file_is_named(void **state)
{
    (void)state;
    assert_null(snarl_manifest_load("/nowhere/manifest.json", error, sizeof error));
    assert_string_equal(error,
                        "/nowhere/manifest.json: unable to open /nowhere/manifest.json: No "
                        "such file or directory");
}

static void error_is_cut_to_fit(void **state)
{
    (void)state;
    char small[12];
    memset(small, 'x', sizeof small);
    assert_null(snarl_manifest_load("/nowhere/manifest.json", small, sizeof small - 1));
    assert_string_equal(small, "/nowhere/m");
    assert_int_equal(small[sizeof small - 1], 'x');
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_one_is_read),
        cmocka_unit_test(what_is_left_out_is_as_usual),
        cmocka_unit_test(lessons_are_read_in_their_order),
        cmocka_unit_test(own_scenarios_are_read),
        cmocka_unit_test(each_damage_is_named),
        cmocka_unit_test(any_cut_is_an_error),
        cmocka_unit_test(missing_file_is_named),
        cmocka_unit_test(error_is_cut_to_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
