#include "damaged_ask.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "analysis/analysis.h"
#include "recording_ask.h"

/* Nobody needs the names here, and reading debug information takes its time. */
static const struct sample_style nameless = {.program = "/nowhere/bank"};

void damaged_begin(struct sample *sample)
{
    sample_begin(sample, recording_directory, &nameless);
}

struct snarl_report *damaged_analyse(const char *path, char *error, size_t error_size)
{
    return snarl_analyse(&path, 1, &(struct snarl_analysis_options){.all = true, .edges = true},
                         error, error_size);
}

/* Ends the sample, of which something must be readable. */
struct snarl_report *damaged_end(struct sample *sample)
{
    char error[256] = "";
    sample_close(sample);
    struct snarl_report *report = damaged_analyse(sample->writer.path, error, sizeof error);
    if (report == NULL)
        fail_msg("%s", error);
    return report;
}

void damaged_loss_is(const struct snarl_report *report, const char *path, size_t lost)
{
    char expected[4096 + 128];
    snprintf(expected, sizeof expected,
             "%s: damaged or cut off; its last %zu bytes could not be read", path, lost);
    size_t found = 0;
    for (size_t i = 0; i < report->loss_count; i++)
        found += strcmp(report->losses[i], expected) == 0;
    assert_int_equal(found, lost > 0);
    if (lost == 0)
        for (size_t i = 0; i < report->loss_count; i++)
            assert_null(strstr(report->losses[i], "damaged"));
}
