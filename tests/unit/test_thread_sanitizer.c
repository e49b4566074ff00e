/*
 * ThreadSanitizer's reports, as gcc 12 and clang 14 really print them (fixtures/thread_sanitizer).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sanitizer_fixture.h"

/* A stack in one line: (foreign) ~inlined function@file:line */
static void describe_stack(FILE *out, const struct snarl_stack *stack)
{
    for (size_t index = 0; index < stack->count; index++) {
        const struct snarl_frame *frame = &stack->frames[index];
        if (frame->foreign) {
            fprintf(out, " (%s)", frame->function);
            continue;
        }
        fprintf(out, " %s%s@%s:%u", frame->inlined ? "~" : "", frame->function,
                strrchr(frame->file, '/') + 1, frame->line);
    }
    fputc('\n', out);
}

static void describe_steps(FILE *out, const struct snarl_report_step *steps, size_t count)
{
    for (size_t index = 0; index < count; index++) {
        const struct snarl_report_step *step = &steps[index];
        fprintf(out, " step of %u", step->thread);
        if (step->action != NULL)
            fprintf(out, " %s", step->action);
        if (step->target == SNARL_TARGET_LOCK)
            fprintf(out, " wants %u", step->wants);
        describe_stack(out, &step->stack);
        for (size_t hold = 0; hold < step->hold_count; hold++) {
            fprintf(out, "  holds %u", step->holds[hold].lock);
            describe_stack(out, &step->holds[hold].stack);
        }
    }
}

/* All of the report that does not change when the fixtures are captured anew. */
static void describe(FILE *out, const struct snarl_report *report)
{
    for (size_t index = 0; index < report->finding_count; index++) {
        const struct snarl_report_finding *finding = &report->findings[index];
        fprintf(out, "%s %s %s: %s\n", snarl_finding_name(finding->kind),
                snarl_status_name(finding->status), snarl_severity_name(finding->severity),
                finding->message);
        for (size_t lock = 0; lock < finding->lock_count; lock++)
            fprintf(out, " lock %u\n", finding->locks[lock]);
        for (size_t thread = 0; thread < finding->thread_count; thread++)
            fprintf(out, " thread %u\n", finding->threads[thread]);
        describe_steps(out, finding->steps, finding->step_count);
        for (size_t variant = 0; variant < finding->also_count; variant++) {
            fprintf(out, " also\n");
            describe_steps(out, finding->also[variant].steps, finding->also[variant].step_count);
        }
    }
    for (size_t index = 0; index < report->lock_count; index++) {
        const struct snarl_report_lock *lock = &report->locks[index];
        bool created = lock->created.count > 0;
        bool taken = lock->first_taken.count > 0;
        fprintf(out, "lock %u %s%s%s", lock->id, lock->name != NULL ? lock->name : "?",
                created ? " created" : "", taken ? " taken" : "");
        describe_stack(out, created ? &lock->created : &lock->first_taken);
    }
    for (size_t index = 0; index < report->thread_count; index++) {
        const struct snarl_report_thread *thread = &report->threads[index];
        fprintf(out, "thread %u number %u '%s' %s:", thread->id, thread->number,
                thread->name != NULL ? thread->name : "",
                thread->start != NULL ? thread->start : "?");
        describe_stack(out, &thread->created);
    }
    for (size_t index = 0; index < report->loss_count; index++)
        fprintf(out, "loss %s\n", report->losses[index]);
}

static void assert_described(const struct snarl_report *report, const char *expected)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    describe(out, report);
    fclose(out);
    assert_string_equal(text, expected);
    free(text);
}

static void assert_fixture(const char *name, const char *compiler, const char *expected)
{
    size_t size;
    char *text = sanitizer_fixture_read(name, compiler, &size);
    struct snarl_report *report = sanitizer_parse(text, size);
    assert_described(report, expected);
    assert_int_equal(report->process_count, 1);
    assert_int_equal(report->finding_count, 1);
    assert_int_equal(strlen(report->findings[0].id), 16);
    snarl_report_free(report);
    free(text);
}

/* What gcc's and clang's runtimes tell alike. */
static void assert_fixtures(const char *name, const char *expected)
{
    for (size_t index = 0; sanitizer_compilers[index] != NULL; index++)
        assert_fixture(name, sanitizer_compilers[index], expected);
}

static void data_race_has_two_accesses(void **state)
{
    (void)state;
    assert_fixtures(
        "data_race",
        "data-race occurred error: data race on global 'counter'\n"
        " thread 1\n"
        " thread 2\n"
        " step of 1 write of size 8 ~increment@counter_race.c:32 count@counter_race.c:40\n"
        " step of 2 write of size 8 ~increment@counter_race.c:32 count@counter_race.c:40\n"
        "thread 1 number 2 'counter 1' count: (pthread_create) main@counter_race.c:58\n"
        "thread 2 number 3 'counter 2' count: (pthread_create) main@counter_race.c:58\n");
}

static void race_on_the_heap_has_its_locks(void **state)
{
    (void)state;
    assert_fixtures(
        "heap_race",
        "data-race occurred error: data race on a heap block of 56 bytes\n"
        " lock 1\n"
        " thread 1\n"
        " thread 2\n"
        " step of 1 write of size 4 ~share_box@misuse.c:62 main@misuse.c:82\n"
        " step of 2 write of size 4 fill@misuse.c:48\n"
        "  holds 1\n"
        "lock 1 ? created (pthread_mutex_init) ~share_box@misuse.c:58 main@misuse.c:82\n"
        "thread 1 number 1 '' main:\n"
        "thread 2 number 2 'it's a filler' fill: (pthread_create) "
        "~share_box@misuse.c:59 main@misuse.c:82\n");
}

static void inversion_has_a_step_for_each_lock(void **state)
{
    (void)state;
    assert_fixtures(
        "lock_order",
        "lock-order-cycle predicted error: lock-order-inversion (potential deadlock)\n"
        " lock 2\n"
        " lock 1\n"
        " thread 1\n"
        " thread 2\n"
        " step of 1 wants 2 (pthread_mutex_lock) ~pay@deadlock_abba_latent.c:31 "
        "payer@deadlock_abba_latent.c:54\n"
        "  holds 1\n"
        " step of 2 wants 1 (pthread_mutex_lock) ~refund@deadlock_abba_latent.c:41 "
        "refunder@deadlock_abba_latent.c:67\n"
        "  holds 2\n"
        "lock 1 ?\n"
        "lock 2 ?\n"
        "thread 1 number 2 'payer' payer: (pthread_create) main@deadlock_abba_latent.c:85\n"
        "thread 2 number 3 'refunder' refunder: (pthread_create) main@deadlock_abba_latent.c:86\n");
}

static void inversion_may_have_the_stacks_of_holds(void **state)
{
    (void)state;
    assert_fixtures(
        "lock_order_stacks",
        "lock-order-cycle predicted error: lock-order-inversion (potential deadlock)\n"
        " lock 2\n"
        " lock 1\n"
        " thread 1\n"
        " thread 2\n"
        " step of 1 wants 2 (pthread_mutex_lock) ~pay@deadlock_abba_latent.c:31 "
        "payer@deadlock_abba_latent.c:54\n"
        "  holds 1 (pthread_mutex_lock) ~pay@deadlock_abba_latent.c:30 "
        "payer@deadlock_abba_latent.c:54\n"
        " step of 2 wants 1 (pthread_mutex_lock) ~refund@deadlock_abba_latent.c:41 "
        "refunder@deadlock_abba_latent.c:67\n"
        "  holds 2 (pthread_mutex_lock) ~refund@deadlock_abba_latent.c:40 "
        "refunder@deadlock_abba_latent.c:67\n"
        "lock 1 ?\n"
        "lock 2 ?\n"
        "thread 1 number 2 'payer' payer: (pthread_create) main@deadlock_abba_latent.c:85\n"
        "thread 2 number 3 'refunder' refunder: (pthread_create) main@deadlock_abba_latent.c:86\n");
}

static void misuse_is_one_step(void **state)
{
    (void)state;
    assert_fixtures("destroy_locked",
                    "destroy-locked occurred error: destroy of a locked mutex\n"
                    " lock 1\n"
                    " step of 0 (pthread_mutex_destroy) main@misuse.c:76\n"
                    "  holds 1 (pthread_mutex_lock) ~enter@misuse.c:25 main@misuse.c:75\n"
                    "lock 1 door taken (pthread_mutex_lock) ~enter@misuse.c:25 main@misuse.c:75\n");
    assert_fixtures(
        "unlock_not_locked",
        "unlock-not-locked occurred error: unlock of an unlocked mutex (or by a wrong thread)\n"
        " lock 1\n"
        " step of 0 (pthread_mutex_unlock) main@misuse.c:78\n"
        "lock 1 door taken (pthread_mutex_unlock) main@misuse.c:78\n");
    assert_fixtures("double_lock",
                    "other occurred error: double lock of a mutex\n"
                    " lock 1\n"
                    " step of 0 (AnnotateRWLockAcquired) break_in@misuse.c:33\n"
                    "lock 1 door taken (pthread_mutex_lock) ~enter@misuse.c:25 main@misuse.c:71\n");
}

static void leaked_thread_is_where_it_was_created(void **state)
{
    (void)state;
    assert_fixtures("thread_leak",
                    "other occurred warning: thread leak\n"
                    " thread 1\n"
                    " step of 1 (pthread_create) main@misuse.c:80\n"
                    "thread 1 number 2 'idler' ?: (pthread_create) main@misuse.c:80\n");
}

/* One warning about nothing but a name. */
#define WARNING(words, pid) "WARNING: ThreadSanitizer: " words " (pid=" pid ")\n"
#define RULE "==================\n"

static void assert_parsed(const char *text, const char *expected)
{
    struct snarl_report *report = sanitizer_parse(text, strlen(text));
    assert_described(report, expected);
    snarl_report_free(report);
}

static void every_kind_has_its_name(void **state)
{
    (void)state;
    assert_parsed(WARNING("data race on vptr (ctor/dtor vs virtual call)",
                          "1") RULE WARNING("heap-use-after-free (virtual call vs free)", "1")
                      RULE WARNING("use of an invalid mutex (e.g. uninitialized or destroyed)", "1")
                          RULE WARNING("signal handler spoils errno", "1") RULE,
                  "data-race occurred error: data race on vptr (ctor/dtor vs virtual call)\n"
                  "other occurred error: heap-use-after-free (virtual call vs free)\n"
                  "other occurred error: use of an invalid mutex (e.g. uninitialized or "
                  "destroyed)\n"
                  "other occurred warning: signal handler spoils errno\n");
}

static void other_text_is_let_through(void **state)
{
    (void)state;
    assert_parsed("", "");
    assert_parsed(
        "#0 main a.c:1 (a+0x1)\n  Thread T1 'x' (tid=3, running) created by main thread\n", "");
    assert_parsed("progress: 40 % " WARNING("thread leak", "1") RULE "goodbye\n",
                  "other occurred warning: thread leak\n");
    assert_parsed("\x1b[1m\x1b[31m" WARNING("thread leak", "1") "\x1b[1m\x1b[0m" RULE,
                  "other occurred warning: thread leak\n");
}

static void own_failures_are_losses(void **state)
{
    (void)state;
    assert_parsed(
        "FATAL: ThreadSanitizer: unexpected memory mapping 0x55-0x56\n"
        "==7==ERROR: ThreadSanitizer: SEGV on unknown address 0x0\n",
        "loss ThreadSanitizer failed: FATAL: ThreadSanitizer: unexpected memory mapping "
        "0x55-0x56\n"
        "loss ThreadSanitizer failed: ERROR: ThreadSanitizer: SEGV on unknown address "
        "0x0\n");
    assert_parsed(WARNING("thread leak", "1") RULE "ThreadSanitizer: CHECK failed: a.cpp:1\n",
                  "other occurred warning: thread leak\n"
                  "loss ThreadSanitizer failed: ThreadSanitizer: CHECK failed: a.cpp:1\n");
    assert_parsed(WARNING("data race", "1") WARNING("thread leak", "1") RULE,
                  "data-race occurred error: data race\n"
                  "other occurred warning: thread leak\n"
                  "loss ThreadSanitizer's report \"data race\" is cut short\n");
}

/* The same race twice is one finding; the second way is kept. Another object is another race. */
static void repeats_are_told_once(void **state)
{
    (void)state;
#define RACE(size, object)                                                                         \
    WARNING("data race", "1")                                                                      \
    "  Write of size " size                                                                        \
    " at 0x10 by main thread:\n    #0 f /a/a.c:1 (a+0x1)\n\n"                                      \
    "  Location is global '" object "' of size 8 at 0x10 (a+0x2)\n" RULE
    assert_parsed(RACE("4", "x") RACE("8", "x") RACE("4", "y"),
                  "data-race occurred error: data race on global 'x'\n"
                  " thread 1\n"
                  " step of 1 write of size 4 f@a.c:1\n"
                  " also\n"
                  " step of 1 write of size 8 f@a.c:1\n"
                  "data-race occurred error: data race on global 'y'\n"
                  " thread 1\n"
                  " step of 1 write of size 4 f@a.c:1\n"
                  "thread 1 number 1 '' main:\n");
}

/* Numbers of mutexes begin anew in each warning, those of threads in each process. */
static void locks_and_threads_are_told_apart(void **state)
{
    (void)state;
#define HELD(address)                                                                              \
    "  Atomic read of size 4 at 0x10 by thread T1 (mutexes: write M0, read M1):\n\n"               \
    "  Mutex M0 (" address ") created at:\n\n  Mutex M1 is already destroyed.\n\n"
    const char *text =
        WARNING("data race", "1") HELD("0xa0") RULE WARNING("race on external object", "1")
            HELD("0xa0") RULE WARNING("data race", "2") HELD("0xa0") RULE;
    struct snarl_report *report = sanitizer_parse(text, strlen(text));
    assert_int_equal(report->finding_count, 2); /* the third has the id of the first */
    assert_int_equal(report->findings[0].also_count, 1);
    assert_string_equal(report->findings[0].steps[0].action, "atomic read of size 4");
    const unsigned expected[][2] = {{1, 2}, {1, 3}, {4, 5}};
    const struct snarl_report_step *steps[] = {report->findings[0].steps, report->findings[1].steps,
                                               report->findings[0].also[0].steps};
    for (size_t index = 0; index < 3; index++) {
        assert_int_equal(steps[index]->hold_count, 2);
        assert_int_equal(steps[index]->holds[0].lock, expected[index][0]);
        assert_int_equal(steps[index]->holds[1].lock, expected[index][1]);
    }
    assert_int_equal(steps[1]->thread, 1);
    assert_int_equal(steps[2]->thread, 2);
    assert_int_equal(report->process_count, 2);
    assert_int_equal(report->processes[1].pid, 2);
    assert_null(report->processes[1].argv[0]);
    assert_int_equal(report->threads[1].process, 1);
    assert_int_equal(report->locks[0].address, 0xa0);
    snarl_report_free(report);
}

static void ids_are_the_same_from_run_to_run(void **state)
{
    (void)state;
    size_t size;
    char *text = sanitizer_fixture_read("lock_order_stacks", "gcc-12", &size);
    struct snarl_report *first = sanitizer_parse(text, size);
    for (char *at = text; (at = strstr(at, "0x55")) != NULL; at++)
        at[3] = '6'; /* another load address */
    for (char *at = text; (at = strstr(at, "T1")) != NULL; at++)
        at[1] = '7';
    struct snarl_report *second = sanitizer_parse(text, size);
    assert_string_equal(first->findings[0].id, second->findings[0].id);
    assert_int_not_equal(first->locks[0].address, second->locks[0].address);
    assert_int_not_equal(first->threads[0].number, second->threads[0].number);
    snarl_report_free(first);
    snarl_report_free(second);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(data_race_has_two_accesses),
        cmocka_unit_test(race_on_the_heap_has_its_locks),
        cmocka_unit_test(inversion_has_a_step_for_each_lock),
        cmocka_unit_test(inversion_may_have_the_stacks_of_holds),
        cmocka_unit_test(misuse_is_one_step),
        cmocka_unit_test(leaked_thread_is_where_it_was_created),
        cmocka_unit_test(every_kind_has_its_name),
        cmocka_unit_test(other_text_is_let_through),
        cmocka_unit_test(own_failures_are_losses),
        cmocka_unit_test(repeats_are_told_once),
        cmocka_unit_test(locks_and_threads_are_told_apart),
        cmocka_unit_test(ids_are_the_same_from_run_to_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
