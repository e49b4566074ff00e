/*
 * What snarl cannot see by itself, said by the program. C (from C90 on) and C++; needs no library.
 * Where snarl does not watch, each of these looks at one word of memory and does nothing more; with
 * SNARL_ANNOTATE_OFF defined, and with compilers that are not like GCC, they vanish. All may be
 * used in any thread at any time, but in signal handlers; none changes errno.
 *
 * An address stands for the lock that lives there: a pthread_mutex_t or whatever else snarl
 * watches, or one of the program's own.
 *
 * NAMES
 *
 * SNARL_NAME(lock, name): reports call the lock so, and tell findings from each other by it, as by
 * the name of a variable: give the same name in each run ("accounts[3]", not an address). Several
 * locks may have one name. Before or after the lock is first used, but after it is initialised; the
 * string is copied, up to 255 bytes. The name goes when the lock does; a forked child inherits it.
 *
 *     SNARL_NAME(&account->lock, "account.lock");
 *
 * ORDERS
 *
 * SNARL_ORDER(first, second): the program means to take `first` before `second` wherever it has
 * both. From then on a thread that takes them the other way is reported (lock-order-cycle, an
 * error), even if nobody ever takes them as declared; so is one that goes against several
 * declarations taken together (a before b, b before c). Once for each pair is enough, though a
 * forked child has to say it anew; it is meant for locks that live long, as each pair takes memory.
 *
 * SNARL_FORGIVE_BEGIN(), SNARL_FORGIVE_END(): what the calling thread takes in between leaves no
 * order: it takes locks of what it is making, and nobody else has that yet. They nest. Deadlocks
 * that happen are reported all the same. In C++ a local object of type snarl_forgiving does both,
 * so that an exception cannot pass by the END.
 *
 *     SNARL_FORGIVE_BEGIN();
 *     lock(&child->lock);     // elsewhere the parent's comes first
 *     lock(&parent->lock);
 *     SNARL_FORGIVE_END();
 *
 * LOCKS OF THE PROGRAM'S OWN (made of atomics or futexes)
 *
 * SNARL_LOCK_CREATE(lock, flags): a new lock is there. Not needed for a static one. What was there
 *     before has ended. `flags`: 0, or SNARL_RECURSIVE.
 * SNARL_LOCK_DESTROY(lock): it has ended. (It also ends with its memory, see below.)
 * SNARL_LOCK_ACQUIRING(lock, flags): the thread is about to wait for it. Only then can snarl see a
 *     deadlock that happens; it may be left out where the lock is free at once. One of the next two
 *     must follow in the same thread.
 * SNARL_LOCK_ACQUIRED(lock, flags): the thread has it. Right after.
 * SNARL_LOCK_GIVEN_UP(lock): the thread has not got it, and waits no more.
 * SNARL_LOCK_RELEASED(lock): the thread gives it back. Right before: when it is free another thread
 *     may say that it has it.
 *
 * `flags` of ACQUIRING and ACQUIRED are 0 or a sum of: SNARL_SHARED, as a reader; SNARL_TIMED, the
 * wait has a limit; SNARL_TRIED, there was no wait, as by a trylock; SNARL_RECURSIVE, of a lock
 * without CREATE: a thread that has it may take it again, and gives it back as often.
 *
 *     static void spin_lock(atomic_flag *lock)
 *     {
 *         if (atomic_flag_test_and_set(lock)) {
 *             SNARL_LOCK_ACQUIRING(lock, 0);
 *             while (atomic_flag_test_and_set(lock))
 *                 ;
 *         }
 *         SNARL_LOCK_ACQUIRED(lock, 0);
 *     }
 *
 * Where snarl watches, a lock taken and given back costs some tens of nanoseconds, and the
 * ACQUIRING before it a hundred.
 *
 * What snarl sees by itself (POSIX threads, C11, GLib, stdio) must not be told again: of an address
 * where such a lock lives these say nothing. A lock of one's own that begins with a mutex of
 * POSIX's is told of by the address of another of its members.
 *
 * MEMORY
 *
 * SNARL_FORGET(address, size): the memory from `address` on is given back to a pool of the
 * program's own: every lock that lived in it has ended, and the next one there is a new one.
 * (free(), realloc(), munmap() and the like say that by themselves.) Call it before anyone else can
 * be given the memory.
 *
 * HAPPENS-BEFORE
 *
 * SNARL_HAPPENS_BEFORE(address), SNARL_HAPPENS_AFTER(address): what a thread does until the former
 * happens before what another one does from the latter on. The address is a tag, no more. Of a
 * thread that says so often only the first are kept. A cycle of locks is not taken back for it, but
 * it says that in this run it was ordered so: another run may go another way.
 *
 * WHAT OTHER TOOLS WERE TOLD
 *
 * Where snarl watches, libsnarl.so also answers the functions that ThreadSanitizer's runtime has
 * for this, if the program or one of its libraries calls them without bringing them along (by weak
 * references, say): __tsan_mutex_create and its like, __tsan_acquire, __tsan_release,
 * AnnotateRWLockCreate, CreateStatic, Destroy, Acquired and Released, AnnotateHappensBefore and
 * After. A program that is built with ThreadSanitizer keeps its own. The macros of
 * valgrind/helgrind.h and valgrind/valgrind.h are instructions that mean something to Valgrind
 * alone: snarl cannot see them.
 */
#ifndef SNARL_ANNOTATE_H
#define SNARL_ANNOTATE_H

#include <stddef.h>

enum snarl_annotate_flags {
    SNARL_SHARED = 1,
    SNARL_TIMED = 2,
    SNARL_TRIED = 4,
    SNARL_RECURSIVE = 8
};

#if defined __GNUC__ && defined __ELF__ && !defined SNARL_ANNOTATE_OFF

#ifdef __cplusplus
extern "C" {
#endif

/* libsnarl.so has them; where that is not loaded their addresses are null. */
#pragma GCC visibility push(default)
void snarl_forget(const volatile void *address, size_t size) __attribute__((weak));
void snarl_annotate_name(const volatile void *lock, const char *name) __attribute__((weak));
void snarl_annotate_order(const volatile void *first, const volatile void *second)
    __attribute__((weak));
void snarl_annotate_forgive_begin(void) __attribute__((weak));
void snarl_annotate_forgive_end(void) __attribute__((weak));
void snarl_annotate_create(const volatile void *lock, unsigned flags) __attribute__((weak));
void snarl_annotate_destroy(const volatile void *lock) __attribute__((weak));
void snarl_annotate_acquiring(const volatile void *lock, unsigned flags) __attribute__((weak));
void snarl_annotate_acquired(const volatile void *lock, unsigned flags) __attribute__((weak));
void snarl_annotate_given_up(const volatile void *lock) __attribute__((weak));
void snarl_annotate_released(const volatile void *lock) __attribute__((weak));
void snarl_annotate_before(const volatile void *address) __attribute__((weak));
void snarl_annotate_after(const volatile void *address) __attribute__((weak));
#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif

/* In a program at a fixed address the compiler's own way to look it up is settled by the linker
 * already, for null: snarl is not there yet. (In both dialects of assembly, as -masm says.) */
#if defined __x86_64__ && defined __LP64__
#define SNARL_ANNOTATE_FIND(function, call)                                                        \
    __asm__(".weak " #function "\n\t{movq " #function                                              \
            "@GOTPCREL(%%rip), %0|mov %0, QWORD PTR " #function "@GOTPCREL[rip]}"                  \
            : "=r"(call))
#else
#define SNARL_ANNOTATE_FIND(function, call) ((call) = function)
#endif

#else

#define SNARL_ANNOTATE_FIND(function, call) ((call) = 0)

#endif

#define SNARL_ANNOTATE(function, parameters, arguments)                                            \
    do {                                                                                           \
        void(*snarl_annotate_call) parameters;                                                     \
        SNARL_ANNOTATE_FIND(function, snarl_annotate_call);                                        \
        if (snarl_annotate_call)                                                                   \
            snarl_annotate_call arguments;                                                         \
    } while (0)

#define SNARL_NAME(lock, name)                                                                     \
    SNARL_ANNOTATE(snarl_annotate_name, (const volatile void *, const char *), ((lock), (name)))
#define SNARL_ORDER(first, second)                                                                 \
    SNARL_ANNOTATE(snarl_annotate_order, (const volatile void *, const volatile void *),           \
                   ((first), (second)))
#define SNARL_FORGIVE_BEGIN() SNARL_ANNOTATE(snarl_annotate_forgive_begin, (void), ())
#define SNARL_FORGIVE_END() SNARL_ANNOTATE(snarl_annotate_forgive_end, (void), ())

#ifdef __cplusplus
struct snarl_forgiving {
    snarl_forgiving()
    {
        SNARL_FORGIVE_BEGIN();
    }
    ~snarl_forgiving()
    {
        SNARL_FORGIVE_END();
    }

  private:
    snarl_forgiving(const snarl_forgiving &);
    snarl_forgiving &operator=(const snarl_forgiving &);
};
#endif

#define SNARL_LOCK_CREATE(lock, flags)                                                             \
    SNARL_ANNOTATE(snarl_annotate_create, (const volatile void *, unsigned), ((lock), (flags)))
#define SNARL_LOCK_DESTROY(lock)                                                                   \
    SNARL_ANNOTATE(snarl_annotate_destroy, (const volatile void *), ((lock)))
#define SNARL_LOCK_ACQUIRING(lock, flags)                                                          \
    SNARL_ANNOTATE(snarl_annotate_acquiring, (const volatile void *, unsigned), ((lock), (flags)))
#define SNARL_LOCK_ACQUIRED(lock, flags)                                                           \
    SNARL_ANNOTATE(snarl_annotate_acquired, (const volatile void *, unsigned), ((lock), (flags)))
#define SNARL_LOCK_GIVEN_UP(lock)                                                                  \
    SNARL_ANNOTATE(snarl_annotate_given_up, (const volatile void *), ((lock)))
#define SNARL_LOCK_RELEASED(lock)                                                                  \
    SNARL_ANNOTATE(snarl_annotate_released, (const volatile void *), ((lock)))

#define SNARL_FORGET(address, size)                                                                \
    SNARL_ANNOTATE(snarl_forget, (const volatile void *, size_t), ((address), (size)))

#define SNARL_HAPPENS_BEFORE(address)                                                              \
    SNARL_ANNOTATE(snarl_annotate_before, (const volatile void *), ((address)))
#define SNARL_HAPPENS_AFTER(address)                                                               \
    SNARL_ANNOTATE(snarl_annotate_after, (const volatile void *), ((address)))

#endif
