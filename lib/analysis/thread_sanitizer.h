/*
 * ThreadSanitizer's reports, from its text to snarl's own model.
 *
 * Understands what gcc's and clang's runtimes print (compiler-rt's tsan_report.cpp), with any
 * other text before, between and after. What cannot be understood is left out, never a reason to
 * stop: the text may be cut anywhere, or be no report at all.
 */
#ifndef SNARL_ANALYSIS_THREAD_SANITIZER_H
#define SNARL_ANALYSIS_THREAD_SANITIZER_H

#include <stddef.h>

#include "report/model.h"

/*
 * Makes a report of the `size` bytes at `text`, which need not be terminated and are copied. The
 * caller frees it, and fills in how the program was run and ended; argv is empty here.
 *
 * Each warning becomes a finding; warnings with the same id become one, the later ones standing
 * under `also`. A data race has a step for each access with its `action` ("write of size 4"), a
 * lock-order inversion one for each lock, with the stacks of the holds where
 * TSAN_OPTIONS=second_deadlock_stack=1 was set; the misuse of a lock is one step, a leaked thread
 * one at its creation. Where ThreadSanitizer does not name the thread, a step's `thread` is 0.
 * A lock has a name only where it was misused and is a global variable (ThreadSanitizer prints no
 * other); the object of a data race is named in the message. Each process that reported something
 * stands in `processes`; the statistics are zero. Losses tell of a report that was cut short, and
 * of ThreadSanitizer failing itself.
 *
 * Never NULL: exits the process on exhaustion, as all of the model does. Any thread; not inside a
 * host program. Time and memory are linear in the size, save for a factor of the locks and threads
 * that are named.
 */
struct snarl_report *snarl_thread_sanitizer_parse(const char *text, size_t size);

#endif
