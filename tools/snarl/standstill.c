#include "standstill.h"

static const struct snarl_asleep_task *find(const struct snarl_tasks *tasks, uint32_t tid)
{
    for (size_t i = 0; i < tasks->count; i++)
        if (tasks->items[i].tid == tid)
            return &tasks->items[i];
    return NULL;
}

/* How many of the tasks run, or have run since the look before. */
static size_t count_moved(const struct snarl_standstill *standstill)
{
    size_t moved = 0;
    for (size_t i = 0; i < standstill->now.count; i++) {
        const struct snarl_asleep_task *now = &standstill->now.items[i];
        const struct snarl_asleep_task *before = find(&standstill->before, now->tid);
        moved += !now->sleeping || before == NULL || before->switches != now->switches;
    }
    return moved;
}

bool snarl_standstill_look(struct snarl_standstill *standstill, pid_t pid)
{
    struct snarl_tasks older = standstill->before;
    standstill->before = standstill->now;
    standstill->now = older;
    snarl_tasks_list(&standstill->now, pid);
    bool still = standstill->now.count > 0 && standstill->now.count == standstill->before.count &&
                 count_moved(standstill) <= standstill->strangers;
    standstill->looks = still ? standstill->looks + 1 : 0;
    return standstill->looks >= SNARL_STANDSTILL_LOOKS;
}

void snarl_standstill_free(struct snarl_standstill *standstill)
{
    snarl_tasks_free(&standstill->before);
    snarl_tasks_free(&standstill->now);
}
