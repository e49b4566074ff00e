/* The functions behind the macros of snarl/annotate.h. */
#include "preload/annotations.h"

#include "preload/annotated.h"

void snarl_annotate_name(const volatile void *lock, const char *name)
{
    SNARL_ANNOTATION_BEGIN();
    if (lock != NULL && name != NULL && *name != '\0')
        snarl_annotated_name(self, (uintptr_t)lock, name);
}

void snarl_annotate_order(const volatile void *first, const volatile void *second)
{
    SNARL_ANNOTATION_BEGIN();
    snarl_annotated_order(self, (uintptr_t)first, (uintptr_t)second, SNARL_SITE());
}

void snarl_annotate_forgive_begin(void)
{
    SNARL_ANNOTATION_BEGIN();
    self->forgiving++;
}

void snarl_annotate_forgive_end(void)
{
    SNARL_ANNOTATION_BEGIN();
    self->forgiving -= self->forgiving > 0;
}

void snarl_annotate_create(const volatile void *lock, unsigned flags)
{
    SNARL_ANNOTATION_BEGIN();
    snarl_annotated_create(self, (uintptr_t)lock, flags & SNARL_RECURSIVE, SNARL_SITE());
}

void snarl_annotate_destroy(const volatile void *lock)
{
    SNARL_ANNOTATION_BEGIN();
    snarl_annotated_destroy(self, (uintptr_t)lock, 0, SNARL_SITE());
}

/* Those that mean something; the others are not the program's to set. */
static unsigned known(unsigned flags)
{
    return flags & (SNARL_SHARED | SNARL_TIMED | SNARL_TRIED | SNARL_RECURSIVE);
}

void snarl_annotate_acquiring(const volatile void *lock, unsigned flags)
{
    SNARL_ANNOTATION_BEGIN();
    snarl_annotated_acquiring(self, (uintptr_t)lock, known(flags), SNARL_SITE());
}

void snarl_annotate_acquired(const volatile void *lock, unsigned flags)
{
    SNARL_ANNOTATION_BEGIN();
    snarl_annotated_acquired(self, (uintptr_t)lock, known(flags), 1, SNARL_SITE());
}

void snarl_annotate_given_up(const volatile void *lock)
{
    (void)lock;
    SNARL_ANNOTATION_BEGIN();
    snarl_annotated_given_up(self);
}

void snarl_annotate_released(const volatile void *lock)
{
    SNARL_ANNOTATION_BEGIN();
    snarl_annotated_released(self, (uintptr_t)lock, false, SNARL_SITE());
}

void snarl_annotate_before(const volatile void *address)
{
    SNARL_ANNOTATION_BEGIN();
    snarl_annotated_happens(self, (uintptr_t)address, false, SNARL_SITE());
}

void snarl_annotate_after(const volatile void *address)
{
    SNARL_ANNOTATION_BEGIN();
    snarl_annotated_happens(self, (uintptr_t)address, true, SNARL_SITE());
}
