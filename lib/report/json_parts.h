/*
 * What the files of the json format share. Private to it.
 */
#ifndef SNARL_REPORT_JSON_PARTS_H
#define SNARL_REPORT_JSON_PARTS_H

#include <jansson.h>

#include "report/format.h"
#include "report/pool.h"

struct snarl_json_writer {
    const struct snarl_report *report;
    const struct snarl_format_options *options;
    struct snarl_pool pool;
};

/* Both take the value over; jansson passes NULL on when memory runs out, and these end the process.
 */
void snarl_json_put(json_t *object, const char *key, json_t *value);
void snarl_json_append(json_t *array, json_t *value);

/* One frame; null for NULL. */
json_t *snarl_json_frame(struct snarl_json_writer *writer, const struct snarl_frame *frame);

/* An array of frames. */
json_t *snarl_json_stack(struct snarl_json_writer *writer, const struct snarl_stack *stack);

/* "new" or "known"; null where there is no baseline. */
json_t *snarl_json_news(enum snarl_news news);

/* An array of the rules of suppressions: file, line, rule, used, partly, idle. */
json_t *snarl_json_rules(struct snarl_json_writer *writer);

/* An array of the events of a timeline. */
json_t *snarl_json_timeline(struct snarl_json_writer *writer);

/* Why a thread is blocked for ever: cause, waiting_s, mutex, wakers; of a barrier, arrived and
 * parties, which else are null. */
json_t *snarl_json_blocked(struct snarl_json_writer *writer,
                           const struct snarl_report_blocked *blocked);

#endif
