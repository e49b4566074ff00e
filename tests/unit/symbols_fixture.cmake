# The programs that the tests of lib/symbols ask about: one source, built in every way that changes what its
# debug information looks like. Compiled by hand, so that neither the build type nor the sanitizers
# have a say.

set(fixture_directory ${CMAKE_BINARY_DIR}/tests/symbols)
file(MAKE_DIRECTORY ${fixture_directory})
find_program(SNARL_CLANG NAMES clang clang-14)
find_program(SNARL_CXX NAMES c++ g++ clang++)
file(GLOB fixture_sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/symbols_fixture*)

# snarl_symbols_fixture(NAME COMMAND...): a file made by a command whose last argument it is.
function(snarl_symbols_fixture name)
  add_custom_command(
    OUTPUT ${fixture_directory}/${name}
    COMMAND ${ARGN} ${name}
    WORKING_DIRECTORY ${fixture_directory}
    DEPENDS ${fixture_sources} ${fixture_depends}
    VERBATIM)
  set(fixture_outputs ${fixture_outputs} ${fixture_directory}/${name} PARENT_SCOPE)
endfunction()

set(source ${CMAKE_CURRENT_SOURCE_DIR}/symbols_fixture)
set(library ${source}.c ${source}_print.c)
set(program ${library} ${source}_main.c)
set(compiler ${CMAKE_C_COMPILER} -std=gnu17 -D_GNU_SOURCE)
set(clang ${SNARL_CLANG} -std=gnu17 -D_GNU_SOURCE)
set(build_id -Wl,--build-id=0x00112233445566778899aabbccddeeff)

snarl_symbols_fixture(o0 ${compiler} -g -O0 ${program} -o)
snarl_symbols_fixture(o2 ${compiler} -g -O2 ${build_id} ${program} -o)
snarl_symbols_fixture(fixed ${compiler} -g -O2 -fno-pie -no-pie ${program} -o)
snarl_symbols_fixture(dwarf4 ${compiler} -gdwarf-4 -O2 ${program} -o)
snarl_symbols_fixture(types ${compiler} -g -fdebug-types-section -O3 ${program} -o)
snarl_symbols_fixture(split ${compiler} -g -gsplit-dwarf -O2 ${program} -o)
snarl_symbols_fixture(compressed ${compiler} -g -gz -O2 ${program} -o)
snarl_symbols_fixture(bare ${compiler} -g0 -O2 ${program} -o)
snarl_symbols_fixture(caller ${compiler} -O2 ${source}_caller.c -o)
snarl_symbols_fixture(shared.so ${compiler} -g -O2 -fPIC -shared ${library} -o)
snarl_symbols_fixture(ring.so ${CMAKE_C_COMPILER} -shared -nostdlib ${source}_ring.s -o)
if(SNARL_CLANG)
  snarl_symbols_fixture(clang ${clang} -g -O2 ${program} -o)
  snarl_symbols_fixture(clang_o0 ${clang} -g -O0 ${program} -o)
endif()
if(SNARL_CXX)
  snarl_symbols_fixture(cxx ${SNARL_CXX} -g -O2 ${source}_cxx.cc -x c -D_GNU_SOURCE
                        ${source}_print.c ${source}_main.c -o)
endif()

# The same with its names taken off, or kept in a file of their own.
set(fixture_depends ${fixture_outputs})
snarl_symbols_fixture(stripped ${CMAKE_OBJCOPY} --strip-all o2)
snarl_symbols_fixture(stripped.so ${CMAKE_OBJCOPY} --strip-all shared.so)
snarl_symbols_fixture(linked.debug ${CMAKE_OBJCOPY} --only-keep-debug o2)
list(APPEND fixture_depends ${fixture_directory}/linked.debug)
snarl_symbols_fixture(linked ${CMAKE_OBJCOPY} --strip-all --add-gnu-debuglink=linked.debug o2)

add_custom_target(symbols_fixtures DEPENDS ${fixture_outputs})
foreach(name symbols symbols_damaged)
  set(${name}_SOURCES symbols_ask.c)
  snarl_unit_test(${name} snarl_symbols)
  add_dependencies(test_${name} symbols_fixtures)
  target_compile_definitions(test_${name} PRIVATE SYMBOLS_FIXTURES="${fixture_directory}")
endforeach()
