/* Any bytes as what ThreadSanitizer printed. */
#include "analysis/thread_sanitizer.h"

#include "formats.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    write_all_formats(snarl_thread_sanitizer_parse((const char *)data, size));
    return 0;
}
