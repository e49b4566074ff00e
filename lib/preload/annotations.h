/*
 * The functions of annotations.def, and what they share. Private to annotations*.c and to memory.c,
 * which has snarl_forget.
 */
#ifndef SNARL_PRELOAD_ANNOTATIONS_H
#define SNARL_PRELOAD_ANNOTATIONS_H

#include <stddef.h>

#include "annotate/snarl/annotate.h"
#include "preload/calls.h"
#include "preload/frames.h"
#include "preload/stacks.h"
#include "preload/thread.h"

#define ANNOTATION(name, result, parameters) SNARL_EXPORT result name parameters;
#include "preload/annotations.def"
#undef ANNOTATION

/* In such a function itself: `self`, the calling thread; returns `nothing` if it is not recorded.
 */
#define SNARL_ANNOTATION_BEGIN(nothing)                                                            \
    struct snarl_thread *self = snarl_thread_ready();                                              \
    if (self == NULL)                                                                              \
        return nothing;                                                                            \
    if (snarl_frames_may_be_left(self, (uintptr_t)__builtin_frame_address(0)))                     \
    snarl_frames_left(self, SNARL_SITE())

#endif
