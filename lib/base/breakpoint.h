/*
 * The breakpoint event of perf that data races are caught by: one description, so that what
 * `snarl doctor` tries is what the library opens.
 *
 * Pure; perf_event_open(2) tells of the members.
 */
#ifndef SNARL_BASE_BREAKPOINT_H
#define SNARL_BASE_BREAKPOINT_H

#include <linux/hw_breakpoint.h>
#include <linux/perf_event.h>
#include <stdint.h>

/* A SIGTRAP, which brings `data`, in whichever thread of the process touches the `size` bytes (1,
 * 2, 4 or 8) at `address`, in the way that `type` says (HW_BREAKPOINT_W and its like). */
static inline struct perf_event_attr snarl_breakpoint_event(uint32_t type, uintptr_t address,
                                                            uint32_t size, uint64_t data)
{
    return (struct perf_event_attr){
        .type = PERF_TYPE_BREAKPOINT,
        .size = sizeof(struct perf_event_attr),
        .bp_type = type,
        .bp_addr = address,
        .bp_len = size,
        .sample_period = 1,
        .exclude_kernel = 1,
        .exclude_hv = 1,
        .inherit = 1,
        .inherit_thread = 1,
        .remove_on_exec = 1,
        .sigtrap = 1,
        .sig_data = data,
    };
}

#endif
