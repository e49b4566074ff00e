#include "last_stacks.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "memory.h"
#include "recording/writer.h"
#include "stacks.h"

struct taking {
    struct snarl_last_stacks *stacks;
    pid_t pid;
};

static void add(void *context, pid_t tid, const uint64_t *addresses, size_t count)
{
    const struct taking *taking = context;
    struct snarl_last_stacks *stacks = taking->stacks;
    struct snarl_last_stack stack = {taking->pid, tid, snarl_clock_monotonic(),
                                     snarl_memory_zeroed(count, sizeof *addresses), count};
    memcpy(stack.addresses, addresses, count * sizeof *addresses);
    stacks->items = snarl_memory_resize(stacks->items, stacks->count + 1, sizeof stack);
    stacks->items[stacks->count++] = stack;
}

void snarl_last_stacks_take(pid_t pid, void *stacks)
{
    struct taking taking = {stacks, pid};
    char error[256];
    snarl_stacks_take(pid, add, &taking, error, sizeof error);
}

static void append(const struct snarl_last_stack *stack, const char *path)
{
    struct snarl_writer writer;
    if (!snarl_writer_reopen(&writer, path))
        return;
    struct snarl_fact_thread_stack fact = {.header = {.kind = SNARL_FACT_THREAD_STACK},
                                           .at = stack->at,
                                           .tid = (uint64_t)stack->tid,
                                           .count = (uint32_t)stack->count};
    struct iovec parts[] = {{&fact, sizeof fact},
                            {stack->addresses, stack->count * sizeof *stack->addresses}};
    snarl_writer_append(&writer, parts, 2);
    snarl_writer_close(&writer);
}

void snarl_last_stacks_append(const struct snarl_last_stacks *stacks,
                              const struct snarl_recordings *recordings)
{
    for (size_t i = 0; i < stacks->count; i++)
        for (size_t j = recordings->count; j-- > 0;)
            if (recordings->items[j].pid == (uint64_t)stacks->items[i].pid &&
                !recordings->items[j].silent) {
                append(&stacks->items[i], recordings->items[j].path);
                break;
            }
}

void snarl_last_stacks_free(struct snarl_last_stacks *stacks)
{
    for (size_t i = 0; i < stacks->count; i++)
        free(stacks->items[i].addresses);
    free(stacks->items);
    *stacks = (struct snarl_last_stacks){0};
}
