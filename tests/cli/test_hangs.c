/* Hangs without a closed circle: each is explained, and its twin changes just what it differs in.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report_words.h"
#include "support/cmocka_all.h"
#include "support/command.h"

enum {
    MOST_STEPS = 8,
};

static const char *word(const json_t *value, const char *key)
{
    return json_string_value(report_at(value, key));
}

/* The name of what the finding lists there; of a thread without one, where it began. */
static const char *name_of(const json_t *finding, const char *list, const json_t *id)
{
    size_t index;
    const json_t *item;
    json_array_foreach(report_at(finding, list), index, item)
    {
        const json_t *name = json_object_get(item, "name");
        if (json_integer_value(report_at(item, "id")) == json_integer_value(id))
            return json_is_string(name) ? json_string_value(name) : word(item, "start");
    }
    fail_msg("the finding does not list one of its %s", list);
    return NULL;
}

/* " (FUNCTION)", of the innermost frame; nothing for no stack. */
static void put_place(FILE *out, const json_t *value)
{
    if (json_array_size(report_at(value, "stack")) > 0)
        fprintf(out, " (%s)", word(value, "stack.0.function"));
}

static void put_holds(FILE *out, const json_t *finding, const json_t *step)
{
    size_t index;
    const json_t *hold;
    json_array_foreach(report_at(step, "holds"), index, hold)
    {
        fprintf(out, "%s%s", index == 0 ? " holds " : ", ",
                name_of(finding, "locks", report_at(hold, "lock")));
        put_place(out, hold);
    }
}

static void put_want(FILE *out, const json_t *finding, const json_t *step)
{
    static const char *const keys[][3] = {{"wants", "locks", "lock"},
                                          {"wants_thread", "threads", "thread"},
                                          {"wants_condition", "locks", "condition"},
                                          {"wants_semaphore", "locks", "semaphore"},
                                          {"wants_barrier", "locks", "barrier"},
                                          {"wants_end_of_waits", "locks", "end of waits on"}};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const json_t *id = json_object_get(step, keys[i][0]);
        if (json_is_integer(id))
            fprintf(out, " waits for %s %s", keys[i][2], name_of(finding, keys[i][1], id));
    }
    put_place(out, step);
}

static void put_blocked(FILE *out, const json_t *finding, const json_t *blocked)
{
    const json_t *mutex = report_at(blocked, "mutex"), *arrived = report_at(blocked, "arrived");
    size_t index;
    const json_t *waker;
    if (json_is_integer(mutex))
        fprintf(out, " without %s", name_of(finding, "locks", mutex));
    fprintf(out, ": %s", word(blocked, "cause"));
    if (json_is_integer(arrived))
        fprintf(out, " %d of %d", (int)json_integer_value(arrived),
                (int)json_integer_value(report_at(blocked, "parties")));
    assert_true(json_real_value(report_at(blocked, "waiting_s")) > 0);
    json_array_foreach(report_at(blocked, "wakers"), index, waker)
    {
        fprintf(out, "; %s%s %s%s", json_is_true(report_at(waker, "ended")) ? "ended " : "",
                name_of(finding, "threads", report_at(waker, "thread")), word(waker, "how"),
                json_is_true(report_at(waker, "lost")) ? " lost" : "");
        put_place(out, waker);
    }
}

static int by_text(const void *left, const void *right)
{
    return strcmp(*(char *const *)left, *(char *const *)right);
}

/* "THREAD holds ... waits for ...: CAUSE; WAKER HOW (FUNCTION)\n" for each thread, sorted. */
static void put_steps(FILE *out, const json_t *finding)
{
    char *steps[MOST_STEPS];
    size_t index, count = json_array_size(report_at(finding, "steps")), size;
    const json_t *step;
    assert_true(count <= MOST_STEPS);
    json_array_foreach(report_at(finding, "steps"), index, step)
    {
        FILE *line = open_memstream(&steps[index], &size);
        fprintf(line, "%s", name_of(finding, "threads", report_at(step, "thread")));
        put_holds(line, finding, step);
        put_want(line, finding, step);
        put_blocked(line, finding, report_at(step, "blocked"));
        fclose(line);
    }
    qsort(steps, count, sizeof steps[0], by_text);
    for (size_t i = 0; i < count; i++) {
        fprintf(out, "%s\n", steps[i]);
        free(steps[i]);
    }
}

/* What `snarl run` reports of the case: who is blocked and why; of other findings the kind; and the
 * status. */
static char *explanation_of(const char *what)
{
    char *directory = directory_make(), *path = path_in(directory, "report.json"), *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    struct command_result result =
        COMMAND(SNARL_COMMAND, "run", "-t20", "-f", "json", "-o", path, SNARL_HANGS, what);
    json_t *report = report_load(path);
    size_t index;
    const json_t *finding;
    json_array_foreach(report_at(report, "findings"), index, finding)
    {
        assert_string_equal(word(finding, "status"), "occurred");
        assert_string_equal(word(finding, "severity"), "error");
        if (strcmp(word(finding, "kind"), "all-threads-blocked") == 0)
            put_steps(out, finding);
        else
            fprintf(out, "%s\n", word(finding, "kind"));
    }
    fprintf(out, "ended with %d\n", result.status);
    fclose(out);
    json_decref(report);
    command_free(&result);
    directory_remove(directory);
    free(path);
    return text;
}

struct hang {
    const char *what;
    const char *explanation;
};

static void check(const struct hang *hangs, size_t count)
{
    size_t wrong = 0;
    for (size_t i = 0; i < count; i++) {
        char *explanation = explanation_of(hangs[i].what);
        if (strcmp(explanation, hangs[i].explanation) != 0) {
            fprintf(stderr, "%s:\n%sand not:\n%s", hangs[i].what, explanation,
                    hangs[i].explanation);
            wrong++;
        }
        free(explanation);
    }
    assert_int_equal(wrong, 0);
}

#define CHECK_HANGS(...)                                                                           \
    check((const struct hang[]){__VA_ARGS__},                                                      \
          sizeof((const struct hang[]){__VA_ARGS__}) / sizeof(struct hang))

static void a_lost_wakeup_names_who_signalled(void **state)
{
    (void)state;
    CHECK_HANGS({"lost-wakeup",
                 "main waits for thread waiter (run): join-of-blocked; waiter joined\n"
                 "waiter waits for condition ready (wait_ready) without inner: lost-wakeup; ended "
                 "signaller signalled lost (signal_ready)\n"
                 "ended with 66\n"},
                {"lost-wakeup-by-one-alive",
                 "main waits for thread signaller (run): join-of-blocked; signaller joined\n"
                 "signaller waits for semaphore items (signal_and_stay): never-posted\n"
                 "waiter waits for condition ready (wait_ready) without inner: lost-wakeup; "
                 "signaller signalled lost (signal_ready)\n"
                 "ended with 66\n"},
                {"never-signalled",
                 "main waits for thread waiter (run): join-of-blocked; waiter joined\n"
                 "waiter waits for condition ready (wait_ready) without inner: never-signalled\n"
                 "ended with 66\n"});
}

static void a_barrier_says_how_many_and_who_is_missing(void **state)
{
    (void)state;
    CHECK_HANGS(
        {"barrier-of-three",
         "first waits for barrier barrier (arrive): barrier-short 2 of 3; main missing\n"
         "main waits for thread first (run): join-of-waiter; first joined\n"
         "second waits for barrier barrier (arrive): barrier-short 2 of 3; main missing\n"
         "ended with 66\n"},
        {"barrier-of-four",
         "first waits for barrier barrier (arrive): barrier-short 2 of 4; main missing\n"
         "main waits for thread first (run): join-of-waiter; first joined\n"
         "second waits for barrier barrier (arrive): barrier-short 2 of 4; main missing\n"
         "ended with 66\n"},
        {"second-is-missing",
         "first waits for barrier barrier (arrive): barrier-short 1 of 2; second missing (arrive)\n"
         "main waits for thread first (run): join-of-blocked; first joined\n"
         "second waits for semaphore items (arrive_once): never-posted\n"
         "ended with 66\n"},
        {"first-is-missing",
         "first waits for semaphore items (arrive_once): never-posted\n"
         "main waits for thread first (run): join-of-blocked; first joined\n"
         "second waits for barrier barrier (arrive): barrier-short 1 of 2; first missing (arrive)\n"
         "ended with 66\n"});
}

static void a_semaphore_says_who_posted_it(void **state)
{
    (void)state;
    CHECK_HANGS({"never-posted",
                 "consumer waits for semaphore items (take_item): never-posted\n"
                 "main waits for thread consumer (run): join-of-blocked; consumer joined\n"
                 "ended with 66\n"},
                {"posted-too-few",
                 "consumer waits for semaphore items (take_item): posted-too-few; ended producer "
                 "posted (make_item)\n"
                 "main waits for thread consumer (run): join-of-blocked; consumer joined\n"
                 "ended with 66\n"});
}

static void a_nested_monitor_names_the_lock_in_the_way(void **state)
{
    (void)state;
    CHECK_HANGS({"nested-monitor",
                 "main waits for thread waiter (run): join-of-blocked; waiter joined\n"
                 "signaller waits for lock outer (signal_within_outer): holder-blocked; waiter "
                 "holds (wait_with_outer)\n"
                 "waiter holds outer (wait_with_outer) waits for condition ready (wait_ready) "
                 "without inner: nested-monitor; signaller needs-lock\n"
                 "ended with 66\n"},
                {"no-nested-monitor",
                 "main waits for thread waiter (run): join-of-blocked; waiter joined\n"
                 "signaller waits for semaphore items (take_item): never-posted\n"
                 "waiter holds outer (wait_with_outer) waits for condition ready (wait_ready) "
                 "without inner: never-signalled\n"
                 "ended with 66\n"},
                {"nested-monitor-of-its-own",
                 "main waits for thread waiter (run): join-of-blocked; waiter joined\n"
                 "signaller waits for lock the gate (take_gate): holder-blocked; waiter holds "
                 "(take_gate)\n"
                 "waiter holds the gate (take_gate) waits for condition ready (wait_ready) without "
                 "inner: nested-monitor; signaller needs-lock\n"
                 "ended with 66\n"});
}

static void a_join_says_what_the_thread_waits_for(void **state)
{
    (void)state;
    CHECK_HANGS({"join-waiter",
                 "main waits for thread waiter (run): join-of-waiter; waiter joined\n"
                 "waiter waits for condition ready (wait_ready) without inner: lost-wakeup; main "
                 "signalled lost (signal_ready)\n"
                 "ended with 66\n"});
}

static void a_pool_that_waits_for_itself_is_explained(void **state)
{
    (void)state;
    CHECK_HANGS({"pool-of-one",
                 "main waits for thread worker (run): join-of-waiter; worker joined\n"
                 "worker waits for condition ready (await_finished) without inner: lost-wakeup; "
                 "main signalled lost (submit); worker signalled lost (submit)\n"
                 "ended with 66\n"},
                {"pool-of-two", "ended with 0\n"});
}

static void a_condition_that_is_destroyed_in_use_is_explained(void **state)
{
    (void)state;
    CHECK_HANGS({"destroy-condition",
                 "destroy-waited-on\n"
                 "main waits for end of waits on ready (destroy_condition): still-in-use; waiter "
                 "waits-there\n"
                 "waiter holds outer (wait_with_outer) waits for condition ready (wait_ready) "
                 "without inner: never-signalled\n"
                 "ended with 66\n"});
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_lost_wakeup_names_who_signalled),
        cmocka_unit_test(a_barrier_says_how_many_and_who_is_missing),
        cmocka_unit_test(a_semaphore_says_who_posted_it),
        cmocka_unit_test(a_nested_monitor_names_the_lock_in_the_way),
        cmocka_unit_test(a_join_says_what_the_thread_waits_for),
        cmocka_unit_test(a_pool_that_waits_for_itself_is_explained),
        cmocka_unit_test(a_condition_that_is_destroyed_in_use_is_explained),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
