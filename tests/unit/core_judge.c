#include "core_judge.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "story.h"

static unsigned locks_of(const struct story *story, const struct snarl_cycle *cycle)
{
    unsigned locks = 0;
    for (uint32_t i = 0; i < cycle->length; i++)
        locks |= 1u << (story_lock_name(story, cycle->steps[i]->lock)[0] - 'A');
    return locks;
}

void core_judge(const struct lock_program *program, const struct explored *run,
                struct core_judgement *judgement)
{
    assert_true(run->can_end);
    memset(judgement, 0, sizeof *judgement);
    char *text = lock_program_story(program, run->schedule, run->length);
    struct story *story = story_begin(true, 0);
    story_tell(story, text);
    free(story_cycles(story)); /* each is what it claims to be */
    const struct snarl_cycle *cycle = snarl_lock_order_cycles(story_order(story));
    for (; cycle != NULL; cycle = cycle->next) {
        bool infeasible = cycle->status == SNARL_INFEASIBLE;
        (infeasible ? judgement->infeasible : judgement->predicted)[locks_of(story, cycle)] = true;
        judgement->infeasible_count += infeasible;
        judgement->predicted_count += !infeasible;
        assert_int_equal(cycle->severity, infeasible ? SNARL_NOTE : SNARL_ERROR);
    }
    story_end(story);
    free(text);
}
