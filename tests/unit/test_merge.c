/* Merging is the union of sets: whatever the order and the tree, the same bytes; and what was found
 * in a recording is found in what it was merged into. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analysis/analysis.h"
#include "bank_ask.h"
#include "core/objects.h"
#include "merge/parts.h"
#include "recording_ask.h"

enum {
    RECORDINGS = 12, /* that differ */
    ROUNDS = 60,
    MOST_MERGED = 10,
    WORKERS = 20, /* the first thread id of those that a recording has of its own */
    HEAP = 30,    /* and the first lock */
};

/* A generator of its own: the same numbers everywhere. */
static unsigned below(unsigned *state, unsigned limit)
{
    *state = *state * 1103515245u + 12345u;
    return (*state >> 16) % limit;
}

static void tell_workers(struct sample *sample, unsigned *state)
{
    uint32_t made = sample_stack(sample, bank_open);
    uint32_t count = below(state, 5);
    for (uint32_t i = 0; i < count; i++) {
        struct snarl_fact_thread fact = {
            .header.kind = SNARL_FACT_THREAD,
            .thread = WORKERS + i,
            .parent = i > 0 && below(state, 3) == 0 ? WORKERS : SAMPLE_MAIN,
            .parent_segment = i + 1,
            .stack = sample_id(sample, made),
            .tid = 5000 + below(state, 100),
            .start = sample_address(sample, (const void *)(uintptr_t)bank_watch),
        };
        sample_append(sample, &fact, sizeof fact, NULL, 0);
        struct snarl_fact_join join = {.header.kind = SNARL_FACT_JOIN,
                                       .thread = SAMPLE_MAIN,
                                       .segment = 10 + i,
                                       .joined = WORKERS + i};
        if (below(state, 2) == 0)
            sample_append(sample, &join, sizeof join, NULL, 0);
    }
}

/* What else orders threads; and a hand-off, which only cuts their lives in more pieces. */
static void tell_orders(struct sample *sample, unsigned *state)
{
    for (uint32_t thread = SAMPLE_MAIN; thread <= SAMPLE_REFUNDER; thread++) {
        struct snarl_fact_arrival arrival = {.header.kind = SNARL_FACT_ARRIVAL,
                                             .thread = thread,
                                             .segment = 2 + below(state, 2),
                                             .barrier = HEAP + 4,
                                             .parties = 2,
                                             .round = 1};
        struct snarl_fact_found_done done = {.header.kind = SNARL_FACT_FOUND_DONE,
                                             .thread = thread,
                                             .segment = 3 + below(state, 2),
                                             .once = HEAP + 5};
        struct snarl_fact_hand_off hand_off = {.header.kind = SNARL_FACT_HAND_OFF,
                                               .thread = thread,
                                               .segment = 2,
                                               .object = SAMPLE_BOB,
                                               .hand_off = SNARL_HAND_OFF_GAVE};
        if (below(state, 3) == 0)
            sample_append(sample, &arrival, sizeof arrival, NULL, 0);
        if (below(state, 3) == 0)
            sample_append(sample, &done, sizeof done, NULL, 0);
        if (below(state, 3) == 0)
            sample_append(sample, &hand_off, sizeof hand_off, NULL, 0);
    }
    if (below(state, 2) == 0)
        return;
    struct snarl_fact_join join = {.header.kind = SNARL_FACT_JOIN,
                                   .thread = SAMPLE_MAIN,
                                   .segment = 20,
                                   .joined = SAMPLE_PAYER};
    struct snarl_fact_join_held held = {.header.kind = SNARL_FACT_JOIN_HELD, .count = 2};
    const struct snarl_held_since since[] = {{SAMPLE_VAULT, 1, 0}, {HEAP, 2 + below(state, 9), 1}};
    sample_append(sample, &join, sizeof join, NULL, 0);
    sample_append(sample, &held, sizeof held, since, sizeof since);
}

static void tell_locks(struct sample *sample, unsigned *state)
{
    uint32_t made = sample_stack(sample, bank_open, bank_watch);
    uint32_t taken = sample_stack(sample, bank_pay, bank_watch);
    static const uint32_t kinds[] = {SNARL_OBJECT_MUTEX,   SNARL_OBJECT_MUTEX,
                                     SNARL_OBJECT_MUTEX,   SNARL_OBJECT_SEMAPHORE,
                                     SNARL_OBJECT_BARRIER, SNARL_OBJECT_ONCE};
    for (uint32_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        sample_object(sample, (struct snarl_fact_lock){
                                  .lock = HEAP + i,
                                  .kind = kinds[i],
                                  .created = i < 2 ? made : 0,
                                  .first_taken = below(state, 2) == 0 || i >= 2 ? taken : 0,
                                  .address = 0x7f0000001000 + sample->style.moved + 64 * i,
                              });
}

static uint32_t any_lock(unsigned *state)
{
    static const uint32_t locks[] = {SAMPLE_ALICE, SAMPLE_BOB, SAMPLE_VAULT,
                                     HEAP,         HEAP + 1,   HEAP + 3};
    return locks[below(state, sizeof locks / sizeof locks[0])];
}

static void tell_wants(struct sample *sample, unsigned *state)
{
    uint32_t stacks[] = {sample_stack(sample, bank_pay, bank_payer),
                         sample_stack(sample, bank_refund, bank_refunder),
                         sample_stack(sample, bank_watch)};
    for (unsigned left = below(state, 8); left > 0; left--) {
        uint32_t thread = SAMPLE_MAIN + below(state, 3), held = any_lock(state), wanted;
        while ((wanted = any_lock(state)) == held)
            ;
        sample_dependency(sample, thread, 0, sample_held(held, stacks[below(state, 3)]),
                          sample_held(wanted, stacks[below(state, 3)]));
        struct snarl_fact_segment segment = {.header.kind = SNARL_FACT_SEGMENT,
                                             .dependency = sample->dependencies,
                                             .segment = 2 + below(state, 3)};
        if (below(state, 3) == 0)
            sample_append(sample, &segment, sizeof segment, NULL, 0);
    }
}

/* The recording of a number, written anew under other addresses and process ids each time. */
static void tell(unsigned number, unsigned telling, char *path)
{
    unsigned state = number;
    struct sample sample;
    static const char *const programs[] = {NULL, NULL, "/bin/other"};
    const struct sample_style style = {.moved = 0x10000 * (uint64_t)telling,
                                       .program = programs[below(&state, 3)]};
    sample_begin(&sample, recording_directory, &style);
    sample_set_process(&sample, 100 + telling, SAMPLE_STARTED + telling);
    sample_tell_bank(&sample);
    tell_workers(&sample, &state);
    tell_locks(&sample, &state);
    tell_orders(&sample, &state);
    tell_wants(&sample, &state);
    if (below(&state, 3) == 0)
        sample_tell_deadlock(&sample);
    if (below(&state, 3) == 0)
        sample_tell_misuse(&sample);
    if (below(&state, 3) == 0)
        sample_change(&sample, HEAP + 3,
                      below(&state, 2) == 0 ? SNARL_LOCK_IS_SIGNAL : SNARL_LOCK_IS_POLLED);
    if (below(&state, 4) == 0)
        sample_loss(&sample, below(&state, SNARL_LOSS_KINDS));
    if (below(&state, 4) == 0) {
        struct snarl_fact_stack cut = {.header.kind = SNARL_FACT_STACK, .count = UINT32_MAX};
        sample_append(&sample, &cut, sizeof cut, NULL, 0);
    }
    sample_close(&sample);
    strcpy(path, sample.writer.path);
}

/* The paths are files: of recordings, or of what was merged. */
static void merge_into(const char *output, const char *const *paths, size_t count)
{
    char error[256] = "";
    struct snarl_merge *merge = snarl_merge_create();
    for (size_t i = 0; i < count; i++)
        if (!snarl_merge_add(merge, paths[i], error, sizeof error))
            fail_msg("%s", error);
    FILE *stream = fopen(output, "w");
    assert_non_null(stream);
    assert_true(snarl_merge_write(merge, stream));
    assert_int_equal(fclose(stream), 0);
    snarl_merge_free(merge);
}

static char *read_file(const char *path, size_t *size)
{
    FILE *stream = fopen(path, "r");
    assert_non_null(stream);
    char *bytes = malloc(1 << 20);
    *size = fread(bytes, 1, 1 << 20, stream);
    assert_in_range(*size, 1, (1 << 20) - 1);
    fclose(stream);
    return bytes;
}

static void assert_same_file(const char *left, const char *right)
{
    size_t left_size, right_size;
    char *left_bytes = read_file(left, &left_size), *right_bytes = read_file(right, &right_size);
    assert_int_equal(left_size, right_size);
    assert_memory_equal(left_bytes, right_bytes, left_size);
    free(left_bytes);
    free(right_bytes);
}

/* The name of a new file; freed by the caller. */
static char *new_file(void)
{
    static unsigned files;
    char *path = NULL;
    assert_true(asprintf(&path, "%s/merged%u", recording_directory, files++) > 0);
    return path;
}

/* Merges a random tree over the paths, in which some stand twice. The caller frees the path. */
static char *merge_tree(unsigned *state, const char *const *paths, size_t count)
{
    char *output = new_file();
    if (count < 2 || below(state, 3) == 0) {
        merge_into(output, paths, count);
        return output;
    }
    size_t cut = 1 + below(state, (unsigned)count - 1);
    char *left = merge_tree(state, paths, cut);
    char *right = merge_tree(state, paths + cut, count - cut);
    const char *both[] = {left, right, paths[below(state, (unsigned)count)]};
    merge_into(output, both, 2 + below(state, 2));
    unlink(left);
    unlink(right);
    free(left);
    free(right);
    return output;
}

static void shuffle(unsigned *state, const char **paths, size_t count)
{
    for (size_t i = count; i > 1; i--) {
        size_t other = below(state, (unsigned)i);
        const char *path = paths[i - 1];
        paths[i - 1] = paths[other];
        paths[other] = path;
    }
}

static void merging_in_any_order_and_tree_gives_the_same_bytes(void **state)
{
    (void)state;
    unsigned random = 7;
    for (unsigned round = 0; round < ROUNDS; round++) {
        char told[2 * MOST_MERGED][SNARL_PATH_SIZE];
        const char *paths[2 * MOST_MERGED];
        size_t count = 1 + below(&random, MOST_MERGED);
        for (size_t i = 0; i < count; i++) {
            unsigned number = below(&random, RECORDINGS);
            tell(number, below(&random, 50), told[2 * i]);
            tell(number, below(&random, 50), told[2 * i + 1]);
            paths[i] = told[2 * i];
        }
        char *flat = new_file();
        merge_into(flat, paths, count);
        for (size_t i = 0; i < count; i++)
            paths[i] = told[2 * i + 1];
        shuffle(&random, paths, count);
        char *tree = merge_tree(&random, paths, count);
        assert_same_file(tree, flat);
        unlink(tree);
        unlink(flat);
        free(tree);
        free(flat);
        for (size_t i = 0; i < 2 * count; i++)
            unlink(told[i]);
    }
}

static void what_is_merged_is_itself_when_merged_with_itself(void **state)
{
    (void)state;
    for (unsigned number = 0; number < RECORDINGS; number++) {
        char told[SNARL_PATH_SIZE];
        tell(number, 1, told);
        char *once = new_file(), *again = new_file(), *twice = new_file();
        merge_into(once, (const char *[]){told}, 1);
        merge_into(again, (const char *[]){once}, 1);
        merge_into(twice, (const char *[]){once, told, again, once}, 4);
        assert_same_file(again, once);
        assert_same_file(twice, once);
        free(once);
        free(again);
        free(twice);
    }
}

static void recordings_that_differ_are_not_one(void **state)
{
    (void)state;
    for (unsigned number = 1; number < RECORDINGS; number++) {
        char told[2][SNARL_PATH_SIZE], error[256];
        tell(number - 1, 1, told[0]);
        tell(number, 1, told[1]);
        struct snarl_merge *merge = snarl_merge_create();
        assert_true(snarl_merge_add(merge, told[0], error, sizeof error));
        assert_int_equal(snarl_merge_run_count(merge), 1);
        assert_true(snarl_merge_add(merge, told[1], error, sizeof error));
        assert_int_equal(snarl_merge_run_count(merge), 2);
        snarl_merge_free(merge);
    }
}

/* The findings' ids, kinds, statuses and severities, sorted. The caller frees them. (Of what cannot
 * happen one example is shown, which depends on the order in which things were seen.) */
static char *findings_of(const char *path)
{
    char error[256] = "", lines[64][80], *all = calloc(64, 80);
    const struct snarl_analysis_options options = {.all = false};
    struct snarl_report *report = snarl_analyse(&path, 1, &options, error, sizeof error);
    if (report == NULL)
        fail_msg("%s", error);
    size_t count = 0;
    for (size_t i = 0; i < report->finding_count; i++) {
        const struct snarl_report_finding *finding = &report->findings[i];
        if (finding->kind == SNARL_FINDING_ALL_THREADS_BLOCKED)
            continue; /* how it was at the end, which is not merged */
        assert_true(count < 64);
        snprintf(lines[count++], sizeof lines[0], "%s %.24s %.12s %.8s\n", finding->id,
                 snarl_finding_name(finding->kind), snarl_status_name(finding->status),
                 snarl_severity_name(finding->severity));
    }
    qsort(lines, count, sizeof lines[0], (int (*)(const void *, const void *))strcmp);
    for (size_t i = 0; i < count; i++)
        strcat(all, lines[i]);
    snarl_report_free(report);
    return all;
}

static void what_one_recording_shows_its_merge_shows(void **state)
{
    (void)state;
    size_t with_findings = 0;
    for (unsigned number = 0; number < 5 * RECORDINGS; number++) {
        char told[SNARL_PATH_SIZE];
        tell(number, 3, told);
        char *merged = new_file(), *before = findings_of(told);
        merge_into(merged, (const char *[]){told}, 1);
        char *after = findings_of(merged);
        assert_string_equal(after, before);
        with_findings += before[0] != '\0';
        free(merged);
        free(before);
        free(after);
    }
    assert_true(with_findings > RECORDINGS);
}

static void what_stories_show_their_merge_shows(void **state)
{
    (void)state;
    static void (*const stories[])(struct sample *) = {
        sample_tell_deadlock, sample_tell_relock, sample_tell_join,   sample_tell_heap_cycle,
        sample_tell_upgrade,  sample_tell_misuse, sample_tell_absent, sample_tell_everything,
    };
    for (size_t i = 0; i < sizeof stories / sizeof stories[0]; i++) {
        struct sample sample;
        sample_begin(&sample, recording_directory, &bank_plain);
        if (stories[i] != sample_tell_everything)
            sample_tell_bank(&sample);
        stories[i](&sample);
        sample_close(&sample);
        char *merged = new_file(), *before = findings_of(sample.writer.path);
        assert_string_not_equal(before, "");
        merge_into(merged, (const char *[]){sample.writer.path}, 1);
        char *after = findings_of(merged);
        assert_string_equal(after, before);
        free(merged);
        free(before);
        free(after);
    }
}

/* However often they come, the memory is that of what they come to. */
static void recordings_seen_before_cost_no_memory(void **state)
{
    (void)state;
    enum {
        TIMES = 1000
    };
    char told[RECORDINGS][SNARL_PATH_SIZE], error[256];
    struct snarl_merge *merge = snarl_merge_create();
    for (unsigned number = 0; number < RECORDINGS; number++) {
        tell(number, number, told[number]);
        assert_true(snarl_merge_add(merge, told[number], error, sizeof error));
    }
    size_t runs = snarl_merge_run_count(merge), mapped = merge->arena.mapped;
    char *first = new_file(), *last = new_file();
    FILE *stream = fopen(first, "w");
    assert_true(snarl_merge_write(merge, stream));
    fclose(stream);
    for (unsigned i = 0; i < TIMES; i++)
        assert_true(snarl_merge_add(merge, told[i % RECORDINGS], error, sizeof error));
    assert_int_equal(snarl_merge_run_count(merge), runs);
    assert_int_equal(merge->arena.mapped, mapped);
    stream = fopen(last, "w");
    assert_true(snarl_merge_write(merge, stream));
    fclose(stream);
    assert_same_file(last, first);
    snarl_merge_free(merge);
    free(first);
    free(last);
}

static bool has_loss(const struct snarl_report *report, uint32_t loss)
{
    for (size_t i = 0; i < report->loss_count; i++)
        if (strcmp(report->losses[i], snarl_loss_words(loss)) == 0)
            return true;
    return false;
}

static void losses_are_carried_on(void **state)
{
    (void)state;
    for (int damaged = 0; damaged < 2; damaged++) {
        struct sample sample;
        bank_begin(&sample);
        sample_tell_cycle(&sample, false);
        if (!damaged)
            sample_loss(&sample, SNARL_LOSS_STACK);
        sample_close(&sample);
        if (damaged) /* cut in the middle of its last fact */
            assert_int_equal(truncate(sample.writer.path, (off_t)sample.writer.size - 8), 0);
        char *merged = new_file(), error[256];
        merge_into(merged, (const char *[]){sample.writer.path}, 1);
        struct snarl_report *report = snarl_analyse(
            (const char *[]){merged}, 1, &(struct snarl_analysis_options){0}, error, sizeof error);
        assert_non_null(report);
        assert_true(has_loss(report, damaged ? SNARL_LOSS_CUT : SNARL_LOSS_STACK));
        assert_int_equal(report->loss_count, 1);
        assert_int_equal(report->finding_count, !damaged);
        snarl_report_free(report);
        free(merged);
    }
}

/* An order that one run has declared, and what another does: against it, or along. */
static void declared_orders_hold_for_other_runs(void **state)
{
    (void)state;
    for (int along = 0; along < 2; along++) {
        struct sample samples[2];
        for (int i = 0; i < 2; i++) {
            bank_begin(&samples[i]);
            uint32_t here = sample_stack(&samples[i], bank_watch);
            bool up = i == 0 || along;
            sample_dependency(&samples[i], i == 0 ? SNARL_DECLARED | 5 : SAMPLE_PAYER, 0,
                              sample_held(up ? SAMPLE_ALICE : SAMPLE_BOB, here),
                              sample_held(up ? SAMPLE_BOB : SAMPLE_ALICE, here));
            sample_close(&samples[i]);
        }
        char *merged = new_file();
        merge_into(merged, (const char *[]){samples[0].writer.path, samples[1].writer.path}, 2);
        char *findings = findings_of(merged);
        assert_int_equal(strstr(findings, "lock-order-cycle predicted warning") != NULL, !along);
        free(findings);
        free(merged);
    }
}

static void what_is_no_recording_is_refused(void **state)
{
    (void)state;
    char *path = new_file(), error[256] = "", expected[512];
    FILE *stream = fopen(path, "w");
    fputs("not one", stream);
    fclose(stream);
    struct snarl_merge *merge = snarl_merge_create();
    assert_false(snarl_merge_add(merge, path, error, sizeof error));
    snprintf(expected, sizeof expected, "%s: not a recording of snarl's", path);
    assert_string_equal(error, expected);
    assert_int_equal(snarl_merge_run_count(merge), 0);
    snarl_merge_free(merge);
    free(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(merging_in_any_order_and_tree_gives_the_same_bytes),
        TEST(what_is_merged_is_itself_when_merged_with_itself),
        TEST(recordings_that_differ_are_not_one),
        TEST(what_one_recording_shows_its_merge_shows),
        TEST(what_stories_show_their_merge_shows),
        TEST(recordings_seen_before_cost_no_memory),
        TEST(losses_are_carried_on),
        TEST(declared_orders_hold_for_other_runs),
        TEST(what_is_no_recording_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
