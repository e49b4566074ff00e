/*
 * What the formats share: the writers' prototypes, made from format.def, and which findings a
 * reader gets to see. Private to lib/report.
 */
#ifndef SNARL_REPORT_WRITERS_H
#define SNARL_REPORT_WRITERS_H

#include "report/format.h"

#define FORMAT(name, summary)                                                                      \
    bool snarl_format_write_##name(FILE *stream, const struct snarl_report *report,                \
                                   const struct snarl_format_options *options);
#include "report/format.def"
#undef FORMAT

/* Infeasible findings are for those who ask for everything. (Notes of what happened are recorded on
 * request only, so whoever has one wants to see it.) */
static inline bool snarl_format_shows(const struct snarl_format_options *options,
                                      const struct snarl_report_finding *finding)
{
    return options->all || finding->status != SNARL_INFEASIBLE;
}

/* Sends what is buffered on its way; false when any of it was lost. */
static inline bool snarl_format_finish(FILE *stream)
{
    return fflush(stream) == 0 && !ferror(stream);
}

#endif
