/* The report for programs: read back by a JSON parser and compared field by field. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "json_ask.h"
#include "report_sample.h"

static void the_schema_is_kept(void **state)
{
    (void)state;
    json_t *report = json_read_back(sample_transfer(), &json_usual);
    JSON_KEYS(report, "schema", "program", "processes", "complete", "losses", "findings",
              "suppressed", "suppressions", "statistics");
    json_is(json_object_get(report, "suppressed"), "0");
    json_is(json_object_get(report, "suppressions"), "[]");
    json_is(json_object_get(report, "schema"), "'snarl-report/1'");
    json_is(json_object_get(report, "program"),
            "{'argv': ['./transfer'], 'exit_code': 0, 'signal': null, 'timed_out': false}");
    json_is(json_object_get(report, "processes"),
            "[{'pid': 4711, 'argv': ['./transfer'], 'watched': true, 'unwatched_reason': null,"
            "  'threads': 3, 'locks': 2, 'duration_s': 4.2, 'ended': false, 'states': []}]");
    json_is(json_object_get(report, "complete"), "true");
    json_is(json_object_get(report, "losses"), "[]");
    json_is(json_object_get(report, "statistics"),
            "{'threads': 3, 'locks': 2, 'dependencies': 2, 'acquisitions': 100000}");
    json_decref(report);
}

/* A key that is there only where it says something. */
static void random_delays_have_their_seed(void **state)
{
    (void)state;
    json_t *report = json_read_back(sample_chaos(), &json_usual);
    json_is(json_object_get(report, "chaos"), "{'seed': 4711}");
    json_decref(report);
}

static void a_cycle_has_all_its_parts(void **state)
{
    (void)state;
    json_t *report = json_read_back(sample_transfer(), &json_usual);
    json_t *findings = json_object_get(report, "findings");
    assert_int_equal(json_array_size(findings), 1);
    json_t *finding = json_array_get(findings, 0);
    JSON_KEYS(finding, "id", "kind", "status", "severity", "baseline", "message", "reason",
              "ordered_in_this_run_by", "by_class", "runs", "why", "fix", "locks", "threads",
              "steps", "also", "left_out");
    json_is(json_object_get(finding, "id"), "'7f3a09c2e1b44d10'");
    json_is(json_object_get(finding, "kind"), "'lock-order-cycle'");
    json_is(json_object_get(finding, "status"), "'predicted'");
    json_is(json_object_get(finding, "severity"), "'error'");
    json_is(json_object_get(finding, "baseline"), "null");
    json_is(json_object_get(finding, "message"), "'two threads take two locks in opposite order'");
    json_is(json_object_get(finding, "reason"), "null");
    json_is(json_object_get(finding, "why"),
            "'Nothing keeps them apart: no common lock, both threads alive together.'");
    json_is(json_object_get(finding, "fix"),
            "'in refund() (bank.c:33) take alice.lock first, as pay() does.'");
    json_is(json_object_get(finding, "also"), "[]");
    json_is(json_object_get(finding, "locks"),
            "[{'id': 2, 'process': 0, 'name': 'bob.lock', 'kind': 'mutex',"
            "  'address': '0x4040c8', 'created': [], 'first_taken': []},"
            " {'id': 1, 'process': 0, 'name': 'alice.lock', 'kind': 'mutex',"
            "  'address': '0x4040a0', 'first_taken': [], 'created':"
            "  [{'function': 'open_account', 'file': '/home/ann/src/bank.c', 'line': 12,"
            "    'module': '/home/ann/transfer', 'offset': '0xc', 'inlined': false}]}]");
    json_is(json_object_get(finding, "threads"),
            "[{'id': 2, 'process': 0, 'number': 2, 'name': 'payer', 'start': 'worker',"
            "  'tid': 4712, 'created': []},"
            " {'id': 3, 'process': 0, 'number': 3, 'name': 'refunder', 'start': 'worker',"
            "  'tid': 4713, 'created': []}]");
    json_t *steps = json_object_get(finding, "steps");
    assert_int_equal(json_array_size(steps), 2);
    json_t *step = json_array_get(steps, 1);
    JSON_KEYS(step, "thread", "holds", "wants", "mode", "timed", "stack");
    json_is(json_object_get(step, "thread"), "3");
    json_is(json_object_get(step, "wants"), "1");
    json_is(json_object_get(step, "timed"), "false");
    json_t *hold = json_array_get(json_object_get(step, "holds"), 0);
    JSON_KEYS(hold, "lock", "mode", "stack");
    json_is(json_object_get(hold, "mode"), "'exclusive'");
    json_is(json_object_get(step, "mode"), "'exclusive'");
    json_is(json_object_get(hold, "lock"), "2");
    assert_int_equal(json_array_size(json_object_get(hold, "stack")), 4);
    json_decref(report);
}

static void frames_have_null_for_what_is_unknown_and_include_inlined_ones(void **state)
{
    (void)state;
    json_t *report = json_read_back(
        sample_transfer(), &(struct snarl_format_options){.strip_path_prefix = "/home/ann/"});
    json_t *finding = json_array_get(json_object_get(report, "findings"), 0);
    json_t *step = json_array_get(json_object_get(finding, "steps"), 1);
    json_is(json_object_get(step, "stack"),
            "[{'function': 'lock_account', 'file': 'src/account.h', 'line': 9,"
            "  'module': '/home/ann/transfer', 'offset': '0x9', 'inlined': true},"
            " {'function': 'refund', 'file': 'src/bank.c', 'line': 34,"
            "  'module': '/home/ann/transfer', 'offset': '0x22', 'inlined': false},"
            " {'function': 'worker', 'file': 'src/bank.c', 'line': 44,"
            "  'module': '/home/ann/transfer', 'offset': '0x2c', 'inlined': false},"
            " {'function': 'start_thread', 'file': null, 'line': null,"
            "  'module': '/usr/lib/libc.so.6', 'offset': '0x1234', 'inlined': false},"
            " {'function': 'clone3', 'file': null, 'line': null,"
            "  'module': '/usr/lib/libc.so.6', 'offset': '0x1234', 'inlined': false}]");
    json_decref(report);

    struct snarl_report *unknown = sample_transfer();
    unknown->findings[0].steps[0].stack =
        (struct snarl_stack){snarl_report_allocate(unknown, 1, sizeof(struct snarl_frame)), 1};
    report = json_read_back(unknown, &json_usual);
    finding = json_array_get(json_object_get(report, "findings"), 0);
    step = json_array_get(json_object_get(finding, "steps"), 0);
    json_is(json_object_get(step, "stack"),
            "[{'function': null, 'file': null, 'line': null, 'module': null, 'offset': null,"
            "  'inlined': false}]");
    json_decref(report);
}

static void a_join_wants_a_thread(void **state)
{
    (void)state;
    json_t *report = json_read_back(sample_join(), &json_usual);
    json_t *finding = json_array_get(json_object_get(report, "findings"), 0);
    json_is(json_object_get(finding, "kind"), "'deadlock'");
    json_is(json_object_get(finding, "status"), "'occurred'");
    json_t *steps = json_object_get(finding, "steps");
    json_t *join = json_array_get(steps, 0);
    JSON_KEYS(join, "thread", "holds", "wants", "wants_thread", "timed", "stack");
    json_is(json_object_get(join, "wants"), "null");
    json_is(json_object_get(join, "wants_thread"), "2");
    json_t *want = json_array_get(steps, 1);
    json_is(json_object_get(want, "wants"), "1");
    assert_null(json_object_get(want, "wants_thread"));
    json_is(json_object_get(want, "holds"), "[]");
    json_decref(report);
}

static void a_race_has_actions_and_no_wants(void **state)
{
    (void)state;
    json_t *report = json_read_back(sample_race(), &json_usual);
    json_t *finding = json_array_get(json_object_get(report, "findings"), 0);
    json_is(json_object_get(finding, "kind"), "'data-race'");
    json_is(json_object_get(finding, "severity"), "'warning'");
    json_is(json_object_get(finding, "locks"), "[]");
    json_t *step = json_array_get(json_object_get(finding, "steps"), 1);
    JSON_KEYS(step, "thread", "holds", "wants", "timed", "action", "stack");
    json_is(json_object_get(step, "action"), "'read of size 4'");
    json_is(json_object_get(step, "wants"), "null");
    json_decref(report);
}

static void infeasible_ones_are_for_those_who_ask(void **state)
{
    (void)state;
    json_t *report = json_read_back(sample_gate(), &json_usual);
    json_is(json_object_get(report, "findings"), "[]");
    json_decref(report);
    report = json_read_back(sample_gate(), &(struct snarl_format_options){.all = true});
    json_t *finding = json_array_get(json_object_get(report, "findings"), 0);
    json_is(json_object_get(finding, "status"), "'infeasible'");
    json_is(json_object_get(finding, "severity"), "'note'");
    json_is(json_object_get(finding, "reason"), "'gate-lock'");
    json_is(json_object_get(finding, "why"), "null");
    json_is(json_object_get(finding, "fix"), "null");
    json_decref(report);
}

static void a_hung_process_tells_its_threads_states(void **state)
{
    (void)state;
    json_t *report = json_read_back(sample_hung(), &json_usual);
    json_is(json_object_get(report, "program"),
            "{'argv': ['./server', '--threads', '3'], 'exit_code': null, 'signal': 9,"
            " 'timed_out': true}");
    json_t *process = json_array_get(json_object_get(report, "processes"), 0);
    json_is(json_object_get(process, "ended"), "true");
    json_t *states = json_object_get(process, "states");
    assert_int_equal(json_array_size(states), 5);
    json_is(json_array_get(states, 0),
            "{'thread': 1, 'last_call': 'pthread_join', 'holds': [], 'wants': null,"
            " 'wants_thread': 2, 'timed': false, 'waiting_s': 9.8, 'now': [], 'last_stack':"
            " [{'function': 'main', 'file': 'server.c', 'line': 90,"
            "   'module': '/home/ann/transfer', 'offset': '0x5a', 'inlined': false}]}");
    json_t *running = json_array_get(states, 1);
    json_is(json_object_get(running, "waiting_s"), "null");
    json_is(json_object_get(running, "wants"), "null");
    assert_int_equal(json_array_size(json_object_get(running, "now")), 5);
    json_t *hold = json_array_get(json_object_get(running, "holds"), 0);
    json_is(json_object_get(hold, "lock"), "2");
    json_t *waiting = json_array_get(states, 4);
    json_is(json_object_get(waiting, "thread"), "5");
    json_is(json_object_get(waiting, "wants_condition"), "true");
    json_is(json_object_get(waiting, "timed"), "true");
    json_is(json_object_get(waiting, "waiting_s"), "9.5");
    json_decref(report);
}

static void states_are_told_only_of_a_process_that_was_ended(void **state)
{
    (void)state;
    struct snarl_report *sample = sample_hung();
    sample->processes[0].ended = false;
    json_t *report = json_read_back(sample, &json_usual);
    json_t *process = json_array_get(json_object_get(report, "processes"), 0);
    json_is(json_object_get(process, "ended"), "false");
    json_is(json_object_get(process, "states"), "[]");
    json_decref(report);
}

static void losses_make_a_report_incomplete(void **state)
{
    (void)state;
    json_t *report = json_read_back(sample_tree(), &json_usual);
    json_is(json_object_get(report, "complete"), "false");
    json_is(json_object_get(report, "losses"),
            "['the recording of pid 4711 ends in the middle of a fact.',"
            " '12 threads were started by other means than pthread_create, and what they did"
            " is known only in part.']");
    json_t *processes = json_object_get(report, "processes");
    assert_int_equal(json_array_size(processes), 4);
    json_is(json_array_get(processes, 1),
            "{'pid': 4720, 'argv': ['/usr/bin/audit', '--all'], 'watched': true,"
            " 'unwatched_reason': null, 'threads': 2, 'locks': 1, 'duration_s': null,"
            " 'ended': true, 'states': []}");
    json_t *unwatched = json_array_get(processes, 2);
    json_is(json_object_get(unwatched, "watched"), "false");
    json_is(json_object_get(unwatched, "unwatched_reason"),
            "'it is statically linked, so the library cannot be loaded into it'");
    json_is(json_object_get(json_array_get(processes, 3), "argv"), "[]");
    json_decref(report);
}

static void other_ways_stand_under_also(void **state)
{
    (void)state;
    json_t *report = json_read_back(sample_long(), &json_usual);
    json_t *finding = json_array_get(json_object_get(report, "findings"), 0);
    json_t *also = json_object_get(finding, "also");
    assert_int_equal(json_array_size(also), 7);
    json_t *way = json_array_get(also, 6);
    JSON_KEYS(way, "steps");
    assert_true(json_equal(json_object_get(way, "steps"), json_object_get(finding, "steps")));
    json_decref(report);
}

static void bytes_that_are_no_text_are_replaced(void **state)
{
    (void)state;
    json_t *report = json_read_back(sample_weird(), &json_usual);
    json_t *argv = json_object_get(json_object_get(report, "program"), "argv");
    assert_string_equal(json_string_value(json_array_get(argv, 0)), "./we\xef\xbf\xbd\"ird\\");
    assert_string_equal(json_string_value(json_array_get(argv, 1)), "\x1b[31mred\n");
    json_t *finding = json_array_get(json_object_get(report, "findings"), 0);
    assert_string_equal(json_string_value(json_object_get(finding, "message")),
                        "a\tlock \xef\xbf\xbd"
                        "31m");
    json_t *thread = json_array_get(json_object_get(finding, "threads"), 1);
    assert_string_equal(json_string_value(json_object_get(thread, "name")), "\xef\xbf\xbd(");
    json_t *frame = json_array_get(
        json_object_get(json_array_get(json_object_get(finding, "steps"), 0), "stack"), 0);
    assert_string_equal(json_string_value(json_object_get(frame, "function")), "f\xef\xbf\xbd");
    json_decref(report);
}

static void what_came_of_a_confirmation_is_added(void **state)
{
    (void)state;
    json_t *report = json_read_back(sample_confirmed(), &json_usual);
    json_t *finding = json_array_get(json_object_get(report, "findings"), 0);
    json_is(json_object_get(finding, "status"), "'confirmed'");
    json_is(json_object_get(finding, "confirmation"),
            "{'run': 2, 'runs': 10, 'pid': 4720, 'reason': null,"
            " 'schedule': 'snarl.7f3a09c2e1b44d10.schedule'}");
    json_decref(report);
    report = json_read_back(sample_unconfirmed(), &json_usual);
    finding = json_array_get(json_object_get(report, "findings"), 0);
    json_is(json_object_get(finding, "status"), "'predicted'");
    json_t *confirmation = json_object_get(finding, "confirmation");
    JSON_KEYS(confirmation, "run", "runs", "pid", "reason", "schedule");
    json_is(json_object_get(confirmation, "run"), "null");
    json_is(json_object_get(confirmation, "schedule"), "null");
    json_decref(report);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_schema_is_kept),
        cmocka_unit_test(random_delays_have_their_seed),
        cmocka_unit_test(a_cycle_has_all_its_parts),
        cmocka_unit_test(what_came_of_a_confirmation_is_added),
        cmocka_unit_test(frames_have_null_for_what_is_unknown_and_include_inlined_ones),
        cmocka_unit_test(a_join_wants_a_thread),
        cmocka_unit_test(a_race_has_actions_and_no_wants),
        cmocka_unit_test(infeasible_ones_are_for_those_who_ask),
        cmocka_unit_test(a_hung_process_tells_its_threads_states),
        cmocka_unit_test(states_are_told_only_of_a_process_that_was_ended),
        cmocka_unit_test(losses_make_a_report_incomplete),
        cmocka_unit_test(other_ways_stand_under_also),
        cmocka_unit_test(bytes_that_are_no_text_are_replaced),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
