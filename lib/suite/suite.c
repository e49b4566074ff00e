#include "suite/suite.h"

#include <stdlib.h>
#include <string.h>

#include "report/pool.h"

static void *allocate(size_t count, size_t size)
{
    void *memory = calloc(count ? count : 1, size);
    if (memory == NULL)
        snarl_pool_exhausted();
    return memory;
}

static unsigned runs_of(const struct snarl_suite_choice *choice,
                        const struct snarl_scenario *scenario, int leg)
{
    if (!choice->legs[leg] || !scenario->expect.legs[leg].given)
        return 0;
    if (scenario->deterministic || choice->repeat > SNARL_SUITE_CHANCES)
        return choice->repeat;
    return SNARL_SUITE_CHANCES;
}

static void make_jobs(struct snarl_suite *suite)
{
    size_t count = 0;
    for (size_t i = 0; i < suite->count; i++)
        for (int leg = 0; leg < SNARL_LEG_KINDS; leg++)
            count += suite->rows[i].legs[leg].runs;
    suite->jobs = allocate(count, sizeof *suite->jobs);
    for (size_t i = 0; i < suite->count; i++)
        for (int leg = 0; leg < SNARL_LEG_KINDS; leg++)
            for (unsigned run = 0; run < suite->rows[i].legs[leg].runs; run++)
                suite->jobs[suite->job_count++] =
                    (struct snarl_suite_job){i, (enum snarl_leg_kind)leg};
}

void snarl_suite_make(struct snarl_suite *suite, const struct snarl_suite_choice *choice)
{
    *suite = (struct snarl_suite){
        .repeat = choice->repeat, .shard = choice->shard, .shards = choice->shards};
    suite->rows = allocate(choice->count, sizeof *suite->rows);
    for (size_t i = choice->shard - 1; i < choice->count; i += choice->shards) {
        struct snarl_suite_row *row = &suite->rows[suite->count++];
        row->scenario = choice->scenarios[i];
        for (int leg = 0; leg < SNARL_LEG_KINDS; leg++)
            row->legs[leg].runs = runs_of(choice, row->scenario, leg);
    }
    make_jobs(suite);
}

void snarl_suite_free(struct snarl_suite *suite)
{
    for (size_t i = 0; i < suite->count; i++)
        for (int leg = 0; leg < SNARL_LEG_KINDS; leg++)
            free(suite->rows[i].legs[leg].outcome);
    free(suite->rows);
    free(suite->jobs);
}

bool snarl_suite_add(struct snarl_suite *suite, const struct snarl_suite_job *job,
                     const struct snarl_outcome *outcome)
{
    const struct snarl_scenario *scenario = suite->rows[job->row].scenario;
    struct snarl_suite_leg *leg = &suite->rows[job->row].legs[job->leg];
    char why[SNARL_OUTCOME_REASON];
    bool met = false;
    if (outcome->kind == SNARL_OUTCOME_RAN)
        met = snarl_outcome_judge(scenario, job->leg, outcome, why, sizeof why);
    else
        memcpy(why, outcome->reason, sizeof why);
    leg->done++;
    leg->met += met;
    leg->wall_s += outcome->wall_s;
    leg->found |= outcome->found;
    leg->hung = leg->hung || outcome->hung;
    leg->failed = leg->failed || outcome->kind == SNARL_OUTCOME_FAILED;
    bool first = !met && !*leg->why;
    if (first)
        memcpy(leg->why, why, sizeof why);
    if (leg->outcome == NULL)
        leg->outcome = allocate(1, sizeof *leg->outcome);
    if (first || !*leg->why)
        *leg->outcome = *outcome;
    return met;
}

enum snarl_verdict snarl_suite_verdict(const struct snarl_scenario *scenario,
                                       const struct snarl_suite_leg *leg)
{
    if (leg->done == 0)
        return SNARL_VERDICT_NONE;
    if (leg->failed)
        return SNARL_VERDICT_FAILED;
    if (leg->outcome->kind == SNARL_OUTCOME_SKIPPED)
        return SNARL_VERDICT_SKIPPED;
    bool met = scenario->deterministic ? leg->met == leg->done : leg->met > 0;
    return met ? SNARL_VERDICT_MET : SNARL_VERDICT_UNMET;
}

const char *snarl_verdict_name(enum snarl_verdict verdict)
{
    static const char *const names[] = {[SNARL_VERDICT_NONE] = "none",
                                        [SNARL_VERDICT_MET] = "met",
                                        [SNARL_VERDICT_UNMET] = "unmet",
                                        [SNARL_VERDICT_SKIPPED] = "skipped",
                                        [SNARL_VERDICT_FAILED] = "failed"};
    return names[verdict];
}

size_t snarl_suite_count(const struct snarl_suite *suite, enum snarl_verdict verdict)
{
    size_t count = 0;
    for (size_t i = 0; i < suite->count; i++)
        for (int leg = 0; leg < SNARL_LEG_KINDS; leg++)
            count +=
                snarl_suite_verdict(suite->rows[i].scenario, &suite->rows[i].legs[leg]) == verdict;
    return count;
}
