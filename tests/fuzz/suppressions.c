/* Any bytes as a file of suppressions, which is then put to work. */
#include "report/suppressions.h"

#include <stdlib.h>
#include <string.h>

#include "formats.h"
#include "fuzz.h"
#include "report_sample.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct snarl_suppressions suppressions = {0};
    struct snarl_file_error error = {0};
    struct snarl_report *(*const samples[])(void) = {sample_transfer, sample_join};
    if (!snarl_suppressions_parse(&suppressions, "file", (const char *)data, size, &error) &&
        (error.what == NULL || strchr(error.word, '\n') != NULL))
        abort();
    for (size_t index = 0; index < sizeof samples / sizeof samples[0]; index++) {
        struct snarl_report *report = samples[index]();
        size_t before = report->finding_count;
        snarl_suppressions_apply(&suppressions, report);
        if (report->finding_count + report->suppressed != before)
            abort();
        write_all_formats(report);
    }
    snarl_suppressions_free(&suppressions);
    return 0;
}
