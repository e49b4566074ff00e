#include "stacks.h"

#include <elfutils/libdwfl.h>
#include <stdio.h>

struct taking {
    void (*add)(void *context, pid_t tid, const uint64_t *addresses, size_t count);
    void *context;
    uint64_t addresses[SNARL_STACKS_DEPTH];
    size_t count;
};

static int take_frame(Dwfl_Frame *frame, void *context)
{
    struct taking *taking = context;
    Dwarf_Addr address;
    bool exact;
    if (taking->count == SNARL_STACKS_DEPTH || !dwfl_frame_pc(frame, &address, &exact))
        return DWARF_CB_ABORT;
    taking->addresses[taking->count++] = address + exact;
    return DWARF_CB_OK;
}

static int take_thread(Dwfl_Thread *thread, void *context)
{
    struct taking *taking = context;
    taking->count = 0;
    dwfl_thread_getframes(thread, take_frame, taking); /* what was had before an error is kept */
    if (taking->count)
        taking->add(taking->context, dwfl_thread_tid(thread), taking->addresses, taking->count);
    return DWARF_CB_OK;
}

/* Unwinding needs no debug information, and looking for it may ask a server. */
static int find_no_debuginfo(Dwfl_Module *module, void **data, const char *name, Dwarf_Addr base,
                             const char *file, const char *link, GElf_Word crc, char **found)
{
    (void)module, (void)data, (void)name, (void)base, (void)file, (void)link, (void)crc;
    *found = NULL;
    return -1;
}

bool snarl_stacks_take(pid_t pid,
                       void (*add)(void *context, pid_t tid, const uint64_t *addresses,
                                   size_t count),
                       void *context, char *error, size_t error_size)
{
    static const Dwfl_Callbacks callbacks = {.find_elf = dwfl_linux_proc_find_elf,
                                             .find_debuginfo = find_no_debuginfo};
    struct taking taking = {.add = add, .context = context};
    Dwfl *process = dwfl_begin(&callbacks);
    bool attached = process && dwfl_linux_proc_report(process, pid) == 0 &&
                    dwfl_report_end(process, NULL, NULL) == 0 &&
                    dwfl_linux_proc_attach(process, pid, false) == 0;
    if (!attached || dwfl_getthreads(process, take_thread, &taking) < 0)
        attached = false;
    if (!attached) {
        const char *reason = dwfl_errmsg(-1);
        snprintf(error, error_size, "the stacks of process %d cannot be taken: %s", (int)pid,
                 reason ? reason : "unknown reason");
    }
    dwfl_end(process);
    return attached;
}
