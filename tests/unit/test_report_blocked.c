/* All threads blocked, for people as whole texts and for programs field by field. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "report/utf8.h"
#include "report_build.h"
#include "report_sample.h"

static struct snarl_report_step blocked_step(struct snarl_report *report, unsigned thread,
                                             enum snarl_target target, unsigned wants,
                                             struct snarl_report_blocked blocked,
                                             struct snarl_stack stack)
{
    return (struct snarl_report_step){
        .thread = thread,
        .target = target,
        .wants = wants,
        .blocked = build_copy(report, &blocked, 1, sizeof blocked),
        .stack = stack,
    };
}

#define WAKERS(report, ...)                                                                        \
    .wakers = build_copy(report, ((const struct snarl_report_waker[]){__VA_ARGS__}),               \
                         COUNT(((const struct snarl_report_waker[]){__VA_ARGS__})),                \
                         sizeof(struct snarl_report_waker)),                                       \
    .waker_count = COUNT(((const struct snarl_report_waker[]){__VA_ARGS__}))

/* A consumer has lost a wakeup; main joins it; four workers of a pool have nothing to do. */
static struct snarl_report *sample_lost(void)
{
    struct snarl_report *report = build_report_of_program("./queue", 7, 5, 12);
    build_locks(report, (const char *[]){"queue.lock", "queue.ready", "pool.lock", "pool.work"}, 4);
    report->locks[1].kind = report->locks[3].kind = "condition variable";
    build_threads(report, "work", (const char *[]){"consumer", "producer", NULL, NULL, NULL, NULL},
                  6);
    struct snarl_report_finding *finding =
        build_finding(report, SNARL_FINDING_ALL_THREADS_BLOCKED, SNARL_OCCURRED, SNARL_ERROR, 6);
    finding->message =
        "lost wakeup: thread 2 \"consumer\" waits for queue.ready (queue.c:40), which was "
        "signalled when nobody waited";
    finding->why = "A signal wakes only who waits at that moment.";
    finding->fix = "test in a while loop before waiting in take() (queue.c:40).";
    finding->steps[0] = blocked_step(
        report, 2, SNARL_TARGET_CONDITION, 2,
        (struct snarl_report_blocked){
            .cause = SNARL_CAUSE_LOST_WAKEUP,
            .waiting_s = 10,
            .mutex = 1,
            WAKERS(report, {3, SNARL_WAKER_SIGNALLED, true, true,
                            STACK(report, USER("put", "queue.c", 21), USER("produce", "main.c", 30),
                                  THREAD_START)})},
        STACK(report, USER("take", "queue.c", 40), USER("consume", "main.c", 44), THREAD_START));
    finding->steps[1] = blocked_step(
        report, 1, SNARL_TARGET_THREAD, 2,
        (struct snarl_report_blocked){.cause = SNARL_CAUSE_JOIN_OF_BLOCKED,
                                      .waiting_s = 11,
                                      WAKERS(report, {.thread = 2, .how = SNARL_WAKER_JOINED})},
        STACK(report, USER("main", "main.c", 60)));
    for (unsigned worker = 0; worker < 4; worker++)
        finding->steps[2 + worker] =
            blocked_step(report, 4 + worker, SNARL_TARGET_CONDITION, 4,
                         (struct snarl_report_blocked){.cause = SNARL_CAUSE_NEVER_SIGNALLED,
                                                       .waiting_s = worker == 3 ? 3 : 12,
                                                       .mutex = 3},
                         STACK(report, USER("next_task", "pool.c", 15), USER("work", "pool.c", 31),
                               THREAD_START));
    build_parties(report, finding);
    report->processes[0].ended = true;
    return report;
}

/* A barrier lacks main and one that has ended; a thread holds what main wants. */
static struct snarl_report *sample_short(void)
{
    struct snarl_report *report = build_report_of_program("./phases", 5, 3, 2);
    build_locks(report, (const char *[]){"gate", "results", "slots"}, 3);
    report->locks[0].kind = "barrier";
    report->locks[2].kind = "semaphore";
    build_threads(report, "phase", (const char *[]){"even", "odd", "spare", NULL}, 4);
    struct snarl_report_finding *finding =
        build_finding(report, SNARL_FINDING_ALL_THREADS_BLOCKED, SNARL_OCCURRED, SNARL_WARNING, 4);
    finding->message =
        "barrier gate needs 4, 2 have come; thread 1 (main) has not; thread 5 (phase) has ended, "
        "asleep unless woken from outside";
    finding->why = "It may yet be woken from outside: a timer is armed.";
    struct snarl_stack arrives =
        STACK(report, USER("meet", "phases.c", 12), USER("phase", "phases.c", 20), THREAD_START);
    struct snarl_stack takes =
        STACK(report, USER("store", "phases.c", 16), USER("phase", "phases.c", 21), THREAD_START);
    for (unsigned thread = 0; thread < 2; thread++) {
        finding->steps[thread] =
            blocked_step(report, 2 + thread, SNARL_TARGET_BARRIER, 1,
                         (struct snarl_report_blocked){
                             .cause = SNARL_CAUSE_BARRIER_SHORT,
                             .waiting_s = 0.25,
                             .arrived = 2,
                             .parties = 4,
                             WAKERS(report, {1, SNARL_WAKER_MISSING, false, false, arrives},
                                    {5, SNARL_WAKER_MISSING, false, true, arrives})},
                         arrives);
    }
    finding->steps[0].holds =
        build_copy(report, &(struct snarl_report_hold){.lock = 2, .stack = takes}, 1,
                   sizeof(struct snarl_report_hold));
    finding->steps[0].hold_count = 1;
    finding->steps[2] = blocked_step(
        report, 1, SNARL_TARGET_LOCK, 2,
        (struct snarl_report_blocked){.cause = SNARL_CAUSE_HOLDER_BLOCKED,
                                      .waiting_s = 0.25,
                                      WAKERS(report, {2, SNARL_WAKER_HOLDS, false, false, takes})},
        STACK(report, USER("main", "phases.c", 50)));
    finding->steps[3] = blocked_step(
        report, 4, SNARL_TARGET_SEMAPHORE, 3,
        (struct snarl_report_blocked){.cause = SNARL_CAUSE_POSTED_TOO_FEW,
                                      .waiting_s = 1,
                                      WAKERS(report, {2, SNARL_WAKER_POSTED, false, false, takes},
                                             {3, SNARL_WAKER_POSTED, false, false, takes})},
        STACK(report, USER("spare", "phases.c", 33), THREAD_START));
    build_parties(report, finding);
    return report;
}

/* One of each way to be woken that the others do not show. */
static struct snarl_report *sample_rest(void)
{
    struct snarl_report *report = build_report_of_program("./rest", 6, 3, 1);
    build_locks(report, (const char *[]){"outer", "ready", "cache"}, 3);
    build_threads(report, "work", (const char *[5]){NULL}, 5);
    struct snarl_report_finding *finding =
        build_finding(report, SNARL_FINDING_ALL_THREADS_BLOCKED, SNARL_OCCURRED, SNARL_ERROR, 6);
    finding->message = "nested monitor";
    struct snarl_stack waits = STACK(report, USER("wait", "rest.c", 10));
    struct snarl_stack holds = STACK(report, USER("enter", "rest.c", 8));
    struct snarl_report_waker joined = {.thread = 6, .how = SNARL_WAKER_JOINED, .ended = true};
    finding->steps[0] = blocked_step(
        report, 1, SNARL_TARGET_CONDITION, 2,
        (struct snarl_report_blocked){.cause = SNARL_CAUSE_NESTED_MONITOR,
                                      WAKERS(report, {.thread = 2, .how = SNARL_WAKER_NEEDS_LOCK},
                                             {.thread = 3, .how = SNARL_WAKER_NEEDS_LOCK})},
        waits);
    finding->steps[0].holds = build_copy(report, &(struct snarl_report_hold){1, true, holds}, 1,
                                         sizeof(struct snarl_report_hold));
    finding->steps[0].hold_count = 1;
    for (unsigned thread = 2; thread <= 3; thread++)
        finding->steps[thread - 1] =
            blocked_step(report, thread, SNARL_TARGET_LOCK, 1,
                         (struct snarl_report_blocked){
                             .cause = SNARL_CAUSE_HOLDER_BLOCKED,
                             WAKERS(report, {1, SNARL_WAKER_HOLDS, false, false, holds},
                                    {5, SNARL_WAKER_HOLDS, false, false, holds})},
                         waits);
    finding->steps[3] =
        blocked_step(report, 4, SNARL_TARGET_END_OF_WAITS, 2,
                     (struct snarl_report_blocked){
                         .cause = SNARL_CAUSE_STILL_IN_USE,
                         WAKERS(report, {.thread = 1, .how = SNARL_WAKER_WAITS_THERE})},
                     waits);
    finding->steps[4] = blocked_step(
        report, 5, SNARL_TARGET_THREAD, 6,
        (struct snarl_report_blocked){.cause = SNARL_CAUSE_JOIN_OF_BLOCKED,
                                      .wakers = build_copy(report, &joined, 1, sizeof joined),
                                      .waker_count = 1},
        waits);
    finding->steps[5] =
        blocked_step(report, 6, SNARL_TARGET_NONE, 0,
                     (struct snarl_report_blocked){.cause = SNARL_CAUSE_UNKNOWN}, waits);
    build_parties(report, finding);
    return report;
}

static const struct sample {
    const char *golden; /* SNARL_GOLDEN/report_GOLDEN.txt is what must come out */
    struct snarl_report *(*make)(void);
    unsigned width;
} samples[] = {
    {"blocked_lost", sample_lost, 80},
    {"blocked_lost_60", sample_lost, 60},
    {"blocked_short", sample_short, 80},
    {"blocked_rest", sample_rest, 80},
};

static char *write_sample(const struct sample *sample, unsigned width)
{
    struct snarl_report *report = sample->make();
    char *text = sample_written("text", report, &(struct snarl_format_options){.width = width});
    snarl_report_free(report);
    return text;
}

static char *read_golden(const char *name)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/report_%s.txt", SNARL_GOLDEN, name);
    FILE *file = fopen(path, "r");
    if (file == NULL)
        fail_msg("cannot open %s", path);
    char *text = NULL;
    size_t size = 0;
    if (getdelim(&text, &size, '\0', file) < 0)
        fail_msg("cannot read %s", path);
    fclose(file);
    return text;
}

static void every_sample_reads_as_it_should(void **state)
{
    (void)state;
    for (size_t row = 0; row < COUNT(samples); row++) {
        char *text = write_sample(&samples[row], samples[row].width);
        char *golden = read_golden(samples[row].golden);
        if (strcmp(text, golden) != 0)
            fail_msg("%s: expected\n%s\nbut got\n%s", samples[row].golden, golden, text);
        free(golden);
        free(text);
    }
}

static void no_line_is_wider_than_the_page(void **state)
{
    (void)state;
    for (size_t row = 0; row < COUNT(samples); row++) {
        for (unsigned width = 60; width <= 130; width++) {
            char *text = write_sample(&samples[row], width);
            for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n")) {
                if (snarl_utf8_count(line) > width)
                    fail_msg("%s at %u columns: %s", samples[row].golden, width, line);
                assert_int_not_equal(line[strlen(line) - 1], ' ');
            }
            free(text);
        }
    }
}

/* In the report of the lost wakeup, once it is changed. */
static void assert_reads(struct snarl_report *report, const char *expected)
{
    char *text = sample_written("text", report, &(struct snarl_format_options){0});
    if (strstr(text, expected) == NULL)
        fail_msg("expected %s\n in %s", expected, text);
    free(text);
    snarl_report_free(report);
}

static void only_like_threads_are_told_together(void **state)
{
    (void)state;
    struct snarl_report *report = sample_lost();
    report->findings[0].steps[3].blocked->cause = SNARL_CAUSE_WOKE_ANOTHER;
    assert_reads(report, "\n  threads 4, 6 and 7, for up to 12 s\n");
    report = sample_lost();
    report->findings[0].steps[3].shared = true;
    assert_reads(report, "\n  threads 4, 6 and 7, for up to 12 s\n");
    report = sample_lost();
    report->findings[0].steps[5].blocked->waiting_s = 12;
    assert_reads(report, "\n  threads 4 to 7, for 12 s\n");
    report = sample_short();
    report->findings[0].steps[3].blocked->wakers[1].how = SNARL_WAKER_HOLDS;
    assert_reads(report, "  thread 2 posted slots\n");
}

static void many_wakers_are_cut(void **state)
{
    (void)state;
    struct snarl_report_waker wakers[8];
    struct snarl_report *report = sample_lost();
    for (unsigned line = 0; line < COUNT(wakers); line++)
        wakers[line] = (struct snarl_report_waker){4, SNARL_WAKER_SIGNALLED, false, false,
                                                   STACK(report, USER("put", "queue.c", line + 1))};
    report->findings[0].steps[0].blocked->wakers = wakers;
    report->findings[0].steps[0].blocked->waker_count = COUNT(wakers);
    assert_reads(report, "\n      thread 4 (work) signalled  queue.c:6\n      and 2 more\n\n");
}

/* Compares with JSON written in place; the strings in it are quoted by '. */
static void assert_blocked(const json_t *report, size_t step, const char *expected)
{
    json_t *finding = json_array_get(json_object_get(report, "findings"), 0);
    json_t *steps = json_object_get(finding, "steps");
    json_t *value = json_object_get(json_array_get(steps, step), "blocked");
    char *quoted = strdup(expected);
    for (char *at = quoted; *at != '\0'; at++)
        if (*at == '\'')
            *at = '"';
    json_t *wanted = json_loads(quoted, 0, NULL);
    assert_non_null(wanted);
    if (!json_equal(value, wanted)) {
        char *actual = json_dumps(value, JSON_COMPACT);
        fail_msg("expected %s\n but got %s", quoted, actual);
    }
    json_decref(wanted);
    free(quoted);
}

static json_t *read_back(struct snarl_report *report)
{
    char *text = sample_written("json", report, &(struct snarl_format_options){0});
    snarl_report_free(report);
    json_t *object = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(object);
    free(text);
    return object;
}

#define FRAME(function, file, line, offset)                                                        \
    "{'function': '" function "', 'file': '" file "', 'line': " #line                              \
    ", 'module': '/home/ann/transfer', 'offset': '" offset "', 'inlined': false}"

static void programs_get_every_part(void **state)
{
    (void)state;
    json_t *report = read_back(sample_lost());
    json_t *finding = json_array_get(json_object_get(report, "findings"), 0);
    assert_string_equal(json_string_value(json_object_get(finding, "kind")), "all-threads-blocked");
    json_t *root = json_array_get(json_object_get(finding, "steps"), 0);
    json_t *wakers = json_object_get(json_object_get(root, "blocked"), "wakers");
    json_t *frames = json_object_get(json_array_get(wakers, 0), "stack");
    assert_int_equal(json_array_size(frames), 4);
    json_array_remove(frames, 3); /* of the library */
    json_array_remove(frames, 2);
    assert_blocked(report, 0,
                   "{'cause': 'lost-wakeup', 'waiting_s': 10.0, 'mutex': 1, 'wakers':"
                   " [{'thread': 3, 'how': 'signalled', 'lost': true, 'ended': true,"
                   "   'stack': [" FRAME("put", "queue.c", 21, "0x15") ","
                   FRAME("produce", "main.c", 30, "0x1e") "]}],"
                   " 'arrived': null, 'parties': null}");
    assert_blocked(report, 1,
                   "{'cause': 'join-of-blocked', 'waiting_s': 11.0, 'mutex': null, 'wakers':"
                   " [{'thread': 2, 'how': 'joined', 'lost': false, 'ended': false, 'stack': []}],"
                   " 'arrived': null, 'parties': null}");
    assert_blocked(report, 2,
                   "{'cause': 'never-signalled', 'waiting_s': 12.0, 'mutex': 3, 'wakers': [],"
                   " 'arrived': null, 'parties': null}");
    json_decref(report);
}

static void a_barrier_counts(void **state)
{
    (void)state;
    struct snarl_report *made = sample_short();
    struct snarl_report_blocked *blocked = made->findings[0].steps[0].blocked;
    blocked->waker_count = 0;
    blocked->arrived = 0;
    json_t *report = read_back(made);
    assert_blocked(report, 0,
                   "{'cause': 'barrier-short', 'waiting_s': 0.25, 'mutex': null, 'wakers': [],"
                   " 'arrived': 0, 'parties': 4}");
    json_decref(report);
}

static void elsewhere_nothing_is_blocked(void **state)
{
    (void)state;
    json_t *report = read_back(sample_transfer());
    json_t *finding = json_array_get(json_object_get(report, "findings"), 0);
    assert_null(json_object_get(json_array_get(json_object_get(finding, "steps"), 0), "blocked"));
    json_decref(report);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_sample_reads_as_it_should),
        cmocka_unit_test(no_line_is_wider_than_the_page),
        cmocka_unit_test(only_like_threads_are_told_together),
        cmocka_unit_test(many_wakers_are_cut),
        cmocka_unit_test(programs_get_every_part),
        cmocka_unit_test(a_barrier_counts),
        cmocka_unit_test(elsewhere_nothing_is_blocked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
