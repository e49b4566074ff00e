#include "report/baseline.h"

#include <stdlib.h>
#include <string.h>

#include "report/utf8.h"
#include "report/writers.h"

void snarl_baseline_add(struct snarl_baseline *baseline, const char *id,
                        enum snarl_finding_kind kind, const char *message)
{
    if (baseline->count == baseline->capacity) {
        baseline->capacity = 2 * baseline->capacity + 16;
        struct snarl_baseline_entry *more =
            snarl_pool_allocate(&baseline->pool, baseline->capacity, sizeof *more);
        if (baseline->count > 0)
            memcpy(more, baseline->entries, baseline->count * sizeof *more);
        baseline->entries = more;
    }
    struct snarl_baseline_entry *entry = &baseline->entries[baseline->count++];
    *entry = (struct snarl_baseline_entry){.kind = kind};
    memcpy(entry->id, id, sizeof entry->id - 1);
    if (message != NULL && *message != '\0')
        entry->message = snarl_utf8_printable(&baseline->pool, message);
}

void snarl_baseline_add_report(struct snarl_baseline *baseline, const struct snarl_report *report)
{
    for (size_t index = 0; index < report->finding_count; index++) {
        const struct snarl_report_finding *finding = &report->findings[index];
        if (finding->status != SNARL_INFEASIBLE)
            snarl_baseline_add(baseline, finding->id, finding->kind, finding->message);
    }
}

/* By id; of one id those with a message come first, and these by their message, so that the order
 * of what was added plays no part. */
static int compare_entries(const void *left, const void *right)
{
    const struct snarl_baseline_entry *one = left, *other = right;
    int order = strcmp(one->id, other->id);
    if (order != 0)
        return order;
    if (one->message == NULL || other->message == NULL)
        return (one->message == NULL) - (other->message == NULL);
    return strcmp(one->message, other->message);
}

void snarl_baseline_sort(struct snarl_baseline *baseline)
{
    if (baseline->count == 0)
        return;
    qsort(baseline->entries, baseline->count, sizeof *baseline->entries, compare_entries);
    size_t kept = 1;
    for (size_t index = 1; index < baseline->count; index++)
        if (strcmp(baseline->entries[index].id, baseline->entries[kept - 1].id) != 0)
            baseline->entries[kept++] = baseline->entries[index];
    baseline->count = kept;
}

static int compare_id(const void *id, const void *entry)
{
    return strcmp(id, ((const struct snarl_baseline_entry *)entry)->id);
}

const struct snarl_baseline_entry *snarl_baseline_find(const struct snarl_baseline *baseline,
                                                       const char *id)
{
    if (baseline->count == 0)
        return NULL;
    return bsearch(id, baseline->entries, baseline->count, sizeof *baseline->entries, compare_id);
}

void snarl_baseline_mark(const struct snarl_baseline *baseline, const char *file,
                         struct snarl_report *report)
{
    report->baseline = snarl_report_string(report, "%s", file);
    for (size_t index = 0; index < report->finding_count; index++) {
        struct snarl_report_finding *finding = &report->findings[index];
        bool known = snarl_baseline_find(baseline, finding->id) != NULL;
        if (finding->status != SNARL_INFEASIBLE)
            finding->news = known ? SNARL_NEWS_KNOWN : SNARL_NEWS_NEW;
    }
}

bool snarl_baseline_write(const struct snarl_baseline *baseline, FILE *stream)
{
    fputs("snarl-baseline/1\n", stream);
    for (size_t index = 0; index < baseline->count; index++) {
        const struct snarl_baseline_entry *entry = &baseline->entries[index];
        fprintf(stream, "%s %s", entry->id, snarl_finding_name(entry->kind));
        if (entry->message != NULL)
            fprintf(stream, "  # %s", entry->message);
        fputc('\n', stream);
    }
    fputs("end\n", stream);
    return snarl_format_finish(stream);
}

void snarl_baseline_free(struct snarl_baseline *baseline)
{
    snarl_pool_free(&baseline->pool);
    *baseline = (struct snarl_baseline){0};
}
