#include "recording_ask.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdio.h>

#include "recording_sample.h"

char *recording_directory;

int recording_enter(void **state)
{
    (void)state;
    recording_directory = sample_directory();
    return 0;
}

int recording_leave(void **state)
{
    (void)state;
    sample_remove(recording_directory);
    return 0;
}

void recording_writer(struct snarl_writer *writer)
{
    char prefix[256];
    snprintf(prefix, sizeof prefix, "%s/test", recording_directory);
    assert_true(snarl_writer_open(writer, prefix, NULL));
}

void recording_reader(struct snarl_reader *reader, const char *path)
{
    char error[256] = "";
    if (!snarl_reader_open(reader, path, error, sizeof error))
        fail_msg("%s", error);
}

/* A fact that carries a number: an end. */
bool recording_append(struct snarl_writer *writer, uint64_t number)
{
    struct snarl_fact_end fact = {.header.kind = SNARL_FACT_END, .at = number};
    struct iovec part = {&fact, sizeof fact};
    return snarl_writer_append(writer, &part, 1);
}

/* The recording holds these numbers and nothing else, and nothing is lost. */
void recording_holds(const char *path, uint64_t first, uint64_t last)
{
    struct snarl_reader reader;
    recording_reader(&reader, path);
    const struct snarl_fact_header *fact;
    uint64_t number = first;
    for (; (fact = snarl_reader_next(&reader)) != NULL; number++) {
        assert_int_equal(fact->kind, SNARL_FACT_END);
        assert_int_equal(((const struct snarl_fact_end *)fact)->at, number);
    }
    assert_int_equal(number, last + 1);
    assert_int_equal(reader.lost, 0);
    snarl_reader_close(&reader);
}
