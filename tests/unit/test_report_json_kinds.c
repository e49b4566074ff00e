/* The report for programs, on readers, semaphores, forks, misuse and shared memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "json_ask.h"
#include "report_sample.h"

static void modes_and_tries_are_told(void **state)
{
    (void)state;
    json_t *report = json_read_back(sample_readers(), &json_usual);
    json_t *finding = json_array_get(json_object_get(report, "findings"), 0);
    json_t *steps = json_object_get(finding, "steps");
    json_t *step = json_array_get(steps, 0);
    JSON_KEYS(step, "thread", "holds", "wants", "mode", "timed", "by_trywait", "stack");
    json_is(json_object_get(step, "by_trywait"), "true");
    json_is(json_object_get(step, "mode"), "'exclusive'");
    json_t *hold = json_array_get(json_object_get(step, "holds"), 0);
    json_is(json_object_get(hold, "mode"), "'shared'");
    step = json_array_get(steps, 1);
    JSON_KEYS(step, "thread", "holds", "wants", "mode", "timed", "stack");
    json_is(json_object_get(step, "mode"), "'shared'");
    hold = json_array_get(json_object_get(step, "holds"), 0);
    json_is(json_object_get(hold, "mode"), "'exclusive'");
    json_is(json_object_get(finding, "locks"),
            "[{'id': 2, 'process': 0, 'name': 'gate', 'kind': 'semaphore', 'polled': true,"
            "  'address': '0x4040c8', 'created': [], 'first_taken': []},"
            " {'id': 1, 'process': 0, 'name': 'cache.lock', 'kind': 'rwlock',"
            "  'address': '0x4040a0', 'created': [], 'first_taken': []}]");
    json_decref(report);
}

static void a_thread_that_is_not_here_is_absent(void **state)
{
    (void)state;
    json_t *report = json_read_back(sample_fork(), &json_usual);
    json_t *finding = json_array_get(json_object_get(report, "findings"), 0);
    json_t *threads = json_object_get(finding, "threads");
    JSON_KEYS(json_array_get(threads, 0), "id", "process", "number", "name", "start", "tid",
              "created");
    JSON_KEYS(json_array_get(threads, 1), "id", "process", "number", "name", "start", "absent",
              "tid", "created");
    json_is(json_object_get(json_array_get(threads, 1), "absent"), "true");
    json_t *step = json_array_get(json_object_get(finding, "steps"), 1);
    JSON_KEYS(step, "thread", "holds", "wants", "timed", "stack");
    json_is(json_object_get(step, "wants"), "null");
    json_decref(report);
}

static void a_misuse_has_actions(void **state)
{
    (void)state;
    json_t *report = json_read_back(sample_misuse(), &json_usual);
    json_t *finding = json_array_get(json_object_get(report, "findings"), 0);
    json_is(json_object_get(finding, "kind"), "'destroy-locked'");
    assert_int_equal(json_array_size(json_object_get(finding, "locks")), 1);
    json_t *steps = json_object_get(finding, "steps");
    json_is(json_object_get(json_array_get(steps, 0), "action"), "'destroys it'");
    json_is(json_object_get(json_array_get(steps, 1), "action"), "'took it'");
    json_is(json_object_get(json_array_get(steps, 1), "thread"), "2");
    json_decref(report);
}

static void a_declared_order_is_no_thread(void **state)
{
    (void)state;
    json_t *report = json_read_back(sample_declared(), &json_usual);
    json_t *finding = json_array_get(json_object_get(report, "findings"), 0);
    json_t *threads = json_object_get(finding, "threads");
    assert_int_equal(json_array_size(threads), 3);
    for (size_t index = 0; index < 3; index++) {
        json_t *thread = json_array_get(threads, index);
        json_is(json_object_get(thread, "number"), index == 0 ? "2" : "null");
        if (index == 0)
            assert_null(json_object_get(thread, "declared"));
        else
            json_is(json_object_get(thread, "declared"), "true");
    }
    json_decref(report);
}

static void each_thread_has_its_own_process(void **state)
{
    (void)state;
    json_t *report = json_read_back(sample_shared(), &json_usual);
    json_t *finding = json_array_get(json_object_get(report, "findings"), 0);
    json_t *threads = json_object_get(finding, "threads");
    for (int index = 0; index < 2; index++) {
        json_t *thread = json_array_get(threads, (size_t)index);
        assert_int_equal(json_integer_value(json_object_get(thread, "process")), index);
        json_is(json_object_get(thread, "number"), "1");
    }
    json_decref(report);
}

static void states_say_what_is_waited_for(void **state)
{
    (void)state;
    static const char *const keys[] = {"wants_condition", "wants_semaphore", "wants_barrier",
                                       "wants_end_of_waits", "wants"};
    json_t *report = json_read_back(sample_waits(), &json_usual);
    json_t *process = json_array_get(json_object_get(report, "processes"), 0);
    json_t *states = json_object_get(process, "states");
    for (size_t index = 0; index < 5; index++) {
        json_t *one = json_array_get(states, index);
        for (size_t key = 0; key < 4; key++)
            if (key != index)
                assert_null(json_object_get(one, keys[key]));
        assert_int_equal(json_integer_value(json_object_get(one, keys[index])), index + 1);
        assert_int_equal(json_is_null(json_object_get(one, "wants")), index != 4);
        assert_int_equal(json_object_get(one, "mode") != NULL, index == 4);
    }
    json_is(json_object_get(json_array_get(states, 4), "mode"), "'shared'");
    json_is(json_object_get(json_array_get(states, 5), "wants_semaphore"), "true");
    json_t *hold = json_array_get(json_object_get(json_array_get(states, 0), "holds"), 0);
    json_is(json_object_get(hold, "mode"), "'shared'");
    json_decref(report);
}

static void notes_of_what_happened_are_for_everyone(void **state)
{
    (void)state;
    struct snarl_report *sample = sample_misuse();
    sample->findings[1].severity = SNARL_NOTE;
    json_t *report = json_read_back(sample, &json_usual);
    json_t *findings = json_object_get(report, "findings");
    assert_int_equal(json_array_size(findings), 2);
    json_is(json_object_get(json_array_get(findings, 1), "severity"), "'note'");
    json_decref(report);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(modes_and_tries_are_told),
        cmocka_unit_test(a_thread_that_is_not_here_is_absent),
        cmocka_unit_test(a_misuse_has_actions),
        cmocka_unit_test(a_declared_order_is_no_thread),
        cmocka_unit_test(each_thread_has_its_own_process),
        cmocka_unit_test(states_say_what_is_waited_for),
        cmocka_unit_test(notes_of_what_happened_are_for_everyone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
