/* Reader-writer locks: orders that can deadlock, deadlocks, and their twins. */
#include "sides.h"

static pthread_rwlock_t table = PTHREAD_RWLOCK_INITIALIZER;
static pthread_rwlock_t list = PTHREAD_RWLOCK_INITIALIZER;
static pthread_rwlock_t gate = PTHREAD_RWLOCK_INITIALIZER;
static pthread_mutex_t count = PTHREAD_MUTEX_INITIALIZER;

#define READ(name) MUST(pthread_rwlock_rdlock(&(name)) == 0)
#define WRITE(name) MUST(pthread_rwlock_wrlock(&(name)) == 0)
#define LEAVE(name) MUST(pthread_rwlock_unlock(&(name)) == 0)
#define LOCK(name) MUST(pthread_mutex_lock(&(name)) == 0)
#define UNLOCK(name) MUST(pthread_mutex_unlock(&(name)) == 0)

/* A function that takes two, and leaves both. */
#define NEST(name, OUTER, outer, INNER, inner)                                                     \
    static void name(void)                                                                         \
    {                                                                                              \
        OUTER(outer);                                                                              \
        INNER(inner);                                                                              \
        LEAVE(inner);                                                                              \
        LEAVE(outer);                                                                              \
    }

/* A case that is one call. */
#define CASE(name, call)                                                                           \
    static void name(void)                                                                         \
    {                                                                                              \
        call;                                                                                      \
    }

NEST(write_write, WRITE, table, WRITE, list)
NEST(write_write_back, WRITE, list, WRITE, table)
NEST(read_read, READ, table, READ, list)
NEST(read_read_back, READ, list, READ, table)
NEST(read_write, READ, table, WRITE, list)
NEST(read_write_back, READ, list, WRITE, table)
NEST(write_read, WRITE, table, READ, list)
NEST(write_read_back, WRITE, list, READ, table)

#define TRY_READ(name) MUST(pthread_rwlock_tryrdlock(&(name)) == 0)
#define TRY_WRITE(name) MUST(pthread_rwlock_trywrlock(&(name)) == 0)
NEST(try_write, WRITE, list, TRY_WRITE, table)
NEST(try_read, WRITE, list, TRY_READ, table)
NEST(write_behind_tried, TRY_WRITE, list, WRITE, table)
NEST(write_behind_tried_reader, TRY_READ, list, WRITE, table)

#define TIMED_WRITE(name)                                                                          \
    MUST(pthread_rwlock_timedwrlock(&(name), deadline_of(CLOCK_REALTIME)) == 0)
#define TIMED_READ(name) MUST(pthread_rwlock_timedrdlock(&(name), deadline_of(CLOCK_REALTIME)) == 0)
#define CLOCK CLOCK_MONOTONIC
#define CLOCK_WRITE(name) MUST(pthread_rwlock_clockwrlock(&(name), CLOCK, deadline_of(CLOCK)) == 0)
#define CLOCK_READ(name) MUST(pthread_rwlock_clockrdlock(&(name), CLOCK, deadline_of(CLOCK)) == 0)
NEST(timed_write, WRITE, list, TIMED_WRITE, table)
NEST(timed_read, WRITE, list, TIMED_READ, table)
NEST(clock_write, WRITE, list, CLOCK_WRITE, table)
NEST(clock_read, WRITE, list, CLOCK_READ, table)

CASE(writers, in_turn(write_write, write_write_back))
CASE(writers_in_one_order, in_turn(write_write, write_write))
CASE(readers, in_turn(read_read, read_read_back))
CASE(readers_then_write, in_turn(read_write, read_write_back))
CASE(writers_then_read, in_turn(write_read, write_read_back))
CASE(reader_against_writer, in_turn(read_read, write_write_back))
CASE(reader_against_reader_who_writes, in_turn(read_read, read_write_back))
CASE(tried_write, in_turn(write_write, try_write))
CASE(tried_read, in_turn(write_write, try_read))
CASE(behind_tried, in_turn(write_write, write_behind_tried))
CASE(behind_tried_reader, in_turn(read_read, write_behind_tried_reader))
CASE(timed_writer, in_turn(write_write, timed_write))
CASE(timed_reader, in_turn(write_write, timed_read))
CASE(clock_writer, in_turn(write_write, clock_write))
CASE(clock_reader, in_turn(write_write, clock_read))

static void gated_by_writer(void)
{
    WRITE(gate);
    write_write();
    LEAVE(gate);
}
static void gated_back_by_writer(void)
{
    WRITE(gate);
    write_write_back();
    LEAVE(gate);
}
static void gated_by_reader(void)
{
    READ(gate);
    write_write();
    LEAVE(gate);
}
static void gated_back_by_reader(void)
{
    READ(gate);
    write_write_back();
    LEAVE(gate);
}
CASE(gate_of_writers, in_turn(gated_by_writer, gated_back_by_writer))
CASE(gate_of_writer_and_reader, in_turn(gated_by_writer, gated_back_by_reader))
CASE(gate_of_readers, in_turn(gated_by_reader, gated_back_by_reader))

static void write_then_count(void)
{
    WRITE(table);
    LOCK(count);
    UNLOCK(count);
    LEAVE(table);
}
static void count_then_read(void)
{
    LOCK(count);
    READ(table);
    LEAVE(table);
    UNLOCK(count);
}
CASE(with_a_mutex, in_turn(write_then_count, count_then_read))

/* Reads twice, the second time perhaps behind a writer. */
static void read_twice(void)
{
    READ(table);
    READ(table);
    LEAVE(table);
    LEAVE(table);
}
static void write_once(void)
{
    WRITE(table);
    LEAVE(table);
}
static void read_once(void)
{
    READ(table);
    LEAVE(table);
}

static void init(pthread_rwlock_t *rwlock, int kind)
{
    pthread_rwlockattr_t attributes;
    MUST(pthread_rwlockattr_init(&attributes) == 0);
    MUST(pthread_rwlockattr_setkind_np(&attributes, kind) == 0);
    MUST(pthread_rwlock_init(rwlock, &attributes) == 0);
    MUST(pthread_rwlockattr_destroy(&attributes) == 0);
}

static void recursive_reader(void)
{
    init(&table, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
    in_turn(read_twice, write_once);
}
static void recursive_reader_by_default(void)
{
    init(&table, PTHREAD_RWLOCK_DEFAULT_NP);
    in_turn(read_twice, write_once);
}
static void recursive_reader_of_that_name(void)
{
    init(&table, PTHREAD_RWLOCK_PREFER_WRITER_NP); /* which glibc treats as the default */
    in_turn(read_twice, write_once);
}
static void recursive_reader_without_writers(void)
{
    init(&table, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
    in_turn(read_twice, read_once);
}

/* Readers of both, who may each come behind a writer. */
static void readers_behind_writers(void)
{
    init(&table, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
    init(&list, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
    in_turn(read_read, read_read_back);
}
static void readers_beside_writers(void)
{
    init(&table, PTHREAD_RWLOCK_PREFER_READER_NP);
    init(&list, PTHREAD_RWLOCK_PREFER_READER_NP);
    in_turn(read_read, read_read_back);
}

/* Hangs, or gives way where the call is refused. */

#define READ_OR_GIVE_WAY(name)                                                                     \
    if (GRANTED(pthread_rwlock_rdlock(&(name)), EDEADLK))                                          \
    LEAVE(name)
#define WRITE_OR_GIVE_WAY(name)                                                                    \
    if (GRANTED(pthread_rwlock_wrlock(&(name)), EDEADLK))                                          \
    LEAVE(name)

static void live_write_write(void)
{
    WRITE(table);
    meet();
    WRITE_OR_GIVE_WAY(list);
    LEAVE(table);
}
static void live_write_write_back(void)
{
    WRITE(list);
    meet();
    WRITE_OR_GIVE_WAY(table);
    LEAVE(list);
}
static void live_read_read(void)
{
    READ(table);
    meet();
    READ_OR_GIVE_WAY(list);
    LEAVE(table);
}
static void live_read_read_back(void)
{
    READ(list);
    meet();
    READ_OR_GIVE_WAY(table);
    LEAVE(list);
}
CASE(live_writers, together(live_write_write, live_write_write_back))
CASE(live_reader_and_writer, together(live_read_read, live_write_write_back))
CASE(live_readers, together(live_read_read, live_read_read_back))

static void upgrade(void)
{
    READ(table);
    WRITE_OR_GIVE_WAY(table);
    LEAVE(table);
}

/* One of two readers wants what the writer has; the other one reads on, and takes its time. */
static void write_with_count(void)
{
    LOCK(count);
    meet();
    WRITE_OR_GIVE_WAY(table);
    UNLOCK(count);
}
static void read_and_count(void)
{
    READ(table);
    meet();
    if (GRANTED(pthread_mutex_lock(&count), EDEADLK))
        UNLOCK(count);
    LEAVE(table);
}
static void read_on(void)
{
    READ(table);
    meet();
    while (!__atomic_load_n(&side_refused, __ATOMIC_SEQ_CST))
        usleep(1000);
    LEAVE(table);
}
static void read_a_while(void)
{
    READ(table);
    meet();
    LEAVE(table);
}
CASE(one_of_two_readers, three_together(read_on, read_and_count, write_with_count))
/* A cycle no more: nobody wants what the writer has. */
CASE(two_readers, three_together(read_a_while, read_a_while, write_with_count))

static pid_t writer;

static void write_behind_reader(void)
{
    meet();
    __atomic_store_n(&writer, gettid(), __ATOMIC_SEQ_CST);
    WRITE(table);
    LEAVE(table);
}
static void read_behind_writer(void)
{
    side_await_sleep(&writer, &table, sizeof table);
    READ_OR_GIVE_WAY(table);
}
static void read_again_behind_writer(void)
{
    READ(table);
    meet();
    read_behind_writer();
    LEAVE(table);
}
static void live_recursive_reader(void)
{
    init(&table, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
    together(read_again_behind_writer, write_behind_reader);
}
static void live_recursive_reader_by_default(void)
{
    init(&table, PTHREAD_RWLOCK_DEFAULT_NP);
    together(read_again_behind_writer, write_behind_reader);
}

/* Reads behind the writer while it holds what the first reader wants. */
static void read_with_count(void)
{
    LOCK(count);
    meet();
    read_behind_writer();
    UNLOCK(count);
}
static void behind_a_writer(void)
{
    init(&table, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
    three_together(read_and_count, write_behind_reader, read_with_count);
}
static void behind_a_writer_by_default(void)
{
    init(&table, PTHREAD_RWLOCK_DEFAULT_NP);
    three_together(read_and_count, write_behind_reader, read_with_count);
}

int main(int argc, char **argv)
{
    static const struct program_case cases[] = {
        {"writers", writers},
        {"writers-in-one-order", writers_in_one_order},
        {"readers", readers},
        {"readers-then-write", readers_then_write},
        {"writers-then-read", writers_then_read},
        {"reader-against-writer", reader_against_writer},
        {"reader-against-reader-who-writes", reader_against_reader_who_writes},
        {"tried-write", tried_write},
        {"tried-read", tried_read},
        {"behind-tried", behind_tried},
        {"behind-tried-reader", behind_tried_reader},
        {"timed-writer", timed_writer},
        {"timed-reader", timed_reader},
        {"clock-writer", clock_writer},
        {"clock-reader", clock_reader},
        {"gate-of-writers", gate_of_writers},
        {"gate-of-writer-and-reader", gate_of_writer_and_reader},
        {"gate-of-readers", gate_of_readers},
        {"with-a-mutex", with_a_mutex},
        {"recursive-reader", recursive_reader},
        {"recursive-reader-by-default", recursive_reader_by_default},
        {"recursive-reader-of-that-name", recursive_reader_of_that_name},
        {"recursive-reader-without-writers", recursive_reader_without_writers},
        {"readers-behind-writers", readers_behind_writers},
        {"readers-beside-writers", readers_beside_writers},
        {"live-writers", live_writers},
        {"live-reader-and-writer", live_reader_and_writer},
        {"live-readers", live_readers},
        {"upgrade", upgrade},
        {"one-of-two-readers", one_of_two_readers},
        {"two-readers", two_readers},
        {"live-recursive-reader", live_recursive_reader},
        {"live-recursive-reader-by-default", live_recursive_reader_by_default},
        {"behind-a-writer", behind_a_writer},
        {"behind-a-writer-by-default", behind_a_writer_by_default},
    };
    return RUN_SIDES(cases);
}
