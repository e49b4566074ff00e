#include "core/wait_for.h"

enum {
    ATTEMPTS = 8, /* searches anew when what was found did not stand */
};

static void push(const struct snarl_wait_reader *reader, size_t place, void *thread)
{
    reader->steps[place] = (struct snarl_wait_step){
        .thread = thread,
        .sequence = reader->sequence(reader->context, thread),
    };
}

/* Depth first, the path in reader->steps; returns how long it is where it comes back to `start`. */
static size_t search(const struct snarl_wait_reader *reader, void *start, uint64_t mark)
{
    size_t length = 1;
    push(reader, 0, start);
    while (length > 0) {
        struct snarl_wait_step *end = &reader->steps[length - 1];
        void *needed = reader->needs(reader->context, end->thread, end->next++);
        if (needed == NULL)
            length--;
        else if (needed == start)
            return length;
        else if (length < reader->room && reader->first_visit(reader->context, needed, mark))
            push(reader, length++, needed);
    }
    return 0;
}

static bool needs(const struct snarl_wait_reader *reader, void *thread, const void *other)
{
    for (size_t i = 0;; i++) {
        const void *needed = reader->needs(reader->context, thread, i);
        if (needed == NULL || needed == other)
            return needed != NULL;
    }
}

/* The second walk. All that is needed is looked at before the first sequence number, so that each
 * look lies between two equal numbers of both threads: in one wait of the one, and in a wait of the
 * other during which it lets go of nothing. */
static bool stands(const struct snarl_wait_reader *reader, size_t length)
{
    const struct snarl_wait_step *steps = reader->steps;
    for (size_t i = 0; i < length; i++)
        if (!needs(reader, steps[i].thread, steps[i + 1 < length ? i + 1 : 0].thread))
            return false;
    for (size_t i = 0; i < length; i++)
        if (reader->sequence(reader->context, steps[i].thread) != steps[i].sequence)
            return false;
    return true;
}

/* A path that did not stand may have come by threads of a circle that does, and left them marked as
 * visited: that circle was there before, and nobody else will look for it. So the search begins
 * anew, with another mark. */
size_t snarl_wait_for_circle(const struct snarl_wait_reader *reader, void *start)
{
    if (reader->room == 0)
        return 0;
    for (unsigned attempt = 0; attempt < ATTEMPTS; attempt++) {
        size_t length = search(reader, start, reader->search * ATTEMPTS + attempt + 1);
        if (length == 0 || stands(reader, length))
            return length;
    }
    return 0;
}
