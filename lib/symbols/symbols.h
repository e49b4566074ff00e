/*
 * From module and offset to names, by elfutils' libdw.
 *
 * Offline: works on the files named in a recording, after the program has ended, in the snarl
 * command. Never inside a host program (it allocates, opens files and takes its time: the first
 * question about a module reads its debug information, later ones are answered in microseconds).
 * Not thread-safe; one `struct snarl_symbols` per thread.
 *
 * An offset is an address minus the module's load bias, so it equals the virtual address in the
 * ELF file. Modules are identified by path and, where known, build-id: a file that has another
 * build-id than asked for is not believed, and only its name is used.
 *
 * All strings handed out live until snarl_symbols_close.
 */
#ifndef SNARL_SYMBOLS_H
#define SNARL_SYMBOLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "report/model.h"

struct snarl_symbols;
struct snarl_module; /* a file, opened on first use */

/* NULL on exhaustion. */
struct snarl_symbols *snarl_symbols_open(void);
void snarl_symbols_close(struct snarl_symbols *symbols);

/* The module with this path and build-id (`build_id` may be NULL with size 0: unknown). Always
 * succeeds (NULL on exhaustion only): a file that cannot be read has no names. Repeated calls
 * return the same module. */
struct snarl_module *snarl_symbols_module(struct snarl_symbols *symbols, const char *path,
                                          const void *build_id, size_t build_id_size);

/* Why the module's names are not to be had ("no such file", "not an ELF file", "truncated",
 * "another build-id": none; "stripped": none but the exported functions'; "no debug information":
 * functions and variables, without files, lines and members), or NULL if they all are. */
const char *snarl_module_trouble(struct snarl_module *module);

/* Calls `add` for each source frame at `offset`, innermost inlined function first, the real
 * function last. At least one call: with function and file NULL where nothing is known. For a
 * return address the caller passes offset - 1. The frame's strings live with the symbols. */
void snarl_module_frames(struct snarl_module *module, uint64_t offset,
                         void (*add)(void *context, const struct snarl_frame *frame),
                         void *context);

/* The name of the variable, or part of one, at a data address: "alice", "accounts[3].lock",
 * "bank.vault.door". By debug information where there is some, else the symbol with what is left
 * ("accounts+0x28"). NULL where there is no symbol there. */
const char *snarl_module_variable(struct snarl_module *module, uint64_t offset);

enum snarl_atomicity {
    SNARL_TYPE_UNKNOWN,
    SNARL_TYPE_PLAIN,
    SNARL_TYPE_ATOMIC, /* C's _Atomic, C++'s std::atomic */
};

/* What the debug information says of the type of what lies at a data address, the part of a
 * variable included; `*type` its name, or NULL. */
enum snarl_atomicity snarl_module_atomicity(struct snarl_module *module, uint64_t offset,
                                            const char **type);

/* The code at an offset, as the file has it. Returns how many bytes there are, at most `size`. */
size_t snarl_module_code(struct snarl_module *module, uint64_t offset, void *bytes, size_t size);

/* Where the function around an offset begins; 0 where no symbol says. */
uint64_t snarl_module_function_start(struct snarl_module *module, uint64_t offset);

/* Whether frames of this file are not the user's own code: libc, libpthread, the dynamic loader,
 * libstdc++, libgcc, libunwind, libsnarl. Judged by the base name. */
bool snarl_module_is_foreign(const char *path);

#endif
