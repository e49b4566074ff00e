/* The manifest: what is in a good one, and what is said of damaged ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "analysis/manifest.h"
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

static void good_one_is_read(void **state)
{
    (void)state;
    struct snarl_manifest *manifest =
        snarl_manifest_load(SNARL_FIXTURES "/manifest/good.json", error, sizeof error);
    assert_non_null(manifest);
    assert_int_equal(manifest->count, 2);

    const struct snarl_scenario *left = &manifest->scenarios[0];
    assert_string_equal(left->name, "left");
    assert_string_equal(left->lesson, "Left first");
    assert_string_equal(left->source, "left.c");
    assert_string_equal(left->summary, "Takes left, then right.");
    assert_int_equal(left->explanation_count, 2);
    assert_string_equal(left->explanation[1], "It should not.");
    assert_int_equal(left->argument_count, 2);
    assert_string_equal(left->arguments[0], "--threads");
    assert_string_equal(left->arguments[1], "3");
    assert_null(left->arguments[2]);
    assert_int_equal(left->expect.snarl.count, 2);
    assert_int_equal(left->expect.snarl.kinds[0], SNARL_FINDING_DEADLOCK);
    assert_int_equal(left->expect.snarl.kinds[1], SNARL_FINDING_LOCK_ORDER_CYCLE);
    assert_int_equal(left->expect.thread_sanitizer.count, 0);
    assert_string_equal(left->expect.output, "wants (left|right)");
    assert_false(left->expect.ends);
    assert_int_equal(left->expect.exit_code, 0);
    assert_true(left->deterministic);
    assert_string_equal(left->fixed_by, "right");

    const struct snarl_scenario *right = snarl_manifest_find(manifest, "right");
    assert_ptr_equal(right, &manifest->scenarios[1]);
    assert_int_equal(right->argument_count, 0);
    assert_null(right->arguments[0]);
    assert_int_equal(right->expect.thread_sanitizer.count, 1);
    assert_int_equal(right->expect.thread_sanitizer.kinds[0], SNARL_FINDING_DATA_RACE);
    assert_null(right->expect.output);
    assert_true(right->expect.ends);
    assert_int_equal(right->expect.exit_code, 3);
    assert_false(right->deterministic);
    assert_null(right->fixed_by);

    assert_null(snarl_manifest_find(manifest, "middle"));
    snarl_manifest_free(manifest);
}

static void own_scenarios_are_read(void **state)
{
    (void)state;
    struct snarl_manifest *manifest =
        snarl_manifest_load(SNARL_SCENARIOS "/manifest.json", error, sizeof error);
    if (manifest == NULL)
        fail_msg("%s", error);
    const struct snarl_scenario *latent = snarl_manifest_find(manifest, "deadlock_abba_latent");
    assert_non_null(latent);
    assert_int_equal(latent->expect.snarl.count, 1);
    assert_int_equal(latent->expect.snarl.kinds[0], SNARL_FINDING_LOCK_ORDER_CYCLE);
    assert_string_equal(latent->fixed_by, "deadlock_ordered");
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
        {"\"scenarios\": [", "\"other\": [", "FILE: \"scenarios\" is missing"},
        {"\"scenarios\": [", "\"scenarios\": {}, \"other\": [",
         "FILE: \"scenarios\" must be a list"},
        {"\"scenarios\": [", "\"scenarios\": [7,", "FILE: scenario 1: must be an object"},
        {"\"name\": \"right\",", "", "FILE: scenario 2: \"name\" is missing"},
        {"\"Left first\"", "\"\"",
         "FILE: scenario 1: \"lesson\" must be a string that is not empty"},
        {"\"left.c\"", "null", "FILE: scenario 1: \"source\" must be a string that is not empty"},
        {"[\"It ends.\"]", "[]",
         "FILE: scenario 2: \"explanation\" must be a list of one sentence or more"},
        {"\"It hangs.\"", "1", "FILE: scenario 1: \"explanation\" must be a list of strings"},
        {"\"arguments\": []", "\"arguments\": \"-x\"",
         "FILE: scenario 2: \"arguments\" must be a list of strings"},
        {"\"expect\"", "\"expected\"", "FILE: scenario 1: \"expect\" is missing"},
        {"\"expect\"", "\"expect\": [], \"e\"", "FILE: scenario 1: \"expect\" must be an object"},
        {"\"snarl\": []", "\"snarls\": []", "FILE: scenario 2: \"expect.snarl\" is missing"},
        {"\"deadlock\"", "\"dead-lock\"",
         "FILE: scenario 1: \"expect.snarl\" has an unknown kind \"dead-lock\""},
        {"\"deadlock\"", "\"lock-order-cycle\"",
         "FILE: scenario 1: \"expect.snarl\" has \"lock-order-cycle\" twice"},
        {"(left|", "((left|",
         "FILE: scenario 1: \"expect.output\" is no regular expression: Unmatched ( or \\("},
        {"\"output\": null", "\"output\": 0",
         "FILE: scenario 2: \"expect.output\" must be a string or null"},
        {"\"ends\": true", "\"ends\": 1",
         "FILE: scenario 2: \"expect.ends\" must be true or false"},
        {"\"exit_code\": 3", "\"exit_code\": 256",
         "FILE: scenario 2: \"expect.exit_code\" must be a number from 0 to 255"},
        {"\"deterministic\": false", "\"determined\": false",
         "FILE: scenario 2: \"deterministic\" is missing"},
        {"\"fixed_by\": \"right\"", "\"fixed_by\": \"wrong\"",
         "FILE: scenario 1: \"fixed_by\" names \"wrong\", which is no scenario"},
        {"\"name\": \"left\"", "\"name\": \"right\"",
         "FILE: scenario 2: there is another \"right\" before it"},
        {"\"lesson\"", "\"name\"", "FILE: line 6, column 12: duplicate object key near '\"name\"'"},
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
        cmocka_unit_test(good_one_is_read),      cmocka_unit_test(own_scenarios_are_read),
        cmocka_unit_test(each_damage_is_named),  cmocka_unit_test(any_cut_is_an_error),
        cmocka_unit_test(missing_file_is_named), cmocka_unit_test(error_is_cut_to_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
