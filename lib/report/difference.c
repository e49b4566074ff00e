#include "report/difference.h"

#include <jansson.h>
#include <string.h>

#include "report/json_parts.h"
#include "report/page.h"
#include "report/utf8.h"
#include "report/writers.h"

static const char *const change_names[] = {
    [SNARL_CHANGE_NEW] = "new",
    [SNARL_CHANGE_GONE] = "gone",
    [SNARL_CHANGE_SAME] = "same",
};

enum {
    ENTRY_INDENT = 2,
    ENTRY_HANGING = 4,
};

static void add(struct snarl_difference *difference, enum snarl_change change,
                const struct snarl_baseline_entry *entry)
{
    difference->changes[change].entries[difference->changes[change].count++] = entry;
}

struct snarl_difference snarl_difference_of(const struct snarl_baseline *old,
                                            const struct snarl_baseline *now)
{
    struct snarl_difference difference = {0};
    for (size_t change = 0; change < SNARL_CHANGES; change++)
        difference.changes[change].entries = snarl_pool_allocate(
            &difference.pool, old->count + now->count, sizeof *difference.changes[change].entries);
    size_t earlier = 0, later = 0;
    while (earlier < old->count || later < now->count) {
        int order = earlier == old->count ? 1
                    : later == now->count
                        ? -1
                        : strcmp(old->entries[earlier].id, now->entries[later].id);
        if (order < 0)
            add(&difference, SNARL_CHANGE_GONE, &old->entries[earlier]);
        else
            add(&difference, order > 0 ? SNARL_CHANGE_NEW : SNARL_CHANGE_SAME,
                &now->entries[later]);
        earlier += order <= 0;
        later += order >= 0;
    }
    return difference;
}

void snarl_difference_free(struct snarl_difference *difference)
{
    snarl_pool_free(&difference->pool);
    *difference = (struct snarl_difference){0};
}

bool snarl_difference_write_text(const struct snarl_difference *difference, FILE *stream)
{
    struct snarl_pool pool = {0};
    struct snarl_page page = snarl_page_over(stream, 0, false, &pool);
    fprintf(
        stream, "snarl: %zu new, %zu gone, %zu same\n", difference->changes[SNARL_CHANGE_NEW].count,
        difference->changes[SNARL_CHANGE_GONE].count, difference->changes[SNARL_CHANGE_SAME].count);
    for (size_t change = 0; change < SNARL_CHANGES; change++) {
        size_t count = difference->changes[change].count;
        for (size_t index = 0; index < count; index++) {
            const struct snarl_baseline_entry *entry = difference->changes[change].entries[index];
            if (index == 0)
                fprintf(stream, "\n%s:\n", change_names[change]);
            snarl_page_paragraph(&page, ENTRY_INDENT, ENTRY_HANGING, SNARL_STYLE_PLAIN,
                                 snarl_pool_format(&pool, "[%s] %s%s%s", entry->id,
                                                   snarl_finding_name(entry->kind),
                                                   entry->message != NULL ? ": " : "",
                                                   entry->message != NULL ? entry->message : ""));
        }
    }
    snarl_pool_free(&pool);
    return snarl_format_finish(stream);
}

static json_t *entries_array(struct snarl_pool *pool, const struct snarl_difference *difference,
                             enum snarl_change change)
{
    json_t *array = json_array();
    for (size_t index = 0; index < difference->changes[change].count; index++) {
        const struct snarl_baseline_entry *entry = difference->changes[change].entries[index];
        json_t *object = json_object();
        snarl_json_put(object, "id", json_string(entry->id));
        snarl_json_put(object, "kind", json_string(snarl_finding_name(entry->kind)));
        snarl_json_put(object, "message",
                       entry->message != NULL
                           ? json_string_nocheck(snarl_utf8_repair(pool, entry->message))
                           : json_null());
        snarl_json_append(array, object);
    }
    return array;
}

bool snarl_difference_write_json(const struct snarl_difference *difference, FILE *stream)
{
    struct snarl_pool pool = {0};
    json_t *object = json_object();
    snarl_json_put(object, "schema", json_string("snarl-diff/1"));
    for (size_t change = 0; change < SNARL_CHANGES; change++)
        snarl_json_put(object, change_names[change],
                       entries_array(&pool, difference, (enum snarl_change)change));
    bool dumped = json_dumpf(object, stream, JSON_INDENT(2)) == 0;
    fputc('\n', stream);
    json_decref(object);
    snarl_pool_free(&pool);
    return snarl_format_finish(stream) && dumped;
}
