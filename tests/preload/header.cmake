# snarl/annotate.h in a program of each kind: by each compiler that is there, for each standard of C
# and C++, at a fixed address or anywhere, alone or in a library. The test finds what was built by
# SNARL_HEADER_PROGRAMS.

set(SNARL_HEADER_SOURCE ${CMAKE_CURRENT_SOURCE_DIR}/programs/annotate_header.c)
set(SNARL_HEADER_STRICT -Wall -Wextra -Wshadow -Wconversion -pedantic-errors -Werror
    -I${PROJECT_SOURCE_DIR}/lib/annotate)

# snarl_header_file(FILE COMPILER FLAGS... [AFTER FILE]): one file in the folder of programs.
function(snarl_header_file file compiler)
  cmake_parse_arguments(given "" "AFTER" "" ${ARGN})
  add_custom_command(
    OUTPUT ${SNARL_PRELOAD_PROGRAMS}/${file}
    COMMAND ${compiler} ${SNARL_HEADER_STRICT} ${given_UNPARSED_ARGUMENTS} -pthread
            -o ${SNARL_PRELOAD_PROGRAMS}/${file}
    DEPENDS ${SNARL_HEADER_SOURCE} ${PROJECT_SOURCE_DIR}/lib/annotate/snarl/annotate.h
            ${given_AFTER}
    VERBATIM)
  set_property(GLOBAL APPEND PROPERTY SNARL_HEADER_FILES ${SNARL_PRELOAD_PROGRAMS}/${file})
endfunction()

function(snarl_header_program name compiler)
  snarl_header_file(${name} ${compiler} ${ARGN})
  set_property(GLOBAL APPEND PROPERTY SNARL_HEADER_NAMES ${name})
endfunction()

file(MAKE_DIRECTORY ${SNARL_PRELOAD_PROGRAMS})
foreach(compiler gcc clang)
  find_program(SNARL_HEADER_${compiler} ${compiler})
  if(NOT SNARL_HEADER_${compiler})
    continue()
  endif()
  set(by ${SNARL_HEADER_${compiler}})
  foreach(standard c90 c99 gnu17)
    snarl_header_program(header_${compiler}_${standard} ${by} -std=${standard} -fPIE -pie -O2
                         ${SNARL_HEADER_SOURCE})
  endforeach()
  if(CMAKE_CXX_COMPILER) # for its library
    foreach(standard c++98 c++17)
      snarl_header_program(header_${compiler}_${standard} ${by} -std=${standard} -fPIE -pie -O0
                           -x c++ ${SNARL_HEADER_SOURCE} -lstdc++)
    endforeach()
  endif()
  snarl_header_program(header_${compiler}_fixed ${by} -std=c99 -fno-pie -no-pie -O2
                       ${SNARL_HEADER_SOURCE})
  snarl_header_program(header_${compiler}_intel ${by} -std=c99 -fPIE -pie -O2 -masm=intel
                       ${SNARL_HEADER_SOURCE})
  set(library ${SNARL_PRELOAD_PROGRAMS}/header_${compiler}.so)
  snarl_header_file(header_${compiler}.so ${by} -std=c99 -O2 -fPIC -fvisibility=hidden -shared
                    -DPART ${SNARL_HEADER_SOURCE})
  snarl_header_program(header_${compiler}_library ${by} -std=c99 -O2 -DMAIN
                       ${SNARL_HEADER_SOURCE} ${library} AFTER ${library})
endforeach()
if(SNARL_HEADER_gcc)
  snarl_header_program(header_off ${SNARL_HEADER_gcc} -std=c99 -DSNARL_ANNOTATE_OFF
                       ${SNARL_HEADER_SOURCE})
  snarl_header_program(header_static ${SNARL_HEADER_gcc} -std=c99 -static ${SNARL_HEADER_SOURCE})
endif()

get_property(files GLOBAL PROPERTY SNARL_HEADER_FILES)
add_custom_target(preload_header ALL DEPENDS ${files})
set_property(GLOBAL APPEND PROPERTY SNARL_PRELOAD_TARGETS preload_header)
get_property(SNARL_HEADER_NAMES GLOBAL PROPERTY SNARL_HEADER_NAMES)
