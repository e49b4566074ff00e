#include "report/model.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "report/pool.h"

/* The report itself lives outside of its pool, so that freeing the pool cannot pull it away. */
struct snarl_report_memory {
    struct snarl_report report;
    struct snarl_pool pool;
    struct snarl_report_memory *kept; /* others' memory, which goes with it */
};

struct snarl_report *snarl_report_create(void)
{
    struct snarl_report_memory *memory = calloc(1, sizeof *memory);
    if (memory == NULL)
        snarl_pool_exhausted();
    memory->report.memory = memory;
    return &memory->report;
}

void *snarl_report_allocate(struct snarl_report *report, size_t count, size_t size)
{
    return snarl_pool_allocate(&report->memory->pool, count, size);
}

const char *snarl_report_string(struct snarl_report *report, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    const char *text = snarl_pool_format_list(&report->memory->pool, format, arguments);
    va_end(arguments);
    return text;
}

void snarl_report_keep(struct snarl_report *report, struct snarl_report *other)
{
    struct snarl_report_memory **last = &report->memory->kept;
    while (*last != NULL)
        last = &(*last)->kept;
    *last = other->memory;
}

void snarl_report_free(struct snarl_report *report)
{
    struct snarl_report_memory *memory = report != NULL ? report->memory : NULL;
    while (memory != NULL) {
        struct snarl_report_memory *next = memory->kept;
        snarl_pool_free(&memory->pool);
        free(memory);
        memory = next;
    }
}

/* Whoever builds a report numbers from 1 in order, so the first guess is nearly always right. */
#define FIND_BY_ID(items, count, wanted)                                                           \
    do {                                                                                           \
        if ((wanted) >= 1 && (wanted) <= (count) && (items)[(wanted)-1].id == (wanted))            \
            return &(items)[(wanted)-1];                                                           \
        for (size_t index = 0; index < (count); index++)                                           \
            if ((items)[index].id == (wanted))                                                     \
                return &(items)[index];                                                            \
        return NULL;                                                                               \
    } while (0)

const struct snarl_report_lock *snarl_report_lock_by_id(const struct snarl_report *report,
                                                        unsigned id)
{
    FIND_BY_ID(report->locks, report->lock_count, id);
}

bool snarl_report_shares_name(const struct snarl_report *report,
                              const struct snarl_report_lock *lock)
{
    for (size_t i = 0; lock->named && i < report->lock_count; i++) {
        const struct snarl_report_lock *other = &report->locks[i];
        if (other->id != lock->id && other->named && strcmp(other->name, lock->name) == 0)
            return true;
    }
    return false;
}

const struct snarl_report_thread *snarl_report_thread_by_id(const struct snarl_report *report,
                                                            unsigned id)
{
    FIND_BY_ID(report->threads, report->thread_count, id);
}

const struct snarl_frame *snarl_stack_place(const struct snarl_stack *stack)
{
    for (size_t index = 0; index < stack->count; index++) {
        const struct snarl_frame *frame = &stack->frames[index];
        if (!frame->foreign && (frame->function != NULL || frame->line != 0))
            return frame;
    }
    return stack->count > 0 ? &stack->frames[0] : NULL;
}

size_t snarl_report_count(const struct snarl_report *report, enum snarl_severity at_least)
{
    size_t count = 0;
    for (size_t index = 0; index < report->finding_count; index++)
        count += report->findings[index].severity >= at_least &&
                 report->findings[index].news != SNARL_NEWS_KNOWN;
    return count;
}

bool snarl_finding_stands_still(const struct snarl_report_finding *finding)
{
    return finding->status == SNARL_OCCURRED &&
           (finding->kind == SNARL_FINDING_DEADLOCK ||
            finding->kind == SNARL_FINDING_SELF_DEADLOCK ||
            finding->kind == SNARL_FINDING_ALL_THREADS_BLOCKED);
}
