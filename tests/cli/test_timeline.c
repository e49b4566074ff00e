/* The timeline of a real program: every kind of call, each once, in order; and none where nobody
 * asks for it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report_words.h"
#include "support/cmocka_all.h"
#include "support/command.h"

static json_t *run_as(const char *timeline, const char *how)
{
    char *directory = directory_make(), *path = path_in(directory, "report.json");
    struct command_result result = COMMAND(SNARL_COMMAND, "run", "--format", "json", "-o", path,
                                           "--timeline", timeline, "--", SNARL_TIMELINE, how);
    assert_int_equal(result.status, 0);
    json_t *report = report_load(path);
    command_free(&result);
    directory_remove(directory);
    free(path);
    return report;
}

static json_t *run(const char *timeline)
{
    return run_as(timeline, NULL);
}

/* What thread number `thread` did: "EVENT OBJECT (FUNCTION)\n" each; with 0, what any of them did
 * with `lock`, and who: "THREAD EVENT\n". To be freed. */
static char *events_of(const json_t *report, json_int_t thread, const char *lock)
{
    char *text;
    size_t size, index;
    json_t *event;
    FILE *stream = open_memstream(&text, &size);
    json_array_foreach(report_at(report, "timeline"), index, event)
    {
        const char *name = json_string_value(json_object_get(event, "lock_name"));
        const char *what = json_string_value(json_object_get(event, "event"));
        json_int_t who = json_integer_value(json_object_get(event, "thread"));
        const json_t *frame = json_object_get(event, "place");
        const char *function = json_string_value(json_object_get(frame, "function"));
        if (thread == 0 && name && strcmp(name, lock) == 0)
            fprintf(stream, "%d %s\n", (int)who, what);
        else if (who == thread)
            fprintf(stream, "%s %s%s (%s)\n", what, name ? name : "-",
                    json_is_true(json_object_get(event, "shared")) ? " shared" : "",
                    function ? function : "");
    }
    fclose(stream);
    return text;
}

static void every_call_is_told(void **state)
{
    (void)state;
    json_t *report = run("1");
    char *worker = events_of(report, 2, NULL), *first = events_of(report, 1, NULL);
    char *contended = events_of(report, 0, "contended");
    assert_string_equal(worker,
                        "takes mutex (use_locks)\n"
                        "releases mutex (use_locks)\n"
                        "takes mutex (use_locks)\n"
                        "releases mutex (use_locks)\n"
                        "tries-in-vain held (use_locks)\n"
                        "waits-for held (use_locks)\n"
                        "gives-up-on held (use_locks)\n"
                        "takes rwlock shared (use_locks)\n"
                        "releases rwlock (use_locks)\n"
                        "takes rwlock (use_locks)\n"
                        "releases rwlock (use_locks)\n"
                        "takes spin (use_locks)\n"
                        "releases spin (use_locks)\n"
                        "takes plain (use_locks)\n"
                        "releases plain (use_locks)\n"
                        "waits-for contended (use_locks)\n"
                        "takes contended (use_locks)\n"
                        "releases contended (use_locks)\n"
                        "takes semaphore (work)\n"
                        "tries-in-vain semaphore (work)\n"
                        "posts semaphore (work)\n"
                        "takes mutex (work)\n"
                        "waits-on condition (work)\n"
                        "wakes-from condition (work)\n"
                        "signals condition (work)\n"
                        "broadcasts condition (work)\n"
                        "releases mutex (work)\n"
                        "comes-to barrier (work)\n"
                        "passes barrier (work)\n"
                        "ends - ()\n");
    assert_string_equal(first,
                        "takes held (main)\n"
                        "takes contended (main)\n"
                        "starts - (main)\n"
                        "releases contended (main)\n"
                        "waits-for - (main)\n"
                        "has-joined - (main)\n"
                        "releases held (main)\n");
    assert_string_equal(contended, "1 takes\n2 waits-for\n1 releases\n2 takes\n2 releases\n");
    free(worker), free(first), free(contended);
    json_decref(report);
}

/* What is gone when a thread wakes is not looked at: nothing is found, and nothing falls over. */
static void what_is_gone_is_left_alone(void **state)
{
    (void)state;
    static const char *const ways[] = {"again", "gone"}, *const told[] = {"0", "1"};
    for (size_t i = 0; i < 4; i++) {
        json_t *report = run_as(told[i % 2], ways[i / 2 % 2]);
        char *findings = report_findings(report);
        assert_string_equal(findings, "");
        free(findings);
        json_decref(report);
    }
}

static void none_is_kept_unasked(void **state)
{
    (void)state;
    json_t *report = run("0");
    assert_null(json_object_get(report, "timeline"));
    json_decref(report);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_call_is_told),
        cmocka_unit_test(what_is_gone_is_left_alone),
        cmocka_unit_test(none_is_kept_unasked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
