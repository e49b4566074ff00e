/* What snarl doctor asks of the software that is installed. */
#include <dlfcn.h>
#include <fcntl.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "doctor.h"
#include "layout.h"
#include "sanitized.h"
#include "symbols/symbols.h"
#include "watch.h"

bool snarl_doctor_preload(char *remark, size_t size)
{
    char program[] = "true";
    char *arguments[] = {program, NULL};
    int nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);
    struct snarl_watch_plan plan = {.arguments = arguments,
                                    .options = "",
                                    .time_limit_s = 10,
                                    .descriptors = {nowhere, nowhere, nowhere}};
    struct snarl_watched watched;
    snarl_watch(&plan, &watched);
    close(nowhere);
    if (watched.status)
        snprintf(remark, size, "\"true\" left no recording: %.900s", watched.reason);
    snarl_report_free(watched.report);
    return !watched.status;
}

bool snarl_doctor_unwinder(char *remark, size_t size)
{
    void *library = dlopen("libunwind.so.8", RTLD_NOW | RTLD_LOCAL);
    if (library)
        dlclose(library);
    else
        snprintf(remark, size, "stacks would have one line only; install libunwind8");
    return library != NULL;
}

static void note_frame(void *context, const struct snarl_frame *frame)
{
    bool *found = context;
    *found = *found || (frame->function && frame->file && frame->line);
}

/* The first module that is listed is the command itself. */
static int note_bias(struct dl_phdr_info *info, size_t size, void *context)
{
    (void)size;
    *(uint64_t *)context = info->dlpi_addr;
    return 1;
}

bool snarl_doctor_debug_info(char *remark, size_t size)
{
    uint64_t bias = 0;
    bool found = false;
    char *self = realpath("/proc/self/exe", NULL);
    struct snarl_symbols *symbols = snarl_symbols_open();
    dl_iterate_phdr(note_bias, &bias);
    if (self && symbols)
        snarl_module_frames(snarl_symbols_module(symbols, self, NULL, 0),
                            (uint64_t)(uintptr_t)snarl_doctor_debug_info - bias, note_frame,
                            &found);
    if (symbols)
        snarl_symbols_close(symbols);
    free(self);
    if (!found)
        snprintf(remark, size, "snarl's own was stripped; that of your programs needs -g");
    return found;
}

static bool randomises_much(void)
{
    int bits = 0;
    FILE *file = fopen("/proc/sys/vm/mmap_rnd_bits", "re");
    if (file && fscanf(file, "%d", &bits) != 1)
        bits = 0;
    if (file)
        fclose(file);
    return bits > 28;
}

bool snarl_doctor_thread_sanitizer(char *remark, size_t size)
{
    static const char lower[] = "sysctl vm.mmap_rnd_bits=28 helps";
    char *program = snarl_layout_find(SNARL_LAYOUT_SCENARIOS, "thread_join.tsan");
    if (!program) {
        snprintf(remark, size,
                 "the scenarios were built without; install libtsan (with gcc), or "
                 "clang's compiler-rt, and build again");
        return false;
    }
    char *arguments[] = {program, NULL};
    struct snarl_sanitized sanitized;
    struct snarl_sanitized_plan plan = {.arguments = arguments, .time_limit_s = 10, .output = -1};
    bool works = snarl_sanitized_run(&plan, &sanitized, remark, size);
    if (works) {
        works = !sanitized.broken && !snarl_child_status(&sanitized.end);
        if (!works)
            snprintf(remark, size, "it cannot start here; %s", lower);
        else if (sanitized.fixed_addresses)
            snprintf(remark, size,
                     "only without address randomisation, which snarl compare sees "
                     "to; %s",
                     lower);
        else if (randomises_much())
            snprintf(remark, size, "vm.mmap_rnd_bits is above 28, which breaks some versions; %s",
                     lower);
        snarl_report_free(sanitized.report);
    }
    free(program);
    return works;
}
