/*
 * The core against a model of a few lines that shares no code with it: 20,000 small random
 * programs, every chain enumerated by brute force. (The habit is that of abseil's graphcycles
 * test.)
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "story.h"

enum {
    PROGRAMS = 20000,
    MOST_THREADS = 4,
    MOST_LOCKS = 5,
    MOST_DEEDS = 12, /* per thread */
    MOST_WANTS = MOST_THREADS * MOST_DEEDS,
    LOCK_SETS = 1 << MOST_LOCKS, /* sets of locks are bit masks */
};

/* Enough of xorshift64* to be the same everywhere. */
struct dice {
    uint64_t state;
};

static unsigned throw(struct dice * dice, unsigned sides)
{
    dice->state ^= dice->state >> 12;
    dice->state ^= dice->state << 25;
    dice->state ^= dice->state >> 27;
    return (unsigned)((dice->state * 0x2545f4914f6cdd1du >> 33) % sides);
}

/* The naive model. */
struct naive_want {
    unsigned thread, lock, held;
    bool timed;
};

enum verdict {
    NO_CYCLE,
    WARNING,
    ERROR,
};

struct model {
    struct naive_want wants[MOST_WANTS];
    unsigned count;
    enum verdict cycles[LOCK_SETS]; /* by the locks wanted */
    bool tangled;                   /* the locks have no order, whoever takes them */
};

struct chain {
    const struct naive_want *first, *last;
    unsigned threads, held, wanted;
    bool timed;
};

static void follow(struct model *model, struct chain chain)
{
    if (chain.first != chain.last && chain.first->held >> chain.last->lock & 1) {
        enum verdict verdict = chain.timed ? WARNING : ERROR;
        if (verdict > model->cycles[chain.wanted])
            model->cycles[chain.wanted] = verdict;
    }
    for (unsigned i = 0; i < model->count; i++) {
        const struct naive_want *next = &model->wants[i];
        if (chain.threads >> next->thread & 1 || chain.held & next->held ||
            !(next->held >> chain.last->lock & 1))
            continue;
        follow(model, (struct chain){
                          .first = chain.first,
                          .last = next,
                          .threads = chain.threads | 1u << next->thread,
                          .held = chain.held | next->held,
                          .wanted = chain.wanted | 1u << next->lock,
                          .timed = chain.timed | next->timed,
                      });
    }
}

static void judge(struct model *model)
{
    for (unsigned i = 0; i < model->count; i++) {
        const struct naive_want *want = &model->wants[i];
        follow(model, (struct chain){want, want, 1u << want->thread, want->held, 1u << want->lock,
                                     want->timed});
    }

    bool before[MOST_LOCKS][MOST_LOCKS] = {{false}};
    for (unsigned i = 0; i < model->count; i++)
        for (unsigned lock = 0; lock < MOST_LOCKS; lock++)
            before[lock][model->wants[i].lock] |= model->wants[i].held >> lock & 1;
    for (unsigned via = 0; via < MOST_LOCKS; via++)
        for (unsigned from = 0; from < MOST_LOCKS; from++)
            for (unsigned to = 0; to < MOST_LOCKS; to++)
                before[from][to] |= before[from][via] && before[via][to];
    for (unsigned lock = 0; lock < MOST_LOCKS; lock++)
        model->tangled |= before[lock][lock];
}

/* A random program: the model is told, and the story is written. With a gate the first lock is
 * held all along. */
static void write_thread(struct dice dice, unsigned thread, unsigned locks, bool gate,
                         struct model *model, FILE *story)
{
    unsigned held = gate;
    fprintf(story, "%sT%u%s", thread == 0 ? "" : "; ", thread + 1, gate ? " +A" : "");
    for (unsigned deeds = 2 + throw(&dice, MOST_DEEDS - 1); deeds > 0; deeds--) {
        unsigned lock = gate + throw(&dice, locks - gate);
        char deed = "++++++~?"[throw(&dice, 8)];
        if (held >> lock & 1)
            deed = '-';
        else if (held != 0 && deed != '?')
            model->wants[model->count++] = (struct naive_want){thread, lock, held, deed == '~'};
        held ^= 1u << lock;
        fprintf(story, " %c%c", deed, 'A' + (int)lock);
    }
}

static char *write_program(struct dice *dice, struct model *model)
{
    char *text = NULL;
    size_t size;
    FILE *story = open_memstream(&text, &size);
    assert_non_null(story);
    unsigned threads = 2 + throw(dice, MOST_THREADS - 1), locks = 2 + throw(dice, MOST_LOCKS - 1);
    bool gate = throw(dice, 4) == 0;
    struct dice of_thread[MOST_THREADS];
    for (unsigned thread = 0; thread < threads; thread++) {
        /* Some threads do the same as another. */
        of_thread[thread].state =
            ((uint64_t) throw(dice, 1u << 31) << 31 | throw(dice, 1u << 31)) + 1;
        if (thread > 0 && throw(dice, 4) == 0)
            of_thread[thread] = of_thread[throw(dice, thread)];
        write_thread(of_thread[thread], thread, locks, gate, model, story);
    }
    fclose(story);
    return text;
}

/* What the core says, as the model says it. Returns how many cannot happen. */
static unsigned read_cycles(const struct story *story, enum verdict cycles[LOCK_SETS])
{
    unsigned infeasible = 0;
    const struct snarl_cycle *cycle = snarl_lock_order_cycles(story_order(story));
    for (; cycle != NULL; cycle = cycle->next) {
        unsigned locks = 0;
        for (uint32_t i = 0; i < cycle->length; i++)
            locks |= 1u << (story_lock_name(story, cycle->steps[i]->lock)[0] - 'A');
        if (cycle->status == SNARL_INFEASIBLE) {
            infeasible++;
            continue;
        }
        assert_int_equal(cycles[locks], NO_CYCLE); /* one representative */
        cycles[locks] = cycle->severity == SNARL_ERROR ? ERROR : WARNING;
    }
    return infeasible;
}

struct tally {
    unsigned with_cycles, infeasible_only, disagreements;
};

static void compare(const char *text, const struct model *model, struct tally *tally)
{
    struct story *story = story_begin(true, 0);
    story_tell(story, text);
    free(story_cycles(story)); /* each is what it claims to be */
    enum verdict cycles[LOCK_SETS] = {NO_CYCLE};
    unsigned infeasible = read_cycles(story, cycles);
    bool agrees = true, naive_finds = false;
    for (unsigned locks = 0; locks < LOCK_SETS; locks++) {
        agrees &= cycles[locks] == model->cycles[locks];
        naive_finds |= model->cycles[locks] != NO_CYCLE;
    }
    if (!naive_finds)
        agrees &= (infeasible > 0) == model->tangled;
    if (!agrees && tally->disagreements++ < 3)
        print_error("the core and the model disagree: %s\n", text);
    tally->with_cycles += naive_finds;
    tally->infeasible_only += !naive_finds && model->tangled;
    story_end(story);
}

static void core_and_model_agree(void **state)
{
    (void)state;
    struct tally tally = {0};
    struct dice dice = {.state = 0x9e3779b97f4a7c15u};
    for (unsigned i = 0; i < PROGRAMS; i++) {
        struct model model = {.count = 0};
        char *text = write_program(&dice, &model);
        judge(&model);
        compare(text, &model, &tally);
        free(text);
    }
    print_message("of %d programs %u have cycles, %u only such as cannot happen\n", PROGRAMS,
                  tally.with_cycles, tally.infeasible_only);
    assert_int_equal(tally.disagreements, 0);
    assert_true(tally.with_cycles >= PROGRAMS / 10);
    assert_true(tally.infeasible_only >= PROGRAMS / 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(core_and_model_agree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
