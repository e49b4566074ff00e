#include "lock_program.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void write_deed(FILE *stream, struct deed deed)
{
    char lock = (char)('A' + deed.object);
    switch (deed.kind) {
    case DEED_ACQUIRE:
        fprintf(stream, " +%c", lock);
        break;
    case DEED_READ:
        fprintf(stream, " +r:%c", lock);
        break;
    case DEED_RELEASE:
        fprintf(stream, " -%c", lock);
        break;
    case DEED_MAKE:
        fprintf(stream, " (%u", deed.object + 1);
        break;
    case DEED_JOIN:
        fprintf(stream, " )%u", deed.object + 1);
        break;
    }
}

char *lock_program_text(const struct lock_program *program)
{
    char *text = NULL;
    size_t size;
    FILE *stream = open_memstream(&text, &size);
    assert_non_null(stream);
    for (unsigned i = 0; i < program->thread_count; i++) {
        const struct lock_program_thread *thread = &program->threads[i];
        fprintf(stream, "%sT%u", i == 0 ? "" : "; ", i + 1);
        for (unsigned j = 0; j < thread->deed_count; j++)
            write_deed(stream, thread->deeds[j]);
    }
    fclose(stream);
    return text;
}

char *lock_program_story(const struct lock_program *program, const unsigned char *schedule,
                         unsigned length)
{
    char *text = NULL;
    size_t size;
    unsigned done[PROGRAM_THREADS] = {0};
    FILE *stream = open_memstream(&text, &size);
    assert_non_null(stream);
    for (unsigned i = 0; i < length; i++) {
        unsigned thread = schedule[i];
        if (i == 0 || schedule[i - 1] != thread)
            fprintf(stream, "%sT%u", i == 0 ? "" : "; ", thread + 1);
        write_deed(stream, program->threads[thread].deeds[done[thread]++]);
    }
    fclose(stream);
    return text;
}

static struct deed read_deed(struct lock_program *program, const char *word)
{
    const char *lock = strncmp(word, "+r:", 3) == 0 ? word + 3 : word + 1;
    struct deed deed = {.object = (unsigned)(*lock - 'A')};
    switch (word[0]) {
    case '+':
        deed.kind = lock == word + 1 ? DEED_ACQUIRE : DEED_READ;
        break;
    case '-':
        deed.kind = DEED_RELEASE;
        break;
    case '(':
    case ')':
        deed.kind = word[0] == '(' ? DEED_MAKE : DEED_JOIN;
        deed.object = (unsigned)(word[1] - '1');
        assert_in_range(deed.object, 1, PROGRAM_THREADS - 1);
        return deed;
    default:
        fail_msg("no such deed in a program: %s", word);
    }
    assert_in_range(deed.object, 0, PROGRAM_LOCKS - 1);
    if (deed.object >= program->lock_count)
        program->lock_count = deed.object + 1;
    return deed;
}

struct lock_program lock_program_read(const char *text)
{
    struct lock_program program = {0};
    struct lock_program_thread *thread = NULL;
    char copy[512], *rest = copy, *word;
    assert_true(strlen(text) < sizeof copy);
    strcpy(copy, text);
    while ((word = strtok_r(rest, " ", &rest)) != NULL) {
        size_t length = strlen(word);
        bool ends = word[length - 1] == ';';
        if (ends)
            word[length - 1] = '\0';
        if (word[0] == 'T') {
            assert_int_equal(word[1] - '1', program.thread_count);
            assert_in_range(program.thread_count, 0, PROGRAM_THREADS - 1);
            thread = &program.threads[program.thread_count++];
        } else {
            assert_non_null(thread);
            assert_in_range(thread->deed_count, 0, PROGRAM_DEEDS - 1);
            thread->deeds[thread->deed_count++] = read_deed(&program, word);
        }
        if (ends)
            thread = NULL;
    }
    return program;
}
