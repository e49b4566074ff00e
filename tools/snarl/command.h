/* The subcommands: one row in commands.def and one file each. */
#ifndef SNARL_COMMAND_H
#define SNARL_COMMAND_H

/* `argv[0]` is the subcommand's name. Returns the exit status. */
#define COMMAND(name, summary) int snarl_command_##name(int argc, char **argv);
#include "commands.def"
#undef COMMAND

#endif
