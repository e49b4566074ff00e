/*
 * What programs tell other tools: ThreadSanitizer's functions for locks made by hand, and those of
 * dynamic_annotations.h.
 *
 * Where ThreadSanitizer's runtime is in the process, though nobody should preload us into that, it
 * must hear them: as a shared library it comes after us.
 */
#include "preload/annotations.h"

#include <string.h>

#include "preload/annotated.h"

/* Of sanitizer/tsan_interface.h, __tsan_mutex_NAME. */
enum flags {
    LINKER_INIT = 1 << 0,
    WRITE_REENTRANT = 1 << 1,
    READ_REENTRANT = 1 << 2,
    READ_LOCK = 1 << 3,
    TRY_LOCK = 1 << 4,
    TRY_LOCK_FAILED = 1 << 5,
    RECURSIVE_LOCK = 1 << 6,
    RECURSIVE_UNLOCK = 1 << 7,
    NOT_STATIC = 1 << 8,
};

/* Its runtime always has it, and nothing else does. */
extern void __tsan_init(void) __attribute__((weak));

/* The next function of that name, into a pointer of its type; false if this is not for it. */
static bool look_up_next(const char *name, void *pointer)
{
    if (__builtin_expect(__tsan_init == NULL, 1))
        return false;
    void *found = dlsym(RTLD_NEXT, name);
    memcpy(pointer, &found, sizeof found);
    return found != NULL;
}

/* Leaves it to the sanitizer, if there is one. */
#define LEAVE_TO_SANITIZER(name, arguments)                                                        \
    do {                                                                                           \
        __typeof__(&(name)) next;                                                                  \
        if (look_up_next(#name, &next)) {                                                          \
            next arguments;                                                                        \
            return;                                                                                \
        }                                                                                          \
    } while (0)

static unsigned creation(unsigned flags)
{
    return (flags & (WRITE_REENTRANT | READ_REENTRANT) ? SNARL_RECURSIVE : 0u) |
           (flags & LINKER_INIT ? SNARL_ANNOTATED_STATIC : 0u) |
           (flags & NOT_STATIC ? SNARL_ANNOTATED_NOT_STATIC : 0u);
}

static unsigned locking(unsigned flags)
{
    return creation(flags) | (flags & READ_LOCK ? SNARL_SHARED : 0u) |
           (flags & TRY_LOCK ? SNARL_TRIED : 0u);
}

void __tsan_mutex_create(void *mutex, unsigned flags)
{
    LEAVE_TO_SANITIZER(__tsan_mutex_create, (mutex, flags));
    SNARL_ANNOTATION_BEGIN();
    snarl_annotated_create(self, (uintptr_t)mutex, creation(flags), SNARL_SITE());
}

void __tsan_mutex_destroy(void *mutex, unsigned flags)
{
    LEAVE_TO_SANITIZER(__tsan_mutex_destroy, (mutex, flags));
    if (flags & LINKER_INIT)
        return;
    SNARL_ANNOTATION_BEGIN();
    snarl_annotated_destroy(self, (uintptr_t)mutex,
                            flags & NOT_STATIC ? SNARL_ANNOTATED_IF_NOT_STATIC : 0, SNARL_SITE());
}

void __tsan_mutex_pre_lock(void *mutex, unsigned flags)
{
    LEAVE_TO_SANITIZER(__tsan_mutex_pre_lock, (mutex, flags));
    SNARL_ANNOTATION_BEGIN();
    snarl_annotated_acquiring(self, (uintptr_t)mutex, locking(flags), SNARL_SITE());
}

void __tsan_mutex_post_lock(void *mutex, unsigned flags, int levels)
{
    LEAVE_TO_SANITIZER(__tsan_mutex_post_lock, (mutex, flags, levels));
    SNARL_ANNOTATION_BEGIN();
    uint32_t count = flags & RECURSIVE_LOCK && levels > 0 ? (uint32_t)levels : 1;
    if (flags & TRY_LOCK_FAILED)
        snarl_annotated_given_up(self);
    else
        snarl_annotated_acquired(self, (uintptr_t)mutex, locking(flags), count, SNARL_SITE());
}

int __tsan_mutex_pre_unlock(void *mutex, unsigned flags)
{
    int (*next)(void *, unsigned);
    if (look_up_next("__tsan_mutex_pre_unlock", &next))
        return next(mutex, flags);
    SNARL_ANNOTATION_BEGIN(1);
    uint32_t levels =
        snarl_annotated_released(self, (uintptr_t)mutex, flags & RECURSIVE_UNLOCK, SNARL_SITE());
    return flags & READ_LOCK ? 0 : (int)levels;
}

void __tsan_mutex_post_unlock(void *mutex, unsigned flags)
{
    LEAVE_TO_SANITIZER(__tsan_mutex_post_unlock, (mutex, flags));
}

/* Signals are no locks' business, and no order that every run must keep. */
void __tsan_mutex_pre_signal(void *mutex, unsigned flags)
{
    LEAVE_TO_SANITIZER(__tsan_mutex_pre_signal, (mutex, flags));
}

void __tsan_mutex_post_signal(void *mutex, unsigned flags)
{
    LEAVE_TO_SANITIZER(__tsan_mutex_post_signal, (mutex, flags));
}

void __tsan_mutex_pre_divert(void *mutex, unsigned flags)
{
    LEAVE_TO_SANITIZER(__tsan_mutex_pre_divert, (mutex, flags));
    SNARL_ANNOTATION_BEGIN();
    snarl_annotated_divert(self);
}

void __tsan_mutex_post_divert(void *mutex, unsigned flags)
{
    LEAVE_TO_SANITIZER(__tsan_mutex_post_divert, (mutex, flags));
    SNARL_ANNOTATION_BEGIN();
    snarl_annotated_resume(self, SNARL_SITE());
}

void __tsan_release(void *address)
{
    LEAVE_TO_SANITIZER(__tsan_release, (address));
    SNARL_ANNOTATION_BEGIN();
    snarl_annotated_happens(self, (uintptr_t)address, false, SNARL_SITE());
}

void __tsan_acquire(void *address)
{
    LEAVE_TO_SANITIZER(__tsan_acquire, (address));
    SNARL_ANNOTATION_BEGIN();
    snarl_annotated_happens(self, (uintptr_t)address, true, SNARL_SITE());
}

void AnnotateRWLockCreate(const char *file, int line, const volatile void *lock)
{
    LEAVE_TO_SANITIZER(AnnotateRWLockCreate, (file, line, lock));
    SNARL_ANNOTATION_BEGIN();
    snarl_annotated_create(self, (uintptr_t)lock, 0, SNARL_SITE());
}

void AnnotateRWLockCreateStatic(const char *file, int line, const volatile void *lock)
{
    LEAVE_TO_SANITIZER(AnnotateRWLockCreateStatic, (file, line, lock));
    SNARL_ANNOTATION_BEGIN();
    snarl_annotated_create(self, (uintptr_t)lock, SNARL_ANNOTATED_STATIC, SNARL_SITE());
}

void AnnotateRWLockDestroy(const char *file, int line, const volatile void *lock)
{
    LEAVE_TO_SANITIZER(AnnotateRWLockDestroy, (file, line, lock));
    SNARL_ANNOTATION_BEGIN();
    snarl_annotated_destroy(self, (uintptr_t)lock, 0, SNARL_SITE());
}

void AnnotateRWLockAcquired(const char *file, int line, const volatile void *lock, long writes)
{
    LEAVE_TO_SANITIZER(AnnotateRWLockAcquired, (file, line, lock, writes));
    SNARL_ANNOTATION_BEGIN();
    snarl_annotated_acquired(self, (uintptr_t)lock, writes ? 0 : SNARL_SHARED, 1, SNARL_SITE());
}

void AnnotateRWLockReleased(const char *file, int line, const volatile void *lock, long writes)
{
    LEAVE_TO_SANITIZER(AnnotateRWLockReleased, (file, line, lock, writes));
    SNARL_ANNOTATION_BEGIN();
    snarl_annotated_released(self, (uintptr_t)lock, false, SNARL_SITE());
}

void AnnotateHappensBefore(const char *file, int line, const volatile void *address)
{
    LEAVE_TO_SANITIZER(AnnotateHappensBefore, (file, line, address));
    SNARL_ANNOTATION_BEGIN();
    snarl_annotated_happens(self, (uintptr_t)address, false, SNARL_SITE());
}

void AnnotateHappensAfter(const char *file, int line, const volatile void *address)
{
    LEAVE_TO_SANITIZER(AnnotateHappensAfter, (file, line, address));
    SNARL_ANNOTATION_BEGIN();
    snarl_annotated_happens(self, (uintptr_t)address, true, SNARL_SITE());
}
