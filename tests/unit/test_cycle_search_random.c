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
    unsigned thread, lock;
    unsigned held, read; /* of those held, the ones that a reader holds */
    bool timed, reads, queues;
};

enum verdict {
    NO_CYCLE,
    WARNING,
    ERROR,
};

struct model {
    struct naive_want wants[MOST_WANTS];
    unsigned count;
    unsigned told, polled, withdrawn; /* locks */
    enum verdict cycles[LOCK_SETS];   /* by the locks wanted */
    enum verdict worst;               /* of all, those around a shorter one included */
    bool tangled;                     /* the locks have no order, whoever takes them */
};

struct chain {
    const struct naive_want *steps[MOST_THREADS];
    unsigned length;
};

/* What comes of it that one wants what the other holds. */
static enum verdict conflict(const struct naive_want *want, const struct naive_want *holder)
{
    if (!(holder->held >> want->lock & 1))
        return NO_CYCLE;
    if (want->reads && holder->read >> want->lock & 1)
        return want->queues ? WARNING : NO_CYCLE;
    return ERROR;
}

/* Whether they can be where they are at the same time. */
static bool can_meet(const struct naive_want *left, const struct naive_want *right,
                     unsigned withdrawn)
{
    unsigned both = left->held & right->held & ~withdrawn;
    return left->thread != right->thread && (both & ~(left->read & right->read)) == 0;
}

/* What a chain comes to if its last step waits for its first one. */
static enum verdict verdict_of(const struct model *model, const struct chain *chain)
{
    enum verdict verdict = ERROR;
    for (unsigned i = 0; i < chain->length; i++) {
        const struct naive_want *step = chain->steps[i];
        unsigned next = (i + 1) % chain->length;
        if (conflict(step, chain->steps[next]) < verdict)
            verdict = conflict(step, chain->steps[next]);
        if ((step->timed || model->polled >> step->lock & 1) && verdict > WARNING)
            verdict = WARNING;
    }
    return verdict;
}

/* Whether somebody waits for another than the next one too: then a shorter cycle runs inside. */
static bool has_chord(const struct chain *chain)
{
    for (unsigned i = 0; i < chain->length; i++)
        for (unsigned j = 0; j < chain->length; j++)
            if (j != (i + 1) % chain->length &&
                conflict(chain->steps[i], chain->steps[j]) != NO_CYCLE)
                return true;
    return false;
}

static void follow(struct model *model, struct chain chain)
{
    const struct naive_want *last = chain.steps[chain.length - 1];
    enum verdict verdict = verdict_of(model, &chain);
    unsigned wanted = 0;
    for (unsigned i = 0; i < chain.length; i++)
        wanted |= 1u << chain.steps[i]->lock;
    if (wanted & model->withdrawn)
        verdict = NO_CYCLE;
    if (verdict > model->worst)
        model->worst = verdict;
    if (verdict > model->cycles[wanted] && !has_chord(&chain))
        model->cycles[wanted] = verdict;
    if (chain.length == MOST_THREADS)
        return;
    for (unsigned i = 0; i < model->count; i++) {
        const struct naive_want *next = &model->wants[i];
        bool joins = conflict(last, next) != NO_CYCLE;
        for (unsigned j = 0; j < chain.length; j++)
            joins &= can_meet(chain.steps[j], next, model->withdrawn);
        if (!joins)
            continue;
        chain.steps[chain.length++] = next;
        follow(model, chain);
        chain.length--;
    }
}

static void judge(struct model *model)
{
    for (unsigned i = 0; i < model->count; i++)
        follow(model, (struct chain){{&model->wants[i]}, 1});

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

/* What a random program is like. */
struct habits {
    unsigned locks;
    bool gate;  /* the first lock is held all along */
    bool reads; /* there are readers, and the gate is one */
    bool turns; /* locks turn out to be polled, or none */
};

static void turn_out(struct dice *dice, const struct habits *habits, struct model *model,
                     FILE *story)
{
    unsigned lock = throw(dice, habits->locks);
    if (throw(dice, 2) == 0) {
        model->polled |= 1u << lock;
        fprintf(story, " !%c", 'A' + (int)lock);
    } else if (model->told >> lock & 1) {
        model->withdrawn |= 1u << lock;
        fprintf(story, " /%c", 'A' + (int)lock);
    }
}

static void tell(struct model *model, struct naive_want want)
{
    want.held &= ~model->withdrawn;
    if (want.held == 0 || model->withdrawn >> want.lock & 1)
        return;
    model->told |= want.held | 1u << want.lock;
    model->wants[model->count++] = want;
}

/* The model is told, and the story is written. */
static void write_thread(struct dice dice, unsigned thread, const struct habits *habits,
                         struct model *model, FILE *story)
{
    unsigned held = habits->gate, read = habits->gate && habits->reads && throw(&dice, 4) > 0;
    fprintf(story, "%sT%u%s", thread == 0 ? "" : "; ", thread + 1,
            read       ? " +r:A"
            : held > 0 ? " +A"
                       : "");
    for (unsigned deeds = 2 + throw(&dice, MOST_DEEDS - 1); deeds > 0; deeds--) {
        if (habits->turns && throw(&dice, 16) == 0)
            turn_out(&dice, habits, model, story);
        unsigned lock = habits->gate + throw(&dice, habits->locks - habits->gate);
        char deed = "+++++*~?"[throw(&dice, 8)];
        unsigned manner = habits->reads ? throw(&dice, 4) : 0; /* half of them write */
        bool reads = manner >= 2, queues = manner == 3;
        if (held >> lock & 1) {
            fprintf(story, " -%c", 'A' + (int)lock);
            read &= ~(1u << lock);
        } else {
            if (deed != '?')
                tell(model, (struct naive_want){
                                .thread = thread,
                                .lock = lock,
                                .held = held,
                                .read = read,
                                .timed = deed == '~',
                                .reads = reads,
                                .queues = queues,
                            });
            fprintf(story, " %c%s%c", deed, (const char *[]){"", "", "r:", "q:"}[manner],
                    'A' + (int)lock);
            read |= (unsigned)reads << lock;
        }
        held ^= 1u << lock;
    }
}

static char *write_program(struct dice *dice, struct model *model)
{
    char *text = NULL;
    size_t size;
    FILE *story = open_memstream(&text, &size);
    assert_non_null(story);
    unsigned threads = 2 + throw(dice, MOST_THREADS - 1);
    const struct habits habits = {
        .locks = 2 + throw(dice, MOST_LOCKS - 1),
        .gate = throw(dice, 4) == 0,
        .reads = throw(dice, 3) > 0,
        .turns = throw(dice, 4) == 0,
    };
    struct dice of_thread[MOST_THREADS];
    for (unsigned thread = 0; thread < threads; thread++) {
        /* Some threads do the same as another. */
        of_thread[thread].state =
            ((uint64_t) throw(dice, 1u << 31) << 31 | throw(dice, 1u << 31)) + 1;
        if (thread > 0 && throw(dice, 4) == 0)
            of_thread[thread] = of_thread[throw(dice, thread)];
        write_thread(of_thread[thread], thread, &habits, model, story);
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
    bool agrees = true, naive_finds = model->worst != NO_CYCLE;
    enum verdict worst = NO_CYCLE;
    for (unsigned locks = 0; locks < LOCK_SETS; locks++) {
        agrees &= cycles[locks] == model->cycles[locks];
        if (cycles[locks] > worst)
            worst = cycles[locks];
    }
    agrees &= worst == model->worst;
    /* Of what cannot happen one cycle is kept, and may be withdrawn, for several. */
    if (!naive_finds && model->withdrawn == 0)
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
