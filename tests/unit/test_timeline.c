/* The timeline of a run, told by hand and compared as text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "report/timeline.h"
#include "report_build.h"

enum {
    MAIN = 1,
    PAYER,
    REFUNDER,
    ALICE = 1,
    BOB,
    NEWS,
    SEATS,
};

/* One event a line: a millisecond after the one before. */
struct story {
    struct snarl_report *report;
    struct snarl_report_event events[256];
    size_t count;
};

static void begin(struct story *story)
{
    static const char *const locks[] = {"alice", "bob", "news", "seats"};
    static const char *const threads[] = {"payer", "refunder"};
    static const char *const kinds[] = {"mutex", "rwlock", "condition variable", "semaphore"};
    *story = (struct story){.report = build_report_of_program("./bank", 3, 4, 1)};
    build_locks(story->report, locks, COUNT(locks));
    for (size_t i = 0; i < COUNT(kinds); i++)
        story->report->locks[i].kind = kinds[i];
    build_threads(story->report, "main", threads, COUNT(threads));
}

static struct snarl_report_event *tell(struct story *story, enum snarl_event event, unsigned thread,
                                       unsigned lock, unsigned line)
{
    struct snarl_report_event *told = &story->events[story->count++];
    *told = (struct snarl_report_event){
        .event = event,
        .at_s = (double)story->count / 1e3,
        .thread = thread,
        .lock = lock,
        .stack = STACK(story->report, USER("pay", "/src/bank.c", line)),
    };
    return told;
}

#define TELL(event, thread, lock, line) tell(&story, SNARL_EVENT_##event, thread, lock, line)

static char *write_story(struct story *story, const struct snarl_timeline_options *options)
{
    char *text;
    size_t size;
    story->report->events = story->events;
    story->report->event_count = story->count;
    FILE *stream = open_memstream(&text, &size);
    assert_true(snarl_timeline_write(stream, story->report, options));
    fclose(stream);
    return text;
}

static void check(struct story *story, const struct snarl_timeline_options *options,
                  const char *expected)
{
    char *text = write_story(story, options);
    assert_string_equal(text, expected);
    free(text);
    snarl_report_free(story->report);
}

static void who_holds_what_is_beside_what_happens(void **state)
{
    (void)state;
    struct story story;
    begin(&story);
    TELL(STARTS, MAIN, 0, 10)->other = PAYER;
    TELL(TAKES, PAYER, ALICE, 21);
    TELL(TAKES, PAYER, BOB, 22)->shared = true;
    TELL(JOINS, MAIN, 0, 11)->other = PAYER;
    TELL(RELEASES, PAYER, BOB, 23);
    TELL(WAITS, PAYER, NEWS, 24)->mutex = ALICE;
    TELL(WAKES, PAYER, NEWS, 24)->mutex = ALICE;
    TELL(RELEASES, PAYER, ALICE, 25);
    TELL(ENDS, PAYER, 0, 0)->stack = (struct snarl_stack){0};
    TELL(JOINED, MAIN, 0, 11)->other = PAYER;
    check(&story, &(struct snarl_timeline_options){.within = "bank.c"},
          "      ms  1 main      2 payer     \n"
          "   1.000  |           |           main starts payer :10\n"
          "   2.000  |           A           payer takes alice :21\n"
          "   3.000  |           AB          payer takes bob to read :22\n"
          "   4.000  ?2          AB          main waits for payer to end :11\n"
          "   5.000  ?2          A           payer releases bob :23\n"
          "   6.000  ?2          ?C          payer waits on news :24\n"
          "   7.000  ?2          A           payer wakes from news :24\n"
          "   8.000  ?2          |           payer releases alice :25\n"
          "   9.000  ?2                      payer ends\n"
          "  10.000  |                       main has joined payer :11\n"
          "\n"
          "A=alice (mutex), B=bob (rwlock), C=news (condition variable), A: holds it, ?A:\n"
          "waits for it, ?2: waits for thread 2 to end. Numbers behind a colon are lines of\n"
          "bank.c.\n");
}

/* The thread that closes the circle is ended before it can say what it wants; the finding says. */
static void a_deadlock_ends_it(void **state)
{
    (void)state;
    struct story story;
    begin(&story);
    TELL(TAKES, PAYER, ALICE, 21);
    TELL(TAKES, REFUNDER, BOB, 33);
    TELL(WANTS, PAYER, BOB, 22);
    struct snarl_report *report = story.report;
    struct snarl_report_finding *finding =
        build_finding(report, SNARL_FINDING_DEADLOCK, SNARL_OCCURRED, SNARL_ERROR, 2);
    struct snarl_stack none = {0};
    finding->steps[0] = build_step(report, PAYER, build_hold(ALICE, none), BOB, none);
    finding->steps[1] = build_step(report, REFUNDER, build_hold(BOB, none), ALICE, none);
    check(&story, &(struct snarl_timeline_options){.width = 70},
          "      ms  2 payer     3 refunder  \n"
          "   1.000  A                       payer takes alice bank.c:21\n"
          "   2.000  A           B           refunder takes bob bank.c:33\n"
          "   3.000  A?B         B           payer waits for bob bank.c:22\n"
          "          A?B         B?A         DEADLOCK: threads wait for each\n"
          "                                  other in a circle\n"
          "\n"
          "A=alice (mutex), B=bob (rwlock), A: holds it, ?A: waits for it, ?2:\n"
          "waits for thread 2 to end.\n");
}

/* A semaphore that another thread posts is never held, not even before that shows. */
static void a_signal_is_not_held(void **state)
{
    (void)state;
    struct story story;
    begin(&story);
    TELL(TAKES, PAYER, SEATS, 1);
    TELL(POSTS, REFUNDER, SEATS, 2);
    check(&story, &(struct snarl_timeline_options){.within = "bank.c"},
          "      ms  2 payer     3 refunder  \n"
          "   1.000  |                       payer takes seats :1\n"
          "   2.000  |           |           refunder posts seats :2\n"
          "\n"
          "?2: waits for thread 2 to end. Numbers behind a colon are lines of bank.c.\n");
    begin(&story);
    TELL(TAKES, PAYER, SEATS, 1);
    TELL(POSTS, PAYER, SEATS, 2);
    check(&story, &(struct snarl_timeline_options){.within = "bank.c"},
          "      ms  2 payer     \n"
          "   1.000  A           payer takes seats :1\n"
          "   2.000  |           payer posts seats :2\n"
          "\n"
          "A=seats (semaphore), A: holds it, ?A: waits for it, ?2: waits for thread 2 to\n"
          "end. Numbers behind a colon are lines of bank.c.\n");
}

static void what_is_done_in_a_file_can_be_left_out(void **state)
{
    (void)state;
    struct story story;
    begin(&story);
    TELL(TAKES, PAYER, ALICE, 1);
    TELL(TAKES, PAYER, BOB, 2)->stack = STACK(
        story.report, USER("turn_pass", "/src/common/stage.c", 9), USER("pay", "/src/bank.c", 2));
    TELL(RELEASES, PAYER, ALICE, 3)->stack = STACK(
        story.report, USER("event_set", "/src/common/event.c", 7), USER("pay", "/src/bank.c", 3));
    check(&story, &(struct snarl_timeline_options){.within = "bank.c", .leave = "common/stage.c"},
          "      ms  2 payer     \n"
          "   1.000  A           payer takes alice :1\n"
          "   3.000  |           payer releases alice :3\n"
          "\n"
          "A=alice (mutex), A: holds it, ?A: waits for it, ?2: waits for thread 2 to end.\n"
          "Numbers behind a colon are lines of bank.c.\n");
}

/* The first ones, how many are missing, the last ones. */
/* A mutex that is only ever that of a wait, and a name whose letters take two bytes each. */
static void odd_ones_are_borne(void **state)
{
    (void)state;
    struct story story;
    begin(&story);
    story.report->threads[1].name =
        "\xc3\xa4\xc3\xb6\xc3\xbc\xc3\xa4\xc3\xb6\xc3\xbc\xc3\xa4\xc3\xb6\xc3\xbc\xc3\xa4";
    TELL(WAITS, PAYER, ALICE, 1)->mutex = SEATS;
    TELL(WAKES, PAYER, ALICE, 1)->mutex = SEATS;
    TELL(TAKES, REFUNDER, BOB, 2);
    char *text = write_story(&story, &(struct snarl_timeline_options){.within = "bank.c"});
    assert_non_null(
        strstr(text,
               "      ms  2 \xc3\xa4\xc3\xb6\xc3\xbc\xc3\xa4\xc3\xb6\xc3\xbc\xc3\xa4~\xc3\xa4 3 "
               "refunder  \n"));
    assert_non_null(strstr(text, "   2.000  B                       \xc3\xa4"));
    free(text);
    snarl_report_free(story.report);
}

static void too_many_are_cut_in_the_middle(void **state)
{
    (void)state;
    struct story story;
    begin(&story);
    for (unsigned i = 0; i < 100; i++)
        TELL(TAKES, PAYER, ALICE, i + 1), TELL(RELEASES, PAYER, ALICE, i + 1);
    char *text = write_story(&story, &(struct snarl_timeline_options){.within = "bank.c"});
    assert_non_null(strstr(text, "releases alice :25\n          ... 120 more ...\n"));
    assert_non_null(
        strstr(text, "... 120 more ...\n 171.000  A           payer takes alice :86\n"));
    assert_non_null(strstr(text, "payer releases alice :100\n\n"));
    size_t lines = 0;
    for (const char *line = text; (line = strchr(line, '\n')) != NULL; line++)
        lines++;
    assert_int_equal(lines, 1 + 50 + 1 + 30 + 1 + 2);
    free(text);
    snarl_report_free(story.report);
}

static void nothing_is_written_without_events(void **state)
{
    (void)state;
    struct story story;
    begin(&story);
    check(&story, &(struct snarl_timeline_options){0}, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_holds_what_is_beside_what_happens),
        cmocka_unit_test(a_deadlock_ends_it),
        cmocka_unit_test(a_signal_is_not_held),
        cmocka_unit_test(what_is_done_in_a_file_can_be_left_out),
        cmocka_unit_test(odd_ones_are_borne),
        cmocka_unit_test(too_many_are_cut_in_the_middle),
        cmocka_unit_test(nothing_is_written_without_events),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
