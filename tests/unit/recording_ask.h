/* What the tests of recordings share. All of it fails the test at hand rather than return an error.
 */
#ifndef SNARL_RECORDING_ASK_H
#define SNARL_RECORDING_ASK_H

#include <stdbool.h>
#include <stdint.h>

#include "recording/reader.h"
#include "recording/writer.h"

extern char *recording_directory; /* of the test at hand; gone with all that is in it afterwards */

int recording_enter(void **state);
int recording_leave(void **state);

#define TEST(name) cmocka_unit_test_setup_teardown(name, recording_enter, recording_leave)

void recording_writer(struct snarl_writer *writer);
void recording_reader(struct snarl_reader *reader, const char *path);

/* A fact that carries a number: an end. */
bool recording_append(struct snarl_writer *writer, uint64_t number);

/* The recording holds the numbers from first to last and nothing else, and nothing is lost. */
void recording_holds(const char *path, uint64_t first, uint64_t last);

#endif
