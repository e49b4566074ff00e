/* Writes a report in every format and frees it: what comes of garbage must be printable too. */
#ifndef SNARL_FUZZ_FORMATS_H
#define SNARL_FUZZ_FORMATS_H

#include <stdlib.h>

#include "report/format.h"

static inline void write_all_formats(struct snarl_report *report)
{
    FILE *nowhere = fopen("/dev/null", "w");
    if (nowhere == NULL)
        abort();
    const struct snarl_format_options options = {.all = true, .colour = true};
    for (const struct snarl_format *format = snarl_formats; format->name != NULL; format++)
        if (!format->write(nowhere, report, &options))
            abort();
    fclose(nowhere);
    snarl_report_free(report);
}

#endif
